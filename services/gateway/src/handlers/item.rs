//! One item: what it is, who says so, how it changed, who can see it; as it was on a day; marked as a mistake.
use super::{days, marks::Thing, proposals, room, then};
use crate::{
    dates,
    directory::Known,
    failure::{Answer, Failure},
    form::Fields,
    moment::Moment,
    pages::{
        Tab, item,
        item::Version,
        parts::{Badge, Fact, Field, Link, Problem, Tone, When},
        show, show_as,
    },
    shelf::Open,
    site::Site,
    words::Words,
};
use axum::{
    Router,
    extract::Path,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use chrono::NaiveDate;
use holdfast_proto::{
    Word as _,
    records::v1::{GetItemRequest, Item, ListItemVersionsRequest, RetractItemRequest},
    time, timestamp,
};
use holdfast_types::{Action, Category};
use http::StatusCode;
use serde_json::Value;
use std::sync::Arc;

const VERSIONS_MAX: i32 = 50;
const REASON_CHARACTERS_MAX: u32 = 500;
/// Sources that a family brought in itself.
const OWN_SOURCES: [&str; 2] = ["import", "patient"];

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/r/{r}/i/{item}", get(page))
        .route("/r/{r}/i/{item}/as-of", get(back).post(as_of))
        .route("/r/{r}/i/{item}/retract", get(back).post(retract))
}

async fn page(open: Open, Path((_, id)): Path<(String, String)>) -> Answer {
    Ok(show(&shown(&open, &id, None).await?))
}

async fn back(open: Open, Path((_, id)): Path<(String, String)>) -> Redirect {
    Redirect::to(&open.path(&format!("/i/{id}")))
}

async fn as_of(open: Open, Path((_, id)): Path<(String, String)>, fields: Fields) -> Answer {
    let day = dates::typed(fields.one("date")).filter(|day| *day <= open.local_now().date_naive());
    if let Some(day) = day {
        return Ok(show(&shown(&open, &id, Some(day)).await?));
    }
    let mut page = shown(&open, &id, None).await?;
    page.as_of = page.as_of.value(fields.one("date"));
    Ok(wrong(page, "date", "item-as-of-wrong"))
}

async fn retract(open: Open, Path((_, id)): Path<(String, String)>, fields: Fields) -> Answer {
    let reason = fields.one("reason");
    if reason.is_empty() || reason.chars().count() > REASON_CHARACTERS_MAX as usize {
        let mut page = shown(&open, &id, None).await?;
        page.retract = page.retract.map(|field| field.value(reason));
        let key = if reason.is_empty() { "retract-reason-wrong" } else { "person-text-long" };
        return Ok(wrong(page, "reason", key));
    }
    let asked = RetractItemRequest {
        request_id: fields.request_id()?.to_string(),
        item_id: id.clone(),
        patient_id: open.patient_id(),
        reason: reason.to_owned(),
        etag: String::new(),
    };
    open.wrote(open.records().retract_item(asked).await?.into_inner().position);
    Ok(Redirect::to(&open.path(&format!("/i/{id}"))).into_response())
}

