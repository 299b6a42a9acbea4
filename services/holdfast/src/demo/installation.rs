//! How the loader talks to a running installation: as its people, each with a short token of their own.
use crate::data_dir::DataDir;
use anyhow::{Context, Result};
use holdfast_access::{Claims, LIFE_SECONDS_MAX, RoleAssignment, TokenSigner};
use holdfast_host::{
    Reason, Tls, catalogue, client,
    client::Outgoing,
    retry::Retry,
    settings::{PeerSettings, TlsSettings},
    status::reason_of,
};
use holdfast_proto::{
    consent::v1::consent_service_client::ConsentServiceClient,
    documents::v1::documents_service_client::DocumentsServiceClient,
    identity::v1::identity_service_client::IdentityServiceClient,
    messaging::v1::messaging_service_client::MessagingServiceClient,
    records::v1::records_service_client::RecordsServiceClient, r#type::v1::Position,
};
use holdfast_types::{AccountId, Clock, Service, SystemClock, TenantId};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::sleep;
use tonic::{Response, Status, service::interceptor::InterceptedService, transport::Channel};
use uuid::Uuid;

/// On a fresh machine the feed of consent may take a moment to arrive everywhere.
const PATIENCE: Retry =
    Retry { attempts_max: 10, first_delay: Duration::from_millis(50), delay_max: Duration::from_secs(2) };

/// How often it is waited for a feed that lags.
const LAGS_MAX: u32 = 30;

/// The installation on this machine, and the key by which its people's tokens are signed.
pub(crate) struct Installation {
    pub(crate) peers: PeerSettings,
    pub(crate) tls: Tls,
    signer: TokenSigner,
    channels: BTreeMap<Service, Channel>,
}

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Speaker {
    pub(crate) account: AccountId,
    pub(crate) roles: Vec<RoleAssignment>,
}

/// Role assignments of operators name no tenant.
pub(crate) const INSTALLATION: TenantId = TenantId::new(Uuid::nil());

pub(crate) type Line = InterceptedService<Channel, Outgoing>;

/// What a service answered instead of doing it.
#[derive(Debug, thiserror::Error)]
#[error("{:?}: {}", .0.code(), .0.message())]
pub(crate) struct Refusal(Box<Status>);

impl Refusal {
    pub(crate) fn is(&self, reason: &'static Reason) -> bool {
        reason_of(&self.0) == Some(reason)
    }
}

impl Installation {
    pub(crate) fn of(
        dir: &DataDir,
        peers: &PeerSettings,
        certificates: &BTreeMap<Service, TlsSettings>,
    ) -> Result<Self> {
        let tls = certificates.get(&Service::Gateway).context("a certificate for the gateway")?.load()?;
        let key = dir.path("secrets").join("token.key");
        let key = std::fs::read(&key).with_context(|| format!("`{}` cannot be read", key.display()))?;
        let channels = Service::WITH_LOG
            .iter()
            .map(|service| Ok((*service, client::channel(*service, peers.of(*service)?, &tls)?)));
        Ok(Self {
            channels: channels.collect::<Result<_>>()?,
            signer: TokenSigner::from_pkcs8(&key)?,
            peers: peers.clone(),
            tls,
        })
    }

    pub(crate) fn identity(&self, by: &Speaker) -> Result<IdentityServiceClient<Line>> {
        Ok(IdentityServiceClient::with_interceptor(self.channel(Service::Identity)?, self.outgoing(by)?))
    }

    pub(crate) fn consent(&self, by: &Speaker) -> Result<ConsentServiceClient<Line>> {
        Ok(ConsentServiceClient::with_interceptor(self.channel(Service::Consent)?, self.outgoing(by)?))
    }

    pub(crate) fn records(&self, by: &Speaker, after: &[Position]) -> Result<RecordsServiceClient<Line>> {
        let outgoing = self.outgoing(by)?.after(after.iter().cloned());
        Ok(RecordsServiceClient::with_interceptor(self.channel(Service::Records)?, outgoing))
    }

    pub(crate) fn documents(&self, by: &Speaker, after: &[Position]) -> Result<DocumentsServiceClient<Line>> {
        let outgoing = self.outgoing(by)?.after(after.iter().cloned());
        Ok(DocumentsServiceClient::with_interceptor(self.channel(Service::Documents)?, outgoing))
    }

    pub(crate) fn messaging(&self, by: &Speaker, after: &[Position]) -> Result<MessagingServiceClient<Line>> {
        let outgoing = self.outgoing(by)?.after(after.iter().cloned());
        Ok(MessagingServiceClient::with_interceptor(self.channel(Service::Messaging)?, outgoing))
    }

    fn channel(&self, service: Service) -> Result<Channel> {
        self.channels.get(&service).cloned().with_context(|| format!("no channel to {service}"))
    }

    fn outgoing(&self, by: &Speaker) -> Result<Outgoing> {
        let now = SystemClock.now().timestamp();
        let Speaker { account, roles } = by.clone();
        let claims = Claims { account, session: None, roles, iat: now, exp: now + LIFE_SECONDS_MAX };
        Ok(Outgoing::new().bearer(self.signer.sign(&claims)?.into()))
    }
}

/// Calls until it is answered: every command here carries a request id and may be sent again. On a machine that is very busy the feed
/// of consent may lag for a while, and therapists wait for it.
pub(crate) async fn send<C, M, T, F>(client: &C, message: &M, call: impl Fn(C, M) -> F) -> Result<T, Refusal>
where
    C: Clone,
    M: Clone,
    F: Future<Output = Result<Response<T>, Status>>,
{
    let mut waited = 0;
    loop {
        match PATIENCE.idempotent(|| call(client.clone(), message.clone())).await {
            Err(status) if waited < LAGS_MAX && reason_of(&status) == Some(catalogue::CONSENT_STALE) => {
                waited += 1;
                sleep(PATIENCE.delay_max).await;
            }
            answer => return answer.map(Response::into_inner).map_err(|status| Refusal(Box::new(status))),
        }
    }
}
