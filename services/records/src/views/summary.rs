//! Per category: how much there is, and how fresh.
use super::{
    ViewsError,
    items::{happened_by, words},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Permit, Unreleased};
use holdfast_types::Category;
use sqlx::PgPool;

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
    pool: &PgPool,
    permit: &Permit,
    as_of: Option<DateTime<Utc>>,
    happened_by: Option<DateTime<Utc>>,
) -> Result<Unreleased<Vec<CategorySummary>>, ViewsError> {
    let rows: Vec<Row> = sqlx::query_as(if as_of.is_none() { NOW } else { THEN })
        .bind(permit.patient().uuid())
        .bind(words(permit))
        .bind(as_of)
        .bind(happened_by)
        .fetch_all(pool)
        .await?;
    let summary = |(category, count, newest, read): Row| {
        let category = category.parse().map_err(|_| ViewsError::Malformed("category"))?;
        Ok(CategorySummary { category, count, newest, read })
    };
    let summaries = rows.into_iter().map(summary).collect::<Result<_, ViewsError>>()?;
    Ok(Unreleased::new(summaries, Vec::new()))
}
