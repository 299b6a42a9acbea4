//! Time that moves when told, and ids in order.
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_types::{Clock, Ids};
use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};
use uuid::Uuid;

#[derive(Clone)]
pub struct FakeClock(Arc<AtomicI64>);

impl FakeClock {
    /// Noon UTC of 2026-03-02, a Monday.
    pub fn monday_noon() -> Self {
        Self(Arc::new(AtomicI64::new(1_772_452_800_000_000)))
    }
    pub fn advance(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_microseconds().expect("a short time"), Ordering::SeqCst);
    }
    pub fn set(&self, to: DateTime<Utc>) {
        self.0.store(to.timestamp_micros(), Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::SeqCst)).expect("a time in range")
    }
}

/// UUIDs that count up from a seed.
#[derive(Clone)]
pub struct SeededIds(Arc<AtomicU64>, u64);

impl SeededIds {
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(AtomicU64::new(1)), seed)
    }
}

impl Ids for SeededIds {
    fn next(&self) -> Uuid {
        Uuid::from_u64_pair(self.1, self.0.fetch_add(1, Ordering::SeqCst))
    }
}
