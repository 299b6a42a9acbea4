//! gRPC: the contract's messages to use cases and back.
mod change;
mod fields;
mod message;
mod problem;
pub(crate) mod proposals;
mod upload;

use crate::app::{App, Authored, ImportBundle, ListItems, ListStep, NewItem, RESOURCE_BYTES_MAX, read_file};
use crate::views::{Listing, StepCursor};
use bytes::Bytes;
use holdfast_host::{CommandId, Ground, Page, PageLimits, Problem, catalogue, field, mask};
use holdfast_proto::{
    Word,
    records::v1::{
        self as pb,
        records_service_server::{RecordsService, RecordsServiceServer},
    },
};
use holdfast_types::Category;
use tonic::{Request, Response, Status, Streaming};
use upload::Upload;

const ITEM_PAGES: PageLimits = PageLimits { default: 25, max: 200 };
const VERSION_PAGES: PageLimits = PageLimits { default: 50, max: 200 };
const STEP_PAGES: PageLimits = PageLimits { default: 25, max: 100 };
const PATIENTS_MAX: usize = 200;
const ITEMS_MAX: usize = 500;
const SOURCE_KEY_CHARACTERS_MAX: usize = 500;

pub(crate) fn service(ground: Ground, app: App) -> RecordsServiceServer<impl RecordsService> {
    RecordsServiceServer::new(Api { ground, app })
}

struct Api {
    ground: Ground,
    app: App,
}

