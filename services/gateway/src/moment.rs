//! What stands for a moment in an address: `/r/{r}/then/{moment}`.
//!
//! A moment is written sealed for one account and one record: its tag is HMAC-SHA-256 of it under a key made of both ids, and what
//! hides it is HMAC-SHA-256 of the tag. So no date stands in an address, the same moment has the same address, and what was not
//! written for this account and record is no moment at all. Like the alias of a record it hides, and opens nothing.
use crate::alias::{base32, unbase32};
use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};
use holdfast_types::{AccountId, PatientId};
use uuid::Uuid;

const TAG_BYTES: usize = 6;
const TIME_BYTES: usize = 8;
const DIGEST_BYTES: usize = 32;
/// One for the way, eight for the moment; then eight for when that was known, if it is not today, and sixteen for whoever's eyes it is
/// seen with, if it is somebody else's.
const PLAIN_BYTES: usize = 1 + TIME_BYTES;
const SIZES: [usize; 4] =
    [PLAIN_BYTES, PLAIN_BYTES + 16, PLAIN_BYTES + TIME_BYTES, PLAIN_BYTES + TIME_BYTES + 16];

/// By which of its times a record is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// What was recorded by then.
    Known,
    /// What had happened by then, as it is known today or was known at another moment.
    Happened,
}

impl Way {
    pub const ALL: [Self; 2] = [Self::Known, Self::Happened];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Happened => "happened",
        }
    }

    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.code() == code)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub at: DateTime<Utc>,
    pub way: Way,
    /// When that was known which had happened; none: it is told as it is known today.
    pub known_at: Option<DateTime<Utc>>,
    /// As whom the record is seen; none: as whoever looks.
    pub reader: Option<AccountId>,
}

impl Moment {
    /// What was known then, with one's own eyes.
    pub const fn known(at: DateTime<Utc>) -> Self {
        Self { at, way: Way::Known, known_at: None, reader: None }
    }

    /// The moment whose grants decide what others see; none: today's do.
    pub const fn decided_at(self) -> Option<DateTime<Utc>> {
        match self.way {
            Way::Known => Some(self.at),
            Way::Happened => self.known_at,
        }
    }

    /// Until when that is shown which happens as it is recorded.
    pub fn written_until(self) -> DateTime<Utc> {
        self.known_at.map_or(self.at, |known| known.min(self.at))
    }

    /// 24 signs, 13 more with a second moment and 26 more with somebody else's eyes.
    pub fn written(self, account: AccountId, patient: PatientId) -> String {
        let key = key(account, patient);
        let mut plain = vec![match (self.way, self.known_at) {
            (Way::Known, _) => 0,
            (Way::Happened, None) => 1,
            (Way::Happened, Some(_)) => 2,
        }];
        let known_at = self.known_at.filter(|_| self.way == Way::Happened);
        let moments = [Some(self.at), known_at].into_iter().flatten();
        plain.extend(moments.flat_map(|moment| moment.timestamp_micros().to_be_bytes()));
        plain.extend(self.reader.iter().flat_map(|reader| reader.uuid().into_bytes()));
        let tag = tag(&key, &plain);
        base32(&[tag.as_slice(), &hidden(&key, &tag, &plain)].concat())
    }

    /// None where it was written for somebody or something else, or by nobody.
    pub fn read(text: &str, account: AccountId, patient: PatientId) -> Option<Self> {
        let bytes = SIZES.into_iter().find_map(|size| unbase32(text, TAG_BYTES + size))?;
        let (tag_read, sealed) = bytes.split_at_checked(TAG_BYTES)?;
        let key = key(account, patient);
        let plain = hidden(&key, tag_read, sealed);
        if tag(&key, &plain) != tag_read {
            return None;
        }
        let (way, rest) = plain.split_first()?;
        let (at, rest) = time(rest)?;
        let (way, known_at, reader) = match way {
            0 => (Way::Known, None, rest),
            1 => (Way::Happened, None, rest),
            _ => {
                let (known_at, reader) = time(rest)?;
                (Way::Happened, Some(known_at), reader)
            }
        };
        let reader = Uuid::from_slice(reader).ok().map(AccountId::new);
        Some(Self { at, way, known_at, reader })
    }
}