fn wrong(mut page: item::Item, field: &'static str, key: &str) -> Response {
    let text = page.frame.t(key);
    page.problems = vec![Problem { field: field.to_owned(), text: text.clone() }];
    if field == "date" {
        page.as_of.wrong = Some(text);
    } else if let Some(reason) = &mut page.retract {
        reason.wrong = Some(text);
    }
    show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

async fn shown(open: &Open, id: &str, day: Option<NaiveDate>) -> Result<item::Item, Failure> {
    let words = open.words();
    let until = day.and_then(days::end).map(|end| (end - days::MOMENT).min(open.now()));
    let asked = GetItemRequest {
        patient_id: open.patient_id(),
        item_id: id.to_owned(),
        as_of_time: until.map(timestamp),
    };
    let found = open.records().get_item(asked).await?.into_inner();
    let asked = ListItemVersionsRequest {
        patient_id: open.patient_id(),
        item_id: id.to_owned(),
        page_size: VERSIONS_MAX,
        page_token: String::new(),
    };
    let versions = open.records().list_item_versions(asked).await?.into_inner().versions;
    let category = Category::from_proto(found.category).unwrap_or(Category::Other);
    let actors = versions.iter().map(|version| version.recorded_by.as_str());
    let actors = actors.chain([found.recorded_by.as_str(), found.proposed_by.as_str()]);
    let happened = found.occurred_time.as_ref().and_then(|at| time(at).ok());
    let thing = Thing { id, author: &found.recorded_by, happened };
    let path = open.path(&format!("/i/{id}"));
    let (known, seers, never) = tokio::try_join!(
        open.known(actors),
        open.seers(category, thing),
        open.never(&path, category, thing)
    )?;
    let mut frame = open.frame_showing(Tab::Record, category).await;
    frame.here = path.clone();
    let own = found.source.as_ref().is_some_and(|source| OWN_SOURCES.contains(&source.kind.as_str()));
    let standing = found.retraction_reason.is_empty();
    let proposing = open.is_held() && standing && day.is_none();
    let waits = match proposing {
        true => proposals::waiting(open).await?.into_iter().find(|one| one.item_id == id),
        false => None,
    };
    let retract = (open.is_held() && own && standing && day.is_none()).then(|| Field {
        size_max: REASON_CHARACTERS_MAX,
        ..Field::line("reason", words.t("retract-reason"))
    });
    Ok(item::Item {
        frame,
        path,
        room: Link::new(open.path(&format!("/c/{category}")), words.category(category)),
        clinical: String::new(),
        badges: made_up(words, &found.fhir_json).into_iter().chain(room::badges(open, &found)).collect(),
        facts: facts(open, &found),
        own_text: None,
        provenance: provenance(open, &known, &found),
        history: history(open, &known, &versions, found.revision),
        as_of: Field::of("date", "date", words.t("item-as-of-day")),
        shown_as_of: day.map(|day| When::day(words, day, open.local_now().date_naive())),
        seers,
        never,
        propose_href: (proposing && is_anothers(open, &found))
            .then(|| format!("{}/propose", open.path(&format!("/i/{id}")))),
        waits_href: waits.map(|one| open.path(&format!("/proposals/{}", one.proposal_id))),
        ask_href: open.may(Action::Contribute, Category::Messages).then(|| open.path("/messages/new")),
        retract,
        problems: Vec::new(),
        withdrawn: (!standing).then_some(found.retraction_reason),
        title: found.title,
    })
}

/// What a family wrote itself it changes, and what it brought into a record of its own; of the rest it proposes.
fn is_anothers(open: &Open, found: &Item) -> bool {
    let kind = found.source.as_ref().map_or("", |source| source.kind.as_str());
    kind != "patient" && (kind != "import" || !open.record.tenant_id.is_empty())
}

/// What HL7 marks as test data, such as everything in the demo network, is said to be that.
fn made_up(words: Words, resource: &[u8]) -> Option<Badge> {
    let resource: Value = serde_json::from_slice(resource).ok()?;
    let is_mark = |tag: &Value| {
        let says = |name| tag.get(name).and_then(Value::as_str);
        says("system") == Some("http://terminology.hl7.org/CodeSystem/v3-ActReason")
            && says("code") == Some("HTEST")
    };
    let marked = resource.pointer("/meta/tag").and_then(Value::as_array)?.iter().any(is_mark);
    marked.then(|| Badge::new(Tone::Plain, words.t("badge-demo")))
}

pub(super) fn facts(open: &Open, item: &Item) -> Vec<Fact> {
    let when =
        open.day(item.occurred_time.as_ref()).map(|when| Fact::new(open.words().t("office-when"), when.text));
    let gist = (item.details.is_empty() && !item.summary.is_empty())
        .then(|| Fact::new(open.words().t("item-plain"), item.summary.clone()));
    let said = |text: &str| dates::said(open.words(), text, open.local_now());
    let details = item.details.iter().map(|detail| Fact::new(detail.label.clone(), said(&detail.value)));
    when.into_iter().chain(gist).chain(details).collect()
}

pub(super) fn provenance(open: &Open, known: &Known, item: &Item) -> Vec<Fact> {
    let words = open.words();
    let source = item.source.as_ref().map(|source| source.name.clone()).filter(|name| !name.is_empty());
    let by = known.actor(open, &item.recorded_by);
    // Who brought it here did not write it.
    let own = item.source.as_ref().is_none_or(|source| source.kind != "import");
    let author = match item.performers.as_slice() {
        [] => (if own { "from-author" } else { "from-brought" }, Some(by.name)),
        performers => ("from-author", Some(performers.join(", "))),
    };
    let when = open.when(item.recorded_time.as_ref()).map(|when| when.text);
    let proposed = (!item.proposed_by.is_empty()).then(|| known.actor(open, &item.proposed_by).name);
    let facts = [("from-source", source), author, ("from-proposed", proposed), ("from-when", when)];
    facts.into_iter().filter_map(|(key, value)| Some(Fact::new(words.t(key), value?))).collect()
}

/// Newest first, each with what it changed against the one before.
pub(super) fn history(open: &Open, known: &Known, versions: &[Item], shown: u64) -> Vec<Version> {
    let olds = versions.iter().skip(1).map(Some).chain([None]);
    let line = |(new, old): (&Item, Option<&Item>)| {
        Some(Version {
            number: u32::try_from(new.revision).unwrap_or(u32::MAX),
            when: open.when(new.recorded_time.as_ref())?,
            who: known.actor(open, &new.recorded_by),
            what: changed(open, new, old),
            current: new.revision == shown,
            href: new
                .recorded_time
                .as_ref()
                .and_then(|at| time(at).ok())
                .map(|at| then::address(open, Moment::known(at))),
        })
    };
    versions.iter().zip(olds).filter_map(line).collect()
}

fn changed(open: &Open, new: &Item, old: Option<&Item>) -> String {
    let words = open.words();
    match old {
        _ if !new.retraction_reason.is_empty() => words.t("badge-withdrawn"),
        None if new.revision <= 1 => words.t("change-first"),
        Some(old) if old.summary != new.summary && !old.summary.is_empty() && !new.summary.is_empty() => {
            words.say("change-value").with("old", &old.summary).with("new", &new.summary).plain()
        }
        _ => words.t("change-text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;

    #[test]
    fn what_is_marked_as_test_data_is_said_to_be_made_up_and_nothing_else_is() {
        let says = |resource: &str| made_up(Words::new(Lang::En), resource.as_bytes()).is_some();
        let tagged = |system: &str, code: &str| {
            format!(
                r#"{{"resourceType":"Goal","meta":{{"tag":[{{"code":"x"}},{{"system":"{system}","code":"{code}"}}]}}}}"#
            )
        };
        let reasons = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
        assert!(says(&tagged(reasons, "HTEST")));
        for other in [
            &tagged(reasons, "TREAT"),
            &tagged("https://codes.example", "HTEST"),
            "{}",
            "",
            r#"{"meta":{"tag":"HTEST"}}"#,
        ] {
            assert!(!says(other), "{other}");
        }
    }
}
