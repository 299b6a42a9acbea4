//! Per category: how much there is, and how fresh.
use super::ViewsError;
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

/// The permitted categories that hold something.
pub(crate) async fn summary(
    pool: &PgPool,
    permit: &Permit,
) -> Result<Unreleased<Vec<CategorySummary>>, ViewsError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT v.category, count(*), max(v.occurred), max(greatest(s.read_time, v.recorded))
         FROM item_versions AS v
         LEFT JOIN sources AS s ON s.patient = v.patient AND s.source = v.source
         WHERE v.patient = $1 AND v.category = ANY($2) AND v.superseded IS NULL
         GROUP BY v.category
         ORDER BY v.category",
    )
    .bind(permit.patient().uuid())
    .bind(permit.categories().iter().map(|category| category.as_str()).collect::<Vec<_>>())
    .fetch_all(pool)
    .await?;
    let summary = |(category, count, newest, read): Row| {
        let category = category.parse().map_err(|_| ViewsError::Malformed("category"))?;
        Ok(CategorySummary { category, count, newest, read })
    };
    let summaries = rows.into_iter().map(summary).collect::<Result<_, ViewsError>>()?;
    Ok(Unreleased::new(summaries, Vec::new()))
}