/// The first of some bytes, and the rest.
fn time(bytes: &[u8]) -> Option<(DateTime<Utc>, &[u8])> {
    let (micros, rest) = bytes.split_first_chunk::<TIME_BYTES>()?;
    Some((DateTime::from_timestamp_micros(i64::from_be_bytes(*micros))?, rest))
}

fn key(account: AccountId, patient: PatientId) -> hmac::Key {
    let ids = [account.uuid(), patient.uuid()].map(Uuid::into_bytes).concat();
    hmac::Key::new(hmac::HMAC_SHA256, &[b"holdfast moment 1".as_slice(), &ids].concat())
}

fn tag(key: &hmac::Key, plain: &[u8]) -> Vec<u8> {
    hmac::sign(key, plain).as_ref().iter().copied().take(TAG_BYTES).collect()
}

/// Hides, and shows again: each stretch under a digest of its own.
fn hidden(key: &hmac::Key, tag: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut shown = Vec::with_capacity(bytes.len());
    for (number, stretch) in bytes.chunks(DIGEST_BYTES).enumerate() {
        let stream = hmac::sign(key, &[b"hide".as_slice(), tag, &vec![1; number]].concat());
        shown.extend(stretch.iter().zip(stream.as_ref()).map(|(byte, stream)| byte ^ stream));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(number: u128) -> (AccountId, PatientId) {
        (AccountId::new(Uuid::from_u128(number)), PatientId::new(Uuid::from_u128(number + 100)))
    }

    #[test]
    fn a_moment_comes_back_to_its_account_and_record_alone() {
        let (account, patient) = ids(1);
        let at = |micros| DateTime::from_timestamp_micros(micros).unwrap();
        let kinds = [
            (0, Way::Known, None, 24),
            (1_772_452_800_123_456, Way::Happened, None, 24),
            (1_772_452_800_123_456, Way::Happened, Some(at(1_772_452_800_123_457)), 37),
            (-5, Way::Known, None, 24),
        ];
        for (micros, way, known_at, signs) in kinds {
            for (reader, more) in [(None, 0), (Some(ids(7).0), 26)] {
                let moment = Moment { at: at(micros), way, known_at, reader };
                let text = moment.written(account, patient);
                assert_eq!(text.len(), signs + more);
                assert_eq!(Moment::read(&text, account, patient), Some(moment));
                assert_eq!(moment.written(account, patient), text, "its address is always the same");
                assert_eq!(Moment::read(&text, ids(2).0, patient), None);
                assert_eq!(Moment::read(&text, account, ids(2).1), None);
                assert_eq!(Moment::read(text.get(1..).unwrap(), account, patient), None);
            }
        }
    }

    #[test]
    fn moments_that_are_close_look_nothing_alike_and_nothing_altered_is_one() {
        let (account, patient) = ids(1);
        let at = |micros| DateTime::from_timestamp_micros(micros).unwrap();
        let texts = [5, 6].map(|micros| Moment::known(at(micros)).written(account, patient));
        let alike = texts[0].bytes().zip(texts[1].bytes()).filter(|(one, other)| one == other).count();
        assert!(alike < 8, "{texts:?}");
        for place in 0..24 {
            let mut altered = texts[0].clone().into_bytes();
            altered[place] = if altered[place] == b'7' { b'8' } else { b'7' };
            assert_eq!(Moment::read(std::str::from_utf8(&altered).unwrap(), account, patient), None);
        }
        for nonsense in
            ["", "7", "now", texts[0].get(1..).unwrap(), &texts[0].to_uppercase(), "é".repeat(12).as_str()]
        {
            assert_eq!(Moment::read(nonsense, account, patient), None, "{nonsense}");
        }
    }
}
