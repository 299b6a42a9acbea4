//! gRPC of authority.
mod told;

use crate::{
    app::{
        App, FreezeHolder, ListAuthority, ListWaiting, Proposal, RecordAuthority, RenewAuthority,
        ReviewFreeze,
    },
    domain::authority::{Basis, Evidence, Person, is_state},
    message::span_of,
};
use chrono::NaiveDate;
use holdfast_host::{CommandId, Ground, Page, PageLimits, Problem, catalogue, field, mask};
use holdfast_proto::consent::v1::{
    self as pb,
    authority_service_server::{AuthorityService, AuthorityServiceServer},
};
use holdfast_types::{Action, Category, DocumentId};
use tonic::{Request, Response, Status};

const PAGES: PageLimits = PageLimits { default: 25, max: 100 };
const CATEGORIES_MAX: usize = 30;
const ACTIONS_MAX: usize = 4;
const DOCUMENTS_MAX: usize = 8;
const NOTE_CHARACTERS_MAX: usize = 200;
/// Fewer say nothing to the officer.
const REASON_CHARACTERS_MIN: usize = 10;
const REASON_CHARACTERS_MAX: usize = 500;

pub(crate) fn service(ground: Ground, app: App) -> AuthorityServiceServer<impl AuthorityService> {
    AuthorityServiceServer::new(Api { ground, app })
}

struct Api {
    ground: Ground,
    app: App,
}

