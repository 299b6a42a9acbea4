//! The domain of the torture: a tally per patient, in which every command leaves its writer's name and number.
use holdfast_eventlog::{Context, Decider, Event, Request, Subject};
use holdfast_types::{AccountId, Actor, PatientId, Purpose, RequestId, TenantId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The log's owner.
pub(crate) const SERVICE: &str = "tally";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum TallyEvent {
    #[serde(rename = "tally.counted")]
    Counted(Counted),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Counted {
    pub(crate) writer: u16,
    /// From 1 for each writer.
    pub(crate) number: u64,
    /// From 0 in each command.
    pub(crate) part: u64,
}

impl Event for TallyEvent {
    const AGGREGATE: &'static str = "tally";
    fn event_type(&self) -> &'static str {
        match self {
            Self::Counted(_) => "tally.counted",
        }
    }
}

/// What one writer wants counted next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count {
    pub(crate) writer: u16,
    pub(crate) number: u64,
}

impl Count {
    /// Commands of one, two and three events, so that half a command would show.
    pub(crate) const fn parts(self) -> u64 {
        1 + self.number % 3
    }

    /// The same command has the same name and goes to the same patient, in whichever process it is sent.
    fn name(self, seed: u64) -> Uuid {
        let of = format!("{}/{}", self.writer, self.number);
        Uuid::new_v5(&Uuid::from_u64_pair(seed, 0), of.as_bytes())
    }

    pub(crate) fn request(self, seed: u64) -> Request {
        let id = self.name(seed);
        let mut fingerprint = [0; 32];
        fingerprint.iter_mut().zip(id.as_bytes()).for_each(|(to, from)| *to = *from);
        Request { id: RequestId::new(id), fingerprint }
    }

    pub(crate) fn patient(self, seed: u64, patients: u64) -> Uuid {
        let (_, random) = self.name(seed).as_u64_pair();
        Uuid::from_u64_pair(seed, random % patients.max(1))
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) events: u64,
    pub(crate) sum: u64,
}

/// Everything is counted and nothing is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Never {}

pub(crate) struct Tally;

impl Decider for Tally {
    type State = Sum;
    type Command = Count;
    type Event = TallyEvent;
    type Refusal = Never;

    fn decide(_: &Sum, count: Count) -> Result<Vec<TallyEvent>, Never> {
        let Count { writer, number } = count;
        Ok((0..count.parts()).map(|part| TallyEvent::Counted(Counted { writer, number, part })).collect())
    }

    fn evolve(state: Sum, event: &TallyEvent) -> Sum {
        let TallyEvent::Counted(counted) = event;
        Sum { events: state.events + 1, sum: state.sum + counted.number }
    }
}

pub(crate) fn subject(patient: Uuid) -> Subject {
    Subject::Patient(PatientId::new(patient))
}

pub(crate) fn context() -> Context {
    Context {
        tenant: TenantId::new(Uuid::from_u128(1)),
        actor: Actor::Account(AccountId::new(Uuid::from_u128(2))),
        on_behalf_of: None,
        purpose: Purpose::PatientRequest,
        correlation: Uuid::from_u128(3),
        causation: None,
        traceparent: None,
        occurred: None,
        by_right: None,
    }
}
