//! AES-256-GCM-SIV (RFC 8452) under a data key: `0x01 || nonce (12) || ciphertext and tag`.
use crate::{Header, KeyError};
use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand,
};
use std::fmt;
use uuid::Uuid;
use zeroize::Zeroizing;

const FORMAT: u8 = 1;
const TAG_LEN: usize = 16;

/// The key that seals one subject's content.
pub struct DataKey {
    id: Uuid,
    key: LessSafeKey,
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey({})", self.id)
    }
}

impl DataKey {
    pub fn new(id: Uuid, bytes: &Zeroizing<[u8; 32]>) -> Result<Self, KeyError> {
        let key = UnboundKey::new(&AES_256_GCM_SIV, bytes.as_slice()).map_err(|_| KeyError::Crypto)?;
        Ok(Self { id, key: LessSafeKey::new(key) })
    }

    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// `place` says where the bytes belong: they open nowhere else.
    pub fn seal(&self, place: &[u8], content: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| KeyError::Crypto)?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + content.len() + TAG_LEN);
        sealed.push(FORMAT);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(content);
        let (_, body) = sealed.split_at_mut(1 + NONCE_LEN);
        let tag = self
            .key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), body)
            .map_err(|_| KeyError::Crypto)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (&[FORMAT], rest) = sealed.split_first_chunk::<1>().ok_or(KeyError::Crypto)? else {
            return Err(KeyError::Crypto);
        };
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(KeyError::Crypto)?;
        let mut content = body.to_vec();
        let length = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(place), &mut content)
            .map_err(|_| KeyError::Crypto)?
            .len();
        content.truncate(length);
        Ok(content)
    }
}

/// Where an event's content belongs: tenant, stream, revision, event id, type and schema version.
pub(crate) fn place_of(header: &Header) -> Vec<u8> {
    let stream = header.stream.as_str();
    let mut place = Vec::with_capacity(80 + stream.len() + header.event_type.len());
    place.extend_from_slice(header.tenant.uuid().as_bytes());
    place.extend_from_slice(&(stream.len() as u64).to_be_bytes());
    place.extend_from_slice(stream.as_bytes());
    place.extend_from_slice(&header.revision.to_be_bytes());
    place.extend_from_slice(header.event_id.uuid().as_bytes());
    place.extend_from_slice(&header.schema_version.to_be_bytes());
    place.extend_from_slice(header.event_type.as_bytes());
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> DataKey {
        DataKey::new(Uuid::nil(), &Zeroizing::new([byte; 32])).unwrap()
    }

    #[test]
    fn sealed_content_opens_at_its_place_under_its_key_and_nowhere_else() {
        let sealed = key(1).seal(b"here", b"content").unwrap();
        assert_eq!(key(1).open(b"here", &sealed).unwrap(), b"content");
        assert!(key(1).open(b"there", &sealed).is_err());
        assert!(key(2).open(b"here", &sealed).is_err());
        for byte in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[byte] ^= 1;
            assert!(key(1).open(b"here", &altered).is_err(), "byte {byte}");
            assert!(key(1).open(b"here", &sealed[..byte]).is_err(), "cut at {byte}");
        }
    }

    #[test]
    fn the_same_content_never_seals_to_the_same_bytes() {
        assert_ne!(key(1).seal(b"", b"x").unwrap(), key(1).seal(b"", b"x").unwrap());
    }
}
