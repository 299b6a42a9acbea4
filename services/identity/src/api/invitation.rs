//! gRPC of invitations.
use super::{message, sign_in};
use crate::{
    app::{App, Invited},
    domain::invitation::{End, Invitation},
};
use chrono::{DateTime, Utc};
use holdfast_host::{CommandId, Page, PageLimits, Problem, catalogue, field};
use holdfast_proto::{
    identity::v1::{
        self as pb,
        invitation_service_server::{InvitationService, InvitationServiceServer},
    },
    timestamp,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};
use uuid::Uuid;

const PAGES: PageLimits = PageLimits { default: 25, max: 100 };

pub(crate) fn service(app: Arc<App>) -> InvitationServiceServer<impl InvitationService> {
    InvitationServiceServer::new(Api(app))
}

struct Api(Arc<App>);

impl Api {
    fn shown(&self, told: Invited) -> pb::Invitation {
        shown(told, self.0.now())
    }
}

#[tonic::async_trait]
impl InvitationService for Api {
    async fn invite_family(
        &self,
        request: Request<pb::InviteFamilyRequest>,
    ) -> Result<Response<pb::Invitation>, Status> {
        let entered = self.0.ground.enter(&request).await?;
        let message = request.into_inner();
        let command = CommandId::of(&message)?;
        let practice = field::id("practice_id", &message.practice_id)?;
        let email = sign_in::email("email", &message.email)?;
        let locale = message::locale("locale", &message.locale)?;
        let told = self.0.invite_family(&entered.context, command, practice, &email, locale).await;
        Ok(Response::new(self.shown(told.map_err(Problem::from)?)))
    }

    async fn withdraw_invitation(
        &self,
        request: Request<pb::WithdrawInvitationRequest>,
    ) -> Result<Response<pb::Invitation>, Status> {
        let entered = self.0.ground.enter(&request).await?;
        let message = request.into_inner();
        let command = CommandId::of(&message)?;
        let told = self.0.withdraw_invitation(&entered.context, command, id(&message.invitation_id)?).await;
        Ok(Response::new(self.shown(told.map_err(Problem::from)?)))
    }

    async fn list_invitations(
        &self,
        request: Request<pb::ListInvitationsRequest>,
    ) -> Result<Response<pb::ListInvitationsResponse>, Status> {
        let entered = self.0.ground.enter(&request).await?;
        let message = request.get_ref();
        let page = Page::of(message, PAGES)?;
        let practice = field::id("practice_id", &message.practice_id)?;
        let after = page.after().copied();
        let found = self.0.list_invitations(&entered.context, practice, after, page.size()).await;
        let (listed, next_page_token) = page.cut(found.map_err(Problem::from)?, |(row, _)| *row)?;
        let invitations = listed.into_iter().map(|(_, told)| self.shown(told)).collect();
        Ok(Response::new(pb::ListInvitationsResponse { invitations, next_page_token }))
    }

    async fn list_own_invitations(
        &self,
        request: Request<pb::ListOwnInvitationsRequest>,
    ) -> Result<Response<pb::ListOwnInvitationsResponse>, Status> {
        let entered = self.0.ground.enter(&request).await?;
        let told = self.0.own_invitations(&entered.context).await.map_err(Problem::from)?;
        let invitations = told.into_iter().map(|told| self.shown(told)).collect();
        Ok(Response::new(pb::ListOwnInvitationsResponse { invitations }))
    }

    async fn answer_invitation(
        &self,
        request: Request<pb::AnswerInvitationRequest>,
    ) -> Result<Response<pb::Invitation>, Status> {
        let entered = self.0.ground.enter(&request).await?;
        let message = request.into_inner();
        let command = CommandId::of(&message)?;
        let id = id(&message.invitation_id)?;
        let told = self.0.answer_invitation(&entered.context, command, id, message.accepted).await;
        Ok(Response::new(self.shown(told.map_err(Problem::from)?)))
    }
}

fn id(text: &str) -> Result<Uuid, Problem> {
    Uuid::try_parse(text)
        .map_err(|_| Problem::of_field(catalogue::ID_MALFORMED, "invitation_id", "expected a UUID"))
}

fn shown(told: Invited, now: DateTime<Utc>) -> pb::Invitation {
    let Invitation::Sent { sent, end } = told.state else { return pb::Invitation::default() };
    let state = match end {
        None if sent.expires <= now => pb::InvitationState::Expired,
        None => pb::InvitationState::Waiting,
        Some(End::Accepted) => pb::InvitationState::Accepted,
        Some(End::Declined) => pb::InvitationState::Declined,
        Some(End::Withdrawn) => pb::InvitationState::Withdrawn,
    };
    pb::Invitation {
        invitation_id: told.id.to_string(),
        practice_id: sent.practice.to_string(),
        email: sent.email,
        state: state.into(),
        sent_time: Some(timestamp(sent.sent)),
        expire_time: Some(timestamp(sent.expires)),
        sent_by_account_id: sent.by.to_string(),
    }
}
