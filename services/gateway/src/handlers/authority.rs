//! Who acts for the person of a record: its family sees it, has somebody help and proposes; the network's people ask, attest and stop.
mod act;
mod ahead;
mod desk;
mod ending;
mod family;
mod form;
mod told;
mod waiting;

use crate::{services::Line, site::Site, visitor::Signed};
use axum::{
    Router,
    routing::{get, post},
};
use holdfast_proto::consent::v1::authority_service_client::AuthorityServiceClient;
use std::sync::Arc;

pub(super) use desk::attests;
pub(super) use desk::back;
pub(super) use waiting::{looks_after, open_count, tenant};

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/r/{r}/sharing/who", get(family::page))
        .route("/r/{r}/sharing/who/help", get(family::help_form).post(family::help))
        .route("/r/{r}/sharing/who/new", get(family::new_form).post(family::propose))
        .route("/r/{r}/sharing/who/person", get(family::person_form).post(family::state))
        .route("/r/{r}/sharing/who/{authority}/end", get(ending::end_form).post(ending::end))
        .route("/r/{r}/sharing/who/{authority}/withdraw", get(ending::withdraw_form).post(ending::withdraw))
        .route("/authority", get(desk::form).post(desk::ask))
        .route("/authority/waiting", get(waiting::list))
        .route("/authority/act", post(act::page))
}

impl Signed {
    fn authorities(&self) -> AuthorityServiceClient<Line> {
        self.site().services.authorities(self.outgoing())
    }
}
