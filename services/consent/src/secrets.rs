//! What a link's bearer shows and opens with. All of it follows from consent's master key and the link's id, so that a repeated command is
//! answered the same and nothing of it is stored: neither the log nor a database with every data key opens what a link gives out. Of the
//! secret its SHA-256 is kept, of a passcode what 600,000 rounds of PBKDF2 make of it.
use crate::domain::link::{Digest, TICKET_LASTS};
use aws_lc_rs::{hmac, pbkdf2};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use holdfast_eventlog::{KeyError, MasterKey};
use holdfast_types::{GrantId, PatientId};
use sha2::Digest as _;
use std::num::NonZeroU32;
use uuid::Uuid;

/// OWASP, Password Storage Cheat Sheet, for PBKDF2 with HMAC-SHA-256.
const ROUNDS: NonZeroU32 = NonZeroU32::new(600_000).unwrap();
/// Link, patient, and the second until which it is good.
const TICKET_BYTES: usize = 16 + 16 + 8;

pub(crate) struct Secrets(hmac::Key);

/// What was opened, and until when it may be gone on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) link: GrantId,
    pub(crate) patient: PatientId,
}

impl Secrets {
    pub(crate) fn derive(master: &MasterKey) -> Result<Self, KeyError> {
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, master.derive("consent/links")?.as_slice())))
    }

    /// 256 bits, as SMART Health Links wants it of an address.
    pub(crate) fn of_bearer(&self, link: GrantId) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.tag(b"bearer ", link.uuid().as_bytes()))
    }

    /// By which what is given out is encrypted.
    pub(crate) fn content_key(&self, link: GrantId) -> Vec<u8> {
        self.tag(b"content", link.uuid().as_bytes()).as_ref().to_vec()
    }

    pub(crate) fn ticket(&self, ticket: Ticket, now: DateTime<Utc>) -> String {
        let until = (now + TICKET_LASTS).timestamp().to_be_bytes();
        let said =
            [ticket.link.uuid().as_bytes(), ticket.patient.uuid().as_bytes(), until.as_slice()].concat();
        let tag = self.tag(b"ticket ", &said);
        BASE64_URL_SAFE_NO_PAD.encode([said.as_slice(), tag.as_ref()].concat())
    }

    /// None: not one of ours, or over.
    pub(crate) fn read_ticket(&self, text: &str, now: DateTime<Utc>) -> Option<Ticket> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (said, tag) = bytes.split_at_checked(TICKET_BYTES)?;
        hmac::verify(&self.0, &[b"ticket ", said].concat(), tag).ok()?;
        let (link, rest) = said.split_at_checked(16)?;
        let (patient, until) = rest.split_at_checked(16)?;
        let until = DateTime::from_timestamp(i64::from_be_bytes(until.try_into().ok()?), 0)?;
        let (link, patient) = (Uuid::from_slice(link).ok()?, Uuid::from_slice(patient).ok()?);
        (now < until).then(|| Ticket { link: GrantId::new(link), patient: PatientId::new(patient) })
    }

    /// The kinds have the same length, so that no two of them are tagged alike.
    fn tag(&self, kind: &[u8; 7], of: &[u8]) -> hmac::Tag {
        hmac::sign(&self.0, &[kind.as_slice(), of].concat())
    }
}

pub(crate) fn digest(secret: &str) -> Digest {
    Digest(sha2::Sha256::digest(secret).into())
}

/// A tenth of a second's work: where nobody else waits for it.
pub(crate) fn of_passcode(passcode: &str, link: GrantId) -> Digest {
    let mut digest = [0; 32];
    let salt = link.uuid();
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, salt.as_bytes(), passcode.as_bytes(), &mut digest);
    Digest(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn secrets(byte: u8) -> Secrets {
        Secrets::derive(&MasterKey::new([byte; 32])).unwrap()
    }

    fn link(number: u128) -> GrantId {
        GrantId::new(Uuid::from_u128(number))
    }

    #[test]
    fn what_a_bearer_shows_and_what_it_opens_with_differ_and_are_of_one_link() {
        let (shown, key) = (secrets(7).of_bearer(link(1)), secrets(7).content_key(link(1)));
        assert_eq!((shown.len(), key.len()), (43, 32));
        assert_ne!(BASE64_URL_SAFE_NO_PAD.decode(&shown).unwrap(), key);
        assert_eq!(shown, secrets(7).of_bearer(link(1)), "whoever asks again is answered the same");
        assert_ne!(shown, secrets(7).of_bearer(link(2)));
        assert_ne!(shown, secrets(8).of_bearer(link(1)));
    }

    #[test]
    fn a_ticket_is_good_for_an_hour_and_for_nobody_who_made_it_up() {
        let now = DateTime::from_timestamp(1_772_452_800, 0).unwrap();
        let ticket = Ticket { link: link(1), patient: PatientId::new(Uuid::from_u128(2)) };
        let text = secrets(7).ticket(ticket, now);
        assert_eq!(secrets(7).read_ticket(&text, now + TimeDelta::minutes(59)), Some(ticket));
        assert_eq!(secrets(7).read_ticket(&text, now + TICKET_LASTS), None);
        assert_eq!(secrets(8).read_ticket(&text, now), None);
        for at in 0..text.len() {
            let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
            let mut altered = text.clone();
            altered.replace_range(at..=at, other);
            assert_eq!(secrets(7).read_ticket(&altered, now), None, "{at}");
        }
    }

    #[test]
    fn a_passcode_is_of_one_link() {
        assert_eq!(of_passcode("kite-31", link(1)), of_passcode("kite-31", link(1)));
        assert_ne!(of_passcode("kite-31", link(1)), of_passcode("kite-31", link(2)));
        assert_ne!(of_passcode("kite-31", link(1)), of_passcode("kite-32", link(1)));
    }
}
