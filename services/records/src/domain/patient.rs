//! A patient's demographics: given once, then changed field by field.
use super::{
    content::Proposed,
    demographics::{Demographics, Field},
    locks::{Locks, place},
};
use holdfast_eventlog::Decider;
use holdfast_types::Category;
use serde::{Deserialize, Serialize};

pub struct Patient;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "patient.registered")]
    Registered(Demographics),
    /// The whole of what is known now, and which fields of it are new.
    #[serde(rename = "patient.changed")]
    Changed {
        demographics: Demographics,
        fields: Vec<Field>,
        /// Where it was accepted, and not written, by who recorded it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proposed: Option<Proposed>,
    },
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "patient";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Registered(_) => "patient.registered",
            Self::Changed { .. } => "patient.changed",
        }
    }
}

impl Event {
    pub const fn proposed(&self) -> Option<Proposed> {
        match self {
            Self::Registered(_) => None,
            Self::Changed { proposed, .. } => *proposed,
        }
    }

    pub const fn demographics(&self) -> &Demographics {
        match self {
            Self::Registered(demographics) | Self::Changed { demographics, .. } => demographics,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Register(Demographics),
    /// Takes the named fields over. `as_seen`: nobody changed anything since its sender read it. `locks` bind who sends it.
    Update {
        values: Demographics,
        fields: Vec<Field>,
        as_seen: bool,
        locks: Option<Locks>,
    },
    /// Takes over what was proposed, where those fields still say what they said then.
    Accept {
        was: Box<Demographics>,
        values: Box<Demographics>,
        fields: Vec<Field>,
        proposed: Proposed,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    #[default]
    Unregistered,
    Registered(Box<Demographics>),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the record has its demographics already")]
    AlreadyRegistered,
    #[error("the record has no demographics yet")]
    NotRegistered,
    #[error("changed since it was read")]
    NotAsSeen,
    #[error("`{0}` is locked for families: propose it")]
    Locked(String),
}

impl Decider for Patient {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Refusal> {
        match (state, command) {
            (State::Unregistered, Command::Register(demographics)) => {
                Ok(vec![Event::Registered(demographics)])
            }
            (State::Registered(_), Command::Register(_)) => Err(Refusal::AlreadyRegistered),
            (State::Unregistered, Command::Update { .. } | Command::Accept { .. }) => {
                Err(Refusal::NotRegistered)
            }
            (State::Registered(_), Command::Update { as_seen: false, .. }) => Err(Refusal::NotAsSeen),
            (State::Registered(known), Command::Update { values, fields, as_seen: true, locks }) => {
                let (demographics, fields) = known.with(&fields, &values);
                match locks.as_ref().and_then(|locks| closed(locks, &fields)) {
                    Some(field) => Err(Refusal::Locked(field)),
                    None if fields.is_empty() => Ok(vec![]),
                    None => Ok(vec![Event::Changed { demographics, fields, proposed: None }]),
                }
            }
            (State::Registered(known), Command::Accept { was, values, fields, proposed }) => {
                if known.differing(&was).iter().any(|field| fields.contains(field)) {
                    return Err(Refusal::NotAsSeen);
                }
                let (demographics, fields) = known.with(&fields, &values);
                Ok(vec![Event::Changed { demographics, fields, proposed: Some(proposed) }])
            }
        }
    }

    fn evolve(_: State, event: &Event) -> State {
        State::Registered(Box::new(event.demographics().clone()))
    }
}

fn closed(locks: &Locks, fields: &[Field]) -> Option<String> {
    let room = Category::Demographics;
    let mut closed = fields.iter().filter(|field| locks.closes(room, field.path()));
    closed.next().map(|field| place(Some(room), field.path()))
}

#[cfg(test)]
pub(super) fn samples() -> Vec<Event> {
    let full = Demographics {
        family_name: "Fernhollow".into(),
        given_name: "Juniper Wren".into(),
        preferred_name: "June".into(),
        birth_date: "2019-04-02".into(),
        gender: "female".into(),
        address: "1 Willow Way\nExampleton, OR 00000".into(),
        phone: "555-0100".into(),
        email: "june@family.example".into(),
        languages: vec!["es".into(), "en".into()],
        identity_language: "person-first".into(),
        identifiers: vec!["https://practice.example/patients|P-1".into()],
    };
    let sparse = Demographics { given_name: "Wren".into(), ..Demographics::default() };
    vec![
        Event::Registered(full),
        Event::Changed {
            demographics: sparse.clone(),
            fields: vec![Field::GivenName, Field::BirthDate],
            proposed: None,
        },
        Event::Changed {
            demographics: sparse,
            fields: vec![Field::GivenName],
            proposed: Some(Proposed {
                by: holdfast_types::AccountId::new(uuid::Uuid::from_u128(1)),
                proposal: uuid::Uuid::from_u128(2),
            }),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn named(given: &str) -> Demographics {
        Demographics { given_name: given.into(), ..Demographics::default() }
    }

    fn given(events: &[Event]) -> State {
        events.iter().fold(State::default(), Patient::evolve)
    }

    fn update(values: Demographics, fields: &[Field], as_seen: bool) -> Command {
        Command::Update { values, fields: fields.to_vec(), as_seen, locks: None }
    }

    #[test]
    fn a_patient_is_registered_once() {
        let registered = Event::Registered(named("June"));
        assert_eq!(
            Patient::decide(&given(&[]), Command::Register(named("June"))),
            Ok(vec![registered.clone()])
        );
        let again = Patient::decide(&given(&[registered]), Command::Register(named("Wren")));
        assert_eq!(again, Err(Refusal::AlreadyRegistered));
    }

    #[test]
    fn only_the_named_fields_change() {
        let state = given(&[Event::Registered(named("June"))]);
        let values = Demographics { phone: "555-0100".into(), ..named("Wren") };
        let changed = Patient::decide(&state, update(values, &[Field::Phone], true)).unwrap();
        let demographics = Demographics { phone: "555-0100".into(), ..named("June") };
        assert_eq!(changed, [Event::Changed { demographics, fields: vec![Field::Phone], proposed: None }]);
    }

    #[test]
    fn an_update_that_says_what_is_known_changes_nothing() {
        let state = given(&[Event::Registered(named("June"))]);
        assert_eq!(Patient::decide(&state, update(named("June"), Field::ALL, true)), Ok(vec![]));
    }

    #[test]
    fn whom_locks_bind_changes_what_is_open_and_is_told_which_field_to_propose() {
        let state = given(&[Event::Registered(named("June"))]);
        let bound = |values, fields: &[Field]| {
            let locks = Some(Locks::of_networks());
            let command = Command::Update { values, fields: fields.to_vec(), as_seen: true, locks };
            Patient::decide(&state, command)
        };
        let moved = || Demographics { phone: "555-0100".into(), ..named("June") };
        assert_eq!(bound(moved(), Field::ALL).map(|events| events.len()), Ok(1), "what stays is not changed");
        let renamed = Demographics { phone: "555-0100".into(), ..named("Wren") };
        assert_eq!(bound(renamed, Field::ALL), Err(Refusal::Locked("demographics.given_name".into())));
    }

    proptest! {
        #[test]
        fn whatever_a_family_sends_a_locked_field_stays(
            sent in prop::collection::vec(("[ab]{1,2}", "[0-9]{1,2}"), 0..10)
        ) {
            let mut state = given(&[Event::Registered(named("June"))]);
            for (given_name, phone) in sent {
                let values = Demographics { given_name, phone, ..Demographics::default() };
                let locks = Some(Locks::of_networks());
                let fields = vec![Field::GivenName, Field::Phone];
                let command = Command::Update { values, fields, as_seen: true, locks };
                for event in Patient::decide(&state, command).unwrap_or_default() {
                    state = Patient::evolve(state, &event);
                }
                let State::Registered(known) = &state else { unreachable!("it was registered") };
                prop_assert_eq!(&known.given_name, "June");
            }
        }
    }

    #[test]
    fn what_was_proposed_is_taken_over_where_its_fields_still_say_what_they_said() {
        let proposed = Proposed {
            by: holdfast_types::AccountId::new(uuid::Uuid::from_u128(1)),
            proposal: uuid::Uuid::from_u128(2),
        };
        let accept = |was: &str| Command::Accept {
            was: Box::new(named(was)),
            values: Box::new(named("Wren")),
            fields: vec![Field::GivenName],
            proposed,
        };
        let known = Demographics { phone: "555-0100".into(), ..named("June") };
        let state = given(&[Event::Registered(known.clone())]);
        let demographics = Demographics { given_name: "Wren".into(), ..known };
        let changed =
            Event::Changed { demographics, fields: vec![Field::GivenName], proposed: Some(proposed) };
        assert_eq!(Patient::decide(&state, accept("June")), Ok(vec![changed]));
        assert_eq!(Patient::decide(&state, accept("Juniper")), Err(Refusal::NotAsSeen));
        assert_eq!(Patient::decide(&given(&[]), accept("June")), Err(Refusal::NotRegistered));
    }

    #[test]
    fn an_update_needs_a_patient_and_the_state_that_was_seen() {
        assert_eq!(
            Patient::decide(&given(&[]), update(named("June"), Field::ALL, true)),
            Err(Refusal::NotRegistered)
        );
        let state = given(&[Event::Registered(named("June"))]);
        assert_eq!(
            Patient::decide(&state, update(named("Wren"), Field::ALL, false)),
            Err(Refusal::NotAsSeen)
        );
    }
}
