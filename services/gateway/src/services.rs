//! The six services behind the pages: one channel each, mutual TLS, and whether they are ready.
use crate::line::Way;
use futures::future::join_all;
use holdfast_host::{
    Tls,
    client::{self, Outgoing, PeerAddressError},
    settings::{PeerSettings, SettingError},
};
use holdfast_proto::{
    audit::v1::{
        audit_service_client::AuditServiceClient, log_service_client::LogServiceClient,
        replay_service_client::ReplayServiceClient,
    },
    consent::v1::{
        authority_service_client::AuthorityServiceClient, consent_service_client::ConsentServiceClient,
        emergency_service_client::EmergencyServiceClient, erasure_service_client::ErasureServiceClient,
        link_service_client::LinkServiceClient, treatment_service_client::TreatmentServiceClient,
    },
    documents::v1::documents_service_client::DocumentsServiceClient,
    identity::v1::{
        access_review_service_client::AccessReviewServiceClient,
        identity_service_client::IdentityServiceClient, invitation_service_client::InvitationServiceClient,
    },
    messaging::v1::messaging_service_client::MessagingServiceClient,
    records::v1::{
        proposal_service_client::ProposalServiceClient, records_service_client::RecordsServiceClient,
    },
};
use holdfast_types::Service;
use std::time::Duration;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

pub use crate::line::Line;

const READY_TIMEOUT: Duration = Duration::from_secs(2);
/// Lists with contents are larger than tonic's 4 MiB now and then.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum ServicesError {
    #[error(transparent)]
    Setting(#[from] SettingError),
    #[error("a service cannot be called")]
    Address(#[source] PeerAddressError),
}

pub struct Services {
    identity: Way,
    records: Way,
    documents: Way,
    consent: Way,
    messaging: Way,
    audit: Way,
}

impl Services {
    /// Nothing is connected before the first call.
    pub fn open(peers: &PeerSettings, tls: &Tls) -> Result<Self, ServicesError> {
        let open = |service: Service| {
            let channel =
                client::channel(service, peers.of(service)?, tls).map_err(ServicesError::Address)?;
            Ok::<_, ServicesError>(Way::new(service, channel))
        };
        Ok(Self {
            identity: open(Service::Identity)?,
            records: open(Service::Records)?,
            documents: open(Service::Documents)?,
            consent: open(Service::Consent)?,
            messaging: open(Service::Messaging)?,
            audit: open(Service::Audit)?,
        })
    }

    pub fn access_reviews(&self, saying: Outgoing) -> AccessReviewServiceClient<Line> {
        AccessReviewServiceClient::with_interceptor(self.identity.clone(), saying)
            .max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    pub fn identity(&self, saying: Outgoing) -> IdentityServiceClient<Line> {
        IdentityServiceClient::with_interceptor(self.identity.clone(), saying)
    }

    /// Families that practices invite.
    pub fn invitations(&self, saying: Outgoing) -> InvitationServiceClient<Line> {
        InvitationServiceClient::with_interceptor(self.identity.clone(), saying)
    }

    pub fn records(&self, saying: Outgoing) -> RecordsServiceClient<Line> {
        RecordsServiceClient::with_interceptor(self.records.clone(), saying)
            .max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// What is locked for families, and what they propose.
    pub fn proposals(&self, saying: Outgoing) -> ProposalServiceClient<Line> {
        ProposalServiceClient::with_interceptor(self.records.clone(), saying)
            .max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    pub fn documents(&self, saying: Outgoing) -> DocumentsServiceClient<Line> {
        DocumentsServiceClient::with_interceptor(self.documents.clone(), saying)
    }

    pub fn consent(&self, saying: Outgoing) -> ConsentServiceClient<Line> {
        ConsentServiceClient::with_interceptor(self.consent.clone(), saying)
    }

    /// Who may act for whom.
    pub fn authorities(&self, saying: Outgoing) -> AuthorityServiceClient<Line> {
        AuthorityServiceClient::with_interceptor(self.consent.clone(), saying)
    }

    /// Records and papers that somebody wants destroyed.
    pub fn erasures(&self, saying: Outgoing) -> ErasureServiceClient<Line> {
        ErasureServiceClient::with_interceptor(self.consent.clone(), saying)
    }

    /// Records opened without their holders' word.
    pub fn emergencies(&self, saying: Outgoing) -> EmergencyServiceClient<Line> {
        EmergencyServiceClient::with_interceptor(self.consent.clone(), saying)
    }

    /// What is shared with whoever bears a link.
    pub fn links(&self, saying: Outgoing) -> LinkServiceClient<Line> {
        LinkServiceClient::with_interceptor(self.consent.clone(), saying)
    }

    /// Which practices treat.
    pub fn treatments(&self, saying: Outgoing) -> TreatmentServiceClient<Line> {
        TreatmentServiceClient::with_interceptor(self.consent.clone(), saying)
    }

    pub fn messaging(&self, saying: Outgoing) -> MessagingServiceClient<Line> {
        MessagingServiceClient::with_interceptor(self.messaging.clone(), saying)
            .max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    pub fn audit(&self, saying: Outgoing) -> AuditServiceClient<Line> {
        AuditServiceClient::with_interceptor(self.audit.clone(), saying)
            .max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// Decisions decided again.
    pub fn replay(&self, saying: Outgoing) -> ReplayServiceClient<Line> {
        ReplayServiceClient::with_interceptor(self.audit.clone(), saying)
            .max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// Audit's files for everybody.
    pub fn log(&self, saying: Outgoing) -> LogServiceClient<Line> {
        LogServiceClient::with_interceptor(self.audit.clone(), saying)
    }

    /// Whether every service says that it is ready.
    pub async fn are_ready(&self) -> bool {
        let ways =
            [&self.identity, &self.records, &self.documents, &self.consent, &self.messaging, &self.audit];
        join_all(ways.map(is_ready)).await.into_iter().all(|ready| ready)
    }
}

async fn is_ready(way: &Way) -> bool {
    let mut health = HealthClient::new(way.channel.clone());
    let asked = health.check(HealthCheckRequest { service: String::new() });
    match tokio::time::timeout(READY_TIMEOUT, asked).await {
        Ok(Ok(answer)) => answer.get_ref().status() == ServingStatus::Serving,
        _ => false,
    }
}
