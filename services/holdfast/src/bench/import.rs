//! Taking in a large bundle through gRPC, against inserting the same resources as they are.
use super::{
    append::{Place, raw_insert, raw_table},
    bundle,
    pairs::{Figure, Target, median, ratio},
    scratch::Scratch,
    system::System,
};
use crate::demo::installation::send;
use anyhow::{Context, Result};
use futures::stream;
use holdfast_eventlog::{StreamName, schema};
use holdfast_proto::{records::v1 as pb, r#type::v1::Position};
use holdfast_types::{Ids, SystemIds};
use serde_json::Value;
use sqlx::{Connection, PgPool};
use std::{
    cell::RefCell,
    path::Path,
    time::{Duration, Instant},
};
use tokio::time::sleep;
use uuid::Uuid;

pub(crate) const KEYS: &[&str] = &["import_vs_raw", "import_entries_per_s"];
const PAIRS: usize = 11;
const LOOK_EVERY: Duration = Duration::from_millis(50);
const CHUNK_BYTES: usize = 256 * 1024;
const BATCH_ROWS: usize = 100;

pub(crate) async fn figures(scratch: &Scratch, system: &System, file: Option<&Path>) -> Result<Vec<Figure>> {
    let bytes = match file {
        Some(file) => std::fs::read(file).with_context(|| format!("`{}` cannot be read", file.display()))?,
        None => bundle::of_entries(bundle::ENTRIES).to_string().into_bytes(),
    };
    let entries = resources(&bytes)?;
    scratch.log("bench_import").await?;
    let raw = scratch.raw("bench_import", 1)?;
    raw_table(&raw).await?;
    let audit = schema::connect(&scratch.postgres.url("audit", "audit"), 1)?;
    import(system, &audit, &bytes, entries.len()).await?;
    insert(&raw, 0, &entries).await?;
    let (rates, number) = (RefCell::new(Vec::new()), RefCell::new(0));
    let figure = ratio(
        "import_vs_raw",
        0.3,
        PAIRS,
        async || {
            let rate = import(system, &audit, &bytes, entries.len()).await?;
            rates.borrow_mut().push(rate);
            Ok(rate)
        },
        async || {
            let next = *number.borrow() + 1;
            number.replace(next);
            insert(&raw, next, &entries).await
        },
    );
    let figure = figure.await?;
    let rate = median(rates.into_inner());
    Ok(vec![figure, Figure::absolute("import_entries_per_s", rate, "entries/s", Target::None, PAIRS)])
}

fn resources(bundle: &[u8]) -> Result<Vec<Vec<u8>>> {
    let bundle: Value = serde_json::from_slice(bundle)?;
    let entries = bundle.get("entry").and_then(Value::as_array).context("a bundle without entries")?;
    entries
        .iter()
        .map(|entry| Ok(serde_json::to_vec(entry.get("resource").context("an entry without resource")?)?))
        .collect()
}

/// Into a record of its own. Entries per second, from the first byte sent to the answer.
async fn import(system: &System, audit: &PgPool, bytes: &[u8], count: usize) -> Result<f64> {
    let held = system.open_record().await?;
    let mut client = system.installation.records(&held.holder, std::slice::from_ref(&held.opened))?;
    // Heard of the record before the clock runs.
    let asked = pb::SummarizeRecordRequest { patient_id: held.patient_id.clone(), ..Default::default() };
    send(&client, &asked, |mut client, asked| async move { client.summarize_record(asked).await }).await?;
    let start = pb::ImportStart {
        request_id: SystemIds.next().to_string(),
        patient_id: held.patient_id,
        source_name: "Hospital portal".to_owned(),
        ..Default::default()
    };
    let chunks =
        bytes.chunks(CHUNK_BYTES).map(|chunk| pb::import_bundle_request::Part::Chunk(chunk.to_vec().into()));
    let parts: Vec<_> =
        std::iter::once(pb::import_bundle_request::Part::Start(start)).chain(chunks).collect();
    let messages = parts.into_iter().map(|part| pb::ImportBundleRequest { part: Some(part) });
    let began = Instant::now();
    let answer = client.import_bundle(stream::iter(messages)).await?.into_inner();
    let took = began.elapsed().as_secs_f64();
    let added: i32 = answer.added.iter().map(|added| added.count).sum();
    anyhow::ensure!(added > 0 && answer.unchanged.is_empty(), "the bundle was not taken in");
    heard(audit, &answer.position.context("a place in the log")?).await?;
    Ok(f64::from(u32::try_from(count)?) / took)
}

/// Until audit has taken in the last of it, and its log has, what an import sets off would weigh on whatever is measured next.
async fn heard(audit: &PgPool, place: &Position) -> Result<()> {
    loop {
        let taken_in: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM log_lanes WHERE (service, lane) = ($1, $2) AND seq >= $3)",
        )
        .bind(&place.service)
        .bind(i32::try_from(place.lane)?)
        .bind(i64::try_from(place.seq)?)
        .fetch_one(audit)
        .await?;
        if taken_in {
            return Ok(());
        }
        sleep(LOOK_EVERY).await;
    }
}

/// By what the importer's events say that they were permitted.
const BY_RIGHT: &str = "parent-holds-record";

/// One transaction on one connection, of one patient, each row a stream of its own. Rows per second.
async fn insert(pool: &PgPool, number: usize, entries: &[Vec<u8>]) -> Result<f64> {
    let mut conn = pool.acquire().await?;
    let patient = Uuid::from_u128(number as u128);
    let place = |_| Place { patient, stream: StreamName::new("item", SystemIds.next()), revision: 1 };
    let began = Instant::now();
    let mut tx = conn.begin().await?;
    let mut first = 1 + (number * entries.len()) as u64;
    for batch in entries.chunks(BATCH_ROWS) {
        raw_insert(&mut tx, first, place, Some(BY_RIGHT), batch).await?;
        first += batch.len() as u64;
    }
    tx.commit().await?;
    Ok(f64::from(u32::try_from(entries.len())?) / began.elapsed().as_secs_f64())
}
