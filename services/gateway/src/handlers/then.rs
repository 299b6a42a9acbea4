//! The record at another time: as it was known then, or as it had happened by then; and its changes one by one.
//! A moment stands in an address as [`Moment::written`]: no date does.
mod choosing;
mod messages;
mod papers;
mod step;
mod walk;

pub(super) use choosing::typed;

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
        Way::Happened => (None, Some(timestamp(moment.at))),
    }
}

fn told(open: &Open, moment: Moment, now: String) -> then::Moment {
    let words = open.words();
    let (key, other, other_key) = match moment.way {
        Way::Known => ("then-known", Way::Happened, "then-as-happened"),
        Way::Happened => ("then-happened", Way::Known, "then-as-known"),
    };
    let other = address(open, Moment { way: other, ..moment });
    then::Moment {
        text: words.say(key).with("when", open.moment(moment.at).text).plain(),
        ways: vec![Link::new(now, words.t("then-now")), Link::new(other, words.t(other_key))],
    }
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
    let (summaries, stepped, person) = tokio::try_join!(summary, stepped, person(&open, as_of_time))?;
    let summaries = by_room(summaries);
    let (frame, today) = (open.frame(Tab::Record).await, open.named().await);
    let named = person.as_ref().map(Named::of).filter(|named| !named.name.is_empty()).unwrap_or(today);
    let path = address(&open, moment);
    let (step, beside) = match &stepped {
        Some(walk) => (step::shown(&open, walk, &path, &trail).await?, Some(step::beside(&open, walk))),
        None => (None, None),
    };
    let total = summaries.values().filter_map(|summary| usize::try_from(summary.count).ok()).sum();
    Ok(show(&then::RecordThen {
        about: named.birth_date.map(|birth| about(&open, birth, days::of(moment.at))).unwrap_or_default(),
        name: named.name,
        moment: told(&open, moment, open.path("")),
        step,
        beside,
        person: person.map(|known| facts(&open, known)).unwrap_or_default(),
        nothing: match &stepped {
            Some(walk) => walk.place.number == 0,
            None => total == 0 && !walk::anything_elsewhere(&open, moment.at).await?,
        },
        total,
        groups: groups(&open, &format!("/then/{text}"), &summaries),
        elsewhere: elsewhere(&open, &path),
        frame,
    }))
}

/// What is no room of the record.
fn elsewhere(open: &Open, path: &str) -> Vec<Link> {
    let words = open.words();
    let papers = Link::new(format!("{path}/papers"), words.t("then-papers"));
    let messages = Link::new(format!("{path}/messages"), words.t("then-messages"));
    let may_read = open.may(Action::Read, Category::Messages);
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
    let moment = moment(&open, &text)?;
    let category: Category = category.parse().map_err(|_| Failure::not_shown())?;
    let (as_of_time, happened_by_time) = times(moment);
    let asked = ListItemsRequest {
        patient_id: open.patient_id(),
        categories: vec![category.to_proto()],
        page_size: PAGE_SIZE,
        page_token: trail.page.clone(),
        as_of_time,
        happened_by_time,
        ..ListItemsRequest::default()
    };
    let answer = open.records().list_items(asked).await?.into_inner();
    let path = open.path(&format!("/then/{text}/c/{category}"));
    let (previous, next) = trail.ways(&path, &answer.next_page_token);
    // What had happened by then is told as it is known today: its page is today's.
    let root = match moment.way {
        Way::Known => format!("/then/{text}"),
        Way::Happened => String::new(),
    };
    let rows: Vec<_> = answer.items.iter().map(|item| room::row(&open, &root, item)).collect();
    Ok(show(&then::RoomThen {
        frame: open.frame(Tab::Record).await,
        back: Link::new(address(&open, moment), open.words().t("then-back")),
        label: open.words().category(category),
        moment: told(&open, moment, open.path(&format!("/c/{category}"))),
        pager: Pager {
            shown: rows.len(),
            total: usize::try_from(answer.total_size).unwrap_or_default(),
            next,
            previous,
        },
        rows,
        printed: open.moment(open.now()),
    }))
}

async fn one(open: Open, Path((_, text, id)): Path<(String, String, String)>) -> Answer {
    let moment = moment(&open, &text)?;
    let (as_of_time, _) = times(moment);
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
    let actors = versions.iter().chain([&found]).map(|version| version.recorded_by.as_str());
    let known = open.known(actors).await?;
    Ok(show(&then::ItemThen {
        frame: open.frame(Tab::Record).await,
        back: Link::new(address(&open, moment), open.words().t("then-back")),
        badges: room::badges(&open, &found),
        moment: told(&open, moment, open.path(&format!("/i/{id}"))),
        facts: item::facts(&open, &found),
        provenance: item::provenance(&open, &known, &found),
        // Which of them stands today is not told: it was not known then.
        history: item::history(&open, &known, &versions, 0),
        withdrawn: (!found.retraction_reason.is_empty()).then_some(found.retraction_reason),
        save: None,
        title: found.title,
    }))
}
