//! What a care team sees, as lines of the contract, as questions of a form, and in words.
use crate::{
    form::Fields,
    handlers::given,
    pages::{parts::Choice, parts::Fact, sharing::Question, treatment::OfRole},
    words::Words,
};
use holdfast_access::Roles;
use holdfast_proto::{Word as _, consent::v1::CareLine};
use holdfast_types::{Action, Category, Purpose, Role};

/// The roles of a care team, the names of their questions and the keys of their words.
pub(super) const TEAM: [(Role, &str, &str); 4] = [
    (Role::Therapist, "therapist", "treating-therapists"),
    (Role::Supervisor, "supervisor", "treating-supervisors"),
    (Role::FrontDesk, "front-desk", "treating-desk"),
    (Role::Billing, "billing", "treating-billing"),
];

/// One question for each role: which rooms, of those that the lines name. Those in `chosen` are ticked.
pub(super) fn questions(words: Words, lines: &[CareLine], chosen: &[CareLine]) -> Vec<Question> {
    let of_role = |(role, name, key): (Role, &'static str, &str)| {
        let choices: Vec<Choice> = Category::ALL
            .iter()
            .filter_map(|room| {
                let actions = actions_of(lines, role, *room)?;
                let ticked = actions_of(chosen, role, *room).is_some();
                let choice = Choice::new(room.as_str(), words.category(*room));
                Some(choice.hint(given::actions(words, &actions)).chosen(ticked))
            })
            .collect();
        let (legend, hint) = (words.t(key), String::new());
        (!choices.is_empty()).then_some(Question { name, legend, hint, many: true, choices })
    };
    TEAM.into_iter().filter_map(of_role).collect()
}

fn actions_of(lines: &[CareLine], role: Role, room: Category) -> Option<Vec<i32>> {
    let names = |line: &&CareLine| line.role == role.to_proto() && line.categories.contains(&room.to_proto());
    let mut actions: Vec<i32> = lines.iter().filter(names).flat_map(|line| line.actions.clone()).collect();
    actions.sort_unstable();
    actions.dedup();
    (!actions.is_empty()).then_some(actions)
}

/// Of these lines, what was ticked.
pub(super) fn ticked(fields: &Fields, lines: &[CareLine]) -> Vec<CareLine> {
    let of_line = |line: &CareLine| {
        let (_, name, _) = TEAM.into_iter().find(|(role, ..)| role.to_proto() == line.role)?;
        let rooms: Vec<i32> =
            fields.all(name).filter_map(|word| Some(word.parse::<Category>().ok()?.to_proto())).collect();
        let categories: Vec<i32> =
            line.categories.iter().copied().filter(|room| rooms.contains(room)).collect();
        (!categories.is_empty()).then(|| CareLine { categories, ..line.clone() })
    };
    lines.iter().filter_map(of_line).collect()
}

/// "Therapists: Goals, Visit notes (see)".
pub(super) fn facts(words: Words, lines: &[CareLine]) -> Vec<Fact> {
    let of_role = |(role, _, key): (Role, &str, &str)| {
        let own = lines.iter().filter(|line| line.role == role.to_proto());
        let rooms: Vec<i32> = own.flat_map(|line| line.categories.clone()).collect();
        (!rooms.is_empty()).then(|| Fact::new(words.t(key), given::rooms(words, &rooms)))
    };
    TEAM.into_iter().filter_map(of_role).collect()
}

/// What a role may be given to do in which rooms: the questions of the policy.
const ACTS: [(Role, Action, &str, &str); 9] = [
    (Role::Therapist, Action::Read, "therapist-read", "desk-therapists-read"),
    (Role::Therapist, Action::Contribute, "therapist-contribute", "desk-therapists-contribute"),
    (Role::Therapist, Action::Download, "therapist-download", "desk-therapists-download"),
    (Role::Supervisor, Action::Read, "supervisor-read", "desk-supervisors-read"),
    (Role::Supervisor, Action::Contribute, "supervisor-contribute", "desk-supervisors-contribute"),
    (Role::Supervisor, Action::Download, "supervisor-download", "desk-supervisors-download"),
    (Role::FrontDesk, Action::Read, "front-desk-read", "desk-desk-read"),
    (Role::FrontDesk, Action::Contribute, "front-desk-contribute", "desk-desk-contribute"),
    (Role::Billing, Action::Read, "billing-read", "desk-billing-read"),
];

