//! Consent's settings.
use crate::domain::retention::Rules;
use chrono::TimeDelta;
use clap::Args;
use holdfast_host::settings::CommonSettings;
use std::{fmt, path::PathBuf, str::FromStr};

#[derive(Debug, Clone, Default, Args)]
pub struct Settings {
    #[command(flatten)]
    pub common: CommonSettings,
    /// How long the law wants records kept, by a name for each law: years after the last service, age of majority, and years after
    /// majority for who was a minor then.
    #[arg(id = "HOLDFAST_RETENTION_RULES", long = "retention-rules", env = "HOLDFAST_RETENTION_RULES",
        default_value_t = Rules::default(), value_name = "NAME=YEARS/AGE/YEARS,..", help_heading = "Consent")]
    pub retention: Rules,
    /// Where erasures are noted, signed, beside the databases: kept through every restore, it is what erases again. Without it a
    /// restored backup brings back what was erased since.
    #[arg(
        id = "HOLDFAST_ERASURE_LEDGER",
        long = "erasure-ledger",
        env = "HOLDFAST_ERASURE_LEDGER",
        value_name = "PATH",
        help_heading = "Consent"
    )]
    pub erasure_ledger: Option<PathBuf>,
    /// Further rules of who acts for minors, by state, kind of service and age: lines like those of the table that is built in, to which
    /// they are added, so that they can only close more to parents, and earlier.
    #[arg(
        id = "HOLDFAST_AUTHORITY_RULES",
        long = "authority-rules",
        env = "HOLDFAST_AUTHORITY_RULES",
        value_name = "PATH",
        help_heading = "Consent"
    )]
    pub authority_rules: Option<PathBuf>,
    /// How long one visit lasts by a grant that is good for a number of them: looks within it are one use.
    #[arg(
        id = "HOLDFAST_CONSENT_VISIT_SECONDS",
        long = "consent-visit-seconds",
        env = "HOLDFAST_CONSENT_VISIT_SECONDS",
        default_value_t = VisitLength::default(),
        value_name = "SECONDS",
        help_heading = "Consent"
    )]
    pub visit: VisitLength,
}

/// Between a minute and a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitLength(u32);

#[derive(Debug, thiserror::Error)]
#[error("expected 60 to 86400 seconds")]
pub struct NoVisitLength;

impl VisitLength {
    pub fn lasts(self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.0))
    }
}

impl Default for VisitLength {
    fn default() -> Self {
        Self(3600)
    }
}

impl fmt::Display for VisitLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for VisitLength {
    type Err = NoVisitLength;

    fn from_str(text: &str) -> Result<Self, NoVisitLength> {
        let seconds = text.parse().ok().filter(|seconds| (60..=86_400).contains(seconds));
        seconds.map(Self).ok_or(NoVisitLength)
    }
}
