//! Who comes in: bearer tokens verified with identity's key set, held here and refreshed, so that no call waits for identity.
use crate::{Problem, Tls, catalogue, client, ground::GroundError, settings::CommonSettings};
use holdfast_access::{Caller, Presence, TokenError, TokenVerifier};
use holdfast_proto::identity::v1::{GetKeySetRequest, identity_service_client::IdentityServiceClient};
use holdfast_types::{Clock, Service};
use secrecy::{ExposeSecret, SecretString};
use std::{
    sync::{Arc, RwLock},
    time::Duration,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

const REFRESH: Duration = Duration::from_secs(60);
const RETRY: Duration = Duration::from_millis(250);

/// Where the public keys come from.
#[expect(clippy::large_enum_variant, reason = "one is made per process, and moved once")]
pub enum TokenKeys {
    /// Identity itself.
    Own(TokenVerifier),
    OfIdentity,
}

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Door(Arc<Inner>);

struct Inner {
    verifier: RwLock<Option<Arc<TokenVerifier>>>,
    identity: Option<IdentityServiceClient<Channel>>,
    /// A token named a key that is not known: perhaps it is new.
    unknown_key: Notify,
    clock: Arc<dyn Clock>,
}

impl Door {
    pub(crate) fn open(
        keys: TokenKeys,
        settings: &CommonSettings,
        tls: &Tls,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, GroundError> {
        let (verifier, identity) = match keys {
            TokenKeys::Own(verifier) => (Some(Arc::new(verifier)), None),
            TokenKeys::OfIdentity => (None, Some(identity(settings, tls)?)),
        };
        Ok(Self(Arc::new(Inner {
            verifier: RwLock::new(verifier),
            identity,
            unknown_key: Notify::new(),
            clock,
        })))
    }

    /// Whether tokens can be verified.
    pub(crate) fn is_open(&self) -> bool {
        self.verifier().is_some()
    }

    /// Who it is, and when that was last shown.
    pub(crate) fn caller(&self, bearer: Option<&SecretString>) -> Result<(Caller, Presence), Problem> {
        let verifier = self.verifier().ok_or_else(|| {
            Problem::new(catalogue::PEER_UNAVAILABLE, "the key set is not here yet")
                .with("service", "identity")
        })?;
        let token = bearer.ok_or_else(|| refused(TokenError::Missing))?.expose_secret();
        if verifier.names_unknown_key(token) {
            self.0.unknown_key.notify_one();
        }
        verifier.verify_shown(token, self.0.clock.now()).map_err(refused)
    }

    fn verifier(&self) -> Option<Arc<TokenVerifier>> {
        self.0.verifier.read().ok()?.clone()
    }

    pub(crate) async fn refresh(self, stop: CancellationToken) {
        let Some(mut identity) = self.0.identity.clone() else { return };
        loop {
            let fetched = identity.get_key_set(GetKeySetRequest {}).await.ok();
            let verifier =
                fetched.and_then(|keys| TokenVerifier::from_key_set(&keys.into_inner().jwks_json).ok());
            let pause = if verifier.is_some() || self.is_open() { REFRESH } else { RETRY };
            if let (Some(verifier), Ok(mut held)) = (verifier, self.0.verifier.write()) {
                *held = Some(Arc::new(verifier));
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
                // No faster than the retry pause, whoever sends what.
                () = async { tokio::time::sleep(RETRY).await; self.0.unknown_key.notified().await } => {}
            }
        }
    }
}

fn identity(settings: &CommonSettings, tls: &Tls) -> Result<IdentityServiceClient<Channel>, GroundError> {
    let address = settings.peers.of(Service::Identity)?;
    let channel = client::channel(Service::Identity, address, tls)?;
    Ok(IdentityServiceClient::new(channel))
}

pub(crate) fn refused(error: TokenError) -> Problem {
    let reason = match error {
        TokenError::Missing => catalogue::TOKEN_MISSING,
        TokenError::Expired => catalogue::TOKEN_EXPIRED,
        TokenError::Invalid => catalogue::TOKEN_INVALID,
    };
    Problem::new(reason, error.to_string())
}