/// What a grant to the role opens for whatever purpose.
fn offered(role: Role, action: Action, room: Category) -> bool {
    Purpose::ALL.iter().any(|purpose| Roles::table().opens(role, action, *purpose, room))
}

/// By role, and whether the practice says anything of it yet.
pub(super) fn policy_questions(words: Words, lines: &[CareLine]) -> Vec<OfRole> {
    let question = |(role, action, name, key): (Role, Action, &'static str, &str)| {
        let has = |room: Category| {
            actions_of(lines, role, room).is_some_and(|actions| actions.contains(&action.to_proto()))
        };
        // What is protected wants a consent of its own.
        let rooms = Category::ORDINARY.iter().filter(|room| offered(role, action, **room));
        let choices =
            rooms.map(|room| Choice::new(room.as_str(), words.category(*room)).chosen(has(*room))).collect();
        Question { name, legend: words.t(key), hint: String::new(), many: true, choices }
    };
    let of_role = |(role, ..): (Role, &str, &str)| OfRole {
        role: words.everybody(role),
        is_open: lines.iter().any(|line| line.role == role.to_proto()),
        questions: ACTS.into_iter().filter(|(own, ..)| *own == role).map(question).collect(),
    };
    TEAM.into_iter().map(of_role).collect()
}

/// One line for each act of a role.
pub(super) fn policy_lines(fields: &Fields) -> Vec<CareLine> {
    let line = |(role, action, name, _): (Role, Action, &str, &str)| {
        let rooms = fields.all(name).filter_map(|word| word.parse::<Category>().ok());
        let categories: Vec<i32> =
            rooms.filter(|room| offered(role, action, *room)).map(|room| room.to_proto()).collect();
        let actions = vec![action.to_proto()];
        (!categories.is_empty()).then(|| CareLine { role: role.to_proto(), categories, actions })
    };
    ACTS.into_iter().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;

    fn line(role: Role, categories: &[Category]) -> CareLine {
        CareLine {
            role: role.to_proto(),
            categories: categories.iter().map(|room| room.to_proto()).collect(),
            actions: vec![Action::Read.to_proto()],
        }
    }

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn what_is_ticked_is_of_what_was_offered_and_of_nothing_else() {
        let lines = [line(Role::Therapist, &[Category::Goals, Category::Notes])];
        let form = fields(&[("therapist", "goals"), ("therapist", "claims"), ("front-desk", "notes")]);
        assert_eq!(ticked(&form, &lines), [line(Role::Therapist, &[Category::Goals])]);
        assert!(ticked(&fields(&[]), &lines).is_empty());
    }

    #[test]
    fn a_question_has_the_rooms_of_its_role_ticked_as_they_were_chosen() {
        let words = Words::new(Lang::En);
        let lines = [line(Role::Therapist, &[Category::Goals, Category::Notes])];
        let asked = questions(words, &lines, &[line(Role::Therapist, &[Category::Goals])]);
        assert_eq!(asked.len(), 1);
        let chosen: Vec<&str> =
            asked[0].choices.iter().filter(|one| one.chosen).map(|one| one.value.as_str()).collect();
        assert_eq!((asked[0].choices.len(), chosen), (2, vec!["goals"]));
    }

    #[test]
    fn a_policy_offers_the_front_desk_nothing_that_no_grant_could_open() {
        let form = fields(&[("front-desk-read", "notes"), ("front-desk-contribute", "documents")]);
        let lines = policy_lines(&form);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].categories, [Category::Documents.to_proto()]);
    }
}
