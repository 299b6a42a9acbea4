//! A therapist's patients: the records that are shared with the account or its practices, and what waits in them.
use crate::{
    dates,
    failure::{Answer, Failure, FailureKind},
    pages::{
        Tab,
        parts::{Badge, Filter, Pager, Tone},
        show,
        trouble::Trouble,
        work::{Work, WorkRow},
    },
    session::Seat,
    shelf::{self, Listed, Named},
    site::Site,
    visitor::Signed,
};
use axum::{
    Router,
    extract::Query,
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use holdfast_proto::records::v1::{CategorySummary, SummarizeRecordRequest};
use holdfast_types::{Action, Category, PatientId, Role};
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};

/// Names and unread messages are asked for as many at once.
const PATIENTS_MAX: usize = 200;
const PAGE_SIZE: usize = 25;
const ASKED_AT_ONCE_MAX: usize = 8;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/work", get(list))
}

#[derive(Default, Deserialize)]
struct At {
    #[serde(default)]
    show: String,
    #[serde(default)]
    page: usize,
}

async fn list(signed: Signed, Query(at): Query<At>) -> Answer {
    if signed.who.seat() != Seat::Staff {
        return Ok(Redirect::to("/h").into_response());
    }
    let shelf = signed.fresh_shelf().await?;
    let others = shelf.iter().filter(|record| record.relationship.is_none()).cloned();
    let (opened, mut patients): (Vec<Listed>, Vec<Listed>) = others.partition(|record| record.emergency);
    patients.truncate(PATIENTS_MAX);
    let (names, names_of_opened, unread, proposed) = tokio::join!(
        signed.names(&patients),
        signed.names(&opened),
        signed.unread(&patients),
        super::proposals::to_decide(&signed, &patients)
    );
    let (names, names_of_opened) = (names?, names_of_opened?);
    let owed = at.show == "owed";
    let mut listed: Vec<&Listed> =
        patients.iter().filter(|record| !owed || unread.contains_key(&record.patient)).collect();
    if owed {
        listed.retain(|record| unread.get(&record.patient).is_some_and(|count| *count > 0));
    }
    listed.sort_by_key(|record| names.get(&record.patient).map(|named| named.name.to_lowercase()));
    let (page, total) = (at.page.max(1), listed.len());
    let shown: Vec<&Listed> =
        listed.into_iter().skip((page - 1).saturating_mul(PAGE_SIZE)).take(PAGE_SIZE).collect();
    let newest = newest(&signed, &shown).await?;
    let words = signed.words();
    let row = |record: &&Listed| {
        row(&signed, record, names.get(&record.patient), &newest, unread.get(&record.patient))
    };
    let rows: Vec<WorkRow> = shown.iter().map(row).collect();
    let opened =
        opened.iter().map(|record| opened_row(&signed, record, names_of_opened.get(&record.patient)));
    let of = |page: usize| {
        if owed { format!("/work?show=owed&page={page}") } else { format!("/work?page={page}") }
    };
    Ok(show(&Work {
        filters: vec![
            Filter::new("/work", words.t("work-all"), !owed),
            Filter::new("/work?show=owed", words.t("work-owed"), owed),
        ],
        pager: Pager {
            shown: rows.len(),
            total,
            next: (page.saturating_mul(PAGE_SIZE) < total).then(|| of(page + 1)),
            previous: (page > 1).then(|| of(page - 1)),
        },
        rows,
        opened: opened.collect(),
        proposed: proposed?,
        may_open: signed.who.treats(),
        attests: super::authority::attests(&signed),
        looks_after: super::authority::looks_after(&signed),
        administers: signed.who.is(Role::PracticeAdministrator),
        keeps: super::treatment::keeps(&signed),
        frame: signed.frame(Tab::Work),
    }))
}

/// A record that the account opened in an emergency.
fn opened_row(signed: &Signed, record: &Listed, named: Option<&Arc<Named>>) -> WorkRow {
    let words = signed.words();
    let name = named.map(|named| named.name.clone()).filter(|name| !name.is_empty());
    let last = record.grants.iter().filter_map(|grant| grant.until_time).max_by_key(|end| end.seconds);
    let until = signed.when(last.as_ref()).map_or_else(String::new, |when| when.text);
    WorkRow {
        href: format!("/r/{}", record.alias),
        name: name.unwrap_or_else(|| words.t("patient-unnamed")),
        detail: words.say("emergency-until").with("when", until).plain(),
        changed: String::new(),
        badges: vec![Badge::new(Tone::Stop, words.t("emergency-badge"))],
        stripe: record.stripe,
    }
}

fn row(
    signed: &Signed,
    record: &Listed,
    named: Option<&Arc<Named>>,
    newest: &HashMap<PatientId, String>,
    unread: Option<&u32>,
) -> WorkRow {
    let words = signed.words();
    let name = named.map(|named| named.name.clone()).filter(|name| !name.is_empty());
    let age = named.and_then(|named| named.birth_date).map(|birth| {
        words.say("age-years").with("years", dates::years(birth, signed.local_now().date_naive())).plain()
    });
    let unread = unread.filter(|count| **count > 0);
    let unread = unread
        .map(|count| Badge::new(Tone::Info, words.say("messages-unread").with("count", *count).plain()));
    WorkRow {
        href: format!("/r/{}", record.alias),
        name: name
            .unwrap_or_else(|| words.say("work-unnamed").with("rooms", shelf::rooms(signed, record)).plain()),
        detail: age.into_iter().chain([shelf::shared(signed, record)]).collect::<Vec<_>>().join(" · "),
        changed: newest.get(&record.patient).cloned().unwrap_or_default(),
        badges: unread.into_iter().collect(),
        stripe: record.stripe,
    }
}

/// When something came last, of those records whose rooms a therapist may read. It is a look into each of them.
async fn newest(signed: &Signed, shown: &[&Listed]) -> Result<HashMap<PatientId, String>, Failure> {
    let therapist = signed.who.treats();
    let rooms =
        Category::ALL.iter().filter(|room| ![Category::Demographics, Category::Messages].contains(room));
    let open = |record: &Listed| therapist && rooms.clone().any(|room| record.may(Action::Read, *room));
    let patients: Vec<PatientId> =
        shown.iter().filter(|record| open(record)).map(|record| record.patient).collect();
    stream::iter(patients)
        .map(async |patient| {
            let asked = SummarizeRecordRequest { patient_id: patient.to_string(), ..Default::default() };
            let said = match signed.records().summarize_record(asked).await.map_err(Failure::from) {
                Ok(answer) => said(signed, &answer.into_inner().categories),
                // It has ended since the list was read: the row goes with the next list.
                Err(failure) if failure.kind == FailureKind::Trouble(Trouble::NotShown) => String::new(),
                Err(failure) => return Err(failure),
            };
            Ok::<_, Failure>((patient, said))
        })
        .buffer_unordered(ASKED_AT_ONCE_MAX)
        .try_collect()
        .await
}

fn said(signed: &Signed, rooms: &[CategorySummary]) -> String {
    // Coming visits are dated ahead.
    let past = |at: &prost_types::Timestamp| at.seconds <= signed.now().timestamp();
    let latest =
        rooms.iter().filter_map(|room| room.newest_time).filter(past).max_by_key(|at| (at.seconds, at.nanos));
    match signed.day(latest.as_ref()) {
        Some(when) => signed.words().say("work-newest").with("when", when.text).plain(),
        None => signed.words().t("work-nothing-yet"),
    }
}
