//! A private certificate authority for one installation: made by `holdfast up` in a folder, with one certificate per role.
//! ECDSA P-256; a role's certificate is good for 90 days and renewed when 30 are left, the authority's for ten years.
use crate::private_file::{self, PrivateFileError};
use chrono::{DateTime, Datelike as _, Days, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use std::path::{Path, PathBuf};
use x509_parser::{extensions::ParsedExtension, pem::parse_x509_pem, prelude::X509Certificate};

const AUTHORITY_DAYS: u64 = 3650;
const ROLE_DAYS: u64 = 90;
const RENEW_DAYS: u64 = 30;
const NAME: &str = "Holdfast installation";

#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error(transparent)]
    File(#[from] PrivateFileError),
    #[error("the key in `{path}` cannot be used")]
    Key {
        path: PathBuf,
        #[source]
        source: rcgen::Error,
    },
    #[error("the certificate of `{role}` cannot be made")]
    Certificate {
        role: String,
        #[source]
        source: rcgen::Error,
    },
}

/// Where one role's certificate lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleFiles {
    pub cert: PathBuf,
    pub key: PathBuf,
    /// The authority's certificate.
    pub ca: PathBuf,
}

pub struct Authority {
    dir: PathBuf,
    issuer: Issuer<'static, KeyPair>,
    key_id: Vec<u8>,
    now: DateTime<Utc>,
}

impl Authority {
    /// Opens the authority of a folder, or makes one there. Only the owner can read the keys.
    pub fn create(dir: &Path, now: DateTime<Utc>) -> Result<Self, AuthorityError> {
        private_file::create_dir(dir)?;
        let (cert_path, key_path) = (dir.join("ca.crt"), dir.join("ca.key"));
        let failed = |source| AuthorityError::Certificate { role: "ca".to_owned(), source };
        let params = authority_params(now);
        let kept = match (private_file::read(&key_path)?, private_file::read(&cert_path)?) {
            (Some(key), Some(cert)) if good_until(&cert).is_some_and(|end| end > day(now, RENEW_DAYS)) => {
                Some(key)
            }
            _ => None,
        };
        let key = match kept {
            Some(pem) => KeyPair::from_pem(&pem)
                .map_err(|source| AuthorityError::Key { path: key_path.clone(), source })?,
            None => {
                let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
                private_file::write(&key_path, &key.serialize_pem())?;
                private_file::write(&cert_path, &params.self_signed(&key).map_err(failed)?.pem())?;
                key
            }
        };
        let key_id = params.key_identifier(&key);
        Ok(Self { dir: dir.to_owned(), issuer: Issuer::new(params, key), key_id, now })
    }

    /// The certificate of a role: the one that lies there while it is good, a new one otherwise. It names the role
    /// itself, `localhost` and 127.0.0.1, and serves both ends of a connection.
    pub fn role(&self, role: &str) -> Result<RoleFiles, AuthorityError> {
        let files = RoleFiles {
            cert: self.dir.join(format!("{role}.crt")),
            key: self.dir.join(format!("{role}.key")),
            ca: self.dir.join("ca.crt"),
        };
        let cert = private_file::read(&files.cert)?.filter(|cert| self.is_good(cert));
        if cert.is_some() && private_file::read(&files.key)?.is_some() {
            return Ok(files);
        }
        let failed = |source| AuthorityError::Certificate { role: role.to_owned(), source };
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        let cert = role_params(role, self.now)
            .and_then(|params| params.signed_by(&key, &self.issuer))
            .map_err(failed)?;
        private_file::write(&files.key, &key.serialize_pem())?;
        private_file::write(&files.cert, &cert.pem())?;
        Ok(files)
    }

    fn is_good(&self, cert: &str) -> bool {
        let ours = parsed(cert, |cert| {
            cert.extensions().iter().any(|extension| match extension.parsed_extension() {
                ParsedExtension::AuthorityKeyIdentifier(id) => {
                    id.key_identifier.as_ref().is_some_and(|id| id.0 == self.key_id)
                }
                _ => false,
            })
        });
        ours == Some(true) && good_until(cert).is_some_and(|end| end > day(self.now, RENEW_DAYS))
    }
}

