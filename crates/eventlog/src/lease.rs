//! Who does a piece of background work: at most one holder at a time, for a short time.
use sqlx::PgPool;
use std::time::Duration;
use uuid::Uuid;

pub(crate) const LEASE_TIME: Duration = Duration::from_secs(10);

/// Takes or keeps those of the named leases that are free, ended or ours; by the database's clock, so that hosts need not agree.
pub(crate) async fn hold(pool: &PgPool, names: &[String], holder: Uuid) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "INSERT INTO leases (name, holder, expire_time)
         SELECT name, $2, clock_timestamp() + make_interval(secs => $3)
         FROM UNNEST($1::text[]) AS wanted (name)
         ORDER BY name
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expire_time = excluded.expire_time
         WHERE leases.holder = excluded.holder OR leases.expire_time < clock_timestamp()
         RETURNING name",
    )
    .bind(names)
    .bind(holder)
    .bind(LEASE_TIME.as_secs_f64())
    .fetch_all(pool)
    .await
}

pub(crate) async fn release(pool: &PgPool, holder: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM leases WHERE holder = $1").bind(holder).execute(pool).await?;
    Ok(())
}
