//! What the database holds, as rows of text.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
use sqlx::PgPool;

/// Every row of the read models.
pub async fn read_models(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT row_to_json(d)::text FROM (
            SELECT document, patient, category, added_time, withdraw_time, revision, reason IS NULL AS stands,
                added_by, withdrawn_by
            FROM documents) AS d
         UNION ALL SELECT row_to_json(u)::text FROM uploads AS u
         ORDER BY 1",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

/// Every row of every table, sealed bytes and all.
pub async fn all(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT row_to_json(d)::text FROM documents AS d
         UNION ALL SELECT row_to_json(u)::text FROM uploads AS u
         UNION ALL SELECT row_to_json(p)::text FROM upload_progress AS p
         UNION ALL SELECT row_to_json(e)::text FROM events AS e",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}
