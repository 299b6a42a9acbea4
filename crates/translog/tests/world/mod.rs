//! A log made of chosen events, its files, its checkpoints, and its exports as lines.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]
use chrono::DateTime;
use futures::executor::block_on;
use holdfast_translog::{
    CHECKPOINT_PATH, Chain, Event, Line, Lines, PatientPart, Sequence, Sequenced, SignedCheckpoint,
    SigningKey, Signs, StoreError, TileSource, Trust, Verified, VerifyError, export_log, export_patient,
    verify_export, verify_published, verify_tiles, write_line,
};
use holdfast_types::{EventId, PatientId, Service};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

pub(crate) const ORIGIN: &str = "log.example/holdfast";

pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, Signs::Notes, &[1; 32]).unwrap()
}

pub(crate) fn trust() -> Trust {
    Trust::in_key(key().verifier().clone())
}

pub(crate) fn patient(number: u8) -> PatientId {
    PatientId::new(Uuid::from_u128(0x0189_0000_0000_7000_8000_0000_0000_0000 + u128::from(number)))
}

/// One event: of which patient (the last of them stands for none), in which lane of which service.
pub(crate) type Chosen = (u8, u8);
pub(crate) const PATIENTS: u8 = 4;

#[derive(Default, Clone)]
pub(crate) struct Files(pub(crate) BTreeMap<String, Vec<u8>>);

impl Files {
    /// Those that anybody is given.
    pub(crate) fn public(&self) -> Self {
        let given = |(path, _): &(&String, &Vec<u8>)| !path.starts_with("tile/entries/");
        Self(self.0.iter().filter(given).map(|(path, bytes)| (path.clone(), bytes.clone())).collect())
    }
}

#[async_trait::async_trait]
impl TileSource for Files {
    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.get(path).cloned())
    }
}

pub(crate) struct World {
    sequence: Sequence,
    pub(crate) files: Files,
    pub(crate) signed: Vec<SignedCheckpoint>,
    pub(crate) entries: Vec<Sequenced>,
    lanes: HashMap<(Service, u16), u64>,
    /// Tells the events of one history from those of another.
    history: u8,
}

impl World {
    pub(crate) fn of(batches: &[Vec<Chosen>]) -> Self {
        let mut world = Self {
            sequence: Sequence::new(ORIGIN.to_owned()),
            files: Files::default(),
            signed: Vec::new(),
            entries: Vec::new(),
            lanes: HashMap::new(),
            history: 0,
        };
        batches.iter().for_each(|batch| world.append(batch));
        world
    }

    /// Two logs of the same key: the same to the end of some batches, and then not.
    pub(crate) fn forked(shared: &[Vec<Chosen>], rest: &[Vec<Chosen>]) -> [Self; 2] {
        [0, 1].map(|history| {
            let mut world = Self::of(shared);
            world.history = history;
            rest.iter().for_each(|batch| world.append(batch));
            world
        })
    }

    pub(crate) fn append(&mut self, batch: &[Chosen]) {
        let events: Vec<Event> = batch.iter().map(|chosen| self.event(*chosen)).collect();
        let time =
            DateTime::from_timestamp(1_767_225_600 + i64::try_from(self.signed.len()).unwrap(), 0).unwrap();
        let batch = self.sequence.append(&events, time).unwrap();
        for file in batch.growth.files {
            self.files.0.insert(file.tile.path(), file.bytes);
        }
        self.entries.extend(batch.entries);
        self.signed.push(batch.checkpoint.sign(&key()));
        self.files.0.insert(CHECKPOINT_PATH.to_owned(), self.newest().to_text().into_bytes());
    }

    fn event(&mut self, (owner, place): Chosen) -> Event {
        let service = [Service::Records, Service::Consent, Service::Messaging][usize::from(place % 3)];
        let lane = u16::from(place / 3 % 5);
        let seq = self.lanes.entry((service, lane)).or_default();
        *seq += 1;
        let number: u64 = self.lanes.values().sum();
        let id = Uuid::from_u64_pair(0x0189_0000_0000_7000 | u64::from(self.history) << 32, 1 << 63 | number);
        let mut leaf = [self.history; 32];
        leaf[..8].copy_from_slice(&number.to_be_bytes());
        let patient = Some(owner % (PATIENTS + 1)).filter(|owner| *owner < PATIENTS).map(patient);
        Event {
            service,
            lane,
            lane_seq: self.lanes[&(service, lane)],
            event_id: EventId::new(id),
            leaf,
            patient,
        }
    }

    pub(crate) fn newest(&self) -> &SignedCheckpoint {
        self.signed.last().unwrap()
    }

    pub(crate) fn export(&self) -> Vec<Line> {
        let mut bytes = Vec::new();
        block_on(export_log(&self.files, &self.signed, &mut bytes)).unwrap();
        lines(&bytes).unwrap()
    }

    /// None of a patient without entries.
    pub(crate) fn export_of(&self, number: u8) -> Option<Vec<Line>> {
        let patient = patient(number);
        let chain = Chain::Patient(patient).key();
        let (head, head_proof) = self.sequence.heads().prove(&chain)?;
        let ours = |sequenced: &&Sequenced| match sequenced.entry {
            holdfast_translog::Entry::Event(event) => event.patient.is_some_and(|link| link.chain == chain),
            holdfast_translog::Entry::Heads(_) => false,
        };
        let indexes: Vec<u64> = self.entries.iter().filter(ours).map(|sequenced| sequenced.index).collect();
        let older: Vec<u64> = self.signed.iter().map(|signed| signed.checkpoint().size).collect();
        let (checkpoint, head_proof) = (self.newest(), head_proof.as_slice());
        let part = PatientPart { patient, checkpoint, older: &older, head, head_proof, indexes: &indexes };
        let mut bytes = Vec::new();
        block_on(export_patient(&self.files, &part, &mut bytes)).unwrap();
        lines(&bytes)
    }

    /// The files that the newest checkpoint needs, without those of earlier sizes.
    pub(crate) fn needed(&self) -> Vec<String> {
        let wider = |path: &str| {
            path.split_once(".p/").is_some_and(|(place, width)| {
                let width: u16 = width.parse().unwrap();
                self.files.0.contains_key(place)
                    || (width + 1..256).any(|wider| self.files.0.contains_key(&format!("{place}.p/{wider}")))
            })
        };
        self.files.0.keys().filter(|path| !wider(path)).cloned().collect()
    }
}

pub(crate) fn lines(bytes: &[u8]) -> Option<Vec<Line>> {
    let (mut reader, mut lines) = (Lines::of(bytes), Vec::new());
    while let Some(line) = reader.next_line().ok()? {
        lines.push(line);
    }
    Some(lines)
}

pub(crate) fn text(lines: &[Line]) -> Vec<u8> {
    let mut bytes = Vec::new();
    lines.iter().for_each(|line| write_line(&mut bytes, line).unwrap());
    bytes
}

pub(crate) fn verify(lines: &[Line], trust: &Trust) -> Result<Verified, VerifyError> {
    verify_export(text(lines).as_slice(), trust)
}

pub(crate) fn verify_files(files: &Files, trust: &Trust) -> Result<Verified, VerifyError> {
    block_on(verify_tiles(files, trust))
}

pub(crate) fn verify_public(files: &Files, trust: &Trust) -> Result<Verified, VerifyError> {
    block_on(verify_published(files, trust))
}
