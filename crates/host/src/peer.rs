//! Who is at the other end of a connection, by its client certificate: a service of this installation, or nobody we know.
use crate::{
    catalogue,
    metadata::{CLIENT_ADDRESS, malformed, text},
    status::Problem,
};
use holdfast_types::Service;
use std::net::IpAddr;
use x509_parser::{extensions::GeneralName, parse_x509_certificate};

/// A service that showed a certificate of the installation's authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    pub service: Service,
}

impl Peer {
    /// None when the caller showed no certificate, or one that names no service.
    pub fn of<T>(request: &tonic::Request<T>) -> Option<Self> {
        // The handshake has verified the chain; its first certificate is the caller's own.
        let certificates = request.peer_certs()?;
        let (_, certificate) = parse_x509_certificate(certificates.first()?).ok()?;
        let names = certificate.subject_alternative_name().ok()??;
        let service = names.value.general_names.iter().find_map(|name| match name {
            GeneralName::DNSName(name) => name.parse().ok(),
            _ => None,
        })?;
        Some(Self { service })
    }

    /// A service that owns an event log, or a refusal.
    pub fn with_log<T>(request: &tonic::Request<T>) -> Result<Self, Problem> {
        match Self::of(request) {
            Some(peer) if Service::WITH_LOG.contains(&peer.service) => Ok(peer),
            Some(_) => Err(Problem::new(catalogue::PEER_NOT_PERMITTED, "for services that own an event log")),
            None => Err(unknown()),
        }
    }

    /// That one service, or a refusal.
    pub fn only<T>(service: Service, request: &tonic::Request<T>) -> Result<(), Problem> {
        match Self::of(request) {
            Some(peer) if peer.service == service => Ok(()),
            Some(_) => Err(Problem::new(catalogue::PEER_NOT_PERMITTED, format!("for {service} alone"))),
            None => Err(unknown()),
        }
    }
}

fn unknown() -> Problem {
    Problem::new(catalogue::PEER_CERTIFICATE_MISSING, "for services only, by their certificate")
}

/// From where a person asks: as the gateway says, where it knows; of everybody else, from where they connect.
pub fn client_address<T>(request: &tonic::Request<T>) -> Result<Option<IpAddr>, Problem> {
    if Peer::of(request).is_none_or(|peer| peer.service != Service::Gateway) {
        return Ok(request.remote_addr().map(|address| address.ip()));
    }
    text(request.metadata(), CLIENT_ADDRESS)?
        .map(|address| address.parse().map_err(|_| malformed(CLIENT_ADDRESS, "expected an IP address")))
        .transpose()
}
