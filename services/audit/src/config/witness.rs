//! A witness as the settings name it: where it is asked, and the key with which it cosigns.
use holdfast_translog::{KeyError, Signs, VerifierKey};
use std::str::FromStr;
use url::Url;

/// Each is asked at every checkpoint, and each adds a line to it.
pub const WITNESSES_MAX: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessAddress {
    /// Its submission prefix, with a slash at its end.
    pub url: Url,
    pub key: VerifierKey,
}

#[derive(Debug, thiserror::Error)]
pub enum WitnessAddressError {
    #[error("a witness is `<verifier key> <address>`")]
    Form,
    #[error("the verifier key of a witness is not usable")]
    Key(#[source] KeyError),
    #[error("the key is not one that cosigns")]
    NotAWitness,
    #[error("the address of a witness begins with http:// or https://")]
    Address,
}

impl FromStr for WitnessAddress {
    type Err = WitnessAddressError;
    fn from_str(text: &str) -> Result<Self, WitnessAddressError> {
        let (key, url) = text.trim_start().split_once(' ').ok_or(WitnessAddressError::Form)?;
        let key: VerifierKey = key.parse().map_err(WitnessAddressError::Key)?;
        if key.signs() != Signs::Cosignatures {
            return Err(WitnessAddressError::NotAWitness);
        }
        let mut url: Url = url.trim().parse().map_err(|_| WitnessAddressError::Address)?;
        if !["http", "https"].contains(&url.scheme()) {
            return Err(WitnessAddressError::Address);
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Self { url, key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_translog::SigningKey;

    #[test]
    fn a_witness_has_a_key_that_cosigns_and_an_address_to_ask() {
        let key = |signs| {
            SigningKey::from_seed("witness.example/w1", signs, &[2; 32]).unwrap().verifier().to_string()
        };
        let (witness, log) = (key(Signs::Cosignatures), key(Signs::Notes));
        let read = |key: &str, url: &str| format!("{key} {url}").parse::<WitnessAddress>();
        let found = read(&witness, "https://witness.example/holdfast").unwrap();
        assert_eq!(found.url.as_str(), "https://witness.example/holdfast/");
        assert_eq!(found.key.name(), "witness.example/w1");
        assert_eq!(read(&witness, "http://127.0.0.1:7200").unwrap().url.as_str(), "http://127.0.0.1:7200/");
        assert!(matches!(read(&log, "https://witness.example/"), Err(WitnessAddressError::NotAWitness)));
        assert!(matches!(read("w1", "https://witness.example/"), Err(WitnessAddressError::Key(_))));
        for url in ["ftp://witness.example/", "witness.example", ""] {
            assert!(matches!(read(&witness, url), Err(WitnessAddressError::Address)), "{url}");
        }
        assert!(matches!(witness.parse::<WitnessAddress>(), Err(WitnessAddressError::Form)));
    }
}
