//! AES-256-GCM-SIV (RFC 8452) under a data key: `format || nonce (12) || ciphertext and tag`. Format 1 holds the content; format 2
//! holds it as an LZ4 block after its length (4 bytes, little-endian): what a record says is full of names that repeat, and it is
//! written several times over, to the log, its journal, the read models and every backup. How long sealed content is tells little to
//! those who see it without the key, and nobody can mix their own words into another's event to learn from its length.
use crate::{Header, KeyError};
use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand,
};
use lz4_flex::block::{compress_prepend_size, decompress, uncompressed_size};
use std::fmt;
use uuid::Uuid;
use zeroize::Zeroizing;

const PLAIN: u8 = 1;
const PACKED: u8 = 2;
const TAG_LEN: usize = 16;
/// Shorter content is not packed, nor any that packing makes less than an eighth shorter.
const PACK_BYTES_MIN: usize = 256;
/// Nor longer content, and none is unpacked that says it is: the longest event, and as much again for what a read model adds to one.
const PACK_BYTES_MAX: usize = 2 * crate::PAYLOAD_BYTES_MAX;

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
        match packed(content) {
            Some(packed) => self.encrypt(PACKED, place, &packed),
            None => self.encrypt(PLAIN, place, content),
        }
    }

    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (format, rest) = sealed.split_first().ok_or(KeyError::Crypto)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(KeyError::Crypto)?;
        let mut content = body.to_vec();
        let length = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), bound_to(*format, place), &mut content)
            .map_err(|_| KeyError::Crypto)?
            .len();
        content.truncate(length);
        match *format {
            PLAIN => Ok(content),
            PACKED => unpacked(&content),
            _ => Err(KeyError::Crypto),
        }
    }

    fn encrypt(&self, format: u8, place: &[u8], content: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| KeyError::Crypto)?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + content.len() + TAG_LEN);
        sealed.push(format);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(content);
        let (_, body) = sealed.split_at_mut(1 + NONCE_LEN);
        let tag = self
            .key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), bound_to(format, place), body)
            .map_err(|_| KeyError::Crypto)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }
}

/// The format is sealed with the place: one cannot be passed off as the other.
fn bound_to(format: u8, place: &[u8]) -> Aad<Vec<u8>> {
    let mut bound = place.to_vec();
    if format != PLAIN {
        bound.push(format);
    }
    Aad::from(bound)
}

fn packed(content: &[u8]) -> Option<Vec<u8>> {
    let worth = |packed: &Vec<u8>| packed.len() < content.len() - content.len() / 8;
    let packable = (PACK_BYTES_MIN..=PACK_BYTES_MAX).contains(&content.len());
    packable.then(|| compress_prepend_size(content)).filter(worth)
}

fn unpacked(packed: &[u8]) -> Result<Vec<u8>, KeyError> {
    let (length, block) = uncompressed_size(packed).map_err(|_| KeyError::Crypto)?;
    if length > PACK_BYTES_MAX {
        return Err(KeyError::Crypto);
    }
    decompress(block, length).map_err(|_| KeyError::Crypto)
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
        for content in [b"content".to_vec(), b"says the same, ".repeat(40)] {
            let sealed = key(1).seal(b"here", &content).unwrap();
            assert_eq!(key(1).open(b"here", &sealed).unwrap(), content);
            assert!(key(1).open(b"there", &sealed).is_err());
            assert!(key(2).open(b"here", &sealed).is_err());
            for byte in 0..sealed.len() {
                for bit in 0..8 {
                    let mut altered = sealed.clone();
                    altered[byte] ^= 1 << bit;
                    assert!(key(1).open(b"here", &altered).is_err(), "byte {byte}");
                }
                assert!(key(1).open(b"here", &sealed[..byte]).is_err(), "cut at {byte}");
            }
        }
    }

    #[test]
    fn what_repeats_is_sealed_shorter_and_what_does_not_is_sealed_as_it_is() {
        let length = |content: &[u8]| key(1).seal(b"here", content).unwrap().len();
        assert!(length(&b"says the same, ".repeat(40)) < 100);
        let mut noise = [0; 4096];
        rand::fill(&mut noise).unwrap();
        for content in [&noise[..], b"says the same, says the same"] {
            assert_eq!(length(content), 1 + NONCE_LEN + content.len() + TAG_LEN);
        }
    }

    #[test]
    fn what_was_sealed_before_anything_was_packed_opens_still() {
        let content = b"says the same, ".repeat(40);
        let sealed = key(1).encrypt(PLAIN, b"here", &content).unwrap();
        assert_eq!(key(1).open(b"here", &sealed).unwrap(), content);
    }

    #[test]
    fn no_more_is_unpacked_than_an_event_and_as_much_again_can_be() {
        let opened = |content: &[u8]| {
            key(1).open(b"here", &key(1).encrypt(PACKED, b"here", &compress_prepend_size(content)).unwrap())
        };
        assert_eq!(opened(&vec![7; PACK_BYTES_MAX]).unwrap().len(), PACK_BYTES_MAX);
        assert!(opened(&vec![7; PACK_BYTES_MAX + 1]).is_err());
        let longer = vec![7; PACK_BYTES_MAX + 1];
        let sealed = key(1).seal(b"here", &longer).unwrap();
        assert_eq!(key(1).open(b"here", &sealed).unwrap(), longer, "it is sealed as it is");
    }

    #[test]
    fn the_same_content_never_seals_to_the_same_bytes() {
        assert_ne!(key(1).seal(b"", b"x").unwrap(), key(1).seal(b"", b"x").unwrap());
    }
}
