//! What each role is and how far it goes, as a table that a person can read: `policies/roles.txt`, a part of the policy set.
use crate::{Caller, RoleAssignment};
use holdfast_types::{Action, Category, OrganizationKind, Purpose, Relationship, Role};
use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
    sync::LazyLock,
};

pub(crate) const TABLE: &str = include_str!("../policies/roles.txt");

/// Stands among a decision's rules where the table refused what the policies permit.
pub(crate) const BEYOND_REACH: &str = "role-beyond-reach";

static ROLES: LazyLock<Roles> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a test reads the table")]
    Roles::read(TABLE).expect("the table of roles is read by a test")
});

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    rows: BTreeMap<Role, Row>,
    opens: BTreeMap<(Role, Action, Purpose), BTreeSet<Category>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    places: BTreeSet<Place>,
    by_programs: bool,
    given_by: Giver,
    content: Content,
}

/// Where a role is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Installation,
    /// All of it.
    Tenant,
    Organization(OrganizationKind),
}

/// Who gives a role at the nearest; whoever stands further out gives it, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Giver {
    Operator,
    Tenant,
    Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Treats,
    AtWork,
    ByName,
    None,
}

/// How a caller is reached by what holders grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    Anywhere,
    /// Not by name.
    AtWork,
    Nowhere,
}

impl Reached {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Anywhere => "anywhere",
            Self::AtWork => "at-work",
            Self::Nowhere => "nowhere",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the table of roles says nothing that is understood")]
pub struct RolesError {
    line: usize,
}

impl Roles {
    /// Those in force.
    pub fn table() -> &'static Self {
        &ROLES
    }

