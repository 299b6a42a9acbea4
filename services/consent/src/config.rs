//! Consent's settings: those that every role shares, and none beside.
use clap::Args;
use holdfast_host::settings::CommonSettings;

#[derive(Debug, Clone, Default, Args)]
pub struct Settings {
    #[command(flatten)]
    pub common: CommonSettings,
}
