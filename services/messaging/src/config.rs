//! The settings of messaging: those that every service has.
use clap::Args;
use holdfast_host::settings::CommonSettings;

#[derive(Debug, Clone, Default, Args)]
pub struct Settings {
    #[command(flatten)]
    pub common: CommonSettings,
}