#[tonic::async_trait]
impl RecordsService for Api {
    async fn register_patient(
        &self,
        request: Request<pb::RegisterPatientRequest>,
    ) -> Result<Response<pb::RegisterPatientResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let patient = field::id("patient_id", &message.patient_id)?;
        let demographics = field::required("demographics", message.demographics)?;
        let demographics = fields::demographics(demographics, self.ground.clock().now())?;
        if demographics.family_name.is_empty() && demographics.given_name.is_empty() {
            return Err(Problem::of_field(
                catalogue::FIELD_MISSING,
                "demographics.family_name",
                "a name must be there",
            )
            .into());
        }
        let after =
            self.app.register_patient(&asked, id, patient, demographics).await.map_err(Problem::from)?;
        let position = after.position.clone().map(Into::into);
        Ok(Response::new(pb::RegisterPatientResponse {
            patient: Some(message::patient_after(patient, after)),
            position,
        }))
    }

    async fn get_patient(
        &self,
        request: Request<pb::GetPatientRequest>,
    ) -> Result<Response<pb::Patient>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let patient = field::id("patient_id", &message.patient_id)?;
        let as_of = field::time("as_of_time", message.as_of_time.as_ref())?;
        let shown = self.app.patient(&asked, patient, as_of).await.map_err(Problem::from)?;
        Ok(Response::new(shown.into()))
    }

    async fn batch_get_patients(
        &self,
        request: Request<pb::BatchGetPatientsRequest>,
    ) -> Result<Response<pb::BatchGetPatientsResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let patients = fields::patients("patient_ids", &request.get_ref().patient_ids, PATIENTS_MAX)?;
        let shown = self.app.patients(&asked, &patients).await.map_err(Problem::from)?;
        Ok(Response::new(pb::BatchGetPatientsResponse {
            patients: shown.into_iter().map(Into::into).collect(),
        }))
    }

    async fn update_patient(
        &self,
        request: Request<pb::UpdatePatientRequest>,
    ) -> Result<Response<pb::UpdatePatientResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let patient = field::id("patient_id", &message.patient_id)?;
        let masked = fields::masked(message.update_mask.as_ref())?;
        let values = field::required("demographics", message.demographics)?;
        let values = fields::demographics(values, self.ground.clock().now())?;
        let seen = mask::revision(&message.etag)?;
        let after = self
            .app
            .update_patient(&asked, id, patient, (values, masked), seen)
            .await
            .map_err(Problem::from)?;
        let position = after.position.clone().map(Into::into);
        Ok(Response::new(pb::UpdatePatientResponse {
            patient: Some(message::patient_after(patient, after)),
            position,
        }))
    }

    async fn import_bundle(
        &self,
        request: Request<Streaming<pb::ImportBundleRequest>>,
    ) -> Result<Response<pb::ImportBundleResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let mut upload: Upload<pb::ImportBundleRequest> = Upload::begin(request.into_inner()).await?;
        let patient = field::id("patient_id", &upload.start.patient_id)?;
        let source_name = field::line("source_name", &upload.start.source_name, 1, 100)?;
        self.app.may_import(&asked, patient).await.map_err(Problem::from)?;
        let _room = self.app.room_for_import().await.map_err(Problem::from)?;
        let file = read_file(upload.rest().await?).await.map_err(Problem::from)?;
        let id = CommandId::with_content(&upload.start, file.content)?;
        let accepts_unknown_codes = upload.start.accept_unknown_code_systems;
        let command = ImportBundle { patient, source_name, accepts_unknown_codes, file };
        let imported = self.app.import_bundle(&asked, id, command).await.map_err(Problem::from)?;
        Ok(Response::new(imported.into()))
    }

    async fn import_directory(
        &self,
        request: Request<Streaming<pb::ImportDirectoryRequest>>,
    ) -> Result<Response<pb::ImportDirectoryResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let mut upload: Upload<pb::ImportDirectoryRequest> = Upload::begin(request.into_inner()).await?;
        let tenant = field::id("tenant_id", &upload.start.tenant_id)?;
        let authority = self.app.may_import_directory(&asked, tenant).await.map_err(Problem::from)?;
        let _room = self.app.room_for_import().await.map_err(Problem::from)?;
        let file = read_file(upload.rest().await?).await.map_err(Problem::from)?;
        let id = CommandId::with_content(&upload.start, file.content)?;
        let imported =
            self.app.import_directory(&authority, id, tenant, file).await.map_err(Problem::from)?;
        Ok(Response::new(imported.into()))
    }

    async fn create_item(
        &self,
        request: Request<pb::CreateItemRequest>,
    ) -> Result<Response<pb::CreateItemResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let patient = field::id("patient_id", &message.patient_id)?;
        let new = vec![new_item("item", field::required("item", message.item)?)?];
        let made = self
            .app
            .create_items(&asked, id, patient, new, "records.CreateItem")
            .await
            .map_err(Problem::from)?;
        let position = made.position.clone().map(Into::into);
        Ok(Response::new(pb::CreateItemResponse { item: item_after(patient, made), position }))
    }

    async fn batch_create_items(
        &self,
        request: Request<pb::BatchCreateItemsRequest>,
    ) -> Result<Response<pb::BatchCreateItemsResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let patient = field::id("patient_id", &message.patient_id)?;
        field::count("items", message.items.len(), ITEMS_MAX)?;
        if message.items.is_empty() {
            return Err(Problem::of_field(catalogue::FIELD_MISSING, "items", "must be filled").into());
        }
        let new = message.items.into_iter().enumerate();
        let new = new.map(|(at, item)| new_item(&format!("items[{at}]"), item)).collect::<Result<_, _>>()?;
        let made = self
            .app
            .create_items(&asked, id, patient, new, "records.BatchCreateItems")
            .await
            .map_err(Problem::from)?;
        let item_ids = made.items.iter().map(ToString::to_string).collect();
        Ok(Response::new(pb::BatchCreateItemsResponse { item_ids, position: made.position.map(Into::into) }))
    }

    async fn update_item(
        &self,
        request: Request<pb::UpdateItemRequest>,
    ) -> Result<Response<pb::UpdateItemResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let patient = field::id("patient_id", &message.patient_id)?;
        let item = field::id("item_id", &message.item_id)?;
        let seen = mask::revision(&message.etag)?;
        let json = resource("fhir_json", message.fhir_json)?;
        let made =
            self.app.update_item(&asked, id, (patient, item), json, seen).await.map_err(Problem::from)?;
        let position = made.position.clone().map(Into::into);
        Ok(Response::new(pb::UpdateItemResponse { item: item_after(patient, made), position }))
    }

    async fn retract_item(
        &self,
        request: Request<pb::RetractItemRequest>,
    ) -> Result<Response<pb::RetractItemResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let patient = field::id("patient_id", &message.patient_id)?;
        let item = field::id("item_id", &message.item_id)?;
        let seen = mask::revision(&message.etag)?;
        let reason = field::lines("reason", &message.reason, 1, 500)?;
        let made =
            self.app.retract_item(&asked, id, (patient, item), reason, seen).await.map_err(Problem::from)?;
        let position = made.position.clone().map(Into::into);
        Ok(Response::new(pb::RetractItemResponse { item: item_after(patient, made), position }))
    }

    async fn get_item(&self, request: Request<pb::GetItemRequest>) -> Result<Response<pb::Item>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let patient = field::id("patient_id", &message.patient_id)?;
        let item = field::id("item_id", &message.item_id)?;
        let as_of = field::time("as_of_time", message.as_of_time.as_ref())?;
        let version = self.app.item(&asked, (patient, item), as_of).await.map_err(Problem::from)?;
        Ok(Response::new(message::item_in_full(&version)))
    }

    async fn list_items(
        &self,
        request: Request<pb::ListItemsRequest>,
    ) -> Result<Response<pb::ListItemsResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let page = Page::of(message, ITEM_PAGES)?;
        let mut categories = field::words("categories", &message.categories, Category::ALL.len())?;
        if categories.is_empty() {
            categories = Category::ALL.to_vec();
        }
        let query = ListItems {
            patient: field::id("patient_id", &message.patient_id)?,
            categories,
            listing: Listing {
                source: fields::source("source_id", &message.source_id)?,
                with_sources: message.include_sources,
                as_of: field::time("as_of_time", message.as_of_time.as_ref())?,
                happened_by: field::time("happened_by_time", message.happened_by_time.as_ref())?,
                after: page.after().copied(),
                size: page.size(),
                with_resources: message.include_fhir_json,
            },
        };
        let listed = self.app.list_items(&asked, query).await.map_err(Problem::from)?;
        let next_page_token =
            listed.next.map(|cursor| page.token_after(&cursor)).transpose()?.unwrap_or_default();
        let shown =
            listed.versions.iter().map(|version| message::item_in_list(version, message.include_fhir_json));
        Ok(Response::new(pb::ListItemsResponse {
            items: shown.collect(),
            next_page_token,
            total_size: i32::try_from(listed.total).unwrap_or(i32::MAX),
            sources: listed.sources.into_iter().map(Into::into).collect(),
            withheld_categories: listed.withheld.into_iter().map(Word::to_proto).collect(),
        }))
    }

    async fn list_item_versions(
        &self,
        request: Request<pb::ListItemVersionsRequest>,
    ) -> Result<Response<pb::ListItemVersionsResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let page: Page<u64> = Page::of(message, VERSION_PAGES)?;
        let patient = field::id("patient_id", &message.patient_id)?;
        let item = field::id("item_id", &message.item_id)?;
        let (versions, more) = self
            .app
            .item_versions(&asked, (patient, item), page.after().copied(), page.size())
            .await
            .map_err(Problem::from)?;
        let last = versions.last().filter(|_| more).map(|last| last.version.revision);
        let next_page_token =
            last.map(|revision| page.token_after(&revision)).transpose()?.unwrap_or_default();
        let versions = versions.iter().map(message::item_in_full).collect();
        Ok(Response::new(pb::ListItemVersionsResponse { versions, next_page_token }))
    }

    async fn summarize_record(
        &self,
        request: Request<pb::SummarizeRecordRequest>,
    ) -> Result<Response<pb::SummarizeRecordResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let patient = field::id("patient_id", &message.patient_id)?;
        let as_of = field::time("as_of_time", message.as_of_time.as_ref())?;
        let happened_by = field::time("happened_by_time", message.happened_by_time.as_ref())?;
        let summary = self
            .app
            .summarize(&asked, patient, (as_of, happened_by), message.include_sources)
            .await
            .map_err(Problem::from)?;
        Ok(Response::new(pb::SummarizeRecordResponse {
            categories: summary.categories.into_iter().map(Into::into).collect(),
            sources: summary.sources.into_iter().map(Into::into).collect(),
        }))
    }

    async fn list_step_changes(
        &self,
        request: Request<pb::ListStepChangesRequest>,
    ) -> Result<Response<pb::ListStepChangesResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let page: Page<StepCursor> = Page::of(message, STEP_PAGES)?;
        let query = ListStep {
            patient: field::id("patient_id", &message.patient_id)?,
            at: field::time("at_time", message.at_time.as_ref())?,
            after: page.after().copied(),
            size: page.size(),
        };
        let step = self.app.step(&asked, query).await.map_err(Problem::from)?;
        let next_page_token =
            step.next.map(|cursor| page.token_after(&cursor)).transpose()?.unwrap_or_default();
        Ok(Response::new(pb::ListStepChangesResponse { next_page_token, ..step.into() }))
    }
}

