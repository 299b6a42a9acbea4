//! The erasure ledger: a file beside the databases that says what was erased, so that a restored backup cannot bring it back.
//!
//! One line for each erasure, in order. Each is signed (Ed25519) and names the line before it by its SHA-256, so that none can be
//! changed, left out before another or put in between. What no chain tells is that its end was cut off, or that all of it was lost:
//! consent compares it with its own log at every start and notes again what is missing. It holds ids and times only.
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use chrono::{DateTime, Utc};
use holdfast_eventlog::{KeyError, MasterKey};
use holdfast_types::{DocumentId, EventId, PatientId, TenantId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

/// What is signed begins with it: the key signs nothing else of this kind.
const SIGNED_PREFIX: &[u8] = b"holdfast-erasure-ledger-v1\n";
/// About 200,000 erasures.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What was erased, by which event and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    pub patient: PatientId,
    pub tenant: TenantId,
    /// None: all of the record.
    pub document: Option<DocumentId>,
    pub erasure: EventId,
    pub erased: DateTime<Utc>,
}

/// One erasure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub number: u64,
    pub patient: PatientId,
    pub tenant: TenantId,
    /// The one document that was erased; all of the record where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentId>,
    /// The event that carried it out.
    pub erasure: EventId,
    pub erased: DateTime<Utc>,
    /// SHA-256 of the line before, without its end, in hexadecimal; of nothing for the first.
    pub previous: String,
}

#[derive(Serialize, Deserialize)]
struct Line {
    entry: Entry,
    /// Hexadecimal.
    signature: String,
}

#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("the erasure ledger `{path}` cannot be read or written")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the erasure ledger is not what was signed from line {line} on")]
    Altered { line: u64 },
    #[error("the erasure ledger is larger than {BYTES_MAX} bytes")]
    TooLarge,
    #[error("the ledger's key cannot be derived or used")]
    Key(#[source] KeyError),
    #[error("an erasure cannot be written as a line of the ledger")]
    Encode(#[from] serde_json::Error),
}

/// What whoever checks a ledger has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerKey([u8; 32]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an Ed25519 public key is 64 hexadecimal digits")]
pub struct LedgerKeyError;

impl fmt::Display for LedgerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for LedgerKey {
    type Err = LedgerKeyError;

    fn from_str(text: &str) -> Result<Self, LedgerKeyError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim(), &mut bytes).map_err(|_| LedgerKeyError)?;
        Ok(Self(bytes))
    }
}

/// All entries of a ledger, each checked; none where there is no file. A last line without its end was never finished, and is none.
pub fn read(path: &Path, key: LedgerKey) -> Result<Vec<Entry>, LedgerError> {
    Ok(Checked::of(path, key)?.entries)
}

/// A checked ledger, how long it is, and the digest of its last line.
struct Checked {
    entries: Vec<Entry>,
    length: u64,
    last: String,
}

impl Checked {
    fn of(path: &Path, key: LedgerKey) -> Result<Self, LedgerError> {
        let mut text = String::new();
        match File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_string(&mut text)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(LedgerError::File { path: path.to_owned(), source: error });
            }
            _ if text.len() as u64 > BYTES_MAX => return Err(LedgerError::TooLarge),
            _ => {}
        }
        let key = UnparsedPublicKey::new(&ED25519, key.0);
        let mut read = Self { entries: Vec::new(), length: 0, last: digest(b"") };
        for (line, number) in text.split_inclusive('\n').zip(1..) {
            let Some(whole) = line.strip_suffix('\n') else { break };
            let altered = || LedgerError::Altered { line: number };
            let Line { entry, signature } = serde_json::from_str(whole).map_err(|_| altered())?;
            let signature = hex::decode(&signature).map_err(|_| altered())?;
            key.verify(&signed(&entry)?, &signature).map_err(|_| altered())?;
            if entry.number != number || entry.previous != read.last {
                return Err(altered());
            }
            read.last = digest(whole.as_bytes());
            read.length += line.len() as u64;
            read.entries.push(entry);
        }
        Ok(read)
    }
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn signed(entry: &Entry) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = SIGNED_PREFIX.to_vec();
    bytes.extend(serde_json::to_vec(entry)?);
    Ok(bytes)
}

/// The ledger as consent keeps it. Cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    path: PathBuf,
    key: Arc<Ed25519KeyPair>,
}

impl Ledger {
    /// The key follows from consent's master key.
    pub fn new(path: PathBuf, master: &MasterKey) -> Result<Self, LedgerError> {
        let seed = master.derive("erasure-ledger").map_err(LedgerError::Key)?;
        let key = Ed25519KeyPair::from_seed_unchecked(seed.as_slice())
            .map_err(|_| LedgerError::Key(KeyError::Crypto))?;
        Ok(Self { path, key: Arc::new(key) })
    }

    pub fn public_key(&self) -> Result<LedgerKey, LedgerError> {
        let bytes = self.key.public_key().as_ref().try_into();
        bytes.map(LedgerKey).map_err(|_| LedgerError::Key(KeyError::Crypto))
    }

    pub fn entries(&self) -> Result<Vec<Entry>, LedgerError> {
        read(&self.path, self.public_key()?)
    }

