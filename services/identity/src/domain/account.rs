//! An account: a person or a program that can sign in, how it wants to be addressed, and its roles. Never a record.
use super::{Digest, Discipline};
use holdfast_access::{ROLES_MAX, RoleAssignment};
use holdfast_eventlog::{Decider, Event};
use holdfast_types::AccountId;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum AccountEvent {
    #[serde(rename = "account.opened")]
    Opened { holder: Holder, display_name: String, locale: String },
    #[serde(rename = "account.changed")]
    Changed(Change),
    #[serde(rename = "account.role-assigned")]
    RoleAssigned(RoleAssignment),
    #[serde(rename = "account.role-withdrawn")]
    RoleWithdrawn(RoleAssignment),
}

/// Who signs in, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Holder {
    /// By a link to the address.
    Person { email: String, discipline: Option<Discipline> },
    /// By a secret.
    Program { secret_sha256: Digest },
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
    #[error("the account holds this role already")]
    AlreadyAssigned,
    #[error("the account does not hold this role")]
    NotAssigned,
    #[error("an account holds {ROLES_MAX} roles at most")]
    TooManyRoles,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Account {
    #[default]
    None,
    Open {
        addressed: Addressed,
        roles: Vec<RoleAssignment>,
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
                let opened = AccountEvent::Opened { holder, display_name, locale };
                Ok(std::iter::once(opened).chain(roles.into_iter().map(AccountEvent::RoleAssigned)).collect())
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
            (Self::Open { roles, .. }, Command::AssignRole { assignment, .. }) => {
                if roles.contains(&assignment) {
                    return Err(Refusal::AlreadyAssigned);
                }
                if roles.len() >= ROLES_MAX {
                    return Err(Refusal::TooManyRoles);
                }
                Ok(vec![AccountEvent::RoleAssigned(assignment)])
            }
            (Self::Open { roles, .. }, Command::WithdrawRole { assignment }) => {
                if !roles.contains(&assignment) {
                    return Err(Refusal::NotAssigned);
                }
                Ok(vec![AccountEvent::RoleWithdrawn(assignment)])
            }
        }
    }

    fn evolve(state: Self, event: &AccountEvent) -> Self {
        match (state, event) {
            (_, AccountEvent::Opened { display_name, locale, .. }) => {
                let (display_name, locale) = (display_name.clone(), locale.clone());
                Self::Open {
                    addressed: Addressed { display_name, locale, large_text: false },
                    roles: Vec::new(),
                }
            }
            (Self::Open { mut addressed, roles }, AccountEvent::Changed(change)) => {
                addressed.take(change);
                Self::Open { addressed, roles }
            }
            (Self::Open { addressed, mut roles }, AccountEvent::RoleAssigned(assignment)) => {
                if !roles.contains(assignment) {
                    roles.push(*assignment);
                }
                Self::Open { addressed, roles }
            }
            (Self::Open { addressed, mut roles }, AccountEvent::RoleWithdrawn(assignment)) => {
                roles.retain(|held| held != assignment);
                Self::Open { addressed, roles }
            }
            (Self::None, _) => Self::None,
        }
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
pub(crate) mod tests {
    use super::*;
    use holdfast_types::{PracticeId, Role, TenantId};
    use proptest::prelude::*;
    use uuid::Uuid;

    fn therapist(practice: u128) -> RoleAssignment {
        RoleAssignment {
            role: Role::Therapist,
            tenant: TenantId::new(Uuid::from_u128(1)),
            practice: Some(PracticeId::new(Uuid::from_u128(practice))),
        }
    }

    fn opened() -> AccountEvent {
        AccountEvent::Opened {
            holder: Holder::Person { email: "pat@example.org".into(), discipline: Some(Discipline::Speech) },
            display_name: "Pat".into(),
            locale: "en".into(),
        }
    }

    pub(crate) fn samples() -> Vec<AccountEvent> {
        vec![
            opened(),
            AccountEvent::Opened {
                holder: Holder::Program { secret_sha256: Digest::new([7; 32]) },
                display_name: "Scheduler".into(),
                locale: "en".into(),
            },
            AccountEvent::Changed(Change {
                display_name: Some("Patricia".into()),
                locale: Some("es".into()),
                large_text: Some(true),
            }),
            AccountEvent::Changed(Change { large_text: Some(false), ..Change::default() }),
            AccountEvent::RoleAssigned(therapist(2)),
            AccountEvent::RoleAssigned(RoleAssignment {
                practice: None,
                role: Role::Operator,
                ..therapist(2)
            }),
            AccountEvent::RoleWithdrawn(therapist(2)),
        ]
    }

    fn given(events: &[AccountEvent]) -> Account {
        events.iter().fold(Account::None, Account::evolve)
    }

    fn account(id: u128) -> AccountId {
        AccountId::new(Uuid::from_u128(id))
    }

    fn assign(practice: u128, by: Option<AccountId>) -> Command {
        Command::AssignRole { to: account(1), by, assignment: therapist(practice) }
    }

    #[test]
    fn an_account_is_opened_once_with_the_roles_it_begins_with() {
        let AccountEvent::Opened { holder, display_name, locale } = opened() else { unreachable!() };
        let open = Command::Open { holder, display_name, locale, roles: vec![therapist(2)] };
        let begun = vec![opened(), AccountEvent::RoleAssigned(therapist(2))];
        assert_eq!(Account::decide(&Account::None, open.clone()), Ok(begun.clone()));
        assert_eq!(Account::decide(&given(&begun), open), Err(Refusal::Exists));
    }

    #[test]
    fn a_change_says_only_what_differs_and_nothing_where_nothing_does() {
        let change =
            Change { display_name: Some("Pat".into()), locale: Some("es".into()), large_text: Some(false) };
        let command = Command::Change { change, present: 1, decided_on: Some(1) };
        let changed = AccountEvent::Changed(Change { locale: Some("es".into()), ..Change::default() });
        assert_eq!(Account::decide(&given(&[opened()]), command.clone()), Ok(vec![changed.clone()]));
        assert_eq!(Account::decide(&given(&[opened(), changed]), command), Ok(vec![]));
    }

    #[test]
    fn a_change_decided_on_an_old_revision_is_refused() {
        let command = Command::Change { change: Change::default(), present: 2, decided_on: Some(1) };
        assert_eq!(Account::decide(&given(&[opened()]), command), Err(Refusal::ChangedSinceRead));
    }

    #[test]
    fn nobody_gives_a_role_to_themselves() {
        let state = given(&[opened()]);
        assert_eq!(Account::decide(&state, assign(2, Some(account(1)))), Err(Refusal::RoleToOneself));
        let assigned = vec![AccountEvent::RoleAssigned(therapist(2))];
        assert_eq!(Account::decide(&state, assign(2, Some(account(9)))), Ok(assigned.clone()));
        assert_eq!(Account::decide(&state, assign(2, None)), Ok(assigned));
    }

    #[test]
    fn a_role_is_assigned_once_and_withdrawn_once() {
        let withdraw = || Command::WithdrawRole { assignment: therapist(2) };
        let held = given(&[opened(), AccountEvent::RoleAssigned(therapist(2))]);
        assert_eq!(Account::decide(&held, assign(2, None)), Err(Refusal::AlreadyAssigned));
        assert_eq!(Account::decide(&held, withdraw()), Ok(vec![AccountEvent::RoleWithdrawn(therapist(2))]));
        let withdrawn = Account::evolve(held, &AccountEvent::RoleWithdrawn(therapist(2)));
        assert_eq!(Account::decide(&withdrawn, withdraw()), Err(Refusal::NotAssigned));
    }

    #[test]
    fn an_account_holds_no_more_roles_than_a_token_carries() {
        let many: Vec<_> =
            (0..ROLES_MAX as u128).map(|id| AccountEvent::RoleAssigned(therapist(id))).collect();
        let state = many.iter().fold(given(&[opened()]), Account::evolve);
        assert_eq!(Account::decide(&state, assign(1000, None)), Err(Refusal::TooManyRoles));
    }

    #[test]
    fn what_is_not_there_cannot_be_changed() {
        let change = Command::Change { change: Change::default(), present: 0, decided_on: None };
        let withdraw = Command::WithdrawRole { assignment: therapist(2) };
        for command in [change, assign(2, None), withdraw] {
            assert_eq!(Account::decide(&Account::None, command), Err(Refusal::Unknown));
        }
    }

    proptest! {
        #[test]
        fn no_role_is_ever_held_twice(practices in proptest::collection::vec((0u128..4, any::<bool>()), 0..40)) {
            let mut state = given(&[opened()]);
            for (practice, give) in practices {
                let command = match give {
                    true => assign(practice, None),
                    false => Command::WithdrawRole { assignment: therapist(practice) },
                };
                for event in Account::decide(&state, command).unwrap_or_default() {
                    state = Account::evolve(state, &event);
                }
                let Account::Open { roles, .. } = &state else { unreachable!() };
                let mut once = roles.clone();
                once.sort();
                once.dedup();
                prop_assert_eq!(once.len(), roles.len());
            }
        }
    }
}
