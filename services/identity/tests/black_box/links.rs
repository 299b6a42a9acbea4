//! A token for whoever bears a link: as consent says, and no other.
use crate::world::*;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use holdfast_host::{Host, Peer, Problem, Readiness, Services, Tls, authority::Authority, catalogue};
use holdfast_identity::Settings;
use holdfast_proto::{
    consent::v1::{
        ListLinksRequest, ListLinksResponse, MakeLinkRequest, MakeLinkResponse, OpenLinkRequest,
        OpenLinkResponse,
        link_service_server::{LinkService, LinkServiceServer},
        open_link_request,
    },
    identity::v1::{IssueLinkTokenRequest, issue_link_token_request::Shown},
};
use holdfast_types::{Clock as _, Service, SystemClock, SystemIds};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use url::Url;

const LINK: &str = "01890000-0000-7000-8000-0000000000aa";

/// Consent as far as it knows one link.
struct Consent;

#[tonic::async_trait]
impl LinkService for Consent {
    async fn make_link(&self, _: Request<MakeLinkRequest>) -> Result<Response<MakeLinkResponse>, Status> {
        Err(Status::unimplemented("not asked here"))
    }

    async fn list_links(&self, _: Request<ListLinksRequest>) -> Result<Response<ListLinksResponse>, Status> {
        Err(Status::unimplemented("not asked here"))
    }

    async fn open_link(
        &self,
        request: Request<OpenLinkRequest>,
    ) -> Result<Response<OpenLinkResponse>, Status> {
        Peer::only(Service::Identity, &request)?;
        let asked = request.into_inner();
        match (asked.shown, asked.passcode.as_str()) {
            (Some(open_link_request::Shown::Secret(secret)), "kite-31") if secret == "known" => {
                Ok(Response::new(OpenLinkResponse { link_id: LINK.into(), ..OpenLinkResponse::default() }))
            }
            (Some(open_link_request::Shown::Ticket(_)), _) => {
                Err(Problem::new(catalogue::SHARED_LINK_CLOSED, "closed").into())
            }
            _ => Err(Problem::new(catalogue::PASSCODE_WRONG, "wrong").with("remaining_attempts", 3).into()),
        }
    }
}

fn serve(settings: &mut Settings, stop: CancellationToken) {
    let file = settings.common.tls.cert_file.clone().unwrap();
    let folder = file.ancestors().find(|folder| folder.ends_with("tls")).unwrap().to_owned();
    let authority = Authority::create(&folder, SystemClock.now()).unwrap();
    let tls = Tls::load(&authority.role("consent").unwrap()).unwrap();
    let host = Host::bind("127.0.0.1:0".parse().unwrap(), tls, Arc::new(SystemIds)).unwrap();
    settings.common.peers.consent = Some(Url::parse(&format!("https://{}", host.address())).unwrap());
    let services = Services::new().with(LinkServiceServer::new(Consent));
    tokio::spawn(async move {
        let readiness = Readiness::new(["postgres"], []).await;
        host.serve(services, readiness, stop).await.unwrap();
    });
}

impl World {
    fn shows(&self, shown: Shown, passcode: &str) -> IssueLinkTokenRequest {
        IssueLinkTokenRequest {
            request_id: self.request_id(),
            shown: Some(shown),
            passcode: passcode.into(),
            recipient: "Nurse Ortiz".into(),
        }
    }
}

#[tokio::test]
async fn whoever_consent_knows_by_a_link_gets_a_token_of_its_bearer_for_five_minutes() {
    let stop = CancellationToken::new();
    let world = world_with(|settings| serve(settings, stop.clone())).await;
    let known = world.shows(Shown::Secret("known".into()), "kite-31");
    let issued = world.identity.clone().issue_link_token(known).await.unwrap().into_inner();
    let claims = BASE64_URL_SAFE_NO_PAD.decode(issued.token.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!((&claims["sub"], &claims["roles"]), (&LINK.into(), &serde_json::json!([])));
    assert!(claims.get("sid").is_none() && claims.get("auth_time").is_none(), "nobody has shown who it is");
    assert_eq!(claims["exp"].as_i64().unwrap() - world.clock.now().timestamp(), 300);
    assert_eq!(issued.opened.unwrap().link_id, LINK);

    let wrong = world.shows(Shown::Secret("known".into()), "kite-13");
    let refused = world.identity.clone().issue_link_token(wrong).await.unwrap_err();
    assert_eq!(holdfast_testkit::refusal::metadata(&refused, "remaining_attempts"), "3");
    assert_eq!(reason::<()>(Err(refused)), "PASSCODE_WRONG");
    let closed = world.shows(Shown::Ticket("old".into()), "");
    assert_eq!(reason(world.identity.clone().issue_link_token(closed).await), "SHARED_LINK_CLOSED");
    stop.cancel();
}

#[tokio::test]
async fn nobody_bears_a_link_while_consent_is_away() {
    let world = world_with(|settings| {
        settings.common.peers.consent = Some(Url::parse("https://127.0.0.1:9").unwrap());
    })
    .await;
    let known = world.shows(Shown::Secret("known".into()), "kite-31");
    assert_eq!(reason(world.identity.clone().issue_link_token(known).await), "PEER_UNAVAILABLE");
}
