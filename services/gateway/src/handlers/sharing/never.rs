//! Marking what is never shared, a room or one thing, and taking marks away: what it would do is shown before it is done.
use crate::{
    failure::{Answer, Failure},
    form::Fields,
    handlers::given::{Standing, accounts},
    pages::{
        Tab,
        never::{LiftMark as LiftPage, NeverShare},
        parts::{Choice, Fact, Field, Problem},
        sharing::{Carried, Question},
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
use holdfast_host::{Reason, catalogue};
use holdfast_proto::{
    Word as _,
    audit::v1::rehearse_change_request::Change,
    consent::v1::{KeptFrom, LiftMarkRequest, Mark, Marked, SetMarkRequest, grantee, kept_from, marked},
    documents::v1::GetDocumentRequest,
    records::v1::GetItemRequest,
};
use holdfast_types::Category;
use http::StatusCode;
use std::{collections::BTreeSet, sync::Arc};

const REASON_CHARACTERS_MAX: u32 = 200;
const EVERYBODY: &str = "everybody";

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/r/{r}/sharing/never", get(form).post(step))
        .route("/r/{r}/sharing/never/{mark}", get(confirm).post(lift))
        .route("/r/{r}/i/{item}/never", get(item_form).post(item_step))
        .route("/r/{r}/papers/{paper}/never", get(paper_form).post(paper_step))
}

/// What can be marked on one page.
struct Offer {
    path: String,
    back: String,
    /// Value and words.
    what: Vec<(String, String)>,
}

async fn form(open: Open) -> Answer {
    let offer = rooms(&open);
    asked(&open, &offer, &Fields::default()).await
}

async fn step(open: Open, fields: Fields) -> Answer {
    let offer = rooms(&open);
    asked(&open, &offer, &fields).await
}

async fn item_form(open: Open, Path((_, id)): Path<(String, String)>) -> Answer {
    asked(&open, &item(&open, &id).await?, &Fields::default()).await
}

async fn item_step(open: Open, Path((_, id)): Path<(String, String)>, fields: Fields) -> Answer {
    asked(&open, &item(&open, &id).await?, &fields).await
}

async fn paper_form(open: Open, Path((_, id)): Path<(String, String)>) -> Answer {
    asked(&open, &paper(&open, &id).await?, &Fields::default()).await
}

async fn paper_step(open: Open, Path((_, id)): Path<(String, String)>, fields: Fields) -> Answer {
    asked(&open, &paper(&open, &id).await?, &fields).await
}

fn rooms(open: &Open) -> Offer {
    let room = |room: &Category| (format!("room:{room}"), open.words().category(*room));
    let what = Category::ALL.iter().map(room).collect();
    Offer { path: open.path("/sharing/never"), back: open.path("/sharing"), what }
}

async fn item(open: &Open, id: &str) -> Result<Offer, Failure> {
    let asked = GetItemRequest { patient_id: open.patient_id(), item_id: id.to_owned(), as_of_time: None };
    let found = open.records().get_item(asked).await?.into_inner();
    let room = Category::from_proto(found.category).unwrap_or(Category::Other);
    thing(open, &format!("/i/{id}"), id, found.title, &found.recorded_by, room).await
}

async fn paper(open: &Open, id: &str) -> Result<Offer, Failure> {
    let asked =
        GetDocumentRequest { patient_id: open.patient_id(), document_id: id.to_owned(), as_of_time: None };
    let found = open.documents().get_document(asked).await?.into_inner();
    let room = Category::from_proto(found.category).unwrap_or(Category::Documents);
    thing(open, &format!("/papers/{id}"), id, found.title, &found.created_by, room).await
}

/// The thing itself, all that its author wrote here, or its room.
async fn thing(
    open: &Open,
    path: &str,
    id: &str,
    title: String,
    author: &str,
    room: Category,
) -> Result<Offer, Failure> {
    let words = open.words();
    let mut what = vec![(format!("thing:{id}"), title)];
    if let Some(account) = author.strip_prefix("account/") {
        let name = open.known([author]).await?.actor(open, author).name;
        what.push((format!("author:{account}"), words.say("never-author").with("name", name).plain()));
    }
    what.push((
        format!("room:{room}"),
        words.say("never-whole-room").with("room", words.category(room)).plain(),
    ));
    let back = open.path(path);
    Ok(Offer { path: format!("{back}/never"), back, what })
}

async fn asked(open: &Open, offer: &Offer, fields: &Fields) -> Answer {
    Failure::shown_if(open.record.may_share())?;
    let chosen = offer.what.iter().find(|(value, _)| value == fields.one("what"));
    let problem =
        |field: &str, key: &str| vec![Problem { field: field.to_owned(), text: open.words().t(key) }];
    let problems = match (fields.one("step"), chosen) {
        ("form" | "check", None) => problem("what", "never-what-wrong"),
        ("form" | "check", _) if fields.one("reason").chars().count() > REASON_CHARACTERS_MAX as usize => {
            problem("reason", "person-text-long")
        }
        ("form", Some(_)) => return Ok(show(&check(open, offer, fields, Vec::new()).await?)),
        ("check", Some(_)) => match set(open, fields).await {
            Ok(()) => return Ok(Redirect::to(&open.path("/sharing")).into_response()),
            Err(failure) => problem("what", said(&failure).ok_or(failure)?),
        },
        _ => Vec::new(),
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(show_as(status, &page(open, offer, fields, problems).await?))
}

async fn set(open: &Open, fields: &Fields) -> Result<(), Failure> {
    let mark = draft(fields).ok_or_else(Failure::bad_form)?;
    let asked = SetMarkRequest {
        request_id: fields.request_id()?.to_string(),
        patient_id: open.patient_id(),
        what: mark.what,
        kept_from: mark.kept_from,
        reason: mark.reason,
    };
    open.wrote(open.consent().set_mark(asked).await?.into_inner().position);
    open.say_next("never-marked");
    Ok(())
}

fn said(failure: &Failure) -> Option<&'static str> {
    const SAID: [(&Reason, &str); 3] = [
        (catalogue::ALREADY_MARKED, "never-already"),
        (catalogue::TOO_MANY_MARKS, "never-too-many"),
        (catalogue::GRANT_TO_HOLDER, "never-from-holder"),
    ];
    SAID.iter().find(|(reason, _)| failure.is(reason)).map(|(_, key)| *key)
}

/// The mark that the form describes.
fn draft(fields: &Fields) -> Option<Mark> {
    let (kind, value) = fields.one("what").split_once(':')?;
    let what = match kind {
        "room" => marked::Kind::Category(value.parse::<Category>().ok()?.to_proto()),
        "thing" => marked::Kind::ItemId(value.to_owned()),
        "author" => marked::Kind::AuthorAccountId(value.to_owned()),
        _ => return None,
    };
    let kept_from = match fields.one("from").split_once(':') {
        Some(("account", id)) => Some(kept_from::Kind::AccountId(id.to_owned())),
        Some(("practice", id)) => Some(kept_from::Kind::PracticeId(id.to_owned())),
        _ => None,
    };
    Some(Mark {
        what: Some(Marked { kind: Some(what) }),
        kept_from: kept_from.map(|kind| KeptFrom { kind: Some(kind) }),
        reason: fields.one("reason").to_owned(),
        ..Mark::default()
    })
}

async fn page(
    open: &Open,
    offer: &Offer,
    fields: &Fields,
    problems: Vec<Problem>,
) -> Result<NeverShare, Failure> {
    let words = open.words();
    let what = offer
        .what
        .iter()
        .map(|(value, label)| Choice::new(value.clone(), label.clone()).chosen(value == fields.one("what")));
    let question = |name, key: &str, choices| Question {
        name,
        legend: words.t(key),
        hint: String::new(),
        many: false,
        choices,
    };
    let questions = vec![
        question("what", "never-what", what.collect()),
        question("from", "never-from", from_whom(open, fields).await?),
    ];
    let why = Field::line("reason", words.t("never-why")).hint(words.t("never-why-hint"));
    let wrong = problems.iter().find(|problem| problem.field == "reason").map(|problem| problem.text.clone());
    let why = Field { size_max: REASON_CHARACTERS_MAX, wrong, ..why.value(fields.one("reason")).optional() };
    Ok(NeverShare {
        frame: open.frame(Tab::Sharing).await,
        path: offer.path.clone(),
        back: offer.back.clone(),
        carried: Vec::new(),
        questions,
        fields: vec![why],
        facts: Vec::new(),
        rehearsal: None,
        problems,
    })
}

/// Everybody, or one of those with whom something is shared now.
async fn from_whom(open: &Open, fields: &Fields) -> Result<Vec<Choice>, Failure> {
    let words = open.words();
    let mut grants = open.grants(false).await?;
    grants.retain(|grant| !Standing::of(grant, open.now()).is_over());
    let known = open.known(accounts(&grants)).await?;
    let named: BTreeSet<(String, String)> = grants
        .iter()
        .filter_map(|grant| {
            let grantee = grant.grantee.as_ref()?;
            Some(match grantee.kind.as_ref()? {
                grantee::Kind::AccountId(id) => (known.actor(open, id).name, format!("account:{id}")),
                grantee::Kind::PracticeId(id) => (known.practice(open, id), format!("practice:{id}")),
            })
        })
        .collect();
    let chosen = fields.one("from");
    let everybody = Choice::new(EVERYBODY, words.t("never-everybody"))
        .hint(words.t("never-everybody-hint"))
        .chosen(chosen.is_empty() || chosen == EVERYBODY);
    let has_teams = |value: &str| {
        let practice = value.strip_prefix("practice:");
        known.organizations().iter().any(|team| Some(team.part_of_practice_id.as_str()) == practice)
    };
    let one = |(name, value): (String, String)| {
        let is_chosen = value == chosen;
        let hint = if has_teams(&value) { words.t("never-teams-apart") } else { String::new() };
        Choice::new(value, name).hint(hint).chosen(is_chosen)
    };
    Ok(std::iter::once(everybody).chain(named.into_iter().map(one)).collect())
}

async fn check(
    open: &Open,
    offer: &Offer,
    fields: &Fields,
    problems: Vec<Problem>,
) -> Result<NeverShare, Failure> {
    let mark = draft(fields).ok_or_else(Failure::bad_form)?;
    let facts = facts(open, &mark).await?;
    let carried = ["what", "from", "reason"]
        .map(|name| Carried { name: name.to_owned(), value: fields.one(name).to_owned() });
    Ok(NeverShare {
        rehearsal: Some(open.rehearse(Change::SetMark(mark)).await),
        frame: open.frame(Tab::Sharing).await,
        path: offer.path.clone(),
        back: offer.back.clone(),
        carried: carried.into(),
        questions: Vec::new(),
        fields: Vec::new(),
        facts,
        problems,
    })
}

async fn facts(open: &Open, mark: &Mark) -> Result<Vec<Fact>, Failure> {
    let told = open.told(vec![mark.clone()]).await?;
    let words = open.words();
    let since = open.when(mark.set_time.as_ref()).map(|when| Fact::new(words.t("grant-from"), when.text));
    let why = (!mark.reason.is_empty()).then(|| Fact::new(words.t("never-why"), mark.reason.clone()));
    let what = Fact::new(words.t("never-what"), told.what(open, mark));
    let from = Fact::new(words.t("never-from"), told.from(open, mark));
    Ok([what, from].into_iter().chain(since).chain(why).collect())
}

async fn get_mark(open: &Open, id: &str) -> Result<Mark, Failure> {
    open.marks().await?.into_iter().find(|mark| mark.mark_id == id).ok_or_else(Failure::not_shown)
}

async fn confirm(open: Open, Path((_, id)): Path<(String, String)>) -> Answer {
    let mark = get_mark(&open, &id).await?;
    let facts = facts(&open, &mark).await?;
    Ok(show(&LiftPage {
        rehearsal: Some(open.rehearse(Change::LiftMarkId(id.clone())).await),
        frame: open.frame(Tab::Sharing).await,
        path: open.path(&format!("/sharing/never/{id}")),
        back: open.path("/sharing"),
        facts,
    }))
}

async fn lift(open: Open, Path((_, mark_id)): Path<(String, String)>, fields: Fields) -> Answer {
    let asked = LiftMarkRequest {
        request_id: fields.request_id()?.to_string(),
        patient_id: open.patient_id(),
        mark_id,
        reason: String::new(),
    };
    match open.consent().lift_mark(asked).await.map_err(Failure::from) {
        Ok(answer) => open.wrote(answer.into_inner().position),
        Err(failure) if failure.is(catalogue::MARK_UNKNOWN) => {}
        Err(failure) => return Err(failure),
    }
    open.say_next("never-lifted");
    Ok(Redirect::to(&open.path("/sharing")).into_response())
}
