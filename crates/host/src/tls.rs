//! Mutual TLS: what a role shows of itself and whom it believes, for both ends of a connection.
//! A server lets callers in without a certificate, because apps bring a token instead; what is for services only asks for `Peer`.
use crate::authority::RoleFiles;
use holdfast_types::Service;
use std::{fs, io, path::PathBuf};
use tonic::transport::{Certificate, ClientTlsConfig, Identity, ServerTlsConfig};

#[derive(Debug, thiserror::Error)]
#[error("the TLS file `{path}` cannot be read")]
pub struct TlsError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// A role's certificate and key, and the authority it believes. Read at the start; a renewal takes a restart.
#[derive(Clone)]
pub struct Tls {
    cert: Vec<u8>,
    key: Vec<u8>,
    ca: Vec<u8>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    pub fn load(files: &RoleFiles) -> Result<Self, TlsError> {
        let read = |path: &PathBuf| fs::read(path).map_err(|source| TlsError { path: path.clone(), source });
        Ok(Self { cert: read(&files.cert)?, key: read(&files.key)?, ca: read(&files.ca)? })
    }

    /// A certificate that is shown must be the authority's; none need be shown.
    pub fn server(&self) -> ServerTlsConfig {
        ServerTlsConfig::new()
            .identity(Identity::from_pem(&self.cert, &self.key))
            .client_ca_root(Certificate::from_pem(&self.ca))
            .client_auth_optional(true)
    }

    /// The other end must be the named role, and is shown who calls.
    pub fn client(&self, peer: Service) -> ClientTlsConfig {
        self.anonymous_client(peer.as_str()).identity(Identity::from_pem(&self.cert, &self.key))
    }

    /// As an app connects: believes the authority and shows nothing of itself.
    pub fn anonymous_client(&self, name: &str) -> ClientTlsConfig {
        ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&self.ca)).domain_name(name)
    }
}

/// One TLS stack for everything in the process; call it first thing in `main`. A second call changes nothing.
pub fn install_crypto() {
    // An error means that a provider is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
