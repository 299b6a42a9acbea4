//! The practice's list: whom it treats, which families wait for its word, and asking the family of a record that its network opened.
use super::care;
use crate::{
    directory::Known,
    failure::{Answer, Failure},
    form::{self, Fields},
    pages::{
        Tab,
        parts::{Badge, Fact, Field, Filter, Problem, Tone},
        show, show_as,
        treatment::{Desk, DeskRow},
    },
    shelf::Named,
    visitor::Signed,
};
use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect},
};
use holdfast_host::{Reason, catalogue};
use holdfast_proto::{
    Word as _,
    consent::v1::{
        AcceptTreatmentRequest, EndTreatmentRequest, ListPracticeTreatmentsRequest, ProposeTreatmentRequest,
        Treatment, TreatmentSide, TreatmentState,
    },
};
use holdfast_types::{PatientId, Role};
use http::StatusCode;
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};

const PAGE_SIZE: i32 = 25;

#[derive(Default, Deserialize)]
pub(super) struct At {
    #[serde(default)]
    practice: String,
    #[serde(default)]
    page: String,
}

/// Practices at which the account holds one of these roles, each once.
pub(super) fn practices(signed: &Signed, roles: &[Role]) -> Vec<String> {
    let held = signed.who.account.roles.iter().filter(|held| {
        !held.practice_id.is_empty() && Role::from_proto(held.role).is_some_and(|role| roles.contains(&role))
    });
    let mut practices: Vec<String> = held.map(|held| held.practice_id.clone()).collect();
    practices.sort_unstable();
    practices.dedup();
    practices
}

pub(super) fn kept(signed: &Signed) -> Vec<String> {
    practices(signed, &[Role::FrontDesk, Role::PracticeAdministrator])
}

/// Whoever answers the telephone of a practice, or runs it.
pub(in super::super) fn keeps(signed: &Signed) -> bool {
    !kept(signed).is_empty()
}

/// The one that was asked for, or the first.
pub(super) fn chosen(own: &[String], asked: &str) -> Result<String, Failure> {
    let named = own.iter().find(|practice| *practice == asked);
    let first = if asked.is_empty() { own.first() } else { None };
    named.or(first).cloned().ok_or_else(Failure::not_shown)
}

pub(super) async fn list(signed: Signed, Query(at): Query<At>) -> Answer {
    let practice = chosen(&kept(&signed), &at.practice)?;
    Ok(show(&page(&signed, practice, at.page, "", None).await?))
}

pub(super) async fn act(signed: Signed, fields: Fields) -> Answer {
    let practice = chosen(&kept(&signed), fields.one("practice"))?;
    let request = fields.request_id()?;
    let treatment_id = fields.one("treatment").to_owned();
    let request_id = form::step(request, &format!("{}{treatment_id}", fields.one("act")));
    let done = match fields.one("act") {
        "accept" => {
            let asked = AcceptTreatmentRequest { request_id, treatment_id: treatment_id.clone() };
            let accepted = signed.treatments().accept_treatment(asked).await;
            accepted.map(|answer| (answer.into_inner().position, "desk-accepted"))
        }
        "end" => {
            let side = TreatmentSide::Practice.into();
            let asked = EndTreatmentRequest { request_id, treatment_id: treatment_id.clone(), side };
            let ended = signed.treatments().end_treatment(asked).await;
            ended.map(|answer| (answer.into_inner().position, "desk-ended"))
        }
        "ask" => {
            let Ok(patient) = fields.one("patient").parse::<PatientId>() else {
                return again(&signed, practice, &fields, ("patient", "office-number-wrong")).await;
            };
            let asked = ProposeTreatmentRequest {
                request_id,
                patient_id: patient.to_string(),
                practice_id: practice.clone(),
                side: TreatmentSide::Practice.into(),
                ..ProposeTreatmentRequest::default()
            };
            let proposed = signed.treatments().propose_treatment(asked).await;
            proposed.map(|answer| (answer.into_inner().position, "desk-asked"))
        }
        _ => return Err(Failure::bad_form()),
    };
    match done.map_err(Failure::from) {
        Ok((position, said)) => {
            signed.wrote(position);
            signed.say_next(said);
        }
        Err(failure) => {
            let key = said(&failure, fields.one("act")).ok_or(failure)?;
            let field = if treatment_id.is_empty() { "patient" } else { treatment_id.as_str() };
            return again(&signed, practice, &fields, (field, key)).await;
        }
    }
    Ok(Redirect::to(&format!("/desk?practice={practice}")).into_response())
}

