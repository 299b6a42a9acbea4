//! gRPC of authority.
use crate::{
    app::{App, FreezeHolder, ListAuthority, RecordAuthority, RenewAuthority, ReviewFreeze},
    domain::authority::{Authority, Basis, Evidence, Freeze, Person, Word, is_state},
    message::span_of,
};
use chrono::NaiveDate;
use holdfast_host::{CommandId, Ground, Problem, catalogue, field};
use holdfast_proto::{
    Word as _,
    consent::v1::{
        self as pb,
        authority_service_server::{AuthorityService, AuthorityServiceServer},
    },
    timestamp,
};
use holdfast_types::{Action, Category, DocumentId};
use prost_types::Timestamp;
use tonic::{Request, Response, Status};

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
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = to_record(message)?;
        let recorded = self.app.record_authority(&asked, id, command).await;
        let (authority, position) = recorded.map_err(Problem::from)?;
        let (authority, position) = (Some(shown(authority)), position.map(Into::into));
        Ok(Response::new(pb::RecordAuthorityResponse { authority, position }))
    }

    async fn attest_authority(
        &self,
        request: Request<pb::AttestAuthorityRequest>,
    ) -> Result<Response<pb::AttestAuthorityResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let patient = field::id("patient_id", &message.patient_id)?;
        let authority = field::id("authority_id", &message.authority_id)?;
        let attested = self.app.attest_authority(&asked, id, patient, authority).await;
        let (authority, position) = attested.map_err(Problem::from)?;
        let (authority, position) = (Some(shown(authority)), position.map(Into::into));
        Ok(Response::new(pb::AttestAuthorityResponse { authority, position }))
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
        let (authority, position) = (Some(shown(authority)), position.map(Into::into));
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
        let (authority, position) = (Some(shown(authority)), position.map(Into::into));
        Ok(Response::new(pb::EndAuthorityResponse { authority, position }))
    }

    async fn appoint_proxy(
        &self,
        request: Request<pb::AppointProxyRequest>,
    ) -> Result<Response<pb::AppointProxyResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = to_appoint(message)?;
        let appointed = self.app.appoint_proxy(&asked, id, command).await;
        let (authority, position) = appointed.map_err(Problem::from)?;
        let (authority, position) = (Some(shown(authority)), position.map(Into::into));
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
        let (freeze, position) = (Some(shown_freeze(freeze)), position.map(Into::into));
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
        };
        let (freeze, position) = self.app.review_freeze(&asked, id, command).await.map_err(Problem::from)?;
        let (freeze, position) = (Some(shown_freeze(freeze)), position.map(Into::into));
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
            authorities: then.authorities.into_iter().map(shown).collect(),
            freezes: then.freezes.into_iter().map(shown_freeze).collect(),
            birth_date: person.as_ref().map(|person| person.born.to_string()).unwrap_or_default(),
            state: person.map(|person| person.state).unwrap_or_default(),
            later_spans: then.later.iter().map(span_of).collect(),
        }))
    }
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
    match Basis::ALL.iter().find(|basis| of_basis(**basis) as i32 == number) {
        _ if number == 0 => Err(invalid(catalogue::FIELD_MISSING, "it is required")),
        Some(Basis::Appointment) => Err(invalid(catalogue::FIELD_INVALID, "a proxy is appointed")),
        Some(basis) => Ok(*basis),
        None => Err(invalid(catalogue::FIELD_INVALID, "not a word of the contract")),
    }
}

const fn of_basis(basis: Basis) -> pb::AuthorityBasis {
    match basis {
        Basis::Person => pb::AuthorityBasis::Person,
        Basis::Birth => pb::AuthorityBasis::Birth,
        Basis::Custody => pb::AuthorityBasis::Custody,
        Basis::CourtOrder => pb::AuthorityBasis::CourtOrder,
        Basis::FosterPlacement => pb::AuthorityBasis::FosterPlacement,
        Basis::Guardianship => pb::AuthorityBasis::Guardianship,
        Basis::PowerOfAttorney => pb::AuthorityBasis::PowerOfAttorney,
        Basis::Incapacity => pb::AuthorityBasis::Incapacity,
        Basis::Assent => pb::AuthorityBasis::Assent,
        Basis::Appointment => pb::AuthorityBasis::Appointment,
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

fn shown(authority: Authority) -> pb::Authority {
    let (word, attested_by) = match authority.word {
        Word::Waits => (pb::AuthorityWord::Waits, String::new()),
        Word::Own => (pb::AuthorityWord::Own, String::new()),
        Word::Attested(by) => (pb::AuthorityWord::Attested, by.to_string()),
    };
    pb::Authority {
        authority_id: authority.id.to_string(),
        account_id: authority.account.to_string(),
        basis: of_basis(authority.basis).into(),
        categories: authority.categories.iter().map(|word| word.to_proto()).collect(),
        actions: authority.actions.iter().map(|word| word.to_proto()).collect(),
        from_time: Some(timestamp(authority.period.from())),
        until_time: authority.period.until().map(timestamp),
        in_place_of_person: authority.in_place_of_person,
        evidence: Some(pb::Evidence {
            document_ids: authority.evidence.documents.iter().map(ToString::to_string).collect(),
            issued_date: authority.evidence.issued.map(|day| day.to_string()).unwrap_or_default(),
            note: authority.evidence.note,
        }),
        word: word.into(),
        recorded_by_account_id: authority.by.to_string(),
        attested_by_account_id: attested_by,
    }
}

fn shown_freeze(freeze: Freeze) -> pb::Freeze {
    let until_time: Option<Timestamp> = freeze.ends().map(timestamp);
    pb::Freeze {
        freeze_id: freeze.id.to_string(),
        account_id: freeze.account.to_string(),
        from_time: Some(timestamp(freeze.placed)),
        until_time,
        reason: freeze.reason,
        placed_by_account_id: freeze.by.to_string(),
        reviewed_by_account_id: freeze.review.map(|review| review.by.to_string()).unwrap_or_default(),
    }
}
