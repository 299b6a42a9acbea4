//! Keys of logs and witnesses: Ed25519, in the text form of signed notes, with a name before the key.
use crate::note::{Note, NoteSignature, is_key_name};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};
use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};
use zeroize::Zeroizing;

/// What a key signs, by the byte that stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signs {
    /// A log its notes.
    Notes = 0x01,
    /// A witness others' checkpoints, with the time (C2SP tlog-cosignature).
    Cosignatures = 0x04,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("the key is not of the form `<name>+<id>+<base64>`")]
    Form,
    #[error("the key's id does not belong to its name and key")]
    Id,
    #[error("the key is of a kind that is not known here")]
    Kind,
    #[error("the private key is not usable")]
    Unusable,
}

/// Why there is no key in a file.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("the key file `{path}` cannot be read", path = path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("the key file `{path}` does not hold 32 bytes as 64 hexadecimal digits", path = path.display())]
    Malformed { path: PathBuf },
    #[error("the key cannot be made")]
    Key(#[source] KeyError),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("the note is not signed by the key `{key}`")]
    Missing { key: String },
    #[error("the signature of the key `{key}` does not belong to the note")]
    Wrong { key: String },
}

/// What verifies: all that an outsider needs.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    signs: Signs,
    public: [u8; 32],
}

impl VerifierKey {
    pub fn name(&self) -> &str {
        &self.name
    }
    pub const fn signs(&self) -> Signs {
        self.signs
    }

    /// The same key under another name, as which it is another log's.
    pub fn named(&self, name: &str) -> Result<Self, KeyError> {
        if !is_key_name(name) {
            return Err(KeyError::Form);
        }
        Ok(Self { name: name.to_owned(), ..self.clone() })
    }

    /// `SHA-256(name || 0x0A || kind || key)[:4]`.
    pub fn id(&self) -> [u8; 4] {
        let mut digest = Sha256::new_with_prefix(self.name.as_bytes());
        digest.update([b'\n', self.signs as u8]);
        digest.update(self.public);
        let [a, b, c, d, ..] = <[u8; 32]>::from(digest.finalize());
        [a, b, c, d]
    }

    /// The note carries this key's signature. A witness's says when it signed, in seconds since 1970.
    pub fn verify(&self, note: &Note) -> Result<Option<u64>, SignatureError> {
        let key = || self.name.clone();
        let id = self.id();
        let ours = |signature: &&NoteSignature| signature.key_name == self.name && signature.key_id == id;
        let line =
            note.signatures().iter().find(ours).ok_or_else(|| SignatureError::Missing { key: key() })?;
        let wrong = || SignatureError::Wrong { key: key() };
        let (message, signature, time) = match self.signs {
            Signs::Notes => (note.text().to_owned(), line.signature.as_slice(), None),
            Signs::Cosignatures => {
                let (time, signature) = line.signature.split_first_chunk::<8>().ok_or_else(wrong)?;
                let time = u64::from_be_bytes(*time);
                (cosigned(note.text(), time), signature, Some(time))
            }
        };
        let public = UnparsedPublicKey::new(&ED25519, self.public);
        public.verify(message.as_bytes(), signature).map_err(|_| wrong())?;
        Ok(time)
    }
}

/// What a witness signs.
fn cosigned(text: &str, time_s: u64) -> String {
    format!("cosignature/v1\ntime {time_s}\n{text}")
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = BASE64_STANDARD.encode([&[self.signs as u8], self.public.as_slice()].concat());
        write!(f, "{}+{}+{key}", self.name, hex::encode(self.id()))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (name, id, signs, public) = read(text)?;
        let key = Self { name, signs, public };
        if key.id() == id { Ok(key) } else { Err(KeyError::Id) }
    }
}

/// What signs.
pub struct SigningKey {
    verifier: VerifierKey,
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// The seed is 32 random bytes.
    pub fn from_seed(name: &str, signs: Signs, seed: &[u8; 32]) -> Result<Self, KeyError> {
        if !is_key_name(name) {
            return Err(KeyError::Form);
        }
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Unusable)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| KeyError::Unusable)?;
        let verifier = VerifierKey { name: name.to_owned(), signs, public };
        Ok(Self { verifier, pair })
    }

    /// Of that name, from a file that holds the seed as 64 hexadecimal digits.
    pub fn read(name: &str, signs: Signs, path: &Path) -> Result<Self, KeyFileError> {
        let text = fs::read_to_string(path)
            .map_err(|source| KeyFileError::Unreadable { path: path.to_owned(), source })?;
        let (text, mut seed) = (Zeroizing::new(text), Zeroizing::new([0; 32]));
        hex::decode_to_slice(text.trim(), &mut *seed)
            .map_err(|_| KeyFileError::Malformed { path: path.to_owned() })?;
        Self::from_seed(name, signs, &seed).map_err(KeyFileError::Key)
    }

    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// A log's signature does not tell the time; a witness's does, in seconds since 1970.
    pub fn sign(&self, text: &str, time_s: u64) -> NoteSignature {
        let signature = match self.verifier.signs {
            Signs::Notes => self.pair.sign(text.as_bytes()).as_ref().to_vec(),
            Signs::Cosignatures => {
                let signature = self.pair.sign(cosigned(text, time_s).as_bytes());
                [time_s.to_be_bytes().as_slice(), signature.as_ref()].concat()
            }
        };
        NoteSignature { key_name: self.verifier.name.clone(), key_id: self.verifier.id(), signature }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

type Parts = (String, [u8; 4], Signs, [u8; 32]);

fn read(text: &str) -> Result<Parts, KeyError> {
    // The base64 may hold plus signs, the name and the id may not.
    let mut parts = text.trim_end().splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(KeyError::Form);
    };
    let mut id_bytes = [0; 4];
    hex::decode_to_slice(id, &mut id_bytes).map_err(|_| KeyError::Form)?;
    let bytes = BASE64_STANDARD.decode(key).map_err(|_| KeyError::Form)?;
    let (kind, key) = bytes.split_first().ok_or(KeyError::Form)?;
    let signs = match kind {
        0x01 => Signs::Notes,
        0x04 => Signs::Cosignatures,
        _ => return Err(KeyError::Kind),
    };
    let key = key.try_into().map_err(|_| KeyError::Form)?;
    if is_key_name(name) { Ok((name.to_owned(), id_bytes, signs, key)) } else { Err(KeyError::Form) }
}
