//! An account: a person or a program that can sign in, how it wants to be addressed, and its roles. Never a record.
use super::{
    Digest, Discipline,
    role_change::RoleChange,
    service_key::{KEYS_MAX, ServiceKey},
};
use holdfast_access::{ROLES_MAX, RoleAssignment, Roles};
use holdfast_eventlog::{Decider, Event};
use holdfast_types::AccountId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum AccountEvent {
    #[serde(rename = "account.opened")]
    Opened { holder: Holder, display_name: String, locale: String },
    #[serde(rename = "account.changed")]
    Changed(Change),
    #[serde(rename = "account.role-assigned")]
    RoleAssigned(RoleChange),
    #[serde(rename = "account.role-withdrawn")]
    RoleWithdrawn(RoleChange),
    /// A program has them besides those that it had.
    #[serde(rename = "account.keys-added")]
    KeysAdded { keys: Vec<ServiceKey> },
    /// What it signs from now on with this one shows nothing.
    #[serde(rename = "account.key-removed")]
    KeyRemoved { key: ServiceKey },
}

/// Who signs in, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Holder {
    /// By a link to the address.
    Person { email: String, discipline: Option<Discipline> },
    /// By what it signs. One that was opened with a secret, as programs once were, has no key until it is given one.
    Program {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        keys: Vec<ServiceKey>,
        /// Of a secret that counts no more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret_sha256: Option<Digest>,
    },
}

/// What an account's own holder changes; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Change {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub large_text: Option<bool>,
}

impl Event for AccountEvent {
    const AGGREGATE: &'static str = "account";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "account.opened",
            Self::Changed(_) => "account.changed",
            Self::RoleAssigned(_) => "account.role-assigned",
            Self::RoleWithdrawn(_) => "account.role-withdrawn",
            Self::KeysAdded { .. } => "account.keys-added",
            Self::KeyRemoved { .. } => "account.key-removed",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Command {
    Open {
        holder: Holder,
        display_name: String,
        locale: String,
        roles: Vec<RoleAssignment>,
    },
    /// `decided_on`: the revision that the holder had seen, where they say so.
    Change {
        change: Change,
        present: u64,
        decided_on: Option<u64>,
    },
    /// `by`: nobody where the installation itself does it.
    AssignRole {
        to: AccountId,
        by: Option<AccountId>,
        assignment: RoleAssignment,
    },
    WithdrawRole {
        assignment: RoleAssignment,
    },
    /// Of the roles that a sign-in provider has a say in, those that follow from what it says, and no others.
    Follow {
        provider: Uuid,
        given: Vec<RoleAssignment>,
        over: Vec<RoleAssignment>,
    },
    AddKeys {
        keys: Vec<ServiceKey>,
    },
    RemoveKey {
        id: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("an account with this id exists")]
    Exists,
    #[error("there is no such account")]
    Unknown,
    #[error("the account has changed since it was read")]
    ChangedSinceRead,
    #[error("nobody gives a role to themselves")]
    RoleToOneself,
    #[error("a program holds no role of people")]
    RoleForPeople,
    #[error("the account holds this role already")]
    AlreadyAssigned,
    #[error("the account does not hold this role")]
    NotAssigned,
    #[error("an account holds {ROLES_MAX} roles at most")]
    TooManyRoles,
    #[error("people have no keys")]
    KeyForPrograms,
    #[error("the program has a key of this id")]
    KeyKnown,
    #[error("the program has no key of this id")]
    KeyUnknown,
    #[error("a program has {KEYS_MAX} keys at most")]
    TooManyKeys,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Account {
    #[default]
    None,
    Open {
        addressed: Addressed,
        roles: Vec<RoleAssignment>,
        /// A program's; none of a person.
        keys: Option<Vec<ServiceKey>>,
    },
}

/// How the holder wants to be addressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Addressed {
    pub display_name: String,
    pub locale: String,
    pub large_text: bool,
}

impl Decider for Account {
    type State = Self;
    type Command = Command;
    type Event = AccountEvent;
    type Refusal = Refusal;

