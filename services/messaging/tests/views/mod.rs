//! What the database holds, as rows of text.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
use holdfast_eventlog::KeyRing;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use uuid::Uuid;

/// Every row of every table of every schema.
pub async fn everything(superuser_url: &str) -> Vec<String> {
    let mut conn = PgConnection::connect(superuser_url).await.unwrap();
    let tables: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_schema::text, table_name::text
         FROM information_schema.tables
         WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let mut rows = Vec::new();
    for (schema, table) in tables {
        let sql = format!("SELECT row_to_json(t)::text FROM \"{schema}\".\"{table}\" AS t");
        rows.extend(sqlx::query_scalar::<_, String>(AssertSqlSafe(sql)).fetch_all(&mut conn).await.unwrap());
    }
    conn.close().await.unwrap();
    rows
}

/// Every row of the read models, with the sealed columns opened.
pub async fn read_models(pool: &PgPool, keys: &KeyRing) -> Vec<String> {
    let mut rows: Vec<String> =
        sqlx::query_scalar("SELECT row_to_json(r)::text FROM read_marks AS r").fetch_all(pool).await.unwrap();
    let threads: Vec<(Uuid, Uuid, String, Vec<u8>)> =
        sqlx::query_as("SELECT thread, patient, (to_jsonb(t) - 'subject')::text, subject FROM threads AS t")
            .fetch_all(pool)
            .await
            .unwrap();
    for (thread, patient, row, subject) in threads {
        rows.push(format!("{row} {}", opened(keys, patient, "threads.subject", thread, &subject).await));
    }
    let messages: Vec<(Uuid, Uuid, String, Vec<u8>)> = sqlx::query_as(
        "SELECT message, patient, (to_jsonb(m) - 'content')::text, content FROM messages AS m",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    for (message, patient, row, content) in messages {
        rows.push(format!("{row} {}", opened(keys, patient, "messages.content", message, &content).await));
    }
    rows.sort();
    rows
}

async fn opened(keys: &KeyRing, patient: Uuid, column: &str, row: Uuid, sealed: &[u8]) -> String {
    let key = keys.existing(patient).await.unwrap();
    let place = [column.as_bytes(), row.as_bytes()].concat();
    String::from_utf8(key.open(&place, sealed).unwrap()).unwrap()
}
