//! The read models as rows of text, to compare them.
#![allow(unreachable_pub, reason = "a room of one test")]
use holdfast_access::views::ConsentFact;
use sqlx::PgPool;

/// Every row of every table.
pub async fn all(pool: &PgPool) -> Vec<String> {
    let mut rows = shared(pool).await;
    let own: Vec<String> = sqlx::query_scalar(
        "SELECT row_to_json(r)::text FROM record_revisions AS r
         UNION ALL SELECT row_to_json(g)::text FROM given_grants AS g
         ORDER BY 1",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    rows.extend(own);
    rows
}

/// Every row of the tables that all services keep.
pub async fn shared(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT row_to_json(r)::text FROM access_records AS r
         UNION ALL SELECT row_to_json(h)::text FROM access_holders AS h
         UNION ALL SELECT row_to_json(g)::text FROM access_grants AS g
         ORDER BY 1",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

/// As another service takes it in.
pub async fn hear(pool: &PgPool, fact: &ConsentFact) {
    let mut conn = pool.acquire().await.unwrap();
    holdfast_access::views::apply(&mut conn, fact).await.unwrap();
}