    /// Notes an erasure; on the disk when it returns. One that is noted already changes nothing.
    pub fn note(&self, what: Erased) -> Result<(), LedgerError> {
        let Erased { patient, tenant, document, erasure, erased } = what;
        let unwritable = |source| LedgerError::File { path: self.path.clone(), source };
        // One writes at a time, whichever lane or process it notes for.
        let mut file = self.open().map_err(unwritable)?;
        let Checked { entries, length, last } = Checked::of(&self.path, self.public_key()?)?;
        if entries.iter().any(|entry| entry.erasure == erasure) {
            return Ok(());
        }
        let number = entries.len() as u64 + 1;
        let entry = Entry { number, patient, tenant, document, erasure, erased, previous: last };
        let signature = hex::encode(self.key.sign(&signed(&entry)?));
        let mut line = serde_json::to_vec(&Line { entry, signature })?;
        line.push(b'\n');
        append(&mut file, length, &line).map_err(unwritable)
    }

    /// Locked until it is dropped.
    fn open(&self) -> std::io::Result<File> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
        match self.path.parent() {
            Some(dir) if !dir.as_os_str().is_empty() => File::open(dir)?.sync_all()?,
            _ => {}
        }
        file.lock()?;
        Ok(file)
    }
}

fn append(file: &mut File, length: u64, line: &[u8]) -> std::io::Result<()> {
    // A line that was never finished gives way.
    file.set_len(length)?;
    file.write_all(line)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn ledger(dir: &Path) -> Ledger {
        Ledger::new(dir.join("erasures.jsonl"), &MasterKey::new([7; 32])).unwrap()
    }

    fn note(ledger: &Ledger, number: u128) {
        let id = Uuid::from_u128(number);
        let erased = DateTime::from_timestamp(1_772_452_800, 0).unwrap();
        let what = Erased {
            patient: PatientId::new(id),
            tenant: TenantId::new(id),
            document: (number > 10).then(|| DocumentId::new(id)),
            erasure: EventId::new(id),
            erased,
        };
        ledger.note(what).unwrap();
    }

    fn patients(ledger: &Ledger) -> Vec<u128> {
        ledger.entries().unwrap().iter().map(|entry| entry.patient.uuid().as_u128()).collect()
    }

    #[test]
    fn what_is_noted_is_read_back_in_order_and_once() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        assert!(ledger.entries().unwrap().is_empty(), "no file, no erasure");
        for number in [1, 2, 1, 3] {
            note(&ledger, number);
        }
        assert_eq!(patients(&ledger), [1, 2, 3]);
        let key: LedgerKey = ledger.public_key().unwrap().to_string().parse().unwrap();
        assert_eq!(read(&ledger.path, key).unwrap(), ledger.entries().unwrap());
    }

    #[test]
    fn a_document_is_named_and_lines_from_before_there_were_any_are_what_they_were() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        for number in [1, 11] {
            note(&ledger, number);
        }
        let entries = ledger.entries().unwrap();
        let documents: Vec<_> = entries.iter().map(|entry| entry.document).collect();
        assert_eq!(documents, [None, Some(DocumentId::new(Uuid::from_u128(11)))]);
        let text = std::fs::read_to_string(&ledger.path).unwrap();
        let fields: Vec<bool> = text.lines().map(|line| line.contains("\"document\"")).collect();
        assert_eq!(fields, [false, true], "the signed bytes of a record's erasure have not changed");
        let disowned = text.replace(&Uuid::from_u128(11).to_string(), &Uuid::from_u128(12).to_string());
        std::fs::write(&ledger.path, disowned).unwrap();
        assert!(matches!(ledger.entries(), Err(LedgerError::Altered { line: 2 })));
    }

    #[test]
    fn a_line_that_a_crash_cut_off_was_never_there_and_gives_way() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        note(&ledger, 1);
        let whole = std::fs::read(&ledger.path).unwrap();
        note(&ledger, 2);
        let both = std::fs::read(&ledger.path).unwrap();
        for length in whole.len()..both.len() {
            std::fs::write(&ledger.path, &both[..length]).unwrap();
            assert_eq!(patients(&ledger), [1], "cut at {length}");
        }
        note(&ledger, 2);
        assert_eq!(std::fs::read(&ledger.path).unwrap(), both);
    }

    #[test]
    fn nothing_of_it_can_be_changed_left_out_moved_or_signed_by_another() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        for number in 1..=3 {
            note(&ledger, number);
        }
        let text = std::fs::read_to_string(&ledger.path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let altered = |lines: &[&str]| {
            std::fs::write(&ledger.path, format!("{}\n", lines.join("\n"))).unwrap();
            matches!(ledger.entries(), Err(LedgerError::Altered { .. }))
        };
        assert!(!altered(&lines));
        assert!(altered(&[lines[0], lines[2]]) && altered(&lines[1..]) && altered(&[lines[1], lines[0]]));
        assert!(altered(&[lines[0], lines[0], lines[1]]));
        for at in 0..lines[1].len() {
            let mut changed = lines[1].to_owned().into_bytes();
            changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(altered(&[lines[0], &changed, lines[2]]), "byte {at}");
        }
        std::fs::write(&ledger.path, &text).unwrap();
        let other = Ledger::new(ledger.path.clone(), &MasterKey::new([8; 32])).unwrap();
        assert!(matches!(other.entries(), Err(LedgerError::Altered { line: 1 })));
    }

    #[test]
    fn a_ledger_that_cannot_be_read_is_no_empty_one() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(dir.path().to_owned(), &MasterKey::new([7; 32])).unwrap();
        assert!(matches!(ledger.entries(), Err(LedgerError::File { .. })));
    }
}
