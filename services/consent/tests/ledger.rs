//! The ledger of erasures against the log: what it lost, or never had, is noted again when consent starts.
#![cfg(test)]
mod common;
use common::*;
use holdfast_consent::ledger::{Entry, Ledger};
use holdfast_eventlog::MasterKey;
use holdfast_proto::consent::v1::*;
use holdfast_testkit::service::patiently;
use holdfast_types::{EventId, Role};
use std::{collections::BTreeSet, fs, path::PathBuf};
use tonic::Status;

impl World {
    fn ledger_path(&self) -> PathBuf {
        self.dir.path().join("erasures.jsonl")
    }

    /// Once so many erasures stand in the ledger, each once.
    async fn noted(&self, count: usize) -> Vec<Entry> {
        let master = MasterKey::read(&self.dir.path().join("master.key")).unwrap();
        let ledger = Ledger::new(self.ledger_path(), &master).unwrap();
        let look = || async {
            let entries = ledger.entries().unwrap();
            if entries.len() < count { Err(Status::unavailable("not all of them yet")) } else { Ok(entries) }
        };
        let entries = patiently(look).await.unwrap();
        assert_eq!(entries.len(), count);
        entries
    }

    async fn erase(&self) {
        self.erase_of(String::new()).await;
    }

    /// One document of a record, or all of one.
    async fn erase_of(&self, document_id: String) {
        let (mother, officer) = (person(1), person(2).with(Role::ComplianceOfficer, None));
        let patient_id = self.record_in_tenant(&mother).await;
        let ask = RequestErasureRequest {
            request_id: request_id(),
            patient_id: patient_id.clone(),
            document_id: document_id.clone(),
        };
        self.erasures(&mother).request_erasure(ask).await.unwrap();
        let retention = Retention {
            rule: "default".into(),
            birth_date: "1980-05-05".into(),
            last_service_date: "2010-05-05".into(),
        };
        let grounds = Grounds { authority: "45 CFR 164.526".into(), reason: "the family moved away".into() };
        let carry_out = CarryOutErasureRequest {
            request_id: request_id(),
            patient_id,
            grounds: Some(grounds),
            retention: Some(retention),
            document_id,
        };
        self.erasures(&officer).carry_out_erasure(carry_out).await.unwrap();
    }
}

fn erasures(entries: &[Entry]) -> BTreeSet<EventId> {
    entries.iter().map(|entry| entry.erasure).collect()
}

#[tokio::test]
async fn a_ledger_that_was_lost_or_cut_short_is_whole_again_after_the_next_start() {
    let mut world = world().await;
    let path = world.ledger_path();
    world.served_again_with_ledger(path.clone()).await;
    for _ in 0..2 {
        world.erase().await;
    }
    let paper = request_id();
    world.erase_of(paper.clone()).await;
    let whole = world.noted(3).await;
    let documents = |entries: &[Entry]| -> Vec<String> {
        entries.iter().filter_map(|entry| Some(entry.document?.to_string())).collect()
    };
    assert_eq!(documents(&whole), [paper.as_str()]);
    let first = fs::read_to_string(&path).unwrap().split_inclusive('\n').next().unwrap().to_owned();

    fs::write(&path, &first).unwrap();
    world.served_again_with_ledger(path.clone()).await;
    let again = world.noted(3).await;
    assert_eq!(again[0], whole[0]);
    assert_eq!(erasures(&again), erasures(&whole));

    fs::remove_file(&path).unwrap();
    world.served_again_with_ledger(path.clone()).await;
    let again = world.noted(3).await;
    assert_eq!((erasures(&again), documents(&again)), (erasures(&whole), vec![paper]));
    world.erase().await;
    let more = world.noted(4).await;
    assert_eq!(more[..3], again, "it goes on from there");
}

#[tokio::test]
async fn what_was_erased_before_there_was_a_ledger_is_noted_when_there_is_one() {
    let mut world = world().await;
    world.erase().await;
    let path = world.ledger_path();
    world.served_again_with_ledger(path).await;
    world.noted(1).await;
}