    fn decide(state: &Self, command: Command) -> Result<Vec<AccountEvent>, Refusal> {
        match (state, command) {
            (Self::None, Command::Open { holder, display_name, locale, roles }) => {
                let mut events = vec![AccountEvent::Opened { holder, display_name, locale }];
                let given = |(at, role): (usize, &RoleAssignment)| {
                    AccountEvent::RoleAssigned(RoleChange::given(*role, roles.get(..at).unwrap_or_default()))
                };
                events.extend(roles.iter().enumerate().map(given));
                Ok(events)
            }
            (Self::Open { .. }, Command::Open { .. }) => Err(Refusal::Exists),
            (Self::None, _) => Err(Refusal::Unknown),
            (Self::Open { .. }, Command::Change { present, decided_on: Some(seen), .. })
                if seen != present =>
            {
                Err(Refusal::ChangedSinceRead)
            }
            (Self::Open { addressed, .. }, Command::Change { change, .. }) => {
                let change = change.to(addressed);
                Ok(if change == Change::default() { vec![] } else { vec![AccountEvent::Changed(change)] })
            }
            (Self::Open { .. }, Command::AssignRole { to, by, .. }) if by == Some(to) => {
                Err(Refusal::RoleToOneself)
            }
            (Self::Open { keys: Some(_), .. }, Command::AssignRole { assignment, .. })
                if !Roles::table().is_of_programs(assignment.role) =>
            {
                Err(Refusal::RoleForPeople)
            }
            (Self::Open { roles, .. }, Command::AssignRole { assignment, .. }) => {
                if roles.contains(&assignment) {
                    return Err(Refusal::AlreadyAssigned);
                }
                if roles.len() >= ROLES_MAX {
                    return Err(Refusal::TooManyRoles);
                }
                Ok(vec![AccountEvent::RoleAssigned(RoleChange::given(assignment, roles))])
            }
            (Self::Open { roles, .. }, Command::WithdrawRole { assignment }) => {
                if !roles.contains(&assignment) {
                    return Err(Refusal::NotAssigned);
                }
                Ok(vec![AccountEvent::RoleWithdrawn(RoleChange::taken(assignment, roles))])
            }
            (Self::Open { keys: Some(_), .. }, Command::Follow { .. }) => Err(Refusal::RoleForPeople),
            (Self::Open { roles, .. }, Command::Follow { provider, given, over }) => {
                follow(roles, provider, &given, &over)
            }
            (Self::Open { keys: None, .. }, Command::AddKeys { .. } | Command::RemoveKey { .. }) => {
                Err(Refusal::KeyForPrograms)
            }
            (Self::Open { keys: Some(held), .. }, Command::AddKeys { keys }) => {
                if keys.iter().any(|new| held.iter().any(|own| own.id() == new.id())) {
                    return Err(Refusal::KeyKnown);
                }
                match held.len() + keys.len() <= KEYS_MAX {
                    true => Ok(vec![AccountEvent::KeysAdded { keys }]),
                    false => Err(Refusal::TooManyKeys),
                }
            }
            (Self::Open { keys: Some(held), .. }, Command::RemoveKey { id }) => {
                let key = held.iter().find(|own| own.id() == id).ok_or(Refusal::KeyUnknown)?;
                Ok(vec![AccountEvent::KeyRemoved { key: key.clone() }])
            }
        }
    }

    fn evolve(state: Self, event: &AccountEvent) -> Self {
        if let AccountEvent::Opened { holder, display_name, locale } = event {
            return Self::opened(holder, display_name, locale);
        }
        let Self::Open { mut addressed, mut roles, mut keys } = state else { return Self::None };
        match event {
            AccountEvent::Opened { .. } => {}
            AccountEvent::Changed(change) => addressed.take(change),
            AccountEvent::RoleAssigned(given) if roles.contains(&given.assignment) => {}
            AccountEvent::RoleAssigned(given) => roles.push(given.assignment),
            AccountEvent::RoleWithdrawn(taken) => roles.retain(|held| *held != taken.assignment),
            AccountEvent::KeysAdded { keys: new } => keys.get_or_insert_default().extend(new.iter().cloned()),
            AccountEvent::KeyRemoved { key } => {
                keys.get_or_insert_default().retain(|own| own.id() != key.id())
            }
        }
        Self::Open { addressed, roles, keys }
    }
}

/// First what goes, then what comes: each with what was held before and after it.
fn follow(
    held: &[RoleAssignment],
    provider: Uuid,
    given: &[RoleAssignment],
    over: &[RoleAssignment],
) -> Result<Vec<AccountEvent>, Refusal> {
    let (mut held, mut events) = (held.to_vec(), Vec::new());
    for gone in held.clone().into_iter().filter(|own| over.contains(own) && !given.contains(own)) {
        events.push(AccountEvent::RoleWithdrawn(RoleChange::taken(gone, &held).by(provider)));
        held.retain(|own| *own != gone);
    }
    for new in given {
        if !held.contains(new) {
            events.push(AccountEvent::RoleAssigned(RoleChange::given(*new, &held).by(provider)));
            held.push(*new);
        }
    }
    if held.len() > ROLES_MAX { Err(Refusal::TooManyRoles) } else { Ok(events) }
}

impl Account {
    fn opened(holder: &Holder, display_name: &str, locale: &str) -> Self {
        let addressed =
            Addressed { display_name: display_name.to_owned(), locale: locale.to_owned(), large_text: false };
        let keys = match holder {
            Holder::Person { .. } => None,
            Holder::Program { keys, .. } => Some(keys.clone()),
        };
        Self::Open { addressed, roles: Vec::new(), keys }
    }
}

impl Addressed {
    pub(crate) fn take(&mut self, change: &Change) {
        if let Some(display_name) = &change.display_name {
            self.display_name.clone_from(display_name);
        }
        if let Some(locale) = &change.locale {
            self.locale.clone_from(locale);
        }
        self.large_text = change.large_text.unwrap_or(self.large_text);
    }
}

impl Change {
    /// Only what differs.
    fn to(self, addressed: &Addressed) -> Self {
        Self {
            display_name: self.display_name.filter(|name| *name != addressed.display_name),
            locale: self.locale.filter(|locale| *locale != addressed.locale),
            large_text: self.large_text.filter(|large| *large != addressed.large_text),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
