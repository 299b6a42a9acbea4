//! A record step by step: the moments at which something was recorded, and each version of a step beside the one before it.
use super::{
    ViewsError,
    items::{Row, Version, may_show, open, words},
    signed,
};
use crate::domain::item;
use chrono::{DateTime, Utc};
use holdfast_access::{Parts, Permit, Unreleased};
use holdfast_eventlog::{Event as _, EventLog, Right, StreamName, Subject};
use holdfast_types::ItemId;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

/// Where a moment stands among the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Moments {
    /// The last step up to the moment; none where nothing had been recorded.
    pub(crate) step: Option<DateTime<Utc>>,
    pub(crate) previous: Option<DateTime<Utc>>,
    pub(crate) following: Option<DateTime<Utc>>,
    /// Steps up to the moment.
    pub(crate) number: i64,
    /// Steps in all.
    pub(crate) count: i64,
}

/// Where a page of a step ended.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct StepCursor {
    pub(crate) step: DateTime<Utc>,
    pub(crate) item: ItemId,
    pub(crate) revision: u64,
}

/// A version and what stood before it, where that may be read, too.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) version: Version,
    pub(crate) before: Option<Version>,
    pub(crate) by_right: Option<Right>,
}

/// The steps of the permitted categories around a moment; `besides` are those of what is kept elsewhere.
pub(crate) async fn moments(
    pool: &PgPool,
    permit: &Permit<Parts>,
    at: Option<DateTime<Utc>>,
    besides: &[DateTime<Utc>],
) -> Result<Moments, ViewsError> {
    let moments = sqlx::query_as(concat!(
        "WITH moments AS (
            SELECT v.recorded FROM item_versions AS v WHERE v.patient = $1 AND v.category = ANY($2) AND ",
        may_show!("5", "6", "7"),
        "
            UNION
            SELECT * FROM UNNEST($4::timestamptz[])
         ), until AS (
            SELECT recorded FROM moments WHERE $3::timestamptz IS NULL OR recorded <= $3
         ), step AS (
            SELECT max(recorded) AS recorded FROM until
         )
         SELECT
            (SELECT recorded FROM step) AS step,
            (SELECT max(until.recorded) FROM until, step WHERE until.recorded < step.recorded) AS previous,
            (SELECT min(recorded) FROM moments WHERE recorded > $3) AS following,
            (SELECT count(*) FROM until) AS number,
            (SELECT count(*) FROM moments) AS count"
    ))
    .bind(permit.patient().uuid())
    .bind(words(permit))
    .bind(at)
    .bind(besides)
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .fetch_one(pool)
    .await?;
    Ok(moments)
}

/// One page of a step's versions by item, whether there are more, and how many there are in all.
pub(crate) async fn changes(
    log: &EventLog,
    permit: &Permit<Parts>,
    step: DateTime<Utc>,
    after: Option<StepCursor>,
    size: u32,
) -> Result<Unreleased<(Vec<Changed>, bool, i64)>, ViewsError> {
    let total: i64 = sqlx::query_scalar(concat!(
        "SELECT count(*) FROM item_versions AS v
         WHERE v.patient = $1 AND v.category = ANY($2) AND v.recorded = $3 AND ",
        may_show!("4", "5", "6")
    ))
    .bind(permit.patient().uuid())
    .bind(words(permit))
    .bind(step)
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .fetch_one(log.pool())
    .await?;
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "SELECT v.patient, v.item, v.revision, v.category, v.recorded, v.recorded AS read_time, v.actor, v.event, v.said
         FROM item_versions AS v
         WHERE v.patient = $1 AND v.category = ANY($2) AND v.recorded = $3
           AND ($4::uuid IS NULL OR (v.item, v.revision) > ($4, $5))
           AND ",
        may_show!("7", "8", "9"),
        "
         ORDER BY v.item, v.revision
         LIMIT $6"
    ))
    .bind(permit.patient().uuid())
    .bind(words(permit))
    .bind(step)
    .bind(after.map(|after| after.item.uuid()))
    .bind(after.map(|after| signed(after.revision)))
    .bind(i64::from(size) + 1)
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .fetch_all(log.pool())
    .await?;
    let mut versions = open(log, permit.patient(), rows).await?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = versions.len() > size;
    versions.truncate(size);
    let named =
        |version: &Version| (StreamName::new(item::Event::AGGREGATE, version.item.uuid()), version.revision);
    let subject = Subject::Patient(permit.patient());
    let mut rights = log.rights(subject, &versions.iter().map(named).collect::<Vec<_>>()).await?;
    let mut befores = befores(log, permit, &versions).await?;
    let mut returned: Vec<_> = versions.iter().map(Version::returned).collect();
    returned.extend(befores.values().map(Version::returned));
    let beside = |version: Version| {
        let before = befores.remove(&(version.item, version.revision.saturating_sub(1)));
        let by_right = rights.remove(&named(&version));
        Changed { version, before, by_right }
    };
    Ok(Unreleased::new((versions.into_iter().map(beside).collect(), more, total), returned))
}

async fn befores(
    log: &EventLog,
    permit: &Permit<Parts>,
    versions: &[Version],
) -> Result<HashMap<(ItemId, u64), Version>, ViewsError> {
    let later = versions.iter().filter(|version| version.revision > 1);
    let (items, revisions): (Vec<Uuid>, Vec<i64>) =
        later.map(|version| (version.item.uuid(), signed(version.revision.saturating_sub(1)))).unzip();
    if items.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "SELECT v.patient, v.item, v.revision, v.category, v.recorded, v.recorded AS read_time, v.actor, v.event, v.said
         FROM item_versions AS v
         JOIN UNNEST($3::uuid[], $4::bigint[]) AS wanted (item, revision)
           ON wanted.item = v.item AND wanted.revision = v.revision
         WHERE v.patient = $1 AND v.category = ANY($2) AND ",
        may_show!("5", "6", "7")
    ))
    .bind(permit.patient().uuid())
    .bind(words(permit))
    .bind(items)
    .bind(revisions)
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .fetch_all(log.pool())
    .await?;
    let versions = open(log, permit.patient(), rows).await?;
    Ok(versions.into_iter().map(|version| ((version.item, version.revision), version)).collect())
}
