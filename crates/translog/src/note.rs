//! Signed notes (C2SP signed-note): a text, a blank line, and a line for each signature.
use base64::{Engine as _, prelude::BASE64_STANDARD};
use std::fmt;

pub const NOTE_BYTES_MAX: usize = 64 * 1024;
pub const NOTE_SIGNATURES_MAX: usize = 100;
const DASH: &str = "\u{2014} ";

/// Its text ends with a line feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    pub key_name: String,
    pub key_id: [u8; 4],
    pub signature: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("the note is longer than {NOTE_BYTES_MAX} bytes")]
    TooLong,
    #[error("the note is not text")]
    NotText,
    #[error("the note has no blank line between its text and its signatures")]
    NoSignatures,
    #[error("the note has more than {NOTE_SIGNATURES_MAX} signatures")]
    TooManySignatures,
    #[error("signature line {line} of the note is malformed")]
    SignatureLine { line: usize },
}

impl Note {
    /// Of a text that ends with a line feed; one that does not is given it.
    pub fn unsigned(mut text: String) -> Self {
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Self { text, signatures: Vec::new() }
    }

    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteError::NotText)?;
        if whole.chars().any(|char| char < ' ' && char != '\n') {
            return Err(NoteError::NotText);
        }
        let (text, lines) = whole.rsplit_once("\n\n").ok_or(NoteError::NoSignatures)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
        let mut signatures = Vec::new();
        for (number, line) in lines.split('\n').enumerate() {
            if number >= NOTE_SIGNATURES_MAX {
                return Err(NoteError::TooManySignatures);
            }
            let malformed = NoteError::SignatureLine { line: number + 1 };
            signatures.push(NoteSignature::parse(line).ok_or(malformed)?);
        }
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    pub fn text(&self) -> &str {
        &self.text
    }
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }
    /// A later signature of the same key takes the place of the earlier.
    pub fn add(&mut self, signature: NoteSignature) {
        self.signatures
            .retain(|other| (&other.key_name, other.key_id) != (&signature.key_name, signature.key_id));
        self.signatures.push(signature);
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl NoteSignature {
    /// One line, without its line feed: as a witness answers.
    pub fn parse(line: &str) -> Option<Self> {
        let (name, text) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = BASE64_STANDARD.decode(text).ok()?;
        let (key_id, signature) = bytes.split_first_chunk::<4>()?;
        if !is_key_name(name) || signature.is_empty() {
            return None;
        }
        Some(Self { key_name: name.to_owned(), key_id: *key_id, signature: signature.to_vec() })
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blob = BASE64_STANDARD.encode([self.key_id.as_slice(), &self.signature].concat());
        write!(f, "{DASH}{} {blob}", self.key_name)
    }
}

/// Not empty, no spaces, no plus sign.
pub(crate) fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|char| char.is_whitespace() || char == '+' || char < ' ')
}
