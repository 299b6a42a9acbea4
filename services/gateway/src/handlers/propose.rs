//! The forms with which a family proposes what it may not change: of who the person is, and of an item.
use super::{details, item};
use crate::{
    failure::{Answer, Failure},
    form::Fields,
    pages::{
        Tab,
        parts::{Field, Link, Problem},
        proposals::Propose,
        show, show_as,
    },
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
use holdfast_proto::records::v1::{
    DemographicsProposal, GetItemRequest, Item, ItemProposal, ProposeChangeRequest,
    propose_change_request::Change,
};
use holdfast_types::Category;
use http::StatusCode;
use prost_types::FieldMask;
use std::sync::Arc;

pub(super) mod added;
mod written;

const REASON_CHARACTERS_MAX: u32 = 500;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/r/{r}/details/propose", get(of_person).post(propose_of_person))
        .route("/r/{r}/i/{item}/propose", get(of_item).post(propose_of_item))
        .route("/r/{r}/c/{category}/propose", get(of_room).post(propose_of_room))
}

type Wrong = (&'static str, &'static str);

async fn of_person(open: Open) -> Answer {
    let (page, _) = person(&open, None).await?;
    Ok(show(&page))
}

/// The fields that are locked for the account; with what was typed, or what stands.
async fn person(open: &Open, typed: Option<&Fields>) -> Result<(Propose, Vec<&'static str>), Failure> {
    let (stands, etag) = details::stored(open).await?;
    let locked = details::locked(open).await?;
    if locked.is_empty() || etag.is_empty() {
        return Err(Failure::not_shown());
    }
    let fields = details::fields(open.words()).into_iter().filter(|field| locked.contains(&field.name));
    let fields = fields.map(|field| {
        let value = typed.unwrap_or(&stands).one(field.name).to_owned();
        Field { value, ..field }
    });
    let fields = fields.chain([reason(open, typed)]).collect();
    let page = Propose {
        frame: open.frame(Tab::Record).await,
        path: open.path("/details/propose"),
        back: Link::new(open.path("/details"), open.words().t("record-details")),
        title: open.words().t("record-details"),
        facts: Vec::new(),
        fields,
        may_retract: false,
        etag,
        problems: Vec::new(),
    };
    Ok((page, locked))
}

fn reason(open: &Open, typed: Option<&Fields>) -> Field {
    let field = Field::text("reason", open.words().t("propose-reason"));
    let value = typed.map(|typed| typed.one("reason").to_owned()).unwrap_or_default();
    Field { size_max: REASON_CHARACTERS_MAX, value, ..field.hint(open.words().t("propose-reason-hint")) }
}

async fn propose_of_person(open: Open, fields: Fields) -> Answer {
    let (mut page, locked) = person(&open, Some(&fields)).await?;
    let mut wrong = super::people::checked(&open, &fields);
    wrong.retain(|(field, _)| locked.contains(field));
    wrong.extend(unreasoned(&fields));
    if !wrong.is_empty() {
        return Ok(refused(&open, page, &wrong));
    }
    let demographics = Some(details::demographics(&fields));
    let update_mask = Some(FieldMask { paths: locked.iter().map(|path| (*path).to_owned()).collect() });
    let change = Change::Person(DemographicsProposal { demographics, update_mask });
    match send(&open, &fields, change).await {
        Ok(proposal) => Ok(proposal),
        // What was typed is kept, over what stands now.
        Err(failure) if failure.is(catalogue::ETAG_MISMATCH) => {
            page.etag = details::stored(&open).await?.1;
            Ok(refused(&open, page, &[("reason", "propose-conflict")]))
        }
        Err(failure) if failure.is(catalogue::NOTHING_PROPOSED) => {
            let first = locked.first().copied().unwrap_or("reason");
            Ok(refused(&open, page, &[(first, "propose-nothing")]))
        }
        Err(failure) => said(&open, page, failure),
    }
}

async fn of_item(open: Open, Path((_, id)): Path<(String, String)>) -> Answer {
    let (page, _) = thing(&open, &id, None).await?;
    Ok(show(&page))
}

async fn thing(open: &Open, id: &str, typed: Option<&Fields>) -> Result<(Propose, Item), Failure> {
    let asked = GetItemRequest { patient_id: open.patient_id(), item_id: id.to_owned(), as_of_time: None };
    let found = open.records().get_item(asked).await?.into_inner();
    if !open.is_held() || !found.retraction_reason.is_empty() {
        return Err(Failure::not_shown());
    }
    let words = open.words();
    let fields = written::fields(words, &found).into_iter().map(|field| match typed {
        Some(typed) => Field { value: typed.one(field.name).to_owned(), ..field },
        None => field,
    });
    let fields = fields.chain([reason(open, typed)]).collect();
    let path = open.path(&format!("/i/{id}"));
    let page = Propose {
        frame: open.frame(Tab::Record).await,
        path: format!("{path}/propose"),
        back: Link::new(path, found.title.clone()),
        title: found.title.clone(),
        facts: item::facts(open, &found),
        fields,
        may_retract: true,
        etag: found.etag.clone(),
        problems: Vec::new(),
    };
    Ok((page, found))
}

