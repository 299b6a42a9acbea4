//! Per category: how much there is, and how fresh.
use super::{
    ViewsError,
    items::{happened_by, may_show, words},
    sources::{SourceSummary, sources},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Parts, Permit, Unreleased};
use holdfast_eventlog::EventLog;
use holdfast_types::Category;

#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) categories: Vec<CategorySummary>,
    /// Empty unless asked for.
    pub(crate) sources: Vec<SourceSummary>,
}

#[derive(Debug)]
pub(crate) struct CategorySummary {
    pub(crate) category: Category,
    pub(crate) count: i64,
    pub(crate) newest: Option<DateTime<Utc>>,
    pub(crate) read: DateTime<Utc>,
}

type Row = (String, i64, Option<DateTime<Utc>>, DateTime<Utc>);

macro_rules! summary {
    ($standing:literal, $read_time:literal) => {
        concat!(
            "SELECT v.category, count(*), max(v.occurred), max(",
            $read_time,
            ")
             FROM item_versions AS v
             LEFT JOIN sources AS s ON s.patient = v.patient AND s.source = v.source
             WHERE v.patient = $1 AND v.category = ANY($2) AND ",
            $standing,
            " AND ",
            happened_by!("4"),
            " AND ",
            may_show!("5", "6", "7"),
            "
             GROUP BY v.category
             ORDER BY v.category"
        )
    };
}
const NOW: &str =
    summary!("v.superseded IS NULL AND $3::timestamptz IS NULL", "greatest(s.read_time, v.recorded)");
const THEN: &str = summary!("v.recorded <= $3 AND (v.superseded IS NULL OR v.superseded > $3)", "v.recorded");

/// The permitted categories that hold something, now or as it was recorded at a time.
pub(crate) async fn summary(
    log: &EventLog,
    permit: &Permit<Parts>,
    (as_of, happened_by): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    with_sources: bool,
) -> Result<Unreleased<Summary>, ViewsError> {
    let rows: Vec<Row> = sqlx::query_as(if as_of.is_none() { NOW } else { THEN })
        .bind(permit.patient().uuid())
        .bind(words(permit))
        .bind(as_of)
        .bind(happened_by)
        .bind(permit.withheld().items())
        .bind(permit.withheld().authors())
        .bind(permit.within().rows())
        .fetch_all(log.pool())
        .await?;
    let summary = |(category, count, newest, read): Row| {
        let category = category.parse().map_err(|_| ViewsError::Malformed("category"))?;
        Ok(CategorySummary { category, count, newest, read })
    };
    let categories = rows.into_iter().map(summary).collect::<Result<_, ViewsError>>()?;
    let sources = match with_sources {
        true => sources(log, permit, as_of, happened_by).await?,
        false => Vec::new(),
    };
    Ok(Unreleased::new(Summary { categories, sources }, Vec::new()))
}
