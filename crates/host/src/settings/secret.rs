//! A secret setting: its value, or the file that holds it, never both.
use secrecy::{ExposeSecret as _, SecretString};
use std::{fs, path::PathBuf};

/// Longest secret that a file may hold.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    #[error("{name} is needed here and is not set")]
    Missing { name: &'static str },
    #[error("{name} and {name}_FILE are both set; set one")]
    Both { name: &'static str },
    #[error("the file of {name}, `{path}`, cannot be read")]
    File {
        name: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the file of {name}, `{path}`, is empty or larger than 64 KiB")]
    Size { name: &'static str, path: PathBuf },
    #[error("{name} {expected}")]
    Invalid { name: &'static str, expected: &'static str },
}

pub(crate) fn read(
    name: &'static str,
    value: Option<&SecretString>,
    file: Option<&PathBuf>,
) -> Result<Option<SecretString>, SettingError> {
    let path = match (value, file) {
        (Some(_), Some(_)) => return Err(SettingError::Both { name }),
        (None, None) => return Ok(None),
        (Some(value), None) if value.expose_secret().is_empty() => {
            return Err(SettingError::Invalid { name, expected: "is empty" });
        }
        (Some(value), None) => return Ok(Some(value.clone())),
        (None, Some(path)) => path,
    };
    let failed = |source| SettingError::File { name, path: path.clone(), source };
    if fs::metadata(path).map_err(failed)?.len() > SECRET_BYTES_MAX {
        return Err(SettingError::Size { name, path: path.clone() });
    }
    // Editors and `kubectl` leave a line end that is no part of the secret.
    let text = zeroizing(fs::read_to_string(path).map_err(failed)?);
    if text.expose_secret().is_empty() {
        return Err(SettingError::Size { name, path: path.clone() });
    }
    Ok(Some(text))
}

fn zeroizing(mut text: String) -> SecretString {
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    text.into()
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that clap wants of a parser")]
pub(crate) fn parse(text: &str) -> Result<SecretString, std::convert::Infallible> {
    Ok(text.to_owned().into())
}

/// A settings struct with the two ways to give one secret.
macro_rules! secret_setting {
    ($(#[doc = $doc:literal])+ $name:ident, $long:literal, $env:literal) => {
        #[derive(Debug, Clone, Default, clap::Args)]
        pub struct $name {
            $(#[doc = $doc])+
            #[arg(id = $env, long = $long, env = $env, hide_env_values = true, value_name = "SECRET",
                value_parser = $crate::settings::secret::parse)]
            pub value: Option<secrecy::SecretString>,
            /// The same, read from a file.
            #[arg(id = concat!($env, "_FILE"), long = concat!($long, "-file"), env = concat!($env, "_FILE"),
                value_name = "PATH")]
            pub file: Option<std::path::PathBuf>,
        }

        impl $name {
            pub const NAME: &'static str = $env;

            pub fn of(secret: impl Into<secrecy::SecretString>) -> Self {
                Self { value: Some(secret.into()), file: None }
            }

            /// None when it is not set.
            pub fn read(&self) -> Result<Option<secrecy::SecretString>, $crate::settings::SettingError> {
                $crate::settings::secret::read(Self::NAME, self.value.as_ref(), self.file.as_ref())
            }

            pub fn required(&self) -> Result<secrecy::SecretString, $crate::settings::SettingError> {
                self.read()?.ok_or($crate::settings::SettingError::Missing { name: Self::NAME })
            }
        }
    };
}
pub(crate) use secret_setting;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::NatsUrl as Pass;

    #[test]
    fn a_secret_comes_from_its_value_or_its_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "hunter2\n").unwrap();
        let by_file = Pass { value: None, file: Some(file.path().to_owned()) };
        assert_eq!(by_file.required().unwrap().expose_secret(), "hunter2");
        assert_eq!(Pass::of("hunter2").required().unwrap().expose_secret(), "hunter2");
        let both = Pass { file: by_file.file, ..Pass::of("x") };
        assert!(matches!(both.read(), Err(SettingError::Both { name: "HOLDFAST_NATS_URL" })));
    }

    #[test]
    fn what_is_missing_or_empty_is_named() {
        assert!(matches!(
            Pass::default().required(),
            Err(SettingError::Missing { name: "HOLDFAST_NATS_URL" })
        ));
        assert!(matches!(Pass::of("").read(), Err(SettingError::Invalid { .. })));
        let empty = tempfile::NamedTempFile::new().unwrap();
        let by_file = Pass { value: None, file: Some(empty.path().to_owned()) };
        assert!(matches!(by_file.read(), Err(SettingError::Size { .. })));
        let absent = Pass { value: None, file: Some("/nowhere/at/all".into()) };
        assert!(absent.read().unwrap_err().to_string().contains("/nowhere/at/all"));
    }

    #[test]
    fn a_secret_never_shows_in_debug_output() {
        assert!(!format!("{:?}", Pass::of("hunter2")).contains("hunter2"));
    }
}
