//! Settings as a command line gives them.
use super::*;
use clap::{CommandFactory as _, Parser};
use secrecy::ExposeSecret as _;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    common: CommonSettings,
}

fn parsed(arguments: &[&str]) -> Result<CommonSettings, clap::Error> {
    Command::try_parse_from(["holdfast"].iter().chain(arguments)).map(|command| command.common)
}

#[test]
fn nothing_set_is_what_the_default_says() {
    let (parsed, default) = (parsed(&[]).unwrap(), CommonSettings::default());
    assert_eq!(format!("{parsed:?}"), format!("{default:?}"));
    assert_eq!(parsed.consent_stale_max(), Duration::from_secs(10));
}

#[test]
fn every_setting_of_the_contract_is_there_with_its_documentation() {
    let command = Command::command();
    for name in [
        "LISTEN",
        "DATABASE_URL",
        "DATABASE_URL_FILE",
        "MIGRATE_DATABASE_URL",
        "MIGRATE_DATABASE_URL_FILE",
        "KEYS_DATABASE_URL",
        "KEYS_DATABASE_URL_FILE",
        "MIGRATE_KEYS_DATABASE_URL",
        "MIGRATE_KEYS_DATABASE_URL_FILE",
        "MASTER_KEY_FILE",
        "NATS_URL",
        "NATS_URL_FILE",
        "TLS_CERT_FILE",
        "TLS_KEY_FILE",
        "TLS_CA_FILE",
        "IDENTITY_ADDR",
        "RECORDS_ADDR",
        "DOCUMENTS_ADDR",
        "CONSENT_ADDR",
        "MESSAGING_ADDR",
        "AUDIT_ADDR",
        "OTLP_ENDPOINT",
        "PUBLIC_URL",
        "CONSENT_STALE_SECONDS_MAX",
        "DOOR_LOG_SECONDS",
    ] {
        let name = format!("HOLDFAST_{name}");
        let found = command
            .get_arguments()
            .find(|argument| argument.get_env().is_some_and(|env| env == name.as_str()));
        assert!(found.and_then(clap::Arg::get_help).is_some(), "{name} is missing or says nothing");
    }
}

#[test]
fn settings_that_cannot_be_are_refused() {
    for arguments in [
        ["--listen", "somewhere"],
        ["--consent-addr", "http://consent:7100"],
        ["--consent-addr", "consent"],
        ["--public-url", "https://holdfast.example/path"],
        ["--otlp-endpoint", "grpc://collector:4317"],
        ["--consent-stale-seconds-max", "0"],
        ["--consent-stale-seconds-max", "301"],
    ] {
        assert!(parsed(&arguments).is_err(), "{arguments:?}");
    }
}

#[test]
fn what_is_given_is_what_is_read() {
    let settings =
        parsed(&["--consent-addr", "https://consent:7100", "--nats-url", "nats://bus:4222"]).unwrap();
    assert_eq!(settings.peers.of(Service::Consent).unwrap().as_str(), "https://consent:7100/");
    assert_eq!(settings.nats.required().unwrap().expose_secret(), "nats://bus:4222");
    let missing = settings.peers.of(Service::Audit).unwrap_err();
    assert_eq!(missing.to_string(), "HOLDFAST_AUDIT_ADDR is needed here and is not set");
    assert!(settings.tls.load().unwrap_err().to_string().contains("HOLDFAST_TLS_CERT_FILE"));
}

#[test]
fn the_help_shows_no_secret_value() {
    let command = Command::command();
    let urls = command.get_arguments().filter(|argument| {
        argument
            .get_env()
            .and_then(|env| env.to_str())
            .is_some_and(|env| env.ends_with("_URL") && env != "HOLDFAST_PUBLIC_URL")
    });
    let mut counted = 0;
    for argument in urls {
        assert!(argument.is_hide_env_values_set(), "{}", argument.get_id());
        counted += 1;
    }
    assert_eq!(counted, 5);
}
