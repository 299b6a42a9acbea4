//! The token of whoever bears a link. Consent knows links and counts what is done with them; here its answer is made into a token.
use crate::app::App;
use holdfast_host::{Problem, catalogue, client::Outgoing, field, status::reason_of};
use holdfast_proto::{
    consent::v1::{OpenLinkRequest, link_service_client::LinkServiceClient, open_link_request},
    identity::v1::{self as pb, issue_link_token_request::Shown},
    timestamp,
};
use holdfast_types::Service;
use tonic::{Request, Status, service::interceptor::InterceptedService, transport::Channel};

/// The way there; consent knows identity by its certificate.
#[derive(Clone)]
pub(crate) struct Consent(Channel);

impl Consent {
    pub(crate) const fn at(channel: Channel) -> Self {
        Self(channel)
    }

    fn links(&self, saying: Outgoing) -> LinkServiceClient<InterceptedService<Channel, Outgoing>> {
        LinkServiceClient::with_interceptor(self.0.clone(), saying)
    }
}

pub(super) async fn issue_token(
    app: &App,
    consent: Option<&Consent>,
    request: Request<pb::IssueLinkTokenRequest>,
) -> Result<pb::IssueLinkTokenResponse, Status> {
    let meta = app.ground.enter_unsigned(&request).await?;
    let consent = consent.ok_or_else(away)?;
    let pb::IssueLinkTokenRequest { request_id, shown, passcode, recipient } = request.into_inner();
    let shown = shown.map(|shown| match shown {
        Shown::Secret(secret) => open_link_request::Shown::Secret(secret),
        Shown::Ticket(ticket) => open_link_request::Shown::Ticket(ticket),
    });
    let asked = OpenLinkRequest { request_id, shown, passcode, recipient };
    let saying = Outgoing::new().correlation(meta.correlation);
    // What consent refuses is refused in its words; that it does not answer is said of it.
    let opened = consent.links(saying).open_link(asked).await;
    let opened =
        opened.map_err(|status| if reason_of(&status).is_some() { status } else { away().into() })?;
    let opened = opened.into_inner();
    let bearer = field::id("link_id", &opened.link_id)?;
    let (token, expire_time) = app.link_token(bearer).map_err(Problem::from)?;
    Ok(pb::IssueLinkTokenResponse { token, expire_time: Some(timestamp(expire_time)), opened: Some(opened) })
}

fn away() -> Problem {
    Problem::new(catalogue::PEER_UNAVAILABLE, "consent does not answer").with("service", Service::Consent)
}
