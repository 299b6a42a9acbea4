//! Proto enums and timestamps to the shared vocabulary and back; both lists are the same words, which a test checks.
use crate::r#type::v1 as pb;
use chrono::{DateTime, Utc};
use holdfast_types as types;

/// A word of the vocabulary that has a proto enum of the same words.
pub trait Word: Sized {
    /// The proto enum's number.
    fn to_proto(self) -> i32;
    /// None for the unspecified and for numbers that this version does not know.
    fn from_proto(number: i32) -> Option<Self>;
}

macro_rules! words {
    ($($name:ident),+) => {$(
        impl Word for types::$name {
            fn to_proto(self) -> i32 {
                pb::$name::from_str_name(&proto_name(stringify!($name), self.as_str()))
                    .unwrap_or_default() as i32
            }
            fn from_proto(number: i32) -> Option<Self> {
                let name = pb::$name::try_from(number).ok()?.as_str_name();
                Self::ALL.iter().copied().find(|word| proto_name(stringify!($name), word.as_str()) == name)
            }
        }
    )+};
}
words!(Category, Action, Purpose, Role, OrganizationKind, Relationship, Basis);

/// `VITAL_SIGNS` of `Category` is `CATEGORY_VITAL_SIGNS`.
fn proto_name(kind: &str, word: &str) -> String {
    let mut name = String::new();
    for letter in kind.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    format!("{name}_{}", word.to_uppercase().replace('-', "_"))
}

/// A timestamp outside the years 0001 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the timestamp is out of range")]
pub struct BadTime;

pub fn timestamp(time: DateTime<Utc>) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: time.timestamp(),
        nanos: i32::try_from(time.timestamp_subsec_nanos()).unwrap_or_default(),
    }
}

/// The time, cut to the microseconds that the database keeps.
pub fn time(timestamp: &prost_types::Timestamp) -> Result<DateTime<Utc>, BadTime> {
    let nanos = u32::try_from(timestamp.nanos).map_err(|_| BadTime)?;
    let in_range = (-62_135_596_800..253_402_300_800).contains(&timestamp.seconds);
    DateTime::from_timestamp(timestamp.seconds, nanos / 1000 * 1000).filter(|_| in_range).ok_or(BadTime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_its_proto_number_and_comes_back() {
        fn check<W: Word + Copy + PartialEq + std::fmt::Debug>(all: &[W]) {
            for word in all {
                assert_ne!(word.to_proto(), 0, "{word:?} is missing in the proto");
                assert_eq!(W::from_proto(word.to_proto()), Some(*word));
            }
        }
        check(types::Category::ALL);
        check(types::Action::ALL);
        check(types::Purpose::ALL);
        check(types::Role::ALL);
        check(types::OrganizationKind::ALL);
        check(types::Relationship::ALL);
        check(types::Basis::ALL);
        assert_eq!(types::Category::from_proto(0), None);
        assert_eq!(types::Category::from_proto(9999), None);
    }

    #[test]
    fn a_time_comes_back_to_the_microsecond() {
        let now = DateTime::from_timestamp_micros(1_763_771_234_567_891).unwrap();
        assert_eq!(time(&timestamp(now)), Ok(now));
        assert_eq!(time(&prost_types::Timestamp { seconds: i64::MAX, nanos: 0 }), Err(BadTime));
    }
}
