//! Whatever was commanded: the read models made anew from the log say the same, and no request acts twice.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails loudly")]
mod common;
use common::*;
use holdfast_proto::records::v1 as pb;
use holdfast_types::*;
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};

#[derive(Debug, Clone)]
enum Step {
    Create {
        key: u8,
        text: u8,
    },
    Update {
        at: usize,
        text: u8,
        seen: bool,
    },
    Retract {
        at: usize,
    },
    Import {
        status: u8,
    },
    Rename {
        name: u8,
    },
    /// The last request once more.
    Repeat,
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4_u8, 0..3_u8).prop_map(|(key, text)| Step::Create { key, text }),
        3 => (0..8_usize, 0..3_u8, any::<bool>()).prop_map(|(at, text, seen)| Step::Update { at, text, seen }),
        1 => (0..8_usize).prop_map(|at| Step::Retract { at }),
        2 => (0..2_u8).prop_map(|status| Step::Import { status }),
        1 => (0..3_u8).prop_map(|name| Step::Rename { name }),
        2 => Just(Step::Repeat),
        1 => Just(Step::Wait),
    ]
}

/// A command as it was sent, so that it can be sent again.
#[derive(Clone)]
enum Sent {
    Create(pb::CreateItemRequest),
    Update(pb::UpdateItemRequest),
    Import(uuid::Uuid, Vec<u8>),
}

/// Everything that can be read of the record.
async fn seen(
    world: &World,
) -> (Vec<pb::Item>, Vec<Vec<pb::Item>>, Option<pb::Patient>, Vec<pb::CategorySummary>) {
    let items = world.everything(&parent()).await;
    let mut versions = Vec::new();
    for item in &items {
        versions.push(world.versions(&parent(), &item.item_id).await.unwrap());
    }
    let asked = pb::GetPatientRequest { patient_id: patient().to_string(), as_of_time: None };
    let known = world.client(&parent()).get_patient(asked).await.ok().map(tonic::Response::into_inner);
    let asked = pb::SummarizeRecordRequest { patient_id: patient().to_string(), ..Default::default() };
    let summary = world.client(&parent()).summarize_record(asked).await.unwrap().into_inner().categories;
    (items, versions, known, summary)
}

async fn send(world: &World, sent: &Sent) -> Result<String, &'static str> {
    let mut client = world.client(&parent());
    let answer = match sent {
        Sent::Create(asked) => {
            client.create_item(asked.clone()).await.map(|done| format!("{:?}", done.into_inner().position))
        }
        Sent::Update(asked) => {
            client.update_item(asked.clone()).await.map(|done| format!("{:?}", done.into_inner().position))
        }
        Sent::Import(request, bundle) => {
            world.import_as(&parent(), *request, "Portal", bundle).await.map(|done| format!("{done:?}"))
        }
    };
    answer.map_err(|status| reason(&status))
}

async fn take(world: &World, step: &Step, last: &mut Option<(Sent, Result<String, &'static str>)>) {
    let (patient_id, request_id) = (patient().to_string(), SystemIds.next().to_string());
    let chosen = |items: Vec<pb::Item>, at: usize| items.into_iter().cycle().nth(at);
    let sent = match step {
        Step::Create { key, text } => {
            let json = goal(&format!("g-{key}"), &format!("text {text}")).into_bytes().into();
            let item = Some(pb::NewItem { fhir_json: json, source_key: String::new() });
            Sent::Create(pb::CreateItemRequest { request_id, patient_id, item })
        }
        Step::Update { at, text, seen } => {
            let Some(item) = chosen(world.everything(&parent()).await, *at) else { return };
            let fhir_json = goal("g-0", &format!("other {text}")).into_bytes().into();
            let etag = if *seen { item.etag } else { "\"99\"".to_owned() };
            Sent::Update(pb::UpdateItemRequest {
                request_id,
                item_id: item.item_id,
                patient_id,
                fhir_json,
                etag,
            })
        }
        Step::Import { status } => {
            let status = ["\"finished\"", "\"cancelled\""][usize::from(*status)];
            let bundle = std::str::from_utf8(SMALL).unwrap().replace("\"finished\"", status);
            Sent::Import(SystemIds.next(), bundle.into_bytes())
        }
        Step::Retract { at } => {
            if let Some(item) = chosen(world.everything(&parent()).await, *at) {
                let _ = world.retract(&parent(), &item, "wrong child").await;
            }
            return;
        }
        Step::Rename { name } => {
            let demographics =
                Some(pb::Demographics { preferred_name: format!("June {name}"), ..Default::default() });
            let update_mask = Some(prost_types::FieldMask { paths: vec!["preferred_name".to_owned()] });
            let asked = pb::UpdatePatientRequest {
                request_id,
                patient_id,
                demographics,
                update_mask,
                etag: String::new(),
            };
            let _ = world.client(&parent()).update_patient(asked).await;
            return;
        }
        Step::Repeat => {
            let Some((sent, first)) = last else { return };
            let before = seen(world).await;
            let again = send(world, sent).await;
            assert!(
                first.is_err() || again == *first,
                "a repeated request is answered as it was: {again:?} after {first:?}"
            );
            if first.is_ok() {
                assert_eq!(seen(world).await, before, "a repeated request acts no more");
            }
            return;
        }
        Step::Wait => {
            world.clock.advance(chrono::TimeDelta::seconds(1));
            return;
        }
    };
    let answer = send(world, &sent).await;
    *last = Some((sent, answer));
}

#[test]
fn the_rebuilt_read_models_say_what_the_live_ones_said() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config {
        cases: 4,
        failure_persistence: None,
        max_shrink_iters: 20,
        ..Config::default()
    });
    runner
        .run(&vec(step(), 4..14), |steps| {
            runtime.block_on(async {
                let world = world().await;
                let mut last = None;
                for step in &steps {
                    take(&world, step, &mut last).await;
                }
                let live = seen(&world).await;
                world.rebuild().await;
                assert_eq!(seen(&world).await, live);
            });
            Ok(())
        })
        .unwrap();
}
