//! The record at another time: as it was known then, or as it had happened by then, and both at once; and its changes one by one.
//! A moment stands in an address as [`Moment::written`]: no date does.
mod choosing;
mod messages;
mod papers;
mod readers;
mod seen;
mod step;
mod walk;

pub(super) use choosing::typed;
use seen::{Part, Seen, sifted};
pub(super) use step::difference;

use super::{
    days, item,
    record::{about, by_room, groups},
    room,
    trail::Trail,
};
use crate::{
    dates,
    failure::{Answer, Failure},
    moment::{Moment, Way},
    pages::{
        Tab,
        parts::{Fact, Link, Pager},
        show, then,
    },
    shelf::{Named, Open},
    site::Site,
};
use axum::{
    Router,
    extract::{Path, Query},
    routing::get,
};
use futures::future::BoxFuture;
use holdfast_host::catalogue;
use holdfast_proto::{
    Word as _,
    records::v1::{
        Demographics, GetItemRequest, GetPatientRequest, ListItemVersionsRequest, ListItemsRequest,
        SummarizeRecordRequest,
    },
    timestamp,
};
use holdfast_types::{Action, Category};
use prost_types::Timestamp;
use std::sync::Arc;

const PAGE_SIZE: i32 = 25;
const VERSIONS_MAX: i32 = 200;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/r/{r}/then", get(choosing::page).post(choosing::choose))
        .route("/r/{r}/then/{moment}", get(record))
        .route("/r/{r}/then/{moment}/as", get(readers::page).post(readers::choose))
        .route("/r/{r}/then/{moment}/c/{category}", get(list))
        .route("/r/{r}/then/{moment}/i/{item}", get(one))
        .route("/r/{r}/then/{moment}/papers", get(papers::list))
        .route("/r/{r}/then/{moment}/papers/{paper}", get(papers::one))
        .route("/r/{r}/then/{moment}/messages", get(messages::list))
        .route("/r/{r}/then/{moment}/messages/{thread}", get(messages::one))
}

/// Where the record stands as of a moment.
pub(super) fn address(open: &Open, moment: Moment) -> String {
    open.path(&format!("/then/{}", moment.written(open.who.account_id, open.record.patient)))
}

/// A moment that this account was shown of this record.
fn moment(open: &Open, text: &str) -> Result<Moment, Failure> {
    Moment::read(text, open.who.account_id, open.record.patient).ok_or_else(Failure::not_shown)
}

/// What the contracts call it: recorded by then, happened by then.
fn times(moment: Moment) -> (Option<Timestamp>, Option<Timestamp>) {
    match moment.way {
        Way::Known => (Some(timestamp(moment.at)), None),
        Way::Happened => (moment.known_at.map(timestamp), Some(timestamp(moment.at))),
    }
}

async fn told(open: &Open, moment: Moment, now: String) -> Result<then::Moment, Failure> {
    let words = open.words();
    let (own, others) = match (moment.way, moment.known_at) {
        (Way::Known, _) => ("then-known", "then-as-known-by"),
        (Way::Happened, None) => ("then-happened", "then-as-happened-by"),
        (Way::Happened, Some(_)) => ("then-happened-known", "then-as-happened-known-by"),
    };
    let (happened, known) = (Moment { way: Way::Happened, known_at: None, ..moment }, moment.decided_at());
    let known = known.unwrap_or(moment.at);
    let to = |moment: Moment, key: &str| Link::new(address(open, moment), words.t(key));
    let mut ways = vec![Link::new(now, words.t("then-now"))];
    if moment.decided_at().is_some() {
        ways.push(to(happened, "then-as-happened"));
    }
    if moment.way == Way::Happened {
        ways.push(to(Moment { at: known, way: Way::Known, known_at: None, ..moment }, "then-as-known"));
    }
    let said = |key| {
        let known = open.moment(known).text;
        words.say(key).with("when", open.moment(moment.at).text).with("known", known)
    };
    let text = match moment.reader.map(|reader| reader.to_string()) {
        None => said(own).plain(),
        Some(reader) => {
            ways.push(to(Moment { reader: None, ..moment }, "then-as-own"));
            let name = open.known([reader.as_str()]).await?.actor(open, &reader).name;
            said(others).with("name", name).plain()
        }
    };
    if open.is_held() {
        ways.push(Link::new(format!("{}/as", address(open, moment)), words.t("then-as-open")));
    }
    Ok(then::Moment { text, ways })
}

