//! Takes a source's events in once more, from the first: what is made of them is right then, whatever was done to the tables.
//!
//! The service takes them in itself, as it does what it never heard. Here the tables are emptied and the checkpoints are set back, in one
//! transaction. Until a lane is where it was, `seq` is below `replay_to`: whoever reads the tables knows by it that they hold a part.
use crate::{Reaction, RebuildError, SchemaError, rebuild::LOCK, schema};
use sqlx::{Connection, PgPool};

/// Answers with the number of events that come again. Broken off, it has done nothing; done again, it does the same.
pub async fn hear_again(
    owner_url: &str,
    serving_role: &str,
    source: &str,
    reaction: &dyn Reaction,
) -> Result<u64, RebuildError> {
    let mut conn = schema::owner(owner_url, serving_role).await?;
    let mut tx = conn.begin().await?;
    schema::run(&mut tx, format!("SET LOCAL search_path TO {}", schema::SEARCH_PATH)).await?;
    schema::run(&mut tx, format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
    // What is being taken in ends first; what comes next waits for the end of this.
    sqlx::query("SELECT FROM inbox WHERE source = $1 ORDER BY lane FOR UPDATE")
        .bind(source)
        .execute(&mut *tx)
        .await?;
    reaction.forget(&mut tx).await?;
    // They come again in their places.
    sqlx::query("DELETE FROM parked WHERE source = $1").bind(source).execute(&mut *tx).await?;
    sqlx::query("UPDATE inbox SET replay_to = GREATEST(replay_to, seq), seq = 0 WHERE source = $1")
        .bind(source)
        .execute(&mut *tx)
        .await?;
    let count: i64 =
        sqlx::query_scalar("SELECT COALESCE(sum(replay_to), 0)::bigint FROM inbox WHERE source = $1")
            .bind(source)
            .fetch_one(&mut *tx)
            .await?;
    tx.commit().await?;
    conn.close().await?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// How many of them have not come yet. Asked for beside the service, through a pool on its database.
pub async fn still_to_hear(pool: &PgPool, source: &str) -> Result<u64, SchemaError> {
    let count: i64 = sqlx::query_scalar(
        "SELECT COALESCE(sum(replay_to - seq), 0)::bigint FROM inbox WHERE source = $1 AND seq < replay_to",
    )
    .bind(source)
    .fetch_one(pool)
    .await?;
    Ok(u64::try_from(count).unwrap_or_default())
}
