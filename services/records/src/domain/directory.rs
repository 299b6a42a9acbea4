//! Who and where care is given, kept once for a tenant: organizations, places, practitioners and their roles.
use super::content::{NotJson, Resource, Sha, directory_key};
use holdfast_eventlog::Decider;
use holdfast_fhir::DirectoryEntry;
use holdfast_types::TenantId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub struct Directory;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `Practitioner`, `PractitionerRole`, `Organization` or `Location`.
    pub kind: String,
    pub name: String,
    /// Every name by which a reference may call it, the one that identifies it first.
    pub keys: Vec<String>,
    pub specialties: Vec<String>,
    pub resource: Resource,
}

impl Entry {
    pub fn of(read: DirectoryEntry) -> Result<Self, NotJson> {
        let kind = read.kind.as_str();
        let by_identifier = read.identifiers.iter().filter_map(|identifier| {
            identifier.system.as_ref().map(|system| directory_key(kind, system, &identifier.value))
        });
        let mut keys: Vec<String> = Vec::new();
        for key in by_identifier.chain([read.source_key.clone()]) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Ok(Self {
            kind: kind.to_owned(),
            name: read.name,
            keys,
            specialties: read.specialties,
            resource: Resource::parse(read.json)?,
        })
    }

    pub fn id(&self, tenant: TenantId) -> Uuid {
        key_id(tenant, self.keys.first().map(String::as_str).unwrap_or_default())
    }
}

/// A name in a tenant.
pub fn key_id(tenant: TenantId, key: &str) -> Uuid {
    Uuid::new_v5(&tenant.uuid(), key.as_bytes())
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "directory.recorded")]
    Recorded(Box<Entry>),
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "directory";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Recorded(_) => "directory.recorded",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    #[default]
    Absent,
    Recorded(Sha),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Never {}

impl Decider for Directory {
    type State = State;
    type Command = Box<Entry>;
    type Event = Event;
    type Refusal = Never;

    fn decide(state: &State, entry: Box<Entry>) -> Result<Vec<Event>, Never> {
        match state {
            State::Recorded(known) if *known == entry.resource.sha256() => Ok(vec![]),
            State::Absent | State::Recorded(_) => Ok(vec![Event::Recorded(entry)]),
        }
    }

    fn evolve(_: State, event: &Event) -> State {
        let Event::Recorded(entry) = event;
        State::Recorded(entry.resource.sha256())
    }
}

#[cfg(test)]
pub(super) fn samples() -> Vec<Event> {
    vec![Event::Recorded(Box::new(Entry {
        kind: "Practitioner".into(),
        name: "Dr. Robin Sedgebrook".into(),
        keys: vec![
            "Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|0000000001".into(),
            "Practitioner/robin".into(),
        ],
        specialties: vec!["Speech therapy".into()],
        resource: Resource::parse(br#"{"resourceType":"Practitioner"}"#.to_vec()).unwrap(),
    }))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_recorded_when_it_says_something_new() {
        let [Event::Recorded(entry)] = samples().try_into().unwrap();
        let first = Directory::decide(&State::Absent, entry.clone()).unwrap();
        assert_eq!(first, samples());
        let known = first.iter().fold(State::default(), Directory::evolve);
        assert_eq!(Directory::decide(&known, entry.clone()), Ok(vec![]));
        let moved = Entry { resource: Resource::parse(b"1".to_vec()).unwrap(), ..*entry };
        assert_eq!(
            Directory::decide(&known, Box::new(moved.clone())),
            Ok(vec![Event::Recorded(Box::new(moved))])
        );
    }
}
