//! Who does a piece of background work: at most one holder at a time, for a short time.
use sqlx::PgPool;
use std::time::Duration;
use uuid::Uuid;

/// How long a lease holds that is not renewed.
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

/// One piece of background work that a service has beside the relay.
pub struct Lease {
    pool: PgPool,
    name: [String; 1],
    holder: Uuid,
}

#[derive(Debug, thiserror::Error)]
#[error("the leases cannot be reached")]
pub struct LeaseError(#[from] sqlx::Error);

impl Lease {
    pub const TIME: Duration = LEASE_TIME;

    pub fn new(pool: PgPool, name: &str, holder: Uuid) -> Self {
        Self { pool, name: [name.to_owned()], holder }
    }

    /// Takes it or keeps it; false while another has it.
    pub async fn hold(&self) -> Result<bool, LeaseError> {
        Ok(!hold(&self.pool, &self.name, self.holder).await?.is_empty())
    }

    /// Lets others have it at once.
    pub async fn release(&self) -> Result<(), LeaseError> {
        Ok(release(&self.pool, self.holder).await?)
    }
}
