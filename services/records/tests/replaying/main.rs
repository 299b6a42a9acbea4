//! Whatever was commanded: the read models made anew from the log say the same, and no request acts twice.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]
#[path = "../common/mod.rs"]
mod common;
mod rows;
mod steps;

use common::*;
use holdfast_eventlog::KeyRing;
use holdfast_proto::records::v1 as pb;
use holdfast_types::*;
use proptest::{
    collection::vec,
    strategy::{Strategy as _, ValueTree as _},
    test_runner::{Config, TestRunner},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use steps::{Command, Known, Step, What, record, step, story};

/// One stored payload of every kind per line.
const STORED: &str = include_str!("../../src/domain/golden.jsonl");

#[test]
fn the_rebuilt_read_models_say_what_the_live_ones_said() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let config = Config { cases: 4, failure_persistence: None, max_shrink_iters: 20, ..Config::default() };
    TestRunner::new(config)
        .run(&vec(step(), 10..40), |steps| {
            runtime.block_on(check(steps));
            Ok(())
        })
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_acts_once_and_every_table_and_kind_of_event_replays() {
    let sequence = check(story()).await;
    for (table, rows) in sequence.rows().await {
        assert!(!rows.is_empty(), "nothing stands in {table}");
    }
    let acted: BTreeSet<String> = sequence.acts.iter().map(|act| act.command.name()).collect();
    assert_eq!(acted, steps::commands());
    let logged = sequence.world.envelopes().await.into_iter().map(|envelope| envelope.header.event_type);
    let logged: BTreeSet<String> = logged.filter(|kind| !kind.starts_with("access.")).collect();
    let stored = |line: &str| Some(line.strip_prefix("{\"type\":\"")?.split_once('"')?.0.to_owned());
    assert_eq!(logged, STORED.lines().map(|line| stored(line).unwrap()).collect());
}

#[test]
fn every_kind_of_command_is_generated() {
    let mut runner = TestRunner::deterministic();
    let known = [Known { item: id(1), revision: 1, is_goal: true }];
    let mut generated = BTreeSet::new();
    for _ in 0..2000 {
        let step = step().new_tree(&mut runner).unwrap().current();
        generated.extend(step.command(&known, &[id(3)], id(2)).map(|command| command.name()));
    }
    assert_eq!(generated, steps::commands());
}

/// The steps taken, the read models made anew, and every command sent once more.
async fn check(steps: Vec<Step>) -> Sequence {
    let mut sequence = Sequence::start().await;
    for step in steps {
        sequence.take(step).await;
    }
    let live = (sequence.rows().await, sequence.seen().await);
    sequence.world.rebuild().await;
    assert_eq!((sequence.rows().await, sequence.seen().await), live);
    for act in &sequence.acts {
        sequence.repeat(act).await;
    }
    sequence
}

struct Sequence {
    world: World,
    keys: KeyRing,
    acts: Vec<Act>,
}

/// A command that changed something.
struct Act {
    step: Step,
    command: Command,
    answer: String,
}

impl Sequence {
    async fn start() -> Self {
        let world = world().await;
        world.open(record(1), &parent()).await;
        world.share(&therapist(), Category::ALL, &[Action::Read, Action::Contribute]).await;
        let keys = world.database.keys(Arc::new(world.clock.clone()), Arc::new(SystemIds));
        Self { world, keys, acts: Vec::new() }
    }

    async fn rows(&self) -> BTreeMap<String, Vec<String>> {
        rows::all(&self.world.database.pool, &self.keys).await
    }

    /// What the parent reads of the first record.
    async fn seen(&self) -> (Vec<Vec<pb::Item>>, Option<pb::Patient>, Vec<pb::CategorySummary>) {
        let (world, patient_id) = (&self.world, patient().to_string());
        let mut versions = Vec::new();
        for item in world.everything(&parent()).await {
            versions.push(world.versions(&parent(), &item.item_id).await.unwrap());
        }
        let asked = pb::GetPatientRequest { patient_id: patient_id.clone(), as_of_time: None };
        let known = world.client(&parent()).get_patient(asked).await.ok().map(tonic::Response::into_inner);
        let asked = pb::SummarizeRecordRequest { patient_id, ..Default::default() };
        let summary = world.client(&parent()).summarize_record(asked).await.unwrap().into_inner();
        (versions, known, summary.categories)
    }

    async fn take(&mut self, step: Step) {
        match step.what {
            // However often: what is known of consent stays fresh.
            What::Wait => return self.world.clock.advance(chrono::TimeDelta::milliseconds(100)),
            What::Repeat => {
                let Some(act) = self.acts.iter().cycle().nth(step.thing.into()) else { return };
                return self.repeat(act).await;
            }
            _ => {}
        }
        let known = rows::known(&self.world.database.pool, step.patient()).await;
        let waiting = rows::waiting(&self.world.database.pool, step.patient()).await;
        let Some(command) = step.command(&known, &waiting, SystemIds.next()) else { return };
        let before = self.rows().await;
        let answer = command.send(&self.world, &step.person(false)).await;
        if self.rows().await != before {
            let answer = answer.expect("what is refused changes nothing");
            self.acts.push(Act { step, command, answer });
        }
    }

    async fn repeat(&self, act: &Act) {
        let Act { step, command, answer } = act;
        let before = self.rows().await;
        let again = command.send(&self.world, &step.person(false)).await;
        assert_eq!(&again.unwrap(), answer, "a repeated request is answered as it was");
        let _refused_or_nothing_new = command.send(&self.world, &step.person(true)).await;
        assert_eq!(self.rows().await, before, "a repeated request acts no more, whoever sends it");
    }
}
