//! The settings of documents: those that every service has, and the object store.
use clap::Args;
use holdfast_host::settings::CommonSettings;
use secrecy::SecretString;
use std::collections::BTreeMap;
use url::Url;

#[derive(Debug, Clone, Default, Args)]
pub struct Settings {
    #[command(flatten)]
    pub common: CommonSettings,
    #[command(flatten, next_help_heading = "Object store")]
    pub object_store: ObjectStoreSettings,
}

#[derive(Debug, Clone, Default, Args)]
pub struct ObjectStoreSettings {
    /// Where the sealed bytes are kept: file:///path, or s3://bucket or s3://bucket/path. For S3 endpoint, region and
    /// credentials come from the usual AWS_* variables; http is allowed to this machine only.
    #[arg(id = "HOLDFAST_OBJECT_STORE", long = "object-store", env = "HOLDFAST_OBJECT_STORE", value_parser = store_url,
        value_name = "URL")]
    pub url: Option<Url>,
    /// Options of S3 by their variables' names, e.g. `AWS_REGION`.
    #[arg(skip = aws_variables())]
    pub aws: BTreeMap<String, SecretString>,
}

fn aws_variables() -> BTreeMap<String, SecretString> {
    std::env::vars()
        .filter(|(name, _)| name.starts_with("AWS_"))
        .map(|(name, value)| (name, value.into()))
        .collect()
}

fn store_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let sound = match url.scheme() {
        "file" => url.to_file_path().is_ok(),
        "s3" => url.host_str().is_some_and(|bucket| !bucket.is_empty()),
        _ => false,
    };
    if sound { Ok(url) } else { Err("expected file:///path or s3://bucket".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        settings: Settings,
    }

    fn parsed(store: &str) -> Result<Settings, clap::Error> {
        Command::try_parse_from(["documents", "--object-store", store]).map(|command| command.settings)
    }

    #[test]
    fn an_object_store_is_a_folder_or_a_bucket() {
        for store in ["file:///var/lib/holdfast/objects", "s3://papers", "s3://papers/of/holdfast"] {
            assert_eq!(parsed(store).unwrap().object_store.url.unwrap().as_str(), store);
        }
        for store in ["papers", "http://papers", "s3://", "file://elsewhere/papers", "memory:///"] {
            assert!(parsed(store).is_err(), "{store}");
        }
    }
}
