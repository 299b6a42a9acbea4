//! gRPC of visits: for services, by their certificate.
use crate::app::{App, BeginVisit};
use chrono::TimeDelta;
use holdfast_host::{Ground, Peer, Problem, catalogue, field};
use holdfast_proto::{
    consent::v1::{
        self as pb,
        visit_service_server::{VisitService, VisitServiceServer},
    },
    timestamp,
};
use holdfast_types::{Purpose, Service};
use tonic::{Request, Response, Status};

pub(crate) fn service(ground: Ground, app: App, lasts: TimeDelta) -> VisitServiceServer<impl VisitService> {
    VisitServiceServer::new(Api { ground, app, lasts })
}

struct Api {
    ground: Ground,
    app: App,
    lasts: TimeDelta,
}

#[tonic::async_trait]
impl VisitService for Api {
    async fn begin_visit(
        &self,
        request: Request<pb::BeginVisitRequest>,
    ) -> Result<Response<pb::BeginVisitResponse>, Status> {
        let peer = Peer::with_log(&request)?;
        if !Service::WITH_CONTENT.contains(&peer.service) {
            let message = "for services that keep content";
            return Err(Problem::new(catalogue::PEER_NOT_PERMITTED, message).into());
        }
        let meta = self.ground.enter_unsigned(&request).await?;
        let message = request.get_ref();
        let asked = BeginVisit {
            patient: field::id("patient_id", &message.patient_id)?,
            grant: field::id("grant_id", &message.grant_id)?,
            account: field::id("account_id", &message.account_id)?,
            purpose: meta.purpose.unwrap_or(Purpose::Treatment),
            correlation: meta.correlation,
            traceparent: meta.traceparent,
            lasts: self.lasts,
        };
        let begun = self.app.begin_visit(asked).await.map_err(Problem::from)?;
        let (position, until_time) = (Some(begun.position.into()), Some(timestamp(begun.until)));
        Ok(Response::new(pb::BeginVisitResponse { position, until_time }))
    }
}
