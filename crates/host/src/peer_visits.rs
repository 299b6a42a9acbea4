//! Visits, begun at consent over gRPC, and heard back by the feed.
use crate::{catalogue, client::Outgoing, status::reason_of};
use holdfast_access::{RequestContext, Visits};
use holdfast_eventlog::{Inbox, Position};
use holdfast_proto::consent::v1::{BeginVisitRequest, visit_service_client::VisitServiceClient};
use holdfast_types::{GrantId, PatientId, Purpose};
use std::time::Duration;
use tonic::{Request, Status, transport::Channel};

const CALL_TIMEOUT: Duration = Duration::from_secs(2);
/// As long as a call waits for what it says it builds on.
const PATIENCE: Duration = Duration::from_secs(1);

pub(crate) struct PeerVisits {
    channel: Channel,
    /// That hears consent.
    inbox: Inbox,
}

impl PeerVisits {
    /// Over a channel that shows the certificate of a service that keeps content.
    pub(crate) const fn new(channel: Channel, inbox: Inbox) -> Self {
        Self { channel, inbox }
    }

    async fn begun(
        &self,
        context: &RequestContext,
        purpose: Purpose,
        patient: PatientId,
        grant: GrantId,
    ) -> Result<(), Status> {
        let said = Outgoing::new().purpose(purpose).correlation(context.correlation);
        let mut client = VisitServiceClient::with_interceptor(self.channel.clone(), said);
        let mut asked = Request::new(BeginVisitRequest {
            patient_id: patient.to_string(),
            grant_id: grant.to_string(),
            account_id: context.caller.account.to_string(),
        });
        asked.set_timeout(CALL_TIMEOUT);
        let begun = client.begin_visit(asked).await?.into_inner();
        let position = begun.position.ok_or_else(|| Status::internal("a visit without a place"))?;
        let position = Position::try_from(position).map_err(|error| Status::internal(error.to_string()))?;
        match self.inbox.wait_for(&position, PATIENCE).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Status::unavailable("the visit has not been heard of here")),
            Err(error) => Err(Status::unavailable(error.to_string())),
        }
    }
}

#[async_trait::async_trait]
impl Visits for PeerVisits {
    async fn begin(&self, context: &RequestContext, purpose: Purpose, patient: PatientId, grant: GrantId) {
        let Err(status) = self.begun(context, purpose, patient, grant).await else { return };
        match reason_of(&status) {
            Some(reason) if reason == catalogue::GRANT_USED_UP || reason == catalogue::GRANT_UNKNOWN => {
                tracing::debug!(grant = %grant, reason = reason.name(), "a visit is refused");
            }
            _ => tracing::warn!(
                grant = %grant,
                code = ?status.code(),
                error = status.message(),
                "a visit cannot be begun, so what it would open stays closed"
            ),
        }
    }
}