async fn record(open: Open, Path((_, text)): Path<(String, String)>, Query(trail): Query<Trail>) -> Answer {
    let moment = moment(&open, &text)?;
    let (as_of_time, happened_by_time) = times(moment);
    let summary = async {
        let asked = SummarizeRecordRequest {
            patient_id: open.patient_id(),
            as_of_time,
            happened_by_time,
            include_sources: false,
        };
        Ok(open.records().summarize_record(asked).await?.into_inner().categories)
    };
    let stepped = async {
        match moment.way {
            Way::Known => walk::walk(&open, Some(moment.at), &trail.page).await.map(Some),
            Way::Happened => Ok(None),
        }
    };
    let (summaries, mut stepped, person) = tokio::try_join!(summary, stepped, person(&open, as_of_time))?;
    let things = stepped.as_ref().map(walk::Walk::things).unwrap_or_default();
    let seen = Seen::of(&open, moment, &things.iter().map(String::as_str).collect::<Vec<_>>(), true).await?;
    if let Some(walk) = &mut stepped {
        walk.narrow(&seen);
    }
    let mut summaries = by_room(summaries);
    seen.narrow(&mut summaries);
    let person = person.filter(|_| seen.room(Category::Demographics));
    let (frame, today) = (open.frame(Tab::Record).await, open.named().await);
    let named = person.as_ref().map(Named::of).filter(|named| !named.name.is_empty());
    let birth = named.as_ref().map_or(today.birth_date, |named| named.birth_date);
    let birth = birth.filter(|_| seen.room(Category::Demographics));
    let path = address(&open, moment);
    let (step, beside) = match &stepped {
        Some(walk) => {
            (step::shown(&open, walk, moment, &trail).await?, Some(step::beside(&open, walk, moment)))
        }
        None => (None, None),
    };
    let total = summaries.values().filter_map(|summary| usize::try_from(summary.count).ok()).sum();
    Ok(show(&then::RecordThen {
        about: birth.map(|birth| about(&open, birth, days::of(moment.at))).unwrap_or_default(),
        name: named.map_or(today.name, |named| named.name),
        moment: told(&open, moment, open.path("")).await?,
        step,
        beside,
        person: person.map(|known| facts(&open, known)).unwrap_or_default(),
        nothing: match &stepped {
            Some(walk) => walk.place.number == 0,
            None => total == 0 && !walk::anything_elsewhere(&open, moment.written_until()).await?,
        },
        total,
        groups: groups(&open, &format!("/then/{text}"), &summaries, |category| seen.room(category)),
        elsewhere: elsewhere(&open, &path, &seen),
        eyes: eyes(&open, moment, &seen),
        frame,
    }))
}

/// What was open and why, where the record is seen with the eyes of another.
fn eyes(open: &Open, moment: Moment, seen: &Seen) -> then::Eyes {
    let words = open.words();
    match (moment.reader, open.is_held()) {
        (Some(_), _) => then::Eyes {
            note: words.t("then-as-note"),
            standing: seen.standing(open),
            reasons: seen.reasons(open),
        },
        (None, true) => then::Eyes { note: words.t("then-shared"), ..then::Eyes::default() },
        (None, false) => then::Eyes { note: words.t("then-shared-both"), ..then::Eyes::default() },
    }
}

/// What is no room of the record.
fn elsewhere(open: &Open, path: &str, seen: &Seen) -> Vec<Link> {
    let words = open.words();
    let papers = Link::new(format!("{path}/papers"), words.t("then-papers"));
    let messages = Link::new(format!("{path}/messages"), words.t("then-messages"));
    let may_read = open.may(Action::Read, Category::Messages) && seen.room(Category::Messages);
    [Some(papers), may_read.then_some(messages)].into_iter().flatten().collect()
}

