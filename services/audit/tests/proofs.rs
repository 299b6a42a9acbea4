//! The proof of a record's history over gRPC: whole for its holder, for nobody else, and of no use once anything in it was changed.
#![cfg(test)]
mod common;
mod log;
use common::*;
use futures::{StreamExt, stream};
use holdfast_proto::{
    access::v1::{AccessRecorded, Outcome},
    audit::v1::{DownloadPatientProofRequest, EntryKind, ListPatientEntriesRequest},
    consent::v1::RecordErased,
    timestamp,
};
use holdfast_translog::{Line, Lines, Scope, Trust, Verified, VerifierKey, VerifyError, verify_export};
use holdfast_types::*;
use log::{shelf, verifier_key};
use std::collections::BTreeSet;
use tonic::Status;

const PART_BYTES_MAX: usize = 1024 * 1024;
const AT_ONCE: usize = 16;

fn of(patient: PatientId, older_sizes: &[u64]) -> DownloadPatientProofRequest {
    DownloadPatientProofRequest { patient_id: patient.to_string(), older_sizes: older_sizes.to_vec() }
}

/// The parts, in order.
async fn proof(client: Client, asked: DownloadPatientProofRequest) -> Result<Vec<Vec<u8>>, Status> {
    let mut client = client;
    let mut answers = client.download_patient_proof(asked).await?.into_inner();
    let mut parts = Vec::new();
    while let Some(part) = answers.message().await? {
        assert!(part.content.len() <= PART_BYTES_MAX && part.content.ends_with(b"\n"), "whole lines");
        parts.push(part.content.to_vec());
    }
    Ok(parts)
}

async fn proof_of(client: Client, asked: DownloadPatientProofRequest) -> Vec<u8> {
    patiently(|| proof(client.clone(), asked.clone())).await.unwrap().concat()
}

/// The signed note that a proof stands on.
fn note(proof: &[u8]) -> String {
    let mut lines = Lines::of(proof);
    while let Some(line) = lines.next_line().unwrap() {
        if let Line::Checkpoint(note) = line {
            return note;
        }
    }
    panic!("a proof without a checkpoint")
}

fn size(note: &str) -> u64 {
    note.lines().nth(1).unwrap().parse().unwrap()
}

fn verified(proof: &[u8], key: &VerifierKey, earlier: &[String]) -> Result<Verified, VerifyError> {
    let earlier = earlier.iter().map(|note| note.clone().into_bytes()).collect();
    verify_export(proof, &Trust::in_key(key.clone()).and_earlier(earlier))
}

async fn tell(world: &World, patient: PatientId, count: usize) {
    let services = [Service::Records, Service::Documents, Service::Messaging];
    let facts = (0..count).map(|number| Fact::of(services[number % 3], patient, "item", "item.recorded"));
    stream::iter(facts).for_each_concurrent(AT_ONCE, async |fact| _ = world.sources.tell(fact).await).await;
}

#[tokio::test]
async fn a_holder_is_given_a_proof_of_every_entry_that_verifies_with_the_public_key_alone() {
    let world = world().await;
    world.sources.open_record(patient(1), tenant()).await;
    world.sources.open_record(patient(2), tenant()).await;
    tell(&world, patient(1), 300).await;
    tell(&world, patient(2), 20).await;
    world.caught_up().await;
    let key = verifier_key(&shelf(&world.sources.dir.path().join("log"))).await;

    let parts = patiently(|| proof(world.as_parent(&[]), of(patient(1), &[]))).await.unwrap();
    assert!(parts.len() > 3, "what comes before the entries, and these in parts");
    let first = parts.concat();
    let holds = verified(&first, &key, &[]).unwrap();
    assert_eq!((holds.scope, holds.entries), (Scope::Patient(patient(1)), 302));
    let other = verified(&proof_of(world.as_parent(&[]), of(patient(2), &[])).await, &key, &[]).unwrap();
    assert_eq!((other.scope, other.entries), (Scope::Patient(patient(2)), 22));

    // The call itself is an entry of the next, and the log continues what was seen.
    tell(&world, patient(1), 2).await;
    world.caught_up().await;
    let seen = note(&first);
    let sizes = [0, size(&seen), size(&seen), u64::MAX];
    let later = proof_of(world.as_parent(&[]), of(patient(1), &sizes)).await;
    let holds = verified(&later, &key, std::slice::from_ref(&seen)).unwrap();
    assert_eq!((holds.entries, holds.older), (305, 1));
    let unproved = proof_of(world.as_parent(&[]), of(patient(1), &[])).await;
    let found = verified(&unproved, &key, &[seen]).unwrap_err();
    assert!(matches!(found, VerifyError::NoConsistency { .. }), "{found}");
    let back = verified(&first, &key, &[note(&later)]).unwrap_err();
    assert!(matches!(back, VerifyError::WentBack { .. }), "{back}");
    world.end().await;
}

