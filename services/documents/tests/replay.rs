//! The read models can be made again from the log; what cannot be made again stays.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]
mod common;
mod views;
use common::*;
use holdfast_documents::views::Documents;
use holdfast_eventlog::rebuild;
use holdfast_proto::{Word as _, documents::v1::*};
use holdfast_types::{Category, Clock, Ids, PatientId, SystemIds};
use proptest::{collection::vec, prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use prost::{Message as _, Name as _};
use prost_types::FileDescriptorSet;
use std::{collections::BTreeSet, sync::Arc};

async fn made_again(world: &World) {
    let (time, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(world.clock.clone()), Arc::new(SystemIds));
    let projection = Documents::new(world.database.keys(time, ids));
    let (owner, role) = (&world.database.owner_url, &world.database.serving_role);
    let log = world.log();
    rebuild(&log, owner, role, &holdfast_documents::migrations().views, &projection, |_| {}).await.unwrap();
}

#[tokio::test]
async fn rebuilt_read_models_are_the_same_and_an_upload_goes_on() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let letter = upload(&mut client, patient, Category::Coverage, "text/plain", b"letter").await;
    let other = upload(&mut client, patient, Category::Documents, "text/plain", b"other").await;
    client.withdraw_document(withdraw(&other)).await.unwrap();
    let begun = client.start_upload(start(patient, "text/plain", b"words")).await.unwrap().into_inner();
    append(&mut client, &begun.upload_id, 0, b"wor").await.unwrap();
    let before = views::read_models(&world.database.pool).await;
    assert_eq!(before.len(), 5);
    made_again(&world).await;
    assert_eq!(views::read_models(&world.database.pool).await, before);
    assert_eq!(client.get_document(one(&letter)).await.unwrap().into_inner(), letter);
    append(&mut client, &begun.upload_id, 3, b"ds").await.unwrap();
    client.complete_upload(complete(&begun.upload_id)).await.unwrap();
}

#[derive(Debug, Clone)]
enum Step {
    Start {
        category: usize,
        words: u8,
    },
    /// All bytes of the upload begun last, and then its completion.
    Complete {
        whole: bool,
    },
    Withdraw {
        at: usize,
        seen: bool,
    },
    /// The last command once more.
    Repeat,
    Wait {
        hours: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_usize..3, any::<u8>()).prop_map(|(category, words)| Step::Start { category, words }),
        4 => prop::bool::weighted(0.8).prop_map(|whole| Step::Complete { whole }),
        2 => (0_usize..4, any::<bool>()).prop_map(|(at, seen)| Step::Withdraw { at, seen }),
        2 => Just(Step::Repeat),
        1 => (1_i64..30).prop_map(|hours| Step::Wait { hours }),
    ]
}

/// A command as it was sent.
#[derive(Clone)]
enum Sent {
    Start(StartUploadRequest),
    Complete(CompleteUploadRequest),
    Withdraw(WithdrawDocumentRequest),
}

impl Sent {
    /// Its message in the contract.
    fn name(&self) -> String {
        match self {
            Self::Start(_) => StartUploadRequest::full_name(),
            Self::Complete(_) => CompleteUploadRequest::full_name(),
            Self::Withdraw(_) => WithdrawDocumentRequest::full_name(),
        }
    }
}

struct Sequence {
    world: World,
    parent: Person,
    patient: PatientId,
    begun: Option<(Upload, Vec<u8>)>,
    last: Option<(Sent, Result<(), &'static str>)>,
}

impl Sequence {
    async fn begin() -> Self {
        let (world, parent) = (world().await, person(1));
        let patient = world.record_of(&parent).await;
        Self { world, parent, patient, begun: None, last: None }
    }

    /// Everything that can be read of the record, and every row.
    async fn seen(&self) -> (Vec<Document>, Vec<String>) {
        let listed = self.world.as_(&self.parent).list_documents(list(self.patient)).await.unwrap();
        (listed.into_inner().documents, views::read_models(&self.world.database.pool).await)
    }

