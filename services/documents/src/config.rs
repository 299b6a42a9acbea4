//! The settings of documents: those that every service has, and the object store.
use clap::Args;
use holdfast_host::settings::CommonSettings;
use holdfast_objects::{AwsVariables, aws_variables, parse_url};
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
    #[arg(id = "HOLDFAST_OBJECT_STORE", long = "object-store", env = "HOLDFAST_OBJECT_STORE", value_parser = parse_url,
        value_name = "URL")]
    pub url: Option<Url>,
    /// Options of S3 by their variables' names, e.g. `AWS_REGION`.
    #[arg(skip = aws_variables())]
    pub aws: AwsVariables,
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
