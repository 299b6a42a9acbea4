//! Proposals of a record: the list, one of them, taking it back, deciding on it; and where somebody is told of them.
use super::{room, then};
use crate::{
    failure::{Answer, Failure},
    form::Fields,
    pages::{
        Tab,
        home::Need,
        parts::{Badge, Fact, Field, Icon, Link, Problem, Tone},
        proposals::{Deciding, Proposal as Page, ProposalRow, Proposals},
        show, show_as,
        work::WorkRow,
    },
    shelf::{Listed, Open},
    site::Site,
    visitor::Signed,
    words::Words,
};
use axum::{
    Router,
    extract::{Path, Query},
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use chrono::TimeDelta;
use holdfast_host::catalogue;
use holdfast_proto::{
    Word as _,
    records::v1::{
        GetProposalRequest, ListProposalsRequest, Proposal, ProposalKind, ProposalState,
        ReviewProposalRequest, WithdrawProposalRequest,
    },
    time,
};
use holdfast_types::{Action, Category};
use http::StatusCode;
use std::{collections::HashMap, sync::Arc};

const PAGE_SIZE: i32 = 25;
/// So many that wait are shown on the page of work; they are the oldest.
const WAITING_MAX: i32 = 20;
/// What was decided is news for so long.
const NEWS_DAYS: TimeDelta = TimeDelta::days(7);
const ANSWER_CHARACTERS_MAX: u32 = 500;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/r/{r}/proposals", get(list))
        .route("/r/{r}/proposals/{proposal}", get(page).post(step))
}

#[derive(Default, serde::Deserialize)]
struct At {
    #[serde(default)]
    page: String,
}

async fn list(open: Open, Query(at): Query<At>) -> Answer {
    let asked = ListProposalsRequest {
        patient_id: open.patient_id(),
        page_size: PAGE_SIZE,
        page_token: at.page,
        ..ListProposalsRequest::default()
    };
    let answer = open.proposals().list_proposals(asked).await?.into_inner();
    let known = open.known(answer.proposals.iter().map(|one| one.proposed_by.as_str())).await?;
    let row = |one: &Proposal| ProposalRow {
        href: open.path(&format!("/proposals/{}", one.proposal_id)),
        title: title(open.words(), one),
        detail: [
            known.actor(&open, &one.proposed_by).name,
            open.when(one.create_time.as_ref()).map(|when| when.text).unwrap_or_default(),
        ]
        .join(" · "),
        badge: badge(open.words(), one),
    };
    let rows = answer.proposals.iter().map(row).collect();
    let next = Some(answer.next_page_token).filter(|token| !token.is_empty());
    let next = next.map(|token| open.path(&format!("/proposals?page={}", room::encoded(&token))));
    Ok(show(&Proposals { frame: open.frame(Tab::Record).await, rows, next }))
}

async fn page(open: Open, Path((_, id)): Path<(String, String)>) -> Answer {
    Ok(show(&drawn(&open, &id).await?))
}

async fn drawn(open: &Open, id: &str) -> Result<Page, Failure> {
    let asked = GetProposalRequest { patient_id: open.patient_id(), proposal_id: id.to_owned() };
    let found = open.proposals().get_proposal(asked).await?.into_inner();
    let words = open.words();
    let me = format!("account/{}", open.who.account_id);
    let waits = found.state() == ProposalState::Waiting;
    let rooms: Vec<Category> =
        found.categories.iter().filter_map(|room| Category::from_proto(*room)).collect();
    let may_decide = waits
        && !open.is_held()
        && found.proposed_by != me
        && rooms.iter().all(|room| open.may(Action::Contribute, *room));
    let answer = Field { size_max: ANSWER_CHARACTERS_MAX, ..Field::text("answer", words.t("proposal-say")) };
    let about = (!found.item_id.is_empty())
        .then(|| Link::new(open.path(&format!("/i/{}", found.item_id)), words.t("proposal-about")));
    // Of several rooms, the one whose contents go with a notice.
    let noticed = rooms.iter().find(|room| **room == Category::SubstanceUse);
    let shown = noticed.or(rooms.first()).copied().unwrap_or(Category::Other);
    Ok(Page {
        frame: open.frame_showing(Tab::Record, shown).await,
        path: open.path(&format!("/proposals/{id}")),
        title: title(words, &found),
        about,
        badge: badge(words, &found),
        facts: facts(open, &found, &rooms).await?,
        retracts: found.kind() == ProposalKind::Retraction,
        differences: found.fields.iter().map(|field| then::difference(open, field)).collect(),
        outdated: found.outdated,
        may_withdraw: waits && found.proposed_by == me,
        deciding: may_decide.then(|| Deciding {
            answer: answer.hint(words.t("proposal-say-hint")),
            outdated: found.outdated,
        }),
        etag: found.etag,
        problems: Vec::new(),
        reason: found.reason,
        answer: found.answer,
    })
}

