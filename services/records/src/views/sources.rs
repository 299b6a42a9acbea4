//! Where things come from: each source, how much of it there is, and when it was read.
use super::{
    ViewsError,
    items::{Row, happened_by, may_show, open, words},
};
use crate::domain::content::Source;
use chrono::{DateTime, Utc};
use holdfast_access::{Parts, Permit};
use holdfast_eventlog::EventLog;

const SOURCES_MAX: i64 = 20;

#[derive(Debug)]
pub(crate) struct SourceSummary {
    /// As one of its items has it.
    pub(crate) source: Source,
    pub(crate) count: i64,
    pub(crate) read: DateTime<Utc>,
    pub(crate) actor: String,
}

#[derive(sqlx::FromRow)]
struct Found {
    #[sqlx(flatten)]
    newest: Row,
    count: i64,
}

/// What a source is called stands in the log, with what it says: one of its items is opened.
macro_rules! query {
    ($standing:literal, $read_time:literal) => {
        concat!(
            "SELECT n.patient, n.item, n.revision, n.category, n.recorded, ", $read_time, " AS read_time, n.actor, n.event, n.said, g.count
             FROM (
                SELECT v.source, count(*) AS count, max(v.recorded) AS recorded
                FROM item_versions AS v
                WHERE v.patient = $1 AND v.category = ANY($2) AND ", $standing, " AND ", happened_by!("4"), " AND ", may_show!("6", "7", "8"), "
                GROUP BY v.source
                ORDER BY count(*) DESC, v.source
                LIMIT $5
             ) AS g
             CROSS JOIN LATERAL (
                SELECT v.*
                FROM item_versions AS v
                WHERE v.patient = $1 AND v.category = ANY($2) AND v.source = g.source AND v.recorded = g.recorded
                  AND ", $standing, " AND ", may_show!("6", "7", "8"), "
                LIMIT 1
             ) AS n
             LEFT JOIN sources AS s ON s.patient = n.patient AND s.source = g.source
             ORDER BY g.count DESC, g.source"
        )
    };
}
const NOW: &str =
    query!("v.superseded IS NULL AND $3::timestamptz IS NULL", "greatest(s.read_time, g.recorded)");
const THEN: &str = query!("v.recorded <= $3 AND (v.superseded IS NULL OR v.superseded > $3)", "g.recorded");

/// Of the permitted categories, now or as it was recorded at a time; those with most items first.
pub(crate) async fn sources(
    log: &EventLog,
    permit: &Permit<Parts>,
    as_of: Option<DateTime<Utc>>,
    happened_by: Option<DateTime<Utc>>,
) -> Result<Vec<SourceSummary>, ViewsError> {
    let found: Vec<Found> = sqlx::query_as(if as_of.is_none() { NOW } else { THEN })
        .bind(permit.patient().uuid())
        .bind(words(permit))
        .bind(as_of)
        .bind(happened_by)
        .bind(SOURCES_MAX)
        .bind(permit.withheld().items())
        .bind(permit.withheld().authors())
        .bind(permit.within().rows())
        .fetch_all(log.pool())
        .await?;
    let (rows, counts): (Vec<Row>, Vec<i64>) = found.into_iter().map(|one| (one.newest, one.count)).unzip();
    let newest = open(log, permit.patient(), rows).await?;
    let summary = |(version, count): (super::Version, i64)| SourceSummary {
        source: Source { key: String::new(), ..version.body.content.source.clone() },
        count,
        read: version.read,
        actor: version.actor,
    };
    Ok(newest.into_iter().zip(counts).map(summary).collect())
}