async fn propose_of_item(open: Open, Path((_, id)): Path<(String, String)>, fields: Fields) -> Answer {
    let (page, found) = thing(&open, &id, Some(&fields)).await?;
    if let Some(wrong) = unreasoned(&fields) {
        return Ok(refused(&open, page, &[wrong]));
    }
    let change = if fields.one("step") == "retract" {
        Change::RetractedItemId(id.clone())
    } else {
        match written::rewritten(&found, &fields) {
            Ok(fhir_json) => Change::ChangedItem(ItemProposal { item_id: id.clone(), fhir_json }),
            Err(wrong) => return Ok(refused(&open, page, &[wrong])),
        }
    };
    match send(&open, &fields, change).await {
        Ok(proposal) => Ok(proposal),
        Err(failure) if failure.is(catalogue::ETAG_MISMATCH) => {
            Ok(refused(&open, page, &[("reason", "propose-conflict")]))
        }
        Err(failure) if failure.is(catalogue::NOTHING_PROPOSED) => {
            let first = page.fields.first().map_or("reason", |field| field.name);
            Ok(refused(&open, page, &[(first, "propose-nothing")]))
        }
        Err(failure) => said(&open, page, failure),
    }
}

async fn of_room(open: Open, Path((_, room)): Path<(String, String)>) -> Answer {
    Ok(show(&new(&open, &room, &Fields::default()).await?.0))
}

async fn new(open: &Open, room: &str, typed: &Fields) -> Result<(Propose, Category), Failure> {
    let room = room.parse().ok().filter(|room| added::ROOMS.contains(room)).ok_or_else(Failure::not_shown)?;
    if !open.is_held() {
        return Err(Failure::not_shown());
    }
    let (words, back) = (open.words(), open.path(&format!("/c/{room}")));
    let text = Field::line("text", words.t("propose-new-text")).value(typed.one("text"));
    let note = Field { size_max: 1000, ..Field::text("note", words.t("propose-note")).optional() };
    let page = Propose {
        frame: open.frame(Tab::Record).await,
        path: format!("{back}/propose"),
        back: Link::new(back, words.category(room)),
        title: words.category(room),
        facts: Vec::new(),
        fields: vec![text, note.value(typed.one("note")), reason(open, Some(typed))],
        may_retract: false,
        etag: String::new(),
        problems: Vec::new(),
    };
    Ok((page, room))
}

async fn propose_of_room(open: Open, Path((_, room)): Path<(String, String)>, fields: Fields) -> Answer {
    let (page, room) = new(&open, &room, &fields).await?;
    let text = fields.one("text");
    let unsaid = text.is_empty().then_some(("text", "propose-text-wrong"));
    let wrong: Vec<Wrong> = unsaid.into_iter().chain(unreasoned(&fields)).collect();
    if !wrong.is_empty() {
        return Ok(refused(&open, page, &wrong));
    }
    let (patient, id) = (open.patient_id(), fields.request_id()?.to_string());
    let json =
        added::resource(room, &patient, &id, text, fields.one("note")).ok_or_else(Failure::not_shown)?;
    match send(&open, &fields, Change::NewFhirJson(json)).await {
        Ok(proposal) => Ok(proposal),
        Err(failure) => said(&open, page, failure),
    }
}

fn unreasoned(fields: &Fields) -> Option<Wrong> {
    match fields.one("reason").chars().count() {
        0 => Some(("reason", "propose-reason-wrong")),
        count if count > REASON_CHARACTERS_MAX as usize => Some(("reason", "person-text-long")),
        _ => None,
    }
}

/// What its writer can put right stands beside the field.
fn said(open: &Open, page: Propose, failure: Failure) -> Answer {
    if failure.is(catalogue::TOO_MANY_PROPOSALS) {
        return Ok(refused(open, page, &[("reason", "propose-many")]));
    }
    let named = page.fields.iter().map(|field| field.name).find(|name| failure.names(name));
    match named {
        Some(name) => Ok(refused(open, page, &[(name, details::words_of(name, &failure))])),
        None => Err(failure),
    }
}

fn refused(open: &Open, mut page: Propose, wrong: &[Wrong]) -> axum::response::Response {
    for (name, key) in wrong {
        let text = open.words().t(key);
        page.problems.push(Problem { field: (*name).to_owned(), text: text.clone() });
        if let Some(field) = page.fields.iter_mut().find(|field| field.name == *name) {
            field.wrong = Some(text);
        }
    }
    show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

async fn send(open: &Open, fields: &Fields, change: Change) -> Answer {
    let asked = ProposeChangeRequest {
        request_id: fields.request_id()?.to_string(),
        patient_id: open.patient_id(),
        change: Some(change),
        reason: fields.one("reason").to_owned(),
        etag: fields.one("etag").to_owned(),
    };
    let made = open.proposals().propose_change(asked).await?.into_inner();
    open.wrote(made.position);
    open.say_next("proposal-said");
    Ok(Redirect::to(&open.path(&format!("/proposals/{}", made.proposal_id))).into_response())
}
