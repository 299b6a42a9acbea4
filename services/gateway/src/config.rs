//! The gateway's settings: what every role has, and what its pages say and allow.
use clap::Args;
use holdfast_host::settings::CommonSettings;

const SESSION_MINUTES_DEFAULT: u16 = 30;
const HELP_PHONE_DEFAULT: &str = "1-800-555-0100";

#[derive(Debug, Clone, Args)]
pub struct Settings {
    #[command(flatten)]
    pub common: CommonSettings,
    #[command(flatten, next_help_heading = "Pages")]
    pub pages: PageSettings,
}

/// Pages tell the time of the process's time zone (`TZ`).
#[derive(Debug, Clone, Args)]
pub struct PageSettings {
    /// After how many minutes without a touch a browser forgets who is signed in, 5 to 720.
    #[arg(id = "HOLDFAST_PAGE_SESSION_MINUTES_MAX", long = "page-session-minutes-max",
        env = "HOLDFAST_PAGE_SESSION_MINUTES_MAX", default_value_t = SESSION_MINUTES_DEFAULT,
        value_parser = clap::value_parser!(u16).range(5..=720), value_name = "MINUTES")]
    pub session_minutes_max: u16,
    /// The number at the foot of every page.
    #[arg(id = "HOLDFAST_HELP_PHONE", long = "help-phone", env = "HOLDFAST_HELP_PHONE",
        default_value = HELP_PHONE_DEFAULT, value_name = "NUMBER")]
    pub help_phone: String,
    /// How many proxies stand before the gateway, 0 to 8, each adding to `X-Forwarded-For` from where it was asked: so is known how many
    /// sign-in links one network address asks for. Not limited by address while it is not set.
    #[arg(id = "HOLDFAST_PROXIES", long = "proxies", env = "HOLDFAST_PROXIES",
        value_parser = clap::value_parser!(u8).range(0..=8), value_name = "COUNT")]
    pub proxies: Option<u8>,
    /// Show the gallery of all pages, with made-up contents, at /gallery.
    #[arg(id = "HOLDFAST_GALLERY", long = "gallery", env = "HOLDFAST_GALLERY")]
    pub gallery: bool,
}

impl Default for PageSettings {
    /// What holds when nothing is set.
    fn default() -> Self {
        Self {
            session_minutes_max: SESSION_MINUTES_DEFAULT,
            help_phone: HELP_PHONE_DEFAULT.to_owned(),
            proxies: None,
            gallery: false,
        }
    }
}

impl PageSettings {
    pub(crate) fn session_seconds(&self) -> u32 {
        u32::from(self.session_minutes_max) * 60
    }
}

impl From<CommonSettings> for Settings {
    fn from(common: CommonSettings) -> Self {
        Self { common, pages: PageSettings::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory as _, Parser};

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        settings: Settings,
    }

    #[test]
    fn nothing_set_is_what_the_default_says_and_every_setting_says_what_it_is() {
        let settings = Command::try_parse_from(["gateway"]).unwrap().settings;
        assert_eq!(format!("{:?}", settings.pages), format!("{:?}", PageSettings::default()));
        for argument in Command::command().get_arguments() {
            assert!(argument.get_help().is_some(), "{}", argument.get_id());
        }
        assert!(Command::try_parse_from(["gateway", "--page-session-minutes-max", "4"]).is_err());
    }
}
