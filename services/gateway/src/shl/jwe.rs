//! Compact JWE as SMART Health Links wants it: `dir` with A256GCM (RFC 7516, RFC 7518 sections 4.5 and 5.3).
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand,
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};

/// The key is not 32 bytes long, or nothing could be encrypted.
#[derive(Debug, thiserror::Error)]
#[error("the content cannot be encrypted")]
pub(crate) struct SealError;

pub(crate) fn seal(key: &[u8], media_type: &str, mut content: Vec<u8>) -> Result<String, SealError> {
    let header = serde_json::json!({ "alg": "dir", "enc": "A256GCM", "cty": media_type });
    let header = BASE64.encode(header.to_string());
    let mut nonce = [0; NONCE_LEN];
    rand::fill(&mut nonce).map_err(|_| SealError)?;
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).map_err(|_| SealError)?);
    let tag = key
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(header.as_bytes()),
            &mut content,
        )
        .map_err(|_| SealError)?;
    // Between the first two dots would stand an encrypted key; with `dir` there is none.
    Ok(format!("{header}..{}.{}.{}", BASE64.encode(nonce), BASE64.encode(content), BASE64.encode(tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_parts_say_how_they_are_opened_and_no_two_are_alike() {
        let sealed = seal(&[7; 32], "application/fhir+json", b"{}".to_vec()).unwrap();
        let parts: Vec<&str> = sealed.split('.').collect();
        let [header, "", nonce, content, tag] = parts[..] else { panic!("{sealed}") };
        let header: serde_json::Value = serde_json::from_slice(&BASE64.decode(header).unwrap()).unwrap();
        assert_eq!((&header["alg"], &header["enc"]), (&"dir".into(), &"A256GCM".into()));
        assert_eq!(header["cty"], "application/fhir+json");
        assert_eq!([nonce, content, tag].map(|part| BASE64.decode(part).unwrap().len()), [12, 2, 16]);
        assert_ne!(sealed, seal(&[7; 32], "application/fhir+json", b"{}".to_vec()).unwrap());
        assert!(seal(&[7; 31], "text/plain", Vec::new()).is_err());
    }

    #[test]
    fn whoever_has_the_key_opens_it() {
        let sealed = seal(&[7; 32], "text/plain", b"allergic to nuts".to_vec()).unwrap();
        let parts: Vec<&str> = sealed.split('.').collect();
        let nonce: [u8; 12] = BASE64.decode(parts[2]).unwrap().try_into().unwrap();
        let mut open = BASE64.decode(parts[3]).unwrap();
        open.extend(BASE64.decode(parts[4]).unwrap());
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).unwrap());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let opened = key.open_in_place(nonce, Aad::from(parts[0].as_bytes()), &mut open).unwrap();
        assert_eq!(opened, b"allergic to nuts");
    }
}