#[tonic::async_trait]
impl AuthorityService for Api {
    async fn state_person(
        &self,
        request: Request<pb::StatePersonRequest>,
    ) -> Result<Response<pb::StatePersonResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let patient = field::id("patient_id", &message.patient_id)?;
        let person = person(&message)?;
        let (spans, position) =
            self.app.state_person(&asked, id, patient, person).await.map_err(Problem::from)?;
        let (spans, position) = (spans.iter().map(span_of).collect(), position.map(Into::into));
        Ok(Response::new(pb::StatePersonResponse { spans, position }))
    }

    async fn record_authority(
        &self,
        request: Request<pb::RecordAuthorityRequest>,
    ) -> Result<Response<pb::RecordAuthorityResponse>, Status> {
        let entered = self.ground.enter(&request).await?;
        self.ground.stepped_up(&entered)?;
        let asked = entered.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = to_record(message)?;
        let recorded = self.app.record_authority(&asked, id, command).await;
        let (authority, position) = recorded.map_err(Problem::from)?;
        let (authority, position) = (Some(told::authority(authority)), position.map(Into::into));
        Ok(Response::new(pb::RecordAuthorityResponse { authority, position }))
    }

    async fn attest_authority(
        &self,
        request: Request<pb::AttestAuthorityRequest>,
    ) -> Result<Response<pb::AttestAuthorityResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let proposal = proposal(&message.patient_id, &message.authority_id, &message.etag)?;
        let attested = self.app.attest_authority(&asked, id, proposal).await;
        let (authority, position) = attested.map_err(Problem::from)?;
        let (authority, position) = (Some(told::authority(authority)), position.map(Into::into));
        Ok(Response::new(pb::AttestAuthorityResponse { authority, position }))
    }

    async fn withdraw_authority(
        &self,
        request: Request<pb::WithdrawAuthorityRequest>,
    ) -> Result<Response<pb::WithdrawAuthorityResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let proposal = proposal(&message.patient_id, &message.authority_id, &message.etag)?;
        let withdrawn = self.app.withdraw_authority(&asked, id, proposal).await;
        let position = withdrawn.map_err(Problem::from)?.map(Into::into);
        Ok(Response::new(pb::WithdrawAuthorityResponse { position }))
    }

    async fn renew_authority(
        &self,
        request: Request<pb::RenewAuthorityRequest>,
    ) -> Result<Response<pb::RenewAuthorityResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let until = field::time("until_time", message.until_time.as_ref())?;
        let command = RenewAuthority {
            patient: field::id("patient_id", &message.patient_id)?,
            authority: field::id("authority_id", &message.authority_id)?,
            until: field::required("until_time", until)?,
            evidence: shown_evidence(message.evidence)?,
        };
        let renewed = self.app.renew_authority(&asked, id, command).await;
        let (authority, position) = renewed.map_err(Problem::from)?;
        let (authority, position) = (Some(told::authority(authority)), position.map(Into::into));
        Ok(Response::new(pb::RenewAuthorityResponse { authority, position }))
    }

    async fn end_authority(
        &self,
        request: Request<pb::EndAuthorityRequest>,
    ) -> Result<Response<pb::EndAuthorityResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let patient = field::id("patient_id", &message.patient_id)?;
        let authority = field::id("authority_id", &message.authority_id)?;
        let ended = self.app.end_authority(&asked, id, patient, authority).await;
        let (authority, position) = ended.map_err(Problem::from)?;
        let (authority, position) = (Some(told::authority(authority)), position.map(Into::into));
        Ok(Response::new(pb::EndAuthorityResponse { authority, position }))
    }

    async fn appoint_proxy(
        &self,
        request: Request<pb::AppointProxyRequest>,
    ) -> Result<Response<pb::AppointProxyResponse>, Status> {
        let entered = self.ground.enter(&request).await?;
        self.ground.stepped_up(&entered)?;
        let asked = entered.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = to_appoint(message)?;
        let appointed = self.app.appoint_proxy(&asked, id, command).await;
        let (authority, position) = appointed.map_err(Problem::from)?;
        let (authority, position) = (Some(told::authority(authority)), position.map(Into::into));
        Ok(Response::new(pb::AppointProxyResponse { authority, position }))
    }

    async fn freeze_holder(
        &self,
        request: Request<pb::FreezeHolderRequest>,
    ) -> Result<Response<pb::FreezeHolderResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = FreezeHolder {
            patient: field::id("patient_id", &message.patient_id)?,
            account: field::id("account_id", &message.account_id)?,
            reason: field::line("reason", &message.reason, REASON_CHARACTERS_MIN, REASON_CHARACTERS_MAX)?,
        };
        let (freeze, position) = self.app.freeze_holder(&asked, id, command).await.map_err(Problem::from)?;
        let (freeze, position) = (Some(told::freeze(freeze)), position.map(Into::into));
        Ok(Response::new(pb::FreezeHolderResponse { freeze, position }))
    }

    async fn review_freeze(
        &self,
        request: Request<pb::ReviewFreezeRequest>,
    ) -> Result<Response<pb::ReviewFreezeResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = ReviewFreeze {
            patient: field::id("patient_id", &message.patient_id)?,
            freeze: field::id("freeze_id", &message.freeze_id)?,
            upheld: message.uphold,
            until: field::time("until_time", message.until_time.as_ref())?,
            seen: mask::revision(&message.etag)?,
        };
        let (freeze, position) = self.app.review_freeze(&asked, id, command).await.map_err(Problem::from)?;
        let (freeze, position) = (Some(told::freeze(freeze)), position.map(Into::into));
        Ok(Response::new(pb::ReviewFreezeResponse { freeze, position }))
    }

    async fn list_authority(
        &self,
        request: Request<pb::ListAuthorityRequest>,
    ) -> Result<Response<pb::ListAuthorityResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let query = ListAuthority {
            patient: field::id("patient_id", &message.patient_id)?,
            tenant: field::optional_id("tenant_id", &message.tenant_id)?,
            at: field::time("at_time", message.at_time.as_ref())?,
            known: field::time("known_time", message.known_time.as_ref())?,
        };
        let then = self.app.list_authority(&asked, query).await.map_err(Problem::from)?;
        let person = then.person;
        Ok(Response::new(pb::ListAuthorityResponse {
            spans: then.spans.iter().map(span_of).collect(),
            authorities: then.authorities.into_iter().map(told::authority).collect(),
            freezes: then.freezes.into_iter().map(told::freeze).collect(),
            birth_date: person.as_ref().map(|person| person.born.to_string()).unwrap_or_default(),
            state: person.map(|person| person.state).unwrap_or_default(),
            later_spans: then.later.iter().map(span_of).collect(),
            etag: then.revision.map(mask::etag).unwrap_or_default(),
        }))
    }

    async fn list_waiting_authority(
        &self,
        request: Request<pb::ListWaitingAuthorityRequest>,
    ) -> Result<Response<pb::ListWaitingAuthorityResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let page = Page::of(message, PAGES)?;
        let query = ListWaiting {
            tenant: field::id("tenant_id", &message.tenant_id)?,
            after: page.after().copied(),
            page_size: page.size(),
        };
        let found = self.app.list_waiting(&asked, query).await.map_err(Problem::from)?;
        let open_size = i32::try_from(found.open).unwrap_or(i32::MAX);
        let (listed, next_page_token) = page.cut(found.listed, |waiting| waiting.place)?;
        let waiting = listed.into_iter().map(told::waiting).collect();
        Ok(Response::new(pb::ListWaitingAuthorityResponse { waiting, next_page_token, open_size }))
    }
}