#[tokio::test]
async fn a_proof_of_which_anything_was_removed_altered_or_exchanged_does_not_verify() {
    let world = world().await;
    world.sources.open_record(patient(1), tenant()).await;
    tell(&world, patient(1), 40).await;
    tell(&world, patient(2), 40).await;
    world.caught_up().await;
    let key = verifier_key(&shelf(&world.sources.dir.path().join("log"))).await;
    let whole = String::from_utf8(proof_of(world.as_parent(&[]), of(patient(1), &[])).await).unwrap();
    assert_eq!(verified(whole.as_bytes(), &key, &[]).unwrap().entries, 42);
    let lines: Vec<&str> = whole.lines().collect();
    let refused = |lines: &[&str], what: &str| {
        let text = lines.join("\n") + "\n";
        assert!(verified(text.as_bytes(), &key, &[]).is_err(), "{what}");
    };
    let entries: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].starts_with("{\"entry\"")).collect();
    assert_eq!(entries.len(), 42);
    for at in entries {
        let mut without = lines.clone();
        let taken = without.remove(at);
        refused(&without, "removed");
        let mut exchanged = lines.clone();
        exchanged.swap(at, at - 1);
        refused(&exchanged, "exchanged");
        let mut doubled = lines.clone();
        doubled.insert(at, taken);
        refused(&doubled, "doubled");
        // Inside the event's leaf hash.
        let place = taken.find("\"bytes\":\"").unwrap() + 60;
        let mut altered = taken.as_bytes().to_vec();
        altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        let mut with = lines.clone();
        with[at] = &altered;
        refused(&with, "altered");
        refused(&lines[..at], "cut off");
    }
    world.end().await;
}

#[tokio::test]
async fn nobody_but_a_holder_is_given_a_proof_and_who_tried_is_on_the_log() {
    let world = world().await;
    world.sources.open_record(patient(1), tenant()).await;
    world.caught_up().await;
    let therapist = [(Role::Therapist, tenant())];
    let clients = [world.client(Some(world.token(stranger(), &therapist)), &[]), world.as_officer(&[])];
    for client in clients {
        for (patient, older) in [(patient(1), &[][..]), (patient(77), &[1, 2][..])] {
            let answer = patiently(|| proof(client.clone(), of(patient, older))).await;
            assert_eq!(reason(&answer.unwrap_err()), "NOT_PERMITTED");
        }
    }
    let unsigned = patiently(|| proof(world.client(None, &[]), of(patient(1), &[]))).await;
    assert_eq!(unsigned.unwrap_err().code(), tonic::Code::Unauthenticated);
    let taken = proof_of(world.as_parent(&[]), of(patient(1), &[])).await;
    assert!(!taken.is_empty());
    world.caught_up().await;
    let asked = ListPatientEntriesRequest { patient_id: patient(1).to_string(), ..Default::default() };
    let entries = world.as_parent(&[]).list_patient_entries(asked).await.unwrap().into_inner().entries;
    let looks: Vec<(EntryKind, String, AccessRecorded)> = entries
        .into_iter()
        .filter_map(|entry| Some((entry.kind(), entry.actor.clone(), entry.access?)))
        .filter(|(.., access)| access.operation == "audit.DownloadPatientProof")
        .collect();
    let refused: BTreeSet<&str> = looks
        .iter()
        .filter(|(kind, ..)| *kind == EntryKind::Refused)
        .map(|(_, actor, _)| actor.as_str())
        .collect();
    let [by_therapist, by_officer] = [stranger(), officer()].map(|account| format!("account/{account}"));
    assert_eq!(refused, BTreeSet::from([by_therapist.as_str(), by_officer.as_str()]));
    let permitted = looks.iter().filter(|(_, _, access)| access.outcome() == Outcome::Permitted);
    assert_eq!(
        permitted.map(|(_, actor, _)| actor.clone()).collect::<Vec<_>>(),
        [format!("account/{}", parent())]
    );
    world.end().await;
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_by_its_name() {
    let world = world().await;
    world.sources.open_record(patient(1), tenant()).await;
    world.caught_up().await;
    let answer = patiently(|| proof(world.as_parent(&[]), of(patient(1), &[1; 9]))).await.unwrap_err();
    assert_eq!(reason(&answer), "TOO_MANY");
    let nobody = DownloadPatientProofRequest { patient_id: "x".into(), older_sizes: Vec::new() };
    let answer = patiently(|| proof(world.as_parent(&[]), nobody.clone())).await.unwrap_err();
    assert_eq!(reason(&answer), "ID_MALFORMED");
    world.end().await;
}

#[tokio::test]
async fn the_proof_of_an_erased_record_is_whole_and_continues_what_was_seen_before() {
    let world = world().await;
    world.sources.open_record(patient(1), tenant()).await;
    tell(&world, patient(1), 12).await;
    world.caught_up().await;
    let key = verifier_key(&shelf(&world.sources.dir.path().join("log"))).await;
    let before = proof_of(world.as_parent(&[]), of(patient(1), &[])).await;
    let held = verified(&before, &key, &[]).unwrap();

    let erased_time = Some(timestamp(SystemClock.now()));
    let told = RecordErased { patient_id: patient(1).to_string(), erased_time };
    let public = Some(prost_types::Any::from_msg(&told).unwrap());
    let erased = Fact { public, ..Fact::of(Service::Consent, patient(1), "erasure", "erasure.carried-out") };
    world.sources.tell(erased).await;
    world.caught_up().await;
    let seen = note(&before);
    let after = proof_of(world.as_parent(&[]), of(patient(1), &[size(&seen)])).await;
    let holds = verified(&after, &key, &[seen]).unwrap();
    // The first download, and the erasure.
    assert_eq!((holds.entries, holds.older), (held.entries + 2, 1));
    world.end().await;
}
