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
/// One for the way, eight for the moment; then sixteen for whoever's eyes it is seen with, if it is somebody else's.
const PLAIN_BYTES: usize = 9;
const WITH_READER_BYTES: usize = PLAIN_BYTES + 16;

/// By which of its times a record is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// What was recorded by then.
    Known,
    /// What had happened by then, as it is known today.
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
    /// As whom the record is seen; none: as whoever looks.
    pub reader: Option<AccountId>,
}

impl Moment {
    /// What was known then, with one's own eyes.
    pub const fn known(at: DateTime<Utc>) -> Self {
        Self { at, way: Way::Known, reader: None }
    }

    /// 24 signs, and 50 with somebody else's eyes.
    pub fn written(self, account: AccountId, patient: PatientId) -> String {
        let key = key(account, patient);
        let mut plain = vec![u8::from(self.way == Way::Happened)];
        plain.extend(self.at.timestamp_micros().to_be_bytes());
        plain.extend(self.reader.iter().flat_map(|reader| reader.uuid().into_bytes()));
        let tag = tag(&key, &plain);
        base32(&[tag.as_slice(), &hidden(&key, &tag, &plain)].concat())
    }

    /// None where it was written for somebody or something else, or by nobody.
    pub fn read(text: &str, account: AccountId, patient: PatientId) -> Option<Self> {
        let sizes = [PLAIN_BYTES, WITH_READER_BYTES];
        let bytes = sizes.into_iter().find_map(|size| unbase32(text, TAG_BYTES + size))?;
        let (tag_read, sealed) = bytes.split_at_checked(TAG_BYTES)?;
        let key = key(account, patient);
        let plain = hidden(&key, tag_read, sealed);
        if tag(&key, &plain) != tag_read {
            return None;
        }
        let (way, rest) = plain.split_first()?;
        let (micros, reader) = rest.split_at_checked(PLAIN_BYTES - 1)?;
        let at = DateTime::from_timestamp_micros(i64::from_be_bytes(micros.try_into().ok()?))?;
        let way = if *way == 0 { Way::Known } else { Way::Happened };
        let reader = Uuid::from_slice(reader).ok().map(AccountId::new);
        Some(Self { at, way, reader })
    }
}

fn key(account: AccountId, patient: PatientId) -> hmac::Key {
    let ids = [account.uuid(), patient.uuid()].map(Uuid::into_bytes).concat();
    hmac::Key::new(hmac::HMAC_SHA256, &[b"holdfast moment 1".as_slice(), &ids].concat())
}

fn tag(key: &hmac::Key, plain: &[u8]) -> Vec<u8> {
    hmac::sign(key, plain).as_ref().iter().copied().take(TAG_BYTES).collect()
}

/// Hides, and shows again.
fn hidden(key: &hmac::Key, tag: &[u8], bytes: &[u8]) -> Vec<u8> {
    let stream = hmac::sign(key, &[b"hide".as_slice(), tag].concat());
    bytes.iter().zip(stream.as_ref()).map(|(byte, stream)| byte ^ stream).collect()
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
        for (micros, way) in [(0, Way::Known), (1_772_452_800_123_456, Way::Happened), (-5, Way::Known)] {
            for (reader, signs) in [(None, 24), (Some(ids(7).0), 50)] {
                let moment = Moment { at: DateTime::from_timestamp_micros(micros).unwrap(), way, reader };
                let text = moment.written(account, patient);
                assert_eq!(text.len(), signs);
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