/// Who the person was, where that is shared and was known.
async fn person(open: &Open, as_of_time: Option<Timestamp>) -> Result<Option<Demographics>, Failure> {
    if !open.may(Action::Read, Category::Demographics) {
        return Ok(None);
    }
    let asked = GetPatientRequest { patient_id: open.patient_id(), as_of_time };
    match open.records().get_patient(asked).await.map_err(Failure::from) {
        Ok(patient) => Ok(patient.into_inner().demographics),
        Err(failure) if failure.is(catalogue::PATIENT_UNKNOWN) => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn facts(open: &Open, known: Demographics) -> Vec<Fact> {
    let words = open.words();
    let birth = dates::said(words, &known.birth_date, open.local_now());
    let values = [
        ("field-given-name", known.given_name),
        ("field-family-name", known.family_name),
        ("field-preferred-name", known.preferred_name),
        ("field-birth-date", birth),
        ("field-address", known.address),
        ("field-phone", known.phone),
        ("field-email", known.email),
    ];
    let filled = values.into_iter().filter(|(_, value)| !value.is_empty());
    filled.map(|(key, value)| Fact::new(words.t(key), value)).collect()
}

async fn list(
    open: Open,
    Path((_, text, category)): Path<(String, String, String)>,
    Query(trail): Query<Trail>,
) -> Answer {
    let (open, moment) = (&open, moment(&open, &text)?);
    let category: Category = category.parse().map_err(|_| Failure::not_shown())?;
    let (as_of_time, happened_by_time) = times(moment);
    let ask = move |page_token: String| -> BoxFuture<'_, Result<Part<_>, Failure>> {
        let asked = ListItemsRequest {
            patient_id: open.patient_id(),
            categories: vec![category.to_proto()],
            page_size: PAGE_SIZE,
            page_token,
            as_of_time,
            happened_by_time,
            ..ListItemsRequest::default()
        };
        Box::pin(async move {
            let answer = open.records().list_items(asked).await?.into_inner();
            let total = usize::try_from(answer.total_size).unwrap_or_default();
            Ok(Part { rows: answer.items, next: answer.next_page_token, total })
        })
    };
    let (found, seen) = sifted(open, moment, &trail.page, ask, |item| item.item_id.as_str()).await?;
    Failure::shown_if(seen.room(category))?;
    let path = open.path(&format!("/then/{text}/c/{category}"));
    let (previous, next) = trail.ways(&path, &found.next);
    let root = root(moment, &text);
    let rows: Vec<_> = found.rows.iter().map(|item| room::row(open, &root, item)).collect();
    Ok(show(&then::RoomThen {
        frame: open.frame(Tab::Record).await,
        back: Link::new(address(open, moment), open.words().t("then-back")),
        label: open.words().category(category),
        moment: told(open, moment, open.path(&format!("/c/{category}"))).await?,
        pager: Pager { shown: rows.len(), total: found.total, next, previous },
        rows,
        printed: open.moment(open.now()),
    }))
}

/// Where the pages of single things are. What had happened by then is told as it is known today: with one's own eyes its page is today's.
fn root(moment: Moment, text: &str) -> String {
    match (moment.decided_at(), moment.reader) {
        (None, None) => String::new(),
        _ => format!("/then/{text}"),
    }
}

/// Or it is answered like what is not there.
async fn is_seen(open: &Open, moment: Moment, thing: &str) -> Result<(), Failure> {
    let seen = Seen::of(open, moment, &[thing], false).await?;
    if seen.thing(thing) { Ok(()) } else { Err(Failure::not_shown()) }
}

async fn one(open: Open, Path((_, text, id)): Path<(String, String, String)>) -> Answer {
    let moment = moment(&open, &text)?;
    let (as_of_time, _) = times(moment);
    is_seen(&open, moment, &id).await?;
    let (patient_id, item_id) = (open.patient_id(), id.clone());
    let found =
        open.records().get_item(GetItemRequest { patient_id, item_id, as_of_time }).await?.into_inner();
    let asked = ListItemVersionsRequest {
        patient_id: open.patient_id(),
        item_id: id.clone(),
        page_size: VERSIONS_MAX,
        page_token: String::new(),
    };
    let mut versions = open.records().list_item_versions(asked).await?.into_inner().versions;
    // What came later was not there to be read.
    versions.retain(|version| version.revision <= found.revision);
    let actors =
        versions.iter().chain([&found]).flat_map(|one| [one.recorded_by.as_str(), one.proposed_by.as_str()]);
    let known = open.known(actors).await?;
    Ok(show(&then::ItemThen {
        frame: open.frame(Tab::Record).await,
        back: Link::new(address(&open, moment), open.words().t("then-back")),
        badges: room::badges(&open, &found),
        moment: told(&open, moment, open.path(&format!("/i/{id}"))).await?,
        facts: item::facts(&open, &found),
        provenance: item::provenance(&open, &known, &found),
        // Which of them stands today is not told: it was not known then.
        history: item::history(&open, &known, &versions, 0),
        withdrawn: (!found.retraction_reason.is_empty()).then_some(found.retraction_reason),
        save: None,
        title: found.title,
    }))
}
