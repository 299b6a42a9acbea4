//! What is known of each log: how much was heard, what is wrong, when it was last verified.
use super::HistoryError;
use chrono::{DateTime, Utc};
use holdfast_access::{Oversight, Permit, Unreleased};
use holdfast_types::Service;
use sqlx::{FromRow, PgPool};

/// Faults that an answer names of each log.
const FAULTS_MAX: i64 = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogHealth {
    pub service: Service,
    /// Entries heard.
    pub entry_count: i64,
    /// The latest found first.
    pub faults: Vec<LogFault>,
    pub verify_time: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct LogFault {
    pub lane: i32,
    pub lane_seq: i64,
    pub kind: String,
    pub found_time: DateTime<Utc>,
}

#[derive(FromRow)]
struct Known {
    entry_count: i64,
    verify_time: Option<DateTime<Utc>>,
}

/// In the order of the services. A permit for anything but the logs' health shows none.
pub async fn health(
    pool: &PgPool,
    permit: &Permit<Oversight>,
) -> Result<Unreleased<Vec<LogHealth>>, HistoryError> {
    let mut logs = Vec::new();
    if *permit.target() == Oversight::LogHealth {
        for service in Service::WITH_LOG {
            let Known { entry_count, verify_time } = known(pool, *service).await?;
            logs.push(LogHealth {
                service: *service,
                entry_count,
                faults: faults(pool, *service).await?,
                verify_time,
            });
        }
    }
    Ok(Unreleased::new(logs, Vec::new()))
}

/// Sequence numbers have no gaps, so that a checkpoint is a count.
async fn known(pool: &PgPool, service: Service) -> Result<Known, HistoryError> {
    let known = sqlx::query_as(
        "SELECT
            (SELECT COALESCE(sum(seq), 0)::bigint FROM inbox WHERE source = $1)
                - (SELECT count(*) FROM parked WHERE source = $1) AS entry_count,
            (SELECT verify_time FROM log_health WHERE service = $1) AS verify_time",
    )
    .bind(service.as_str())
    .fetch_one(pool)
    .await?;
    Ok(known)
}

async fn faults(pool: &PgPool, service: Service) -> Result<Vec<LogFault>, HistoryError> {
    let faults = sqlx::query_as(
        "SELECT lane, lane_seq, kind, found_time FROM log_faults
         WHERE service = $1
         ORDER BY found_time DESC, lane, lane_seq, kind
         LIMIT $2",
    )
    .bind(service.as_str())
    .bind(FAULTS_MAX)
    .fetch_all(pool)
    .await?;
    Ok(faults)
}
