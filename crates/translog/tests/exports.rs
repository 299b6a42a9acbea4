//! Exports are written as another implementation of the same form wrote them (`golden-*.ndjson`), and those verify.
#![cfg(test)]
mod world;

use chrono::DateTime;
use futures::executor::block_on;
use holdfast_translog::{
    Chain, EXPORT_LINE_BYTES_MAX, Event, ExportError, Lines, PatientPart, Scope, Sequence, SignedCheckpoint,
    SigningKey, Signs, Trust, VerifyError, export_log, export_patient, verify_export,
};
use holdfast_types::{EventId, Service};
use uuid::Uuid;
use world::{Files, ORIGIN, patient};

const LOG: &str = include_str!("golden-log.ndjson");
const PATIENT: &str = include_str!("golden-patient.ndjson");

fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, Signs::Notes, &[7; 32]).unwrap()
}

fn trust() -> Trust {
    Trust::in_key(key().verifier().clone())
}

fn event(service: Service, lane: u16, lane_seq: u64, number: u8, owner: Option<u8>) -> Event {
    let event_id =
        EventId::new(Uuid::from_u128(0x0189_0000_0000_7000_9000_0000_0000_0000 + u128::from(number)));
    Event { service, lane, lane_seq, event_id, leaf: [number; 32], patient: owner.map(patient) }
}

/// The log of the golden files.
fn log() -> (Files, Vec<SignedCheckpoint>, Sequence) {
    let batches = [
        vec![
            event(Service::Consent, 5, 1, 1, Some(1)),
            event(Service::Records, 5, 1, 2, Some(1)),
            event(Service::Identity, 1023, 1, 3, None),
            event(Service::Records, 900, 1, 4, Some(2)),
        ],
        vec![event(Service::Records, 5, 2, 5, Some(1))],
    ];
    let (mut files, mut signed, mut sequence) =
        (Files::default(), Vec::new(), Sequence::new(ORIGIN.to_owned()));
    for (events, micros) in batches.iter().zip([0, 1_000_001]) {
        let time = DateTime::from_timestamp_micros(1_767_225_600_000_000 + micros).unwrap();
        let batch = sequence.append(events, time).unwrap();
        files.0.extend(batch.growth.files.into_iter().map(|file| (file.tile.path(), file.bytes)));
        signed.push(batch.checkpoint.sign(&key()));
    }
    (files, signed, sequence)
}

#[test]
fn the_export_of_the_log_is_golden_and_verifies() {
    let (files, signed, _) = log();
    let mut written = Vec::new();
    block_on(export_log(&files, &signed, &mut written)).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), LOG);
    let verified = verify_export(LOG.as_bytes(), &trust()).unwrap();
    assert_eq!((verified.scope, verified.checkpoint.size, verified.older), (Scope::Log, 7, 1));
    assert_eq!((verified.patients, verified.lanes), (2, 4));
    assert_eq!(verified.time.unwrap().timestamp_micros(), 1_767_225_601_000_001);
}

#[test]
fn the_export_of_a_patient_is_golden_and_verifies() {
    let (files, signed, sequence) = log();
    let (head, head_proof) = sequence.heads().prove(&Chain::Patient(patient(1)).key()).unwrap();
    let part = PatientPart {
        patient: patient(1),
        checkpoint: &signed[1],
        older: &[5],
        head,
        head_proof: &head_proof,
        indexes: &[0, 1, 5],
    };
    let mut written = Vec::new();
    block_on(export_patient(&files, &part, &mut written)).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), PATIENT);
    let earlier = trust().and_earlier(vec![signed[0].to_text().into_bytes()]);
    let verified = verify_export(PATIENT.as_bytes(), &earlier).unwrap();
    assert_eq!((verified.scope, verified.entries, verified.older), (Scope::Patient(patient(1)), 3, 1));
}

#[test]
fn an_earlier_checkpoint_without_its_proof_is_not_taken_for_continued() {
    let (_, signed, _) = log();
    let earlier = trust().and_earlier(vec![signed[0].to_text().into_bytes()]);
    let without: Vec<&str> = PATIENT.lines().filter(|line| !line.starts_with("{\"consistency\"")).collect();
    let found = verify_export((without.join("\n") + "\n").as_bytes(), &earlier).unwrap_err();
    assert!(matches!(found, VerifyError::NoConsistency { older: 5 }), "{found}");
}

#[test]
fn an_export_of_another_form_or_without_end_is_refused() {
    let other = LOG.replace("holdfast-log-export-1", "holdfast-log-export-2");
    assert!(matches!(verify_export(other.as_bytes(), &trust()), Err(VerifyError::Format)));
    let begin = verify_export(&b""[..], &trust()).unwrap_err();
    assert!(matches!(begin, VerifyError::Order { line: 0, .. }), "{begin}");
    let unknown = LOG.replacen("\"index\"", "\"place\"", 1);
    let found = verify_export(unknown.as_bytes(), &trust()).unwrap_err();
    assert!(matches!(found, VerifyError::Export(ExportError::Line { line: 4, .. })), "{found}");
    let endless = "x".repeat(2 * EXPORT_LINE_BYTES_MAX);
    let found = Lines::of(endless.as_bytes()).next_line().unwrap_err();
    assert!(matches!(found, ExportError::LineTooLong { line: 1 }), "{found}");
}
