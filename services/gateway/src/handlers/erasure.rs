//! Asking that a record, or one paper of it, be erased for good, and taking that back: for those who hold the record.
use crate::{
    failure::{Answer, Failure},
    form::Fields,
    pages::{Tab, erasure::Erasure as ErasurePage, parts::Fact, show},
    shelf::Open,
    site::Site,
};
use axum::{
    Router,
    extract::Path,
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use holdfast_host::catalogue;
use holdfast_proto::{
    consent::v1::{Erasure, ErasureState, GetErasureRequest, RequestErasureRequest, WithdrawErasureRequest},
    documents::v1::GetDocumentRequest,
};
use std::sync::Arc;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/r/{r}/erasure", get(of_record).post(step_of_record))
        .route("/r/{r}/papers/{paper}/erasure", get(of_paper).post(step_of_paper))
}

/// All of the record, or one paper of it.
struct What {
    document_id: String,
    paper: Option<String>,
    path: String,
    back: String,
}

impl What {
    fn record(open: &Open) -> Result<Self, Failure> {
        held(open)?;
        let (path, back) = (open.path("/erasure"), open.path("/details"));
        Ok(Self { document_id: String::new(), paper: None, path, back })
    }

    async fn paper(open: &Open, document_id: String) -> Result<Self, Failure> {
        held(open)?;
        let back = open.path(&format!("/papers/{document_id}"));
        let asked = GetDocumentRequest {
            patient_id: open.patient_id(),
            document_id: document_id.clone(),
            as_of_time: None,
        };
        let title = open.documents().get_document(asked).await?.into_inner().title;
        Ok(Self { document_id, paper: Some(title), path: format!("{back}/erasure"), back })
    }
}

fn held(open: &Open) -> Result<(), Failure> {
    if open.record.shares_everything() { Ok(()) } else { Err(Failure::not_shown()) }
}

async fn of_record(open: Open) -> Answer {
    page(&open, What::record(&open)?).await
}

async fn of_paper(open: Open, Path((_, paper)): Path<(String, String)>) -> Answer {
    page(&open, What::paper(&open, paper).await?).await
}

async fn step_of_record(open: Open, fields: Fields) -> Answer {
    step(&open, &What::record(&open)?, &fields).await
}

async fn step_of_paper(open: Open, Path((_, paper)): Path<(String, String)>, fields: Fields) -> Answer {
    step(&open, &What::paper(&open, paper).await?, &fields).await
}

async fn page(open: &Open, what: What) -> Answer {
    let asked = GetErasureRequest {
        patient_id: open.patient_id(),
        tenant_id: String::new(),
        document_id: what.document_id,
    };
    let erasure = open.erasures().get_erasure(asked).await?.into_inner();
    let waits = erasure.state() == ErasureState::Requested;
    let facts = facts(open, &erasure).await?;
    let frame = open.frame(if what.paper.is_some() { Tab::Papers } else { Tab::Record }).await;
    Ok(show(&ErasurePage { frame, path: what.path, back: what.back, paper: what.paper, facts, waits }))
}

async fn facts(open: &Open, erasure: &Erasure) -> Result<Vec<Fact>, Failure> {
    let (words, mut facts) = (open.words(), Vec::new());
    if erasure.state() == ErasureState::Requested {
        let by = erasure.requested_by_account_id.as_str();
        let by = open.known([by]).await?.actor(open, by).name;
        facts.push(Fact::new(words.t("erasure-asked-by"), by));
        let when = open.when(erasure.requested_time.as_ref());
        facts.extend(when.map(|when| Fact::new(words.t("erasure-asked-on"), when.text)));
    }
    let orders = erasure.holds.iter().filter_map(|hold| hold.grounds.clone());
    facts.extend(orders.map(|grounds| Fact::new(words.t("erasure-held-by"), grounds.authority)));
    Ok(facts)
}

async fn step(open: &Open, what: &What, fields: &Fields) -> Answer {
    let (patient_id, document_id) = (open.patient_id(), what.document_id.clone());
    let request_id = fields.request_id()?.to_string();
    let (answer, said) = match fields.one("step") {
        "ask" => {
            let asked = RequestErasureRequest { request_id, patient_id, document_id };
            let answer = open.erasures().request_erasure(asked).await;
            (answer.map(|answer| answer.into_inner().position), "erasure-said")
        }
        "back" => {
            let asked = WithdrawErasureRequest { request_id, patient_id, document_id };
            let answer = open.erasures().withdraw_erasure(asked).await;
            (answer.map(|answer| answer.into_inner().position), "erasure-taken-back")
        }
        _ => return Err(Failure::bad_form()),
    };
    match answer.map_err(Failure::from) {
        Ok(position) => open.wrote(position),
        // The other parent was faster.
        Err(failure) if failure.is(catalogue::ERASURE_NOT_REQUESTED) => {}
        Err(failure) => return Err(failure),
    }
    open.say_next(said);
    Ok(Redirect::to(&what.path).into_response())
}
