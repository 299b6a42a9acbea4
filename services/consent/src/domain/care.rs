//! What a care team sees of somebody whom it treats: role by role, room by room, act by act.
use holdfast_access::Roles;
use holdfast_types::{Action, Category, Purpose, Role};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What one role may do in some rooms.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Line {
    pub role: Role,
    pub categories: Vec<Category>,
    pub actions: Vec<Action>,
}

/// Written as lines of which no two could be one: the same care is always the same lines, in the same order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Line>", into = "Vec<Line>")]
pub struct Care(BTreeSet<(Role, Category, Action)>);

/// Front desks book, bill and answer; papers they hand in and do not open.
const AT_THE_DESK: [Category; 4] =
    [Category::Demographics, Category::Appointments, Category::Coverage, Category::Messages];
/// Who takes part in care.
const TEAM: [Role; 4] = [Role::Therapist, Role::Supervisor, Role::FrontDesk, Role::Billing];
/// What treats nobody.
const NOT_TO_THERAPISTS: [Category; 2] = [Category::Coverage, Category::Claims];
/// Kept by others: therapists read it.
const READ_BY_THERAPISTS: [Category; 4] =
    [Category::Demographics, Category::Medications, Category::Allergies, Category::Immunizations];

/// What a role sees it for.
pub fn purposes(role: Role) -> Vec<Purpose> {
    match role {
        Role::FrontDesk => vec![Purpose::Treatment, Purpose::Payment, Purpose::Operations],
        role => vec![Roles::table().usual_purpose(role)],
    }
}

impl Care {
    pub fn of<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Self {
        let each = |line: &'a Line| {
            let rooms = line.categories.iter();
            rooms.flat_map(|room| line.actions.iter().map(|action| (line.role, *room, *action)))
        };
        Self(lines.into_iter().flat_map(each).collect())
    }

    /// Of a practice that has said nothing: a therapist reads what treats and adds to what therapists write; the front desk has what it
    /// books and answers by.
    pub fn usual() -> Self {
        let rooms =
            |keep: &dyn Fn(&Category) -> bool| Category::ORDINARY.iter().copied().filter(keep).collect();
        let therapist = |categories, actions| Line { role: Role::Therapist, categories, actions };
        let desk = |categories, actions| Line { role: Role::FrontDesk, categories, actions };
        let written =
            |room: &Category| !NOT_TO_THERAPISTS.contains(room) && !READ_BY_THERAPISTS.contains(room);
        Self::of(&[
            therapist(READ_BY_THERAPISTS.to_vec(), vec![Action::Read]),
            therapist(rooms(&written), vec![Action::Read, Action::Contribute, Action::Download]),
            desk(AT_THE_DESK.to_vec(), vec![Action::Read, Action::Contribute]),
            desk(vec![Category::Documents], vec![Action::Contribute]),
        ])
    }

    /// Each of them is worth one grant.
    pub fn lines(&self) -> Vec<Line> {
        let mut of_rooms: BTreeMap<(Role, Category), Vec<Action>> = BTreeMap::new();
        for (role, room, action) in &self.0 {
            of_rooms.entry((*role, *room)).or_default().push(*action);
        }
        let mut lines: BTreeMap<(Role, Vec<Action>), Vec<Category>> = BTreeMap::new();
        for ((role, room), actions) in of_rooms {
            lines.entry((role, actions)).or_default().push(room);
        }
        lines.into_iter().map(|((role, actions), categories)| Line { role, categories, actions }).collect()
    }

    pub fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    pub fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).copied().collect())
    }

    /// What the other does not have.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).copied().collect())
    }

    /// Of these rooms alone.
    #[must_use]
    pub fn of_rooms(&self, rooms: &[Category]) -> Self {
        Self(self.0.iter().filter(|(_, room, _)| rooms.contains(room)).copied().collect())
    }

    pub fn rooms(&self) -> Vec<Category> {
        self.0.iter().map(|(_, room, _)| *room).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// No grant to the role opens more, by the table of roles; to hand on is for holders alone, and what is protected wants a consent of
    /// its own.
    pub fn is_within_roles(&self) -> bool {
        let opens = |role: Role, action: Action, room: Category| {
            purposes(role).iter().any(|purpose| Roles::table().opens(role, action, *purpose, room))
        };
        self.0.iter().all(|(role, room, action)| {
            TEAM.contains(role)
                && *action != Action::Share
                && !room.is_protected()
                && opens(*role, *action, *room)
        })
    }
}