async fn facts(open: &Open, found: &Proposal, rooms: &[Category]) -> Result<Vec<Fact>, Failure> {
    let words = open.words();
    let known = open.known([found.proposed_by.as_str(), found.decided_by.as_str()]).await?;
    let decided = !found.decided_by.is_empty();
    let when = |at: Option<&prost_types::Timestamp>| open.when(at).map(|when| when.text);
    let facts = [
        (
            "proposal-room",
            Some(rooms.iter().map(|room| words.category(*room)).collect::<Vec<_>>().join(", ")),
        ),
        ("proposal-by", Some(known.actor(open, &found.proposed_by).name)),
        ("proposal-when", when(found.create_time.as_ref())),
        ("proposal-decided-by", decided.then(|| known.actor(open, &found.decided_by).name)),
        ("proposal-decided-when", when(found.decide_time.as_ref())),
    ];
    Ok(facts.into_iter().filter_map(|(key, value)| Some(Fact::new(words.t(key), value?))).collect())
}

async fn step(open: Open, Path((_, id)): Path<(String, String)>, fields: Fields) -> Answer {
    let (request_id, patient_id) = (fields.request_id()?.to_string(), open.patient_id());
    let path = open.path(&format!("/proposals/{id}"));
    let answer = fields.one("answer").to_owned();
    let (done, said) = match fields.one("step") {
        "withdraw" => {
            let asked = WithdrawProposalRequest { request_id, patient_id, proposal_id: id.clone() };
            let done = open.proposals().withdraw_proposal(asked).await;
            (done.map(|done| done.into_inner().position), "proposal-withdrawn")
        }
        verdict @ ("accept" | "reject") => {
            let asked = ReviewProposalRequest {
                request_id,
                patient_id,
                proposal_id: id.clone(),
                accept: verdict == "accept",
                answer: answer.clone(),
                etag: fields.one("etag").to_owned(),
            };
            let done = open.proposals().review_proposal(asked).await;
            let said = if verdict == "accept" { "proposal-accepted" } else { "proposal-rejected" };
            (done.map(|done| done.into_inner().position), said)
        }
        _ => return Err(Failure::bad_form()),
    };
    match done.map_err(Failure::from) {
        Ok(position) => {
            open.wrote(position);
            open.forget_name(open.record.patient);
            open.say_next(said);
            Ok(Redirect::to(&path).into_response())
        }
        // Somebody was faster: the page says what became of it.
        Err(failure) if failure.is(catalogue::PROPOSAL_DECIDED) => Ok(Redirect::to(&path).into_response()),
        Err(failure) if failure.is(catalogue::ETAG_MISMATCH) => {
            Ok(show_as(StatusCode::CONFLICT, &drawn(&open, &id).await?))
        }
        Err(failure) if failure.names("answer") => {
            let mut page = drawn(&open, &id).await?;
            let key = if answer.is_empty() { "proposal-say-wrong" } else { "person-text-long" };
            let text = open.words().t(key);
            page.problems = vec![Problem { field: "answer".to_owned(), text: text.clone() }];
            page.deciding = page
                .deciding
                .map(|deciding| Deciding { answer: deciding.answer.value(answer).wrong(text), ..deciding });
            Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
        Err(failure) => Err(failure),
    }
}

fn title(words: Words, one: &Proposal) -> String {
    if one.title.is_empty() { words.t("record-details") } else { one.title.clone() }
}

fn badge(words: Words, one: &Proposal) -> Badge {
    let (tone, key) = match one.state() {
        ProposalState::Waiting | ProposalState::Unspecified => (Tone::Warn, "proposal-state-waiting"),
        ProposalState::Withdrawn => (Tone::Plain, "proposal-state-withdrawn"),
        ProposalState::Accepted => (Tone::Good, "proposal-state-accepted"),
        ProposalState::Rejected => (Tone::Stop, "proposal-state-rejected"),
    };
    Badge::new(tone, words.t(key))
}

/// Those of the record that wait, the newest first. In a record that stands free no page offers to propose anything.
pub(super) async fn waiting(open: &Open) -> Result<Vec<Proposal>, Failure> {
    if open.record.tenant_id.is_empty() {
        return Ok(Vec::new());
    }
    let asked = ListProposalsRequest {
        patient_id: open.patient_id(),
        state: ProposalState::Waiting.into(),
        page_size: 50,
        ..ListProposalsRequest::default()
    };
    Ok(open.proposals().list_proposals(asked).await?.into_inner().proposals)
}

/// For a family's home: what was lately decided of what the account proposed.
pub(super) async fn news(open: &Open) -> Result<Vec<Need>, Failure> {
    if !open.is_held() || open.record.tenant_id.is_empty() {
        return Ok(Vec::new());
    }
    let asked = ListProposalsRequest {
        patient_id: open.patient_id(),
        page_size: PAGE_SIZE,
        ..ListProposalsRequest::default()
    };
    let listed = open.proposals().list_proposals(asked).await?.into_inner().proposals;
    let (words, me) = (open.words(), format!("account/{}", open.who.account_id));
    let is_news = |one: &&Proposal| {
        let decided = one.decide_time.as_ref().and_then(|at| time(at).ok());
        one.proposed_by == me
            && !one.decided_by.is_empty()
            && decided.is_some_and(|at| open.now() - at < NEWS_DAYS)
    };
    let need = |one: &Proposal| Need {
        href: open.path(&format!("/proposals/{}", one.proposal_id)),
        title: format!("{}: {}", words.t("proposals-room"), title(words, one)),
        detail: one.answer.clone(),
        icon: Icon::Pen,
        badge: Some(badge(words, one)),
    };
    Ok(listed.iter().filter(is_news).map(need).collect())
}

/// For who works here: what waits for somebody like them, in the order in which it came.
pub(super) async fn to_decide(signed: &Signed, shelf: &[Listed]) -> Result<Vec<WorkRow>, Failure> {
    let asked = ListProposalsRequest { page_size: WAITING_MAX, ..ListProposalsRequest::default() };
    let listed = signed.proposals().list_proposals(asked).await?.into_inner().proposals;
    if listed.is_empty() {
        return Ok(Vec::new());
    }
    let words = signed.words();
    let by_id: HashMap<String, &Listed> = shelf
        .iter()
        .filter(|record| !record.emergency && record.relationship.is_none())
        .map(|record| (record.patient.to_string(), record))
        .collect();
    let of: Vec<Listed> =
        listed.iter().filter_map(|one| by_id.get(&one.patient_id)).map(|one| (*one).clone()).collect();
    let names = signed.names(&of).await?;
    let row = |one: &Proposal| {
        let record = by_id.get(&one.patient_id)?;
        let name = names.get(&record.patient).map(|named| named.name.clone());
        let since = signed.when(one.create_time.as_ref()).map(|when| when.text).unwrap_or_default();
        Some(WorkRow {
            href: format!("/r/{}/proposals/{}", record.alias, one.proposal_id),
            name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| words.t("patient-unnamed")),
            detail: title(words, one),
            changed: words.say("proposal-since").with("when", since).plain(),
            badges: Vec::new(),
            stripe: record.stripe,
        })
    };
    Ok(listed.iter().filter_map(row).collect())
}
