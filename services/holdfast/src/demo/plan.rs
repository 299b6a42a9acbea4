//! Which demo network this installation has: kept from the first try on, so that a later one builds the same.
use crate::data_dir::DataDir;
use anyhow::{Context, Result};
use chrono::{Days, NaiveDate};
use holdfast_types::{Clock, SystemClock};
use serde::{Deserialize, Serialize};
use std::fs;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) seed: u64,
    /// The network as it stands at the start of this day.
    pub(super) today: NaiveDate,
}

impl Plan {
    pub(super) fn of(dir: &DataDir) -> Result<Self> {
        let path = dir.path("demo-network.json");
        let kept = fs::read(&path).ok().and_then(|kept| serde_json::from_slice(&kept).ok());
        if let Some(plan) = kept {
            return Ok(plan);
        }
        let plan = Self { seed: 1, today: SystemClock.now().date_naive() };
        fs::write(&path, serde_json::to_vec(&plan)?)
            .with_context(|| format!("`{}` cannot be written", path.display()))?;
        Ok(plan)
    }
}

/// The start of a day so many days after another, as a period of consent ends.
pub(super) fn days_after(day: NaiveDate, days: u64) -> prost_types::Timestamp {
    let end = day.checked_add_days(Days::new(days)).unwrap_or(day);
    holdfast_proto::timestamp(end.and_time(chrono::NaiveTime::MIN).and_utc())
}
