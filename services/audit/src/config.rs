//! Audit's settings.
mod log;
mod witness;

pub use log::{LogSettings, LogSettingsError};
pub use witness::{WITNESSES_MAX, WitnessAddress, WitnessAddressError};

use clap::Args;
use holdfast_host::settings::CommonSettings;
use std::time::Duration;

pub const VERIFY_MINUTES_DEFAULT: u16 = 60;
pub const DOWNLOAD_ENTRIES_MAX_DEFAULT: u32 = 100_000;

#[derive(Debug, Clone, Args)]
pub struct Settings {
    #[command(flatten)]
    pub common: CommonSettings,
    /// How often every log is read again and compared with what was heard, 1 to 10080 (a week).
    #[arg(id = "HOLDFAST_AUDIT_VERIFY_MINUTES", long = "audit-verify-minutes", env = "HOLDFAST_AUDIT_VERIFY_MINUTES",
        default_value_t = VERIFY_MINUTES_DEFAULT, value_parser = clap::value_parser!(u16).range(1..=10_080),
        value_name = "MINUTES", help_heading = "Audit")]
    pub verify_minutes: u16,
    /// Entries of the history that an officer may take along in one file, 1 to 1000000.
    #[arg(id = "HOLDFAST_AUDIT_DOWNLOAD_ENTRIES_MAX", long = "audit-download-entries-max",
        env = "HOLDFAST_AUDIT_DOWNLOAD_ENTRIES_MAX", default_value_t = DOWNLOAD_ENTRIES_MAX_DEFAULT,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000), value_name = "NUMBER", help_heading = "Audit")]
    pub download_entries_max: u32,
    #[command(flatten, next_help_heading = "Transparency log")]
    pub log: LogSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            common: CommonSettings::default(),
            verify_minutes: VERIFY_MINUTES_DEFAULT,
            download_entries_max: DOWNLOAD_ENTRIES_MAX_DEFAULT,
            log: LogSettings::default(),
        }
    }
}

impl Settings {
    pub(crate) fn verify_interval(&self) -> Duration {
        Duration::from_secs(u64::from(self.verify_minutes) * 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        settings: Settings,
    }

    #[test]
    fn logs_are_verified_every_hour_unless_it_is_said_otherwise() {
        let said =
            |line: &[&str]| Line::try_parse_from(line).map(|line| line.settings.verify_interval().as_secs());
        assert_eq!(said(&["audit"]).unwrap(), 3600);
        assert_eq!(said(&["audit", "--audit-verify-minutes", "5"]).unwrap(), 300);
        assert!(said(&["audit", "--audit-verify-minutes", "0"]).is_err());
        assert_eq!(Settings::default().verify_interval().as_secs(), 3600);
    }
}