fn authority_params(now: DateTime<Utc>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, NAME);
    valid(&mut params, now, AUTHORITY_DAYS);
    params
}

fn role_params(role: &str, now: DateTime<Utc>) -> Result<CertificateParams, rcgen::Error> {
    let names = [role, "localhost", "127.0.0.1"].map(str::to_owned);
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, role);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    valid(&mut params, now, ROLE_DAYS);
    Ok(params)
}

/// From yesterday, so that a clock that is a little behind still accepts it. Whole days are enough.
#[expect(clippy::cast_possible_truncation, reason = "months and days are below 32")]
fn valid(params: &mut CertificateParams, now: DateTime<Utc>, days: u64) {
    let (first, last) = (now.checked_sub_days(Days::new(1)).unwrap_or(now), day(now, days));
    params.not_before = date_time_ymd(first.year(), first.month() as u8, first.day() as u8);
    params.not_after = date_time_ymd(last.year(), last.month() as u8, last.day() as u8);
}

fn day(now: DateTime<Utc>, days: u64) -> DateTime<Utc> {
    now.checked_add_days(Days::new(days)).unwrap_or(now)
}

fn good_until(pem: &str) -> Option<DateTime<Utc>> {
    let end = parsed(pem, |cert| cert.validity().not_after.timestamp())?;
    DateTime::from_timestamp(end, 0)
}

fn parsed<T>(pem: &str, read: impl Fn(&X509Certificate<'_>) -> T) -> Option<T> {
    let (_, block) = parse_x509_pem(pem.as_bytes()).ok()?;
    block.parse_x509().ok().map(|cert| read(&cert))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt as _};

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).unwrap()
    }

    fn cert(dir: &Path, now: DateTime<Utc>) -> String {
        fs::read_to_string(Authority::create(dir, now).unwrap().role("records").unwrap().cert).unwrap()
    }

    #[test]
    fn a_role_keeps_its_certificate_until_it_is_near_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let first = cert(dir.path(), now());
        assert_eq!(cert(dir.path(), day(now(), 59)), first);
        let renewed = cert(dir.path(), day(now(), 61));
        assert_ne!(renewed, first);
        assert!(good_until(&renewed).unwrap() > day(now(), 140));
    }

    #[test]
    fn a_new_authority_renews_what_the_old_one_signed() {
        let dir = tempfile::tempdir().unwrap();
        let first = cert(dir.path(), now());
        fs::remove_file(dir.path().join("ca.key")).unwrap();
        assert_ne!(cert(dir.path(), now()), first);
    }

    #[test]
    fn only_the_owner_reads_the_keys() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("tls");
        Authority::create(&home, now()).unwrap().role("records").unwrap();
        for key in ["ca.key", "records.key"] {
            assert_eq!(fs::metadata(home.join(key)).unwrap().permissions().mode() & 0o777, 0o600, "{key}");
        }
        assert_eq!(fs::metadata(&home).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_certificate_names_its_role_and_this_machine() {
        let dir = tempfile::tempdir().unwrap();
        let names = parsed(&cert(dir.path(), now()), |cert| {
            let names = cert.subject_alternative_name().unwrap().unwrap();
            names.value.general_names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        })
        .unwrap();
        assert!(names.contains("records") && names.contains("localhost"), "{names}");
    }

    #[test]
    fn a_spoilt_key_is_said_by_its_path() {
        let dir = tempfile::tempdir().unwrap();
        Authority::create(dir.path(), now()).unwrap();
        fs::write(dir.path().join("ca.key"), "spoilt").unwrap();
        let error = Authority::create(dir.path(), now()).err().unwrap();
        assert!(error.to_string().contains("ca.key"), "{error}");
    }
}
