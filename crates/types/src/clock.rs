//! Time and ids as parameters: the two places where they are made.
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Says what time it is. UTC, microseconds at most (what PostgreSQL keeps).
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> DateTime<Utc>;
}

/// Makes ids: UUIDv7, ordered by the time they were made.
pub trait Ids: Send + Sync + 'static {
    fn next(&self) -> Uuid;
}

#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the wall clock is read")]
    fn now(&self) -> DateTime<Utc> {
        let now = Utc::now();
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }
}

#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "the one place where ids are made")]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}
