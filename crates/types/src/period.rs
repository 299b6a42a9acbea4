//! A stretch of time: from included, until excluded; no end means until stopped.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Bounds", into = "Bounds")]
pub struct Period {
    from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the period ends before it begins")]
pub struct PeriodError;

#[derive(Serialize, Deserialize)]
struct Bounds {
    from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
}

impl Period {
    pub fn try_new(from: DateTime<Utc>, until: Option<DateTime<Utc>>) -> Result<Self, PeriodError> {
        if until.is_some_and(|until| until <= from) { Err(PeriodError) } else { Ok(Self { from, until }) }
    }

    /// Until stopped.
    pub const fn since(from: DateTime<Utc>) -> Self {
        Self { from, until: None }
    }

    pub const fn from(&self) -> DateTime<Utc> {
        self.from
    }

    pub const fn until(&self) -> Option<DateTime<Utc>> {
        self.until
    }

    pub fn contains(&self, time: DateTime<Utc>) -> bool {
        self.from <= time && self.until.is_none_or(|until| time < until)
    }
}

impl TryFrom<Bounds> for Period {
    type Error = PeriodError;
    fn try_from(bounds: Bounds) -> Result<Self, PeriodError> {
        Self::try_new(bounds.from, bounds.until)
    }
}

impl From<Period> for Bounds {
    fn from(period: Period) -> Self {
        Self { from: period.from, until: period.until }
    }
}