fn proposal(patient_id: &str, authority_id: &str, etag: &str) -> Result<Proposal, Problem> {
    Ok(Proposal {
        patient: field::id("patient_id", patient_id)?,
        authority: field::id("authority_id", authority_id)?,
        seen: mask::revision(etag)?,
    })
}

fn person(message: &pb::StatePersonRequest) -> Result<Person, Problem> {
    let born = date("birth_date", &message.birth_date)?;
    let state = &message.state;
    if !state.is_empty() && !is_state(state) {
        return Err(Problem::of_field(catalogue::FIELD_INVALID, "state", "a state as `US-CA`"));
    }
    Ok(Person { born: field::required("birth_date", born)?, state: state.clone() })
}

fn to_record(message: pb::RecordAuthorityRequest) -> Result<RecordAuthority, Problem> {
    let basis = basis(message.basis)?;
    if message.in_place_of_person && !basis.may_replace_person() {
        return Err(Problem::of_field(
            catalogue::FIELD_INVALID,
            "in_place_of_person",
            "guardianship or incapacity",
        ));
    }
    let categories = field::words("categories", &message.categories, CATEGORIES_MAX)?;
    let actions = field::words("actions", &message.actions, ACTIONS_MAX)?;
    Ok(RecordAuthority {
        patient: field::id("patient_id", &message.patient_id)?,
        account: field::id("account_id", &message.account_id)?,
        basis,
        categories: or_all(categories, Category::ALL),
        actions: or_all(actions, Action::ALL),
        from: field::time("from_time", message.from_time.as_ref())?,
        until: field::time("until_time", message.until_time.as_ref())?,
        in_place_of_person: message.in_place_of_person,
        evidence: shown_evidence(message.evidence)?,
    })
}

fn to_appoint(message: pb::AppointProxyRequest) -> Result<RecordAuthority, Problem> {
    Ok(RecordAuthority {
        patient: field::id("patient_id", &message.patient_id)?,
        account: field::id("account_id", &message.account_id)?,
        basis: Basis::Appointment,
        categories: field::words("categories", &message.categories, CATEGORIES_MAX)?,
        actions: super::fields::actions(&message.actions)?,
        from: field::time("from_time", message.from_time.as_ref())?,
        until: field::time("until_time", message.until_time.as_ref())?,
        in_place_of_person: false,
        evidence: message.evidence.map(evidence).transpose()?.unwrap_or_default(),
    })
}

fn or_all<W: Copy>(words: Vec<W>, all: &[W]) -> Vec<W> {
    if words.is_empty() { all.to_vec() } else { words }
}

/// What somebody may record.
fn basis(number: i32) -> Result<Basis, Problem> {
    let invalid = |reason, says| Problem::of_field(reason, "basis", says);
    match Basis::ALL.iter().find(|basis| told::of_basis(**basis) as i32 == number) {
        _ if number == 0 => Err(invalid(catalogue::FIELD_MISSING, "it is required")),
        Some(Basis::Appointment) => Err(invalid(catalogue::FIELD_INVALID, "a proxy is appointed")),
        Some(basis) => Ok(*basis),
        None => Err(invalid(catalogue::FIELD_INVALID, "not a word of the contract")),
    }
}

/// Evidence that says nothing is none.
fn shown_evidence(message: Option<pb::Evidence>) -> Result<Evidence, Problem> {
    let shown = evidence(field::required("evidence", message)?)?;
    if shown.documents.is_empty() && shown.note.is_empty() {
        return Err(Problem::of_field(catalogue::FIELD_MISSING, "evidence.note", "a document or a note"));
    }
    Ok(shown)
}

fn evidence(message: pb::Evidence) -> Result<Evidence, Problem> {
    field::count("evidence.document_ids", message.document_ids.len(), DOCUMENTS_MAX)?;
    let documents = message.document_ids.iter().enumerate();
    let documents =
        documents.map(|(at, id)| field::id::<DocumentId>(&format!("evidence.document_ids[{at}]"), id));
    Ok(Evidence {
        documents: documents.collect::<Result<_, _>>()?,
        issued: date("evidence.issued_date", &message.issued_date)?,
        note: field::line("evidence.note", &message.note, 0, NOTE_CHARACTERS_MAX)?,
    })
}

/// None where nothing is said.
fn date(name: &str, text: &str) -> Result<Option<NaiveDate>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let day = text.parse().ok().filter(|day: &NaiveDate| day.to_string() == text);
    let impossible = || Problem::of_field(catalogue::DATE_IMPOSSIBLE, name, "a day as `2026-03-02`");
    day.map(Some).ok_or_else(impossible)
}