    async fn send(&mut self, sent: &Sent) -> Result<(), &'static str> {
        let mut client = self.world.as_(&self.parent);
        let outcome = match sent.clone() {
            Sent::Start(start) => match client.start_upload(start).await {
                Ok(upload) => {
                    self.begun = Some((upload.into_inner(), Vec::new()));
                    Ok(())
                }
                Err(status) => Err(status),
            },
            Sent::Complete(complete) => client.complete_upload(complete).await.map(|_| ()),
            Sent::Withdraw(withdraw) => client.withdraw_document(withdraw).await.map(|_| ()),
        };
        outcome.map_err(|status| reason(&status))
    }

    async fn take(&mut self, step: Step) {
        let sent = match step {
            Step::Wait { hours } => return self.world.clock.advance(chrono::TimeDelta::hours(hours)),
            Step::Repeat => {
                let Some((sent, first)) = self.last.clone() else { return };
                let (before, begun) = (self.seen().await, self.begun.clone());
                let again = self.send(&sent).await;
                // What was refused left nothing behind, and may be taken now.
                if first.is_ok() {
                    assert_eq!(again, first, "a repeated request is answered as it was");
                    assert_eq!(self.seen().await, before, "a repeated request acts no more");
                }
                self.begun = begun;
                return;
            }
            Step::Start { category, words } => {
                let content = text(usize::from(words) + 1);
                let category =
                    [Category::Documents, Category::Coverage, Category::Notes][category].to_proto();
                let sent = Sent::Start(StartUploadRequest {
                    category,
                    ..start(self.patient, "text/plain", &content)
                });
                let outcome = self.send(&sent).await;
                if let Some((_, expected)) = &mut self.begun {
                    *expected = content;
                }
                self.last = Some((sent, outcome));
                return;
            }
            Step::Complete { whole } => {
                let Some((upload, content)) = self.begun.take() else { return };
                let bytes = if whole { content.len() } else { content.len() / 2 };
                let mut client = self.world.as_(&self.parent);
                let _ = append(&mut client, &upload.upload_id, 0, &content[..bytes]).await;
                Sent::Complete(complete(&upload.upload_id))
            }
            Step::Withdraw { at, seen } => {
                let (documents, _) = self.seen().await;
                let Some(document) = documents.into_iter().cycle().nth(at) else { return };
                let etag = if seen { document.etag.clone() } else { "\"99\"".to_owned() };
                Sent::Withdraw(WithdrawDocumentRequest { etag, ..withdraw(&document) })
            }
        };
        let outcome = self.send(&sent).await;
        self.last = Some((sent, outcome));
    }
}

#[test]
fn every_sequence_of_commands_replays_to_the_same_read_models() {
    let config = ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    TestRunner::new(config)
        .run(&vec(step(), 6..24), |steps| {
            runtime.block_on(async {
                let mut sequence = Sequence::begin().await;
                for step in steps {
                    sequence.take(step).await;
                }
                let live = sequence.seen().await;
                made_again(&sequence.world).await;
                assert_eq!(sequence.seen().await, live);
            });
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn every_kind_of_command_is_generated_and_accepted() {
    const CONTRACT: &str = "holdfast.documents.v1";
    let contracts = FileDescriptorSet::decode(holdfast_proto::DESCRIPTORS).unwrap();
    let messages =
        contracts.file.iter().filter(|file| file.package() == CONTRACT).flat_map(|file| &file.message_type);
    let commands = messages.filter(|message| message.field.iter().any(|field| field.name() == "request_id"));
    let (mut sequence, mut runner) = (Sequence::begin().await, TestRunner::deterministic());
    let mut accepted = BTreeSet::new();
    for _ in 0..60 {
        sequence.take(step().new_tree(&mut runner).unwrap().current()).await;
        let last = sequence.last.iter().filter(|(_, outcome)| outcome.is_ok());
        accepted.extend(last.map(|(sent, _)| sent.name()));
    }
    assert_eq!(accepted, commands.map(|message| format!("{CONTRACT}.{}", message.name())).collect());
}
