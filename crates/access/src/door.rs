//! Who was turned away at a service's door: counted by reason on the service's own log, because nobody knows who it was.
use chrono::{DateTime, Utc};
use holdfast_eventlog::Event;
use holdfast_proto::{access::v1 as pb, timestamp};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum DoorEvent {
    /// So many callers, for one reason, between the first and the last of them. Nothing else is kept of them.
    #[serde(rename = "door.refused")]
    Refused { reason: String, count: u64, from: DateTime<Utc>, until: DateTime<Utc> },
}

impl Event for DoorEvent {
    const AGGREGATE: &'static str = "door";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "door.refused",
        }
    }
}

impl DoorEvent {
    /// All of it: reasons and counts.
    pub fn to_public(&self) -> pb::DoorRefused {
        let Self::Refused { reason, count, from, until } = self;
        pb::DoorRefused {
            reason: reason.clone(),
            count: *count,
            from_time: Some(timestamp(*from)),
            until_time: Some(timestamp(*until)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One stored payload per line, all of version 1. Lines are added, never changed.
    const STORED: &str = include_str!("door_golden.jsonl");

    #[test]
    fn stored_events_of_the_door_never_change() {
        let at = |micros| DateTime::from_timestamp_micros(micros).unwrap();
        let sample = DoorEvent::Refused {
            reason: "TOKEN_EXPIRED".to_owned(),
            count: 7,
            from: at(1_772_452_800_123_456),
            until: at(1_772_452_830_000_000),
        };
        assert_eq!([serde_json::to_string(&sample).unwrap()], *STORED.lines().collect::<Vec<_>>());
        assert_eq!(DoorEvent::decode("door.refused", 1, STORED.trim().as_bytes()).unwrap(), sample);
    }
}
