//! The form in which a log, or one patient's part of it, leaves the house: NDJSON, written and read line by line.
//!
//! ```text
//! of a log        begin, checkpoint (oldest first, the last is the newest) …, entry …
//! of a patient    begin, checkpoint, consistency …, closing, head, entry …
//! ```
use crate::hash::{Hash, decode_hash, encode_hash};
use holdfast_types::PatientId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::io::{BufRead, Read as _, Write};

/// In the first line; another number is another form.
pub const EXPORT_FORMAT: &str = "holdfast-log-export-1";
pub const EXPORT_LINE_BYTES_MAX: usize = 256 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    Begin(Begin),
    /// A signed note.
    Checkpoint(String),
    Consistency(Consistency),
    /// The heads entry with which the checkpoint's tree closes.
    Closing(Placed),
    Head(PatientHead),
    Entry(Placed),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    pub format: String,
    /// None in the export of a whole log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<PatientId>,
}

impl Begin {
    pub fn of(patient: Option<PatientId>) -> Self {
        Self { format: EXPORT_FORMAT.to_owned(), patient }
    }
}

/// An entry at its index; in the export of a patient with the proof that the checkpoint's tree holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placed {
    pub index: u64,
    #[serde(with = "bytes_text")]
    pub bytes: Vec<u8>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proof: Vec<HashText>,
}

/// The patient's head, with the proof that the heads root holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatientHead {
    pub count: u64,
    pub last: HashText,
    pub proof: Vec<HashText>,
}

/// The proof that the checkpoint continues a tree of an older size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    pub older: u64,
    pub proof: Vec<HashText>,
}

/// A hash, in base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashText(pub Hash);

impl HashText {
    pub(crate) fn hashes(texts: &[Self]) -> Vec<Hash> {
        texts.iter().map(|text| text.0).collect()
    }
    pub fn all(hashes: &[Hash]) -> Vec<Self> {
        hashes.iter().copied().map(Self).collect()
    }
}

impl Serialize for HashText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&encode_hash(&self.0))
    }
}

impl<'de> Deserialize<'de> for HashText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        decode_hash(&text).map(Self).ok_or_else(|| D::Error::custom("not a hash in base64"))
    }
}

mod bytes_text {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        BASE64_STANDARD.decode(text.as_bytes()).map_err(|_| D::Error::custom("not base64"))
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("line {line} of the export could not be read")]
    Read {
        line: u64,
        #[source]
        cause: std::io::Error,
    },
    #[error("line {line} of the export is longer than {EXPORT_LINE_BYTES_MAX} bytes")]
    LineTooLong { line: u64 },
    #[error("line {line} of the export is cut off")]
    LineCut { line: u64 },
    #[error("line {line} of the export is malformed")]
    Line {
        line: u64,
        #[source]
        cause: serde_json::Error,
    },
    #[error("the export could not be written")]
    Write(#[source] std::io::Error),
}

pub fn write_line(writer: &mut impl Write, line: &Line) -> Result<(), ExportError> {
    let mut text = serde_json::to_vec(line).map_err(|cause| ExportError::Write(cause.into()))?;
    text.push(b'\n');
    writer.write_all(&text).map_err(ExportError::Write)
}

/// The lines of an export, each with its number.
pub struct Lines<R> {
    reader: R,
    line: u64,
}

impl<R: BufRead> Lines<R> {
    pub const fn of(reader: R) -> Self {
        Self { reader, line: 0 }
    }

    /// The number of the line given last; from 1.
    pub const fn number(&self) -> u64 {
        self.line
    }

    /// None at the end.
    pub fn next_line(&mut self) -> Result<Option<Line>, ExportError> {
        let line = self.line + 1;
        let mut text = Vec::new();
        let limit = EXPORT_LINE_BYTES_MAX as u64 + 1;
        let read = self.reader.by_ref().take(limit).read_until(b'\n', &mut text);
        read.map_err(|cause| ExportError::Read { line, cause })?;
        if text.is_empty() {
            return Ok(None);
        }
        if text.pop() != Some(b'\n') {
            let long = text.len() >= EXPORT_LINE_BYTES_MAX;
            return Err(if long { ExportError::LineTooLong { line } } else { ExportError::LineCut { line } });
        }
        self.line = line;
        serde_json::from_slice(&text).map(Some).map_err(|cause| ExportError::Line { line, cause })
    }
}
