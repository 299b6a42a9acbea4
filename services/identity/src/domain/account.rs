//! An account: a person or a program that can sign in, how it wants to be addressed, and its roles. Never a record.
use super::{Digest, Discipline, role_change::RoleChange};
use holdfast_access::{ROLES_MAX, RoleAssignment};
use holdfast_eventlog::{Decider, Event};
use holdfast_types::{AccountId, Role};
use serde::{Deserialize, Serialize};

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
    #[error("a program holds no role of people")]
    RoleForPeople,
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
        is_program: bool,
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
            (Self::Open { is_program: true, .. }, Command::AssignRole { assignment, .. })
                if assignment.role != Role::ServiceAccount =>
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
        }
    }

    fn evolve(state: Self, event: &AccountEvent) -> Self {
        match (state, event) {
            (_, AccountEvent::Opened { holder, display_name, locale }) => {
                let (display_name, locale) = (display_name.clone(), locale.clone());
                Self::Open {
                    addressed: Addressed { display_name, locale, large_text: false },
                    roles: Vec::new(),
                    is_program: matches!(holder, Holder::Program { .. }),
                }
            }
            (Self::Open { mut addressed, roles, is_program }, AccountEvent::Changed(change)) => {
                addressed.take(change);
                Self::Open { addressed, roles, is_program }
            }
            (Self::Open { addressed, mut roles, is_program }, AccountEvent::RoleAssigned(given)) => {
                if !roles.contains(&given.assignment) {
                    roles.push(given.assignment);
                }
                Self::Open { addressed, roles, is_program }
            }
            (Self::Open { addressed, mut roles, is_program }, AccountEvent::RoleWithdrawn(taken)) => {
                roles.retain(|held| *held != taken.assignment);
                Self::Open { addressed, roles, is_program }
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
            AccountEvent::RoleAssigned(unnoted(therapist(2))),
            AccountEvent::RoleAssigned(unnoted(RoleAssignment {
                practice: None,
                role: Role::Operator,
                ..therapist(2)
            })),
            AccountEvent::RoleWithdrawn(unnoted(therapist(2))),
            AccountEvent::RoleAssigned(RoleChange::given(therapist(3), &[therapist(2)])),
            AccountEvent::RoleWithdrawn(RoleChange::taken(therapist(2), &[therapist(2), therapist(3)])),
        ]
    }

    /// As it was recorded before the old and new values were noted.
    fn unnoted(assignment: RoleAssignment) -> RoleChange {
        RoleChange { assignment, held: None }
    }

    fn assigned(practice: u128, before: &[RoleAssignment]) -> AccountEvent {
        AccountEvent::RoleAssigned(RoleChange::given(therapist(practice), before))
    }

    fn withdrawn(practice: u128, before: &[RoleAssignment]) -> AccountEvent {
        AccountEvent::RoleWithdrawn(RoleChange::taken(therapist(practice), before))
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
        let open = Command::Open { holder, display_name, locale, roles: vec![therapist(2), therapist(3)] };
        let begun = vec![opened(), assigned(2, &[]), assigned(3, &[therapist(2)])];
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
        let given = vec![assigned(2, &[])];
        assert_eq!(Account::decide(&state, assign(2, Some(account(9)))), Ok(given.clone()));
        assert_eq!(Account::decide(&state, assign(2, None)), Ok(given));
    }

    #[test]
    fn a_program_is_given_no_role_of_people() {
        let state = given(&samples()[1..2]);
        assert_eq!(Account::decide(&state, assign(2, None)), Err(Refusal::RoleForPeople));
        let own = RoleAssignment { role: Role::ServiceAccount, ..therapist(2) };
        let command = Command::AssignRole { to: account(1), by: None, assignment: own };
        let joined = vec![AccountEvent::RoleAssigned(RoleChange::given(own, &[]))];
        assert_eq!(Account::decide(&state, command), Ok(joined));
    }

    #[test]
    fn a_role_is_assigned_once_and_withdrawn_once() {
        let withdraw = || Command::WithdrawRole { assignment: therapist(2) };
        let held = given(&[opened(), assigned(2, &[]), assigned(3, &[therapist(2)])]);
        assert_eq!(Account::decide(&held, assign(2, None)), Err(Refusal::AlreadyAssigned));
        let over = withdrawn(2, &[therapist(2), therapist(3)]);
        assert_eq!(Account::decide(&held, withdraw()), Ok(vec![over.clone()]));
        assert_eq!(Account::decide(&Account::evolve(held, &over), withdraw()), Err(Refusal::NotAssigned));
    }

    #[test]
    fn an_account_holds_no_more_roles_than_a_token_carries() {
        let many: Vec<_> = (0..ROLES_MAX as u128).map(|id| assigned(id, &[])).collect();
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
