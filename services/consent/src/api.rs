//! gRPC: the contract's messages to use cases and back.
pub(crate) mod authority;
pub(crate) mod emergency;
pub(crate) mod erasure;
mod fields;
pub(crate) mod links;
mod marks;
mod problem;
pub(crate) mod treatment;
pub(crate) mod visit;

use crate::app::{AddHolder, App, GiveGrant, LiftMark, ListGrants, ListRecords, OpenRecord, RevokeGrant};
use crate::{domain::record::Holder, message::to_holder};
use holdfast_host::{CommandId, Ground, Page, PageLimits, Problem, field, mask};
use holdfast_proto::consent::v1::{
    self as pb,
    consent_service_server::{ConsentService, ConsentServiceServer},
};
use tonic::{Request, Response, Status};

const PAGES: PageLimits = PageLimits { default: 50, max: 200 };

pub(crate) fn service(ground: Ground, app: App) -> ConsentServiceServer<impl ConsentService> {
    ConsentServiceServer::new(Api { ground, app })
}

struct Api {
    ground: Ground,
    app: App,
}

#[tonic::async_trait]
impl ConsentService for Api {
    async fn open_record(
        &self,
        request: Request<pb::OpenRecordRequest>,
    ) -> Result<Response<pb::OpenRecordResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = OpenRecord {
            relationship: fields::named(message.relationship)?,
            tenant: fields::tenant(&message.tenant_id)?,
            patient: fields::new_patient(&message.patient_id)?,
            holder: field::optional_id("holder_account_id", &message.holder_account_id)?,
        };
        let (patient, position) = self.app.open_record(&asked, id, command).await.map_err(Problem::from)?;
        let position = position.map(Into::into);
        Ok(Response::new(pb::OpenRecordResponse { patient_id: patient.to_string(), position }))
    }

    async fn list_records(
        &self,
        request: Request<pb::ListRecordsRequest>,
    ) -> Result<Response<pb::ListRecordsResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let page = Page::of(request.get_ref(), PAGES)?;
        let query = ListRecords { after: page.after().copied(), page_size: page.size() };
        let found = self.app.list_records(&asked, query).await.map_err(Problem::from)?;
        let (found, next_page_token) = page.cut(found, |(patient, _)| *patient)?;
        let records = found.into_iter().filter_map(|(_, access)| access.map(Into::into)).collect();
        Ok(Response::new(pb::ListRecordsResponse { records, next_page_token }))
    }

    async fn add_holder(
        &self,
        request: Request<pb::AddHolderRequest>,
    ) -> Result<Response<pb::AddHolderResponse>, Status> {
        let entered = self.ground.enter(&request).await?;
        self.ground.stepped_up(&entered)?;
        let asked = entered.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = AddHolder {
            patient: field::id("patient_id", &message.patient_id)?,
            holder: Holder {
                account: field::id("account_id", &message.account_id)?,
                relationship: fields::named(message.relationship)?,
            },
        };
        let position = self.app.add_holder(&asked, id, command).await.map_err(Problem::from)?;
        Ok(Response::new(pb::AddHolderResponse { position: position.map(Into::into) }))
    }

    async fn give_grant(
        &self,
        request: Request<pb::GiveGrantRequest>,
    ) -> Result<Response<pb::GiveGrantResponse>, Status> {
        let entered = self.ground.enter(&request).await?;
        self.ground.stepped_up(&entered)?;
        let asked = entered.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = GiveGrant {
            patient: field::id("patient_id", &message.patient_id)?,
            grantee: fields::grantee(message.grantee)?,
            categories: field::words("categories", &message.categories, fields::CATEGORIES_MAX)?,
            actions: fields::actions(&message.actions)?,
            purposes: field::words("purposes", &message.purposes, fields::PURPOSES_MAX)?,
            from: field::time("from_time", message.from_time.as_ref())?,
            until: field::time("until_time", message.until_time.as_ref())?,
            narrowing: message.narrowing.map(fields::narrowing).transpose()?,
            uses_max: fields::uses_max(message.uses_max)?,
            replaces: fields::replaced(&message.replaces_grant_id, &message.replaces_etag)?,
        };
        let (grant, position) = self.app.give_grant(&asked, id, command).await.map_err(Problem::from)?;
        let (grant, position) = (Some((&grant).into()), position.map(Into::into));
        Ok(Response::new(pb::GiveGrantResponse { grant, position }))
    }

    async fn revoke_grant(
        &self,
        request: Request<pb::RevokeGrantRequest>,
    ) -> Result<Response<pb::RevokeGrantResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = RevokeGrant {
            grant: field::id("grant_id", &message.grant_id)?,
            seen: mask::revision(&message.etag)?,
        };
        let (grant, position) = self.app.revoke_grant(&asked, id, command).await.map_err(Problem::from)?;
        let (grant, position) = (Some(to_holder(&grant)), position.map(Into::into));
        Ok(Response::new(pb::RevokeGrantResponse { grant, position }))
    }

    async fn get_grant(&self, request: Request<pb::GetGrantRequest>) -> Result<Response<pb::Grant>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let id = field::id("grant_id", &request.get_ref().grant_id)?;
        let grant = self.app.grant(&asked, id).await.map_err(Problem::from)?;
        Ok(Response::new(to_holder(&grant)))
    }

    async fn list_grants(
        &self,
        request: Request<pb::ListGrantsRequest>,
    ) -> Result<Response<pb::ListGrantsResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let page = Page::of(message, PAGES)?;
        let query = ListGrants {
            patient: field::id("patient_id", &message.patient_id)?,
            include_ended: message.include_ended,
            after: page.after().copied(),
            page_size: page.size(),
        };
        let found = self.app.list_grants(&asked, query).await.map_err(Problem::from)?;
        let (found, next_page_token) = page.cut(found, |listed| listed.place)?;
        let grants = found.iter().map(|listed| to_holder(&listed.grant)).collect();
        Ok(Response::new(pb::ListGrantsResponse { grants, next_page_token }))
    }

    async fn set_mark(
        &self,
        request: Request<pb::SetMarkRequest>,
    ) -> Result<Response<pb::SetMarkResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = marks::to_set(message)?;
        let patient = command.patient;
        let (mark, position) = self.app.set_mark(&asked, id, command).await.map_err(Problem::from)?;
        let (mark, position) = (Some(marks::shown(patient, mark)), position.map(Into::into));
        Ok(Response::new(pb::SetMarkResponse { mark, position }))
    }

    async fn lift_mark(
        &self,
        request: Request<pb::LiftMarkRequest>,
    ) -> Result<Response<pb::LiftMarkResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = LiftMark {
            patient: field::id("patient_id", &message.patient_id)?,
            mark: field::id("mark_id", &message.mark_id)?,
            reason: marks::reason(&message.reason)?,
        };
        let position = self.app.lift_mark(&asked, id, command).await.map_err(Problem::from)?;
        Ok(Response::new(pb::LiftMarkResponse { position: position.map(Into::into) }))
    }

    async fn list_marks(
        &self,
        request: Request<pb::ListMarksRequest>,
    ) -> Result<Response<pb::ListMarksResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let patient = field::id("patient_id", &request.get_ref().patient_id)?;
        let marks = self.app.list_marks(&asked, patient).await.map_err(Problem::from)?;
        let marks = marks.into_iter().map(|mark| marks::shown(patient, mark)).collect();
        Ok(Response::new(pb::ListMarksResponse { marks }))
    }
}
