//! The settings of records: none beside those that every role shares.
use clap::Args;
use holdfast_host::settings::CommonSettings;

#[derive(Debug, Clone, Default, Args)]
pub struct Settings {
    #[command(flatten)]
    pub common: CommonSettings,
}
