//! A patient's demographics: given once, then changed field by field.
use super::demographics::{Demographics, Field};
use holdfast_eventlog::Decider;
use serde::{Deserialize, Serialize};

pub struct Patient;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "patient.registered")]
    Registered(Demographics),
    /// The whole of what is known now, and which fields of it are new.
    #[serde(rename = "patient.changed")]
    Changed { demographics: Demographics, fields: Vec<Field> },
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
    pub const fn demographics(&self) -> &Demographics {
        match self {
            Self::Registered(demographics) | Self::Changed { demographics, .. } => demographics,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Register(Demographics),
    /// Takes the named fields over. `as_seen`: nobody changed anything since its sender read it.
    Update {
        values: Demographics,
        fields: Vec<Field>,
        as_seen: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    #[default]
    Unregistered,
    Registered(Box<Demographics>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the record has its demographics already")]
    AlreadyRegistered,
    #[error("the record has no demographics yet")]
    NotRegistered,
    #[error("changed since it was read")]
    NotAsSeen,
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
            (State::Unregistered, Command::Update { .. }) => Err(Refusal::NotRegistered),
            (State::Registered(_), Command::Update { as_seen: false, .. }) => Err(Refusal::NotAsSeen),
            (State::Registered(known), Command::Update { values, fields, as_seen: true }) => {
                let mut demographics = (**known).clone();
                for field in fields {
                    demographics.take(field, &values);
                }
                let fields = known.differing(&demographics);
                Ok(if fields.is_empty() { vec![] } else { vec![Event::Changed { demographics, fields }] })
            }
        }
    }

    fn evolve(_: State, event: &Event) -> State {
        State::Registered(Box::new(event.demographics().clone()))
    }
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
        Event::Changed { demographics: sparse, fields: vec![Field::GivenName, Field::BirthDate] },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(given: &str) -> Demographics {
        Demographics { given_name: given.into(), ..Demographics::default() }
    }

    fn given(events: &[Event]) -> State {
        events.iter().fold(State::default(), Patient::evolve)
    }

    fn update(values: Demographics, fields: &[Field], as_seen: bool) -> Command {
        Command::Update { values, fields: fields.to_vec(), as_seen }
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
        assert_eq!(changed, [Event::Changed { demographics, fields: vec![Field::Phone] }]);
    }

    #[test]
    fn an_update_that_says_what_is_known_changes_nothing() {
        let state = given(&[Event::Registered(named("June"))]);
        assert_eq!(Patient::decide(&state, update(named("June"), Field::ALL, true)), Ok(vec![]));
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