    pub(crate) fn read(text: &str) -> Result<Self, RolesError> {
        let mut table = Self { rows: BTreeMap::new(), opens: BTreeMap::new() };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('|').map(str::trim).collect();
            let read = match fields.as_slice() {
                [""] => Some(()),
                ["role", role, places, by, given_by, content] => {
                    table.name(role, places, by, given_by, content)
                }
                ["opens", role, actions, purposes, categories] => {
                    table.open(role, actions, purposes, categories)
                }
                _ => None,
            };
            read.ok_or(RolesError { line: number + 1 })?;
        }
        Ok(table)
    }

    fn name(&mut self, role: &str, places: &str, by: &str, given_by: &str, content: &str) -> Option<()> {
        let place = |word: &str| match word {
            "installation" => Some(Place::Installation),
            "tenant" => Some(Place::Tenant),
            kind => kind.parse().ok().map(Place::Organization),
        };
        let row = Row {
            places: places.split_whitespace().map(place).collect::<Option<_>>()?,
            by_programs: match by {
                "people" => false,
                "programs" => true,
                _ => return None,
            },
            given_by: match given_by {
                "operator" => Giver::Operator,
                "tenant" => Giver::Tenant,
                "place" => Giver::Place,
                _ => return None,
            },
            content: match content {
                "treats" => Content::Treats,
                "at-work" => Content::AtWork,
                "by-name" => Content::ByName,
                "none" => Content::None,
                _ => return None,
            },
        };
        self.rows.insert(role.parse().ok()?, row).is_none().then_some(())
    }

    fn open(&mut self, role: &str, actions: &str, purposes: &str, categories: &str) -> Option<()> {
        let role = role.parse().ok().filter(|role| self.rows.contains_key(role))?;
        let categories: Vec<Category> = words(categories, Category::ALL)?;
        for action in words::<Action>(actions, &[])? {
            for purpose in words::<Purpose>(purposes, Purpose::ALL)? {
                self.opens.entry((role, action, purpose)).or_default().extend(&categories);
            }
        }
        // Only holders share.
        (!self.opens.keys().any(|(_, action, _)| *action == Action::Share)).then_some(())
    }

    /// What a grant to everybody of the role opens at most.
    pub fn opens(&self, role: Role, action: Action, purpose: Purpose, category: Category) -> bool {
        self.opens.get(&(role, action, purpose)).is_some_and(|rooms| rooms.contains(&category))
    }

    /// Roles that somebody at such an organisation may be reached by, in the order of the vocabulary.
    pub fn to_share_with(&self, kind: OrganizationKind) -> impl Iterator<Item = Role> + '_ {
        let there = Place::Organization(kind);
        Role::ALL
            .iter()
            .copied()
            .filter(move |role| self.is_to_share_with(*role) && self.is_held_at(*role, there))
    }

    pub fn is_to_share_with(&self, role: Role) -> bool {
        self.opens.keys().any(|(open, ..)| *open == role)
    }

    /// What a grant to the role opens at most for any purpose or action.
    pub fn categories_of(&self, role: Role) -> Vec<Category> {
        let open = |category: &&Category| {
            self.opens.iter().any(|((own, ..), rooms)| *own == role && rooms.contains(category))
        };
        Category::ALL.iter().filter(open).copied().collect()
    }

    pub fn actions_of(&self, role: Role) -> Vec<Action> {
        let open = |action: &&Action| self.opens.keys().any(|(own, does, _)| own == &role && does == *action);
        Action::ALL.iter().filter(open).copied().collect()
    }

    pub fn purposes_of(&self, role: Role) -> Vec<Purpose> {
        let open =
            |purpose: &&Purpose| self.opens.keys().any(|(own, _, aim)| own == &role && aim == *purpose);
        Purpose::ALL.iter().filter(open).copied().collect()
    }

    /// What somebody of the role means unless they say otherwise: treatment, where the role may.
    pub fn usual_purpose(&self, role: Role) -> Purpose {
        self.purposes_of(role).first().copied().unwrap_or(Purpose::Treatment)
    }

    pub fn is_held_at(&self, role: Role, place: Place) -> bool {
        self.rows.get(&role).is_some_and(|row| row.places.contains(&place))
    }

    pub fn is_of_programs(&self, role: Role) -> bool {
        self.rows.get(&role).is_some_and(|row| row.by_programs)
    }

    /// Is reached by name like a therapist, and opens records in an emergency.
    pub fn treats(&self, role: Role) -> bool {
        self.content(role) == Some(Content::Treats)
    }

    /// Is reached through the organisation alone.
    pub fn is_at_work(&self, role: Role) -> bool {
        self.content(role) == Some(Content::AtWork)
    }

    fn content(&self, role: Role) -> Option<Content> {
        self.rows.get(&role).map(|row| row.content)
    }

    pub(crate) fn reached(&self, mut held: impl Iterator<Item = Role> + Clone) -> Reached {
        let any = |content: Content| held.clone().any(|role| self.content(role) == Some(content));
        if any(Content::None) {
            return Reached::Nowhere;
        }
        if any(Content::AtWork) && !held.any(|role| self.treats(role)) {
            return Reached::AtWork;
        }
        Reached::Anywhere
    }

    /// Whether somebody with these roles may give or take the asked one: operators every role, the administrators of a tenant or of one
    /// organisation as far as the table says.
    pub fn reaches(&self, held: &[RoleAssignment], asked: &RoleAssignment) -> bool {
        let Some(row) = self.rows.get(&asked.role) else { return false };
        let gives = |own: &RoleAssignment| match own.role {
            Role::Operator => true,
            Role::PracticeAdministrator if own.tenant == asked.tenant => match own.practice {
                None => row.given_by >= Giver::Tenant,
                Some(place) => asked.practice == Some(place) && row.given_by == Giver::Place,
            },
            _ => false,
        };
        held.iter().any(gives)
    }
}

/// What somebody asks for who does not say why.
pub fn usual_purpose(relationship: Option<Relationship>, caller: &Caller) -> Purpose {
    match relationship {
        Some(Relationship::Patient) => Purpose::PatientRequest,
        Some(Relationship::Parent | Relationship::Guardian | Relationship::Proxy) => Purpose::FamilyRequest,
        None => usual_purpose_of(&caller.roles),
    }
}

/// What whoever holds nothing of a record means unless they say otherwise: treatment, unless none of their roles is for that.
fn usual_purpose_of(held: &[RoleAssignment]) -> Purpose {
    let table = Roles::table();
    let mut aims = held
        .iter()
        .map(|held| held.role)
        .filter(|role| table.is_to_share_with(*role))
        .map(|role| table.usual_purpose(role));
    let first = aims.next().unwrap_or(Purpose::Treatment);
    if aims.all(|aim| aim == first) { first } else { Purpose::Treatment }
}

/// `*` is all.
fn words<W: FromStr + Copy>(text: &str, all: &[W]) -> Option<Vec<W>> {
    match text {
        "*" => Some(all.to_vec()),
        words => words.split_whitespace().map(|word| word.parse().ok()).collect(),
    }
    .filter(|words| !words.is_empty())
}

#[cfg(test)]
mod tests;
