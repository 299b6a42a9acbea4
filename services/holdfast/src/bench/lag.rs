//! How long after its answer a command stands in audit, while 200 commands a second come in.
use super::{
    arrival::watch,
    pairs::{Figure, Target, percentile},
    scratch::Scratch,
    system::{Held, System},
};
use crate::demo::installation::send;
use anyhow::{Context, Result};
use holdfast_eventlog::schema;
use holdfast_proto::{messaging::v1 as messaging, records::v1 as records, r#type::v1::Position};
use holdfast_types::{Ids, SystemIds};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

pub(crate) const KEYS: &[&str] = &["audit_lag_p50_ms", "audit_lag_p99_ms", "audit_lag_commands_per_s"];
const EVERY: Duration = Duration::from_millis(5);
const COMMANDS: usize = 3_000;
/// Connections, plans and caches of the first commands are not what is measured.
const WARMING: usize = 400;
const RECORDS: usize = 40;
/// How exactly the moment of appearing is seen.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Which of them audit has taken in.
const TAKEN_IN: &str = "SELECT asked.place
    FROM UNNEST($1::text[], $2::int[], $3::bigint[]) WITH ORDINALITY AS asked (service, lane, lane_seq, place)
    JOIN entries USING (service, lane, lane_seq)";

pub(crate) async fn figures(scratch: &Scratch, system: &System) -> Result<Vec<Figure>> {
    let audit = schema::connect(&scratch.postgres.url("audit", "audit"), 1)?;
    let mut held = Vec::with_capacity(RECORDS);
    for _ in 0..RECORDS {
        held.push(Arc::new(system.open_record().await?));
    }
    let practice_id = system.open_practice().await?;
    let (sender, receiver) = mpsc::channel(COMMANDS);
    let watching = tokio::spawn(watch(audit, TAKEN_IN, LOOK_EVERY, receiver));
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut running = JoinSet::new();
    let began = Instant::now();
    for number in 0..COMMANDS + WARMING {
        ticks.tick().await;
        let record = held.get(number % RECORDS).context("a record")?;
        let command = Command::of(number, system, Arc::clone(record), practice_id.clone())?;
        let sender = sender.clone();
        running.spawn(async move {
            let position = command.await?;
            if number >= WARMING {
                // The watcher ends before its time only with an error, which is found when it is joined.
                let _ = sender.send((Instant::now(), position)).await;
            }
            anyhow::Ok(())
        });
    }
    drop(sender);
    while let Some(done) = running.join_next().await {
        done??;
    }
    let rate = f64::from(u32::try_from(COMMANDS + WARMING)?) / began.elapsed().as_secs_f64();
    let mut lags = watching.await??;
    let (half, most) = (percentile(&mut lags, 50), percentile(&mut lags, 99));
    Ok(vec![
        Figure::absolute("audit_lag_p50_ms", half, "ms", Target::AtMost(50.0), lags.len()),
        Figure::absolute("audit_lag_p99_ms", most, "ms", Target::AtMost(250.0), lags.len()),
        Figure::absolute("audit_lag_commands_per_s", rate, "commands/s", Target::None, COMMANDS),
    ])
}

/// One of what families do all day.
pub(crate) struct Command;

impl Command {
    /// A goal, a message and a new record in turn.
    pub(crate) fn of(
        number: usize,
        system: &System,
        record: Arc<Held>,
        practice_id: String,
    ) -> Result<futures::future::BoxFuture<'static, Result<Position>>> {
        let after = [record.opened.clone()];
        let request_id = SystemIds.next().to_string();
        Ok(match number % 3 {
            0 => {
                let client = system.installation.records(&record.holder, &after)?;
                let json = serde_json::json!({
                    "resourceType": "Goal", "id": format!("goal-{number}"), "lifecycleStatus": "active", "startDate": "2026-01-05",
                    "description": { "text": format!("asks for help, trial {number}") }, "subject": { "reference": "Patient/self" },
                });
                let item = records::NewItem {
                    fhir_json: json.to_string().into_bytes().into(),
                    source_key: format!("goal-{number}"),
                };
                let message = records::CreateItemRequest {
                    request_id,
                    patient_id: record.patient_id.clone(),
                    item: Some(item),
                };
                Box::pin(async move {
                    let made = send(&client, &message, |mut client, message| async move {
                        client.create_item(message).await
                    });
                    made.await?.position.context("a place in the log")
                })
            }
            1 => {
                let client = system.installation.messaging(&record.holder, &after)?;
                let message = messaging::StartThreadRequest {
                    request_id,
                    patient_id: record.patient_id.clone(),
                    practice_id,
                    subject: "Next week".to_owned(),
                    body: "We are away on Tuesday. Could we come on Thursday instead?".to_owned(),
                    language: "en".to_owned(),
                    attachments: Vec::new(),
                };
                Box::pin(async move {
                    let begun = send(&client, &message, |mut client, message| async move {
                        client.start_thread(message).await
                    });
                    begun.await?.position.context("a place in the log")
                })
            }
            _ => {
                let client = system.installation.consent(&record.holder)?;
                let message = holdfast_proto::consent::v1::OpenRecordRequest {
                    request_id,
                    relationship: holdfast_proto::Word::to_proto(holdfast_types::Relationship::Parent),
                    ..holdfast_proto::consent::v1::OpenRecordRequest::default()
                };
                Box::pin(async move {
                    let opened = send(&client, &message, |mut client, message| async move {
                        client.open_record(message).await
                    });
                    opened.await?.position.context("a place in the log")
                })
            }
        })
    }
}