fn new_item(place: &str, item: pb::NewItem) -> Result<NewItem, Problem> {
    let source_key =
        field::line(&format!("{place}.source_key"), &item.source_key, 0, SOURCE_KEY_CHARACTERS_MAX)?;
    Ok(NewItem { json: resource(&format!("{place}.fhir_json"), item.fhir_json)?, source_key })
}

fn resource(place: &str, json: Bytes) -> Result<Bytes, Problem> {
    if json.is_empty() {
        return Err(Problem::of_field(catalogue::FIELD_MISSING, place, "must be filled"));
    }
    if json.len() > RESOURCE_BYTES_MAX {
        let description = format!("at most {RESOURCE_BYTES_MAX} bytes");
        return Err(Problem::of_field(catalogue::MESSAGE_TOO_LARGE, place, description)
            .with("size_bytes_max", RESOURCE_BYTES_MAX));
    }
    Ok(json)
}

fn item_after(patient: holdfast_types::PatientId, made: Authored) -> Option<pb::Item> {
    match made.shown {
        Some(version) => Some(message::item_in_full(&version)),
        // Who may write but not read learns what is theirs: the id and the revision.
        None => made.items.first().map(|item| pb::Item {
            item_id: item.to_string(),
            patient_id: patient.to_string(),
            revision: made.revision,
            etag: mask::etag(made.revision),
            ..pb::Item::default()
        }),
    }
}