impl From<Vec<Line>> for Care {
    fn from(lines: Vec<Line>) -> Self {
        Self::of(&lines)
    }
}

impl From<Care> for Vec<Line> {
    fn from(care: Care) -> Self {
        care.lines()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::{prelude::*, sample::subsequence};

    pub(crate) fn reads(role: Role, categories: &[Category]) -> Care {
        Care::of(&[Line { role, categories: categories.to_vec(), actions: vec![Action::Read] }])
    }

    fn any_care() -> impl Strategy<Value = Care> {
        let role = prop_oneof![Just(Role::Therapist), Just(Role::FrontDesk)];
        let rooms = subsequence(Category::ALL.to_vec(), 1..6);
        let actions = subsequence(vec![Action::Read, Action::Contribute, Action::Download], 1..4);
        let line =
            (role, rooms, actions).prop_map(|(role, categories, actions)| Line { role, categories, actions });
        prop::collection::vec(line, 0..6).prop_map(|lines| Care::of(&lines))
    }

    #[test]
    fn what_holds_where_a_practice_said_nothing_is_within_its_roles_and_leaves_payment_to_the_desk() {
        let usual = Care::usual();
        assert!(usual.is_within_roles());
        let claims = reads(Role::Therapist, &[Category::Claims]);
        assert!(!claims.is_within(&usual));
        assert!(!reads(Role::FrontDesk, &[Category::Notes]).is_within_roles());
        for role in [Role::ComplianceOfficer, Role::SchoolCoordinator, Role::PayerReviewer] {
            assert!(!reads(role, &[Category::Goals]).is_within_roles(), "{role}");
        }
        assert!(reads(Role::Billing, &[Category::Coverage]).is_within_roles());
        assert!(!reads(Role::Billing, &[Category::Notes]).is_within_roles());
        assert!(!reads(Role::FrontDesk, &[Category::Documents]).is_within_roles());
    }

    #[test]
    fn what_is_protected_is_seen_by_a_consent_of_its_own_and_never_by_treating() {
        for room in Category::PROTECTED {
            assert!(!reads(Role::Therapist, &[*room]).is_within_roles(), "{room}");
            assert!(!Care::usual().rooms().contains(room), "{room}");
        }
    }

    #[test]
    fn nobody_hands_on_what_they_see_by_treating() {
        let hands_on =
            Line { role: Role::Therapist, categories: vec![Category::Notes], actions: vec![Action::Share] };
        assert!(!Care::of(&[hands_on]).is_within_roles());
    }

    proptest! {
        #[test]
        fn the_same_care_is_the_same_lines_and_its_lines_are_the_same_care(care in any_care()) {
            prop_assert_eq!(&Care::of(&care.lines()), &care);
            prop_assert_eq!(Care::of(care.lines().iter().rev()).lines(), care.lines());
        }

        #[test]
        fn what_both_have_and_what_one_has_alone_is_all_that_it_has(one in any_care(), other in any_care()) {
            let (both, alone) = (one.and(&other), one.beyond(&other));
            prop_assert!(both.is_within(&one) && both.is_within(&other) && alone.is_within(&one));
            prop_assert!(alone.and(&other).is_nothing());
            prop_assert_eq!(Care::of(both.lines().iter().chain(&alone.lines())), one);
        }
    }
}
