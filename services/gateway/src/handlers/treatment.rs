//! Practices that treat: the family names them, says what their care teams see and ends it; the practice keeps its list and its policy.
mod care;
mod desk;
mod family;
mod invitations;
mod invited;
mod policy;

use crate::{services::Line, site::Site, visitor::Signed};
use axum::{Router, routing::get};
use holdfast_proto::{
    consent::v1::treatment_service_client::TreatmentServiceClient,
    identity::v1::invitation_service_client::InvitationServiceClient,
};
use std::sync::Arc;

pub(super) use desk::keeps;
pub(super) use family::{cards, needs};
pub(super) use invited::invited;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/r/{r}/sharing/practices", get(family::form).post(family::step))
        .route("/r/{r}/sharing/practices/{treatment}", get(family::open).post(family::agree))
        .route("/r/{r}/sharing/practices/{treatment}/end", get(family::confirm).post(family::end))
        .route("/desk", get(desk::list).post(desk::act))
        .route("/desk/invitations", get(invitations::list).post(invitations::act))
        .route("/invited", get(invited::list).post(invited::answer))
        .route("/desk/policy", get(policy::form).post(policy::set))
}

impl Signed {
    fn treatments(&self) -> TreatmentServiceClient<Line> {
        self.site().services.treatments(self.outgoing())
    }

    fn invitations(&self) -> InvitationServiceClient<Line> {
        self.site().services.invitations(self.outgoing())
    }
}
