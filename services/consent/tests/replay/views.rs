//! The read models as rows of text, to compare them.
use holdfast_access::views::ConsentFact;
use sqlx::{AssertSqlSafe, PgPool};
use std::collections::BTreeMap;

/// Every row of every table, by the table.
pub(crate) async fn all(pool: &PgPool) -> BTreeMap<String, Vec<String>> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'views' AND tablename <> '_sqlx_migrations'",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut all = BTreeMap::new();
    for table in tables {
        let rows = format!("SELECT to_jsonb(t)::text FROM views.{table} AS t ORDER BY 1");
        all.insert(table, sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(pool).await.unwrap());
    }
    all
}

/// Those that all services keep.
pub(crate) async fn shared(pool: &PgPool) -> BTreeMap<String, Vec<String>> {
    let mut tables = all(pool).await;
    tables.retain(|table, _| table.starts_with("access_"));
    tables
}

/// As another service takes it in.
pub(crate) async fn hear(pool: &PgPool, fact: &ConsentFact) {
    let mut conn = pool.acquire().await.unwrap();
    holdfast_access::views::apply(&mut conn, fact).await.unwrap();
}