/// What somebody else did meanwhile, or what cannot be.
fn said(failure: &Failure, act: &str) -> Option<&'static str> {
    const SAID: [(&Reason, &str); 6] = [
        (catalogue::TREATMENT_ENDED, "desk-over"),
        (catalogue::TREATMENT_STANDS, "desk-stands"),
        (catalogue::TREATMENT_PROPOSED, "desk-proposed-already"),
        (catalogue::NOT_A_HOLDER, "desk-no-holder"),
        (catalogue::TOO_MANY_GRANTS, "share-too-many"),
        (catalogue::TOO_MANY_TREATMENTS, "desk-too-many"),
    ];
    if act == "ask" && failure.is(catalogue::NOT_PERMITTED) {
        return Some("desk-ask-unknown");
    }
    SAID.iter().find(|(reason, _)| failure.is(reason)).map(|(_, key)| *key)
}

async fn again(signed: &Signed, practice: String, fields: &Fields, (field, key): (&str, &str)) -> Answer {
    let problem = Problem { field: field.to_owned(), text: signed.words().t(key) };
    let page = page(signed, practice, String::new(), fields.one("patient"), Some(problem)).await?;
    Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

async fn page(
    signed: &Signed,
    practice_id: String,
    page_token: String,
    typed: &str,
    problem: Option<Problem>,
) -> Result<Desk, Failure> {
    let asked =
        ListPracticeTreatmentsRequest { practice_id: practice_id.clone(), page_size: PAGE_SIZE, page_token };
    let answer = signed.treatments().list_practice_treatments(asked).await?.into_inner();
    let known = signed.known(answer.treatments.iter().map(|one| one.by_account_id.as_str())).await?;
    let shelf = signed.fresh_shelf().await?;
    let treated =
        |patient: &PatientId| answer.treatments.iter().any(|one| one.patient_id == patient.to_string());
    let reached: Vec<_> = shelf.iter().filter(|record| treated(&record.patient)).cloned().collect();
    let names = signed.names(&reached).await?;
    let words = signed.words();
    let own = kept(signed);
    let other = |id: &String| {
        Filter::new(format!("/desk?practice={id}"), known.practice(signed, id), *id == practice_id)
    };
    let practices = if own.len() > 1 { own.iter().map(other).collect() } else { Vec::new() };
    let runs = practices_run(signed).contains(&practice_id);
    let next = Some(answer.next_page_token).filter(|token| !token.is_empty());
    let ask = Field::line("patient", words.t("emergency-patient")).value(typed);
    let wrong = problem.iter().find(|problem| problem.field == "patient").map(|problem| problem.text.clone());
    Ok(Desk {
        practice: known.practice(signed, &practice_id),
        practices,
        waiting: usize::try_from(answer.waiting_size).unwrap_or_default(),
        rows: answer.treatments.iter().map(|one| row(signed, &known, &names, one)).collect(),
        next: next.map(|token| format!("/desk?practice={practice_id}&page={token}")),
        policy: runs.then(|| format!("/desk/policy?practice={practice_id}")),
        ask: Field { wrong, ..ask },
        problems: problem.into_iter().collect(),
        frame: signed.frame(Tab::Work),
        practice_id,
    })
}

fn practices_run(signed: &Signed) -> Vec<String> {
    practices(signed, &[Role::PracticeAdministrator])
}

fn row(
    signed: &Signed,
    known: &Known,
    names: &HashMap<PatientId, Arc<Named>>,
    treatment: &Treatment,
) -> DeskRow {
    let words = signed.words();
    let by_family = treatment.side() == TreatmentSide::Family;
    let (tone, badge, end) = match treatment.state() {
        TreatmentState::Proposed if by_family => (Tone::Warn, "desk-waits", Some("desk-decline")),
        TreatmentState::Proposed => (Tone::Info, "desk-asked-badge", Some("desk-take-back")),
        TreatmentState::Standing => (Tone::Good, "desk-treated", Some("desk-end-open")),
        _ => (Tone::Plain, "treating-over", None),
    };
    let patient = treatment.patient_id.parse::<PatientId>().ok();
    let named = patient.and_then(|patient| names.get(&patient)).map(|named| named.name.clone());
    let named = named.filter(|name| !name.is_empty());
    let by = known.name(&treatment.by_account_id).filter(|_| by_family);
    let since = signed.when(treatment.since_time.as_ref()).map_or_else(String::new, |when| when.text);
    let said = Some(treatment.introduction.clone()).filter(|said| !said.is_empty());
    let mut facts: Vec<Fact> = said.map(|said| Fact::new(words.t("desk-said"), said)).into_iter().collect();
    facts.extend(care::facts(words, &treatment.lines));
    facts.push(Fact::new(words.t("grant-from"), since));
    facts.push(Fact::new(words.t("emergency-patient"), treatment.patient_id.clone()));
    DeskRow {
        id: treatment.treatment_id.clone(),
        name: named.or(by).unwrap_or_else(|| words.t("desk-somebody")),
        badge: Badge::new(tone, words.t(badge)),
        facts,
        waits: treatment.state() == TreatmentState::Proposed && by_family,
        end: end.map(|key| words.t(key)),
    }
}
