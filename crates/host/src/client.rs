//! Channels to peers, and what a call to a peer says beside its message.
use crate::{metadata, telemetry, tls::Tls};
use holdfast_proto::r#type::v1::Position;
use holdfast_types::{Purpose, Service};
use secrecy::{ExposeSecret as _, SecretString};
use std::{net::IpAddr, time::Duration};
use tonic::{
    Status,
    metadata::{Ascii, MetadataMap, MetadataValue},
    service::Interceptor,
    transport::{Channel, Endpoint},
};
use url::Url;
use uuid::Uuid;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
#[error("`{address}` is not an address of `{service}`")]
pub struct PeerAddressError {
    service: Service,
    address: Url,
    #[source]
    source: tonic::transport::Error,
}

/// A channel to a peer: connects at the first call, and again whenever the connection is lost. The peer must hold the
/// certificate of its role.
pub fn channel(service: Service, address: &Url, tls: &Tls) -> Result<Channel, PeerAddressError> {
    let failed = |source| PeerAddressError { service, address: address.clone(), source };
    Ok(Endpoint::from_shared(address.to_string())
        .map_err(failed)?
        .tls_config(tls.client(service))
        .map_err(failed)?
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .tcp_nodelay(true)
        .connect_lazy())
}

/// What every call of one client says beside its message, as an interceptor. The trace is that of the span it is called in.
#[derive(Debug, Clone, Default)]
pub struct Outgoing {
    bearer: Option<SecretString>,
    purpose: Option<Purpose>,
    after: Vec<Position>,
    correlation: Option<Uuid>,
    client: Option<IpAddr>,
}

impl Outgoing {
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn bearer(mut self, token: SecretString) -> Self {
        self.bearer = Some(token);
        self
    }

    #[must_use]
    pub fn purpose(mut self, purpose: Purpose) -> Self {
        self.purpose = Some(purpose);
        self
    }

    /// The answer must have heard as far as these.
    #[must_use]
    pub fn after(mut self, positions: impl IntoIterator<Item = Position>) -> Self {
        self.after.extend(positions);
        self
    }

    #[must_use]
    pub fn correlation(mut self, id: Uuid) -> Self {
        self.correlation = Some(id);
        self
    }

    /// From where the person asks for whom this is called.
    #[must_use]
    pub fn client(mut self, address: Option<IpAddr>) -> Self {
        self.client = address;
        self
    }

    fn write(&self, metadata: &mut MetadataMap) -> Result<(), Status> {
        if let Some(token) = &self.bearer {
            let mut value = ascii(&format!("Bearer {}", token.expose_secret()))?;
            value.set_sensitive(true);
            metadata.insert(metadata::AUTHORIZATION, value);
        }
        if let Some(purpose) = self.purpose {
            metadata.insert(metadata::PURPOSE, ascii(purpose.as_str())?);
        }
        for position in &self.after {
            metadata.append(metadata::AFTER, ascii(&metadata::position_text(position))?);
        }
        if let Some(id) = self.correlation {
            metadata.insert(metadata::CORRELATION, ascii(&id.to_string())?);
        }
        if let Some(address) = self.client {
            let mut value = ascii(&address.to_string())?;
            value.set_sensitive(true);
            metadata.insert(metadata::CLIENT_ADDRESS, value);
        }
        if let Some(parent) = telemetry::traceparent() {
            metadata.insert(metadata::TRACEPARENT, ascii(&parent)?);
        }
        Ok(())
    }
}

impl Interceptor for Outgoing {
    fn call(&mut self, mut request: tonic::Request<()>) -> Result<tonic::Request<()>, Status> {
        self.write(request.metadata_mut())?;
        Ok(request)
    }
}

fn ascii(text: &str) -> Result<MetadataValue<Ascii>, Status> {
    text.parse().map_err(|_| Status::invalid_argument("a metadata value is not ASCII"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::RequestMeta;
    use holdfast_types::SystemIds;

    #[test]
    fn what_is_sent_is_what_is_read() {
        let position = Position { service: "consent".into(), lane: 3, seq: 9 };
        let mut outgoing = Outgoing::new()
            .bearer("abc".to_owned().into())
            .purpose(Purpose::FamilyRequest)
            .after([position.clone()])
            .correlation(Uuid::from_u128(4));
        let request = outgoing.call(tonic::Request::new(())).unwrap();
        let meta = RequestMeta::read(&request, &SystemIds).unwrap();
        assert_eq!(meta.bearer.unwrap().expose_secret(), "abc");
        assert_eq!(meta.purpose, Some(Purpose::FamilyRequest));
        assert_eq!(meta.after, [position]);
        assert_eq!(meta.correlation, Uuid::from_u128(4));
        assert!(!format!("{:?}", request.metadata()).contains("abc"));
    }
}
