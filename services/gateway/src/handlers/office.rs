//! The compliance officer's office: searching the history of a tenant, and whether the logs are whole. Searches are POSTs, so that
//! nothing of them stands in an address.
mod decision;
mod download;
mod emergencies;
mod erasures;
mod order;
mod what_if;

pub(super) use decision::of_grounds;

use super::{
    authority, days,
    deeds::{self, Teller},
    looked::LATE_MS,
    reviews,
};
use crate::{
    dates,
    failure::{Answer, Failure},
    form::Fields,
    pages::{
        Frame, Tab,
        looked::LookKind,
        office::{Office, OfficeDay, OfficeRow, ServiceLog},
        parts::{Badge, Choice, Field, Pager, Problem, Tone},
        sharing::Question,
        show, show_as,
    },
    services::Line,
    site::Site,
    visitor::Signed,
};
use axum::{
    Router,
    response::{IntoResponse as _, Redirect},
    routing::{get, post},
};
use chrono::NaiveDate;
use holdfast_host::catalogue;
use holdfast_proto::{
    Word as _,
    audit::v1::{
        Entry, FaultKind, GetLogHealthRequest, LogHealth, SearchEntriesRequest, ServiceLogHealth,
        VerifyLogsRequest, replay_service_client::ReplayServiceClient,
    },
    identity::v1::SearchDirectoryRequest,
    timestamp,
};
use holdfast_types::{AccountId, PatientId, Role};
use http::StatusCode;
use std::{collections::HashMap, sync::Arc};

const PAGE_SIZE: i32 = 50;
const TIMELINE: &str = "timeline";

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/office", get(form).post(search))
        .route("/office/download", get(back).post(download::file))
        .route("/office/verify", post(verify))
        .route("/office/decision", get(back).post(decision::page))
        .route("/office/what-if", get(what_if::form).post(what_if::ask))
        .route("/office/emergencies", get(emergencies::list).post(emergencies::sign))
        .route("/office/erasures", get(erasures::list))
        .route("/office/erasures/order", get(to_erasures).post(order::page))
}

/// Who comes back to a decision or a file without what it is of searches again.
async fn back(_: Signed) -> Redirect {
    Redirect::to("/office")
}

/// Which record it was is nowhere but in the form.
async fn to_erasures(_: Signed) -> Redirect {
    Redirect::to("/office/erasures")
}

/// One page of what was found.
struct Found {
    rows: Vec<OfficeRow>,
    total: usize,
    next: Option<String>,
}

async fn health(signed: &Signed) -> Result<LogHealth, Failure> {
    Ok(signed.audit().get_log_health(GetLogHealthRequest {}).await?.into_inner())
}

async fn form(signed: Signed) -> Answer {
    let (health, opened, wishes, waiting, reviews_late) = tokio::try_join!(
        health(&signed),
        emergencies::waiting(&signed),
        erasures::waiting(&signed),
        authority::open_count(&signed),
        reviews::is_late(&signed)
    )?;
    let page = page(&signed, &Fields::default(), &health, None, Vec::new());
    let (emergencies, erasures, authority) = (Some(opened), Some(wishes), Some(waiting));
    Ok(show(&Office { emergencies, erasures, authority, reviews_late, ..page }))
}

async fn verify(signed: Signed) -> Answer {
    signed.audit().verify_logs(VerifyLogsRequest {}).await?;
    Ok(Redirect::to("/office").into_response())
}

async fn search(signed: Signed, fields: Fields) -> Answer {
    match find(&signed, &fields).await? {
        Ok(found) => Ok(show(&page(&signed, &fields, &health(&signed).await?, Some(found), Vec::new()))),
        Err(wrong) => unfound(&signed, &fields, wrong).await,
    }
}

async fn unfound(signed: &Signed, fields: &Fields, (field, key): Wrong) -> Answer {
    let problem = Problem { field: field.to_owned(), text: signed.words().t(key) };
    let page = page(signed, fields, &health(signed).await?, None, vec![problem]);
    Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// The field and the key of what its writer can put right.
type Wrong = (&'static str, &'static str);

async fn find(signed: &Signed, fields: &Fields) -> Result<Result<Found, Wrong>, Failure> {
    let asked = match asked(signed, fields).await? {
        Ok(asked) => asked,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let answer = match signed.audit().search_entries(asked).await.map_err(Failure::from) {
        Ok(answer) => answer.into_inner(),
        Err(failure) => return writers(failure).map(Err),
    };
    let known = signed.known(answer.entries.iter().map(|entry| entry.actor.as_str())).await?;
    let teller = teller(signed);
    let row = |entry: &Entry| {
        let who = known.actor(signed, &entry.actor);
        OfficeRow {
            day: signed.day(entry.recorded_time.as_ref()).map_or_else(String::new, |day| day.text),
            when: signed.when(entry.recorded_time.as_ref()).unwrap_or_else(|| signed.moment(signed.now())),
            who: who.name,
            role: who.role,
            did: teller.did(entry),
            patient: Some(entry.patient_id.clone())
                .filter(|id| !id.is_empty())
                .unwrap_or_else(|| signed.words().t("office-no-patient")),
            by: teller.by(entry).text,
            kind: deeds::kind(entry),
            number: deeds::number(entry),
            why: if entry.access.is_some() { decision::naming(entry) } else { Vec::new() },
        }
    };
    Ok(Ok(Found {
        rows: answer.entries.iter().map(row).collect(),
        total: usize::try_from(answer.total_size).unwrap_or_default(),
        next: Some(answer.next_page_token).filter(|token| !token.is_empty()),
    }))
}

/// What its writer can put right of what audit refuses.
fn writers(failure: Failure) -> Result<Wrong, Failure> {
    if failure.is(catalogue::SEARCH_UNBOUNDED) {
        Ok(("patient", "office-unbounded"))
    } else if failure.is(catalogue::PERIOD_ENDS_BEFORE_IT_BEGINS) {
        Ok(("from", "office-day-wrong"))
    } else if failure.is(catalogue::TOO_MANY_ENTRIES) {
        Ok(("from", "office-too-many"))
    } else {
        Err(failure)
    }
}

async fn asked(signed: &Signed, fields: &Fields) -> Result<Result<SearchEntriesRequest, Wrong>, Failure> {
    let patient = fields.one("patient");
    if !patient.is_empty() && patient.parse::<PatientId>().is_err() {
        return Ok(Err(("patient", "office-number-wrong")));
    }
    let account_id = match account(signed, fields.one("actor")).await? {
        Ok(account_id) => account_id,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let (Ok(from), Ok(to)) = (day(fields.one("from")), day(fields.one("to"))) else {
        return Ok(Err(("from", "office-day-wrong")));
    };
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        return Ok(Err(("from", "office-day-wrong")));
    }
    let kinds =
        LookKind::OF_TENANT.into_iter().filter(|kind| fields.all("kind").any(|code| code == kind.code()));
    Ok(Ok(SearchEntriesRequest {
        tenant_id: tenant(signed).ok_or_else(Failure::not_shown)?,
        patient_id: patient.to_owned(),
        account_id,
        from_time: from.map(days::beginning).map(timestamp),
        until_time: to.and_then(days::end).map(timestamp),
        kinds: kinds.filter_map(LookKind::entry_kind).map(i32::from).collect(),
        page_size: PAGE_SIZE,
        page_token: fields.one("page").to_owned(),
    }))
}

/// Tells entries to an officer, who knows no grant from within.
fn teller(signed: &Signed) -> Teller {
    Teller {
        words: signed.words(),
        me: format!("account/{}", signed.who.account_id),
        mine: None,
        grants: HashMap::new(),
    }
}

fn replay(signed: &Signed) -> ReplayServiceClient<Line> {
    signed.site().services.replay(signed.outgoing())
}

/// A page of the office that a form leads to: a change of language begins again.
fn frame(signed: &Signed) -> Frame {
    Frame { here: "/office".to_owned(), ..signed.frame(Tab::Office) }
}

/// None where nothing was typed.
fn day(text: &str) -> Result<Option<NaiveDate>, ()> {
    if text.is_empty() { Ok(None) } else { dates::typed(text).map(Some).ok_or(()) }
}

/// Whoever holds the office looks after the tenant that gave it.
fn tenant(signed: &Signed) -> Option<String> {
    let office = |held: &&holdfast_proto::identity::v1::RoleAssignment| {
        Role::from_proto(held.role) == Some(Role::ComplianceOfficer)
    };
    signed.who.account.roles.iter().find(office).map(|held| held.tenant_id.clone())
}

/// An account by its number, or the one person of the directory who is called so.
async fn account(signed: &Signed, text: &str) -> Result<Result<String, Wrong>, Failure> {
    if text.is_empty() || text.parse::<AccountId>().is_ok() {
        return Ok(Ok(text.to_owned()));
    }
    let asked =
        SearchDirectoryRequest { query: text.to_owned(), page_size: 2, ..SearchDirectoryRequest::default() };
    let found = signed.identity().search_directory(asked).await?.into_inner().profiles;
    Ok(match found.as_slice() {
        [] => Err(("actor", "office-actor-none")),
        [only] => Ok(only.account_id.clone()),
        _ => Err(("actor", "office-actor-many")),
    })
}

fn page(
    signed: &Signed,
    fields: &Fields,
    health: &LogHealth,
    found: Option<Found>,
    problems: Vec<Problem>,
) -> Office {
    let words = signed.words();
    let dress = |field: Field| {
        let wrong =
            problems.iter().find(|problem| problem.field == field.name).map(|problem| problem.text.clone());
        let value = fields.one(field.name).to_owned();
        Field { value, wrong, ..field }.optional()
    };
    let boxes = [
        Field::line("patient", words.t("office-patient-number")).hint(words.t("office-patient-hint")),
        Field::line("actor", words.t("office-actor")).hint(words.t("office-actor-hint")),
        Field::of("date", "from", words.t("office-from")),
        Field::of("date", "to", words.t("office-to")),
    ];
    let kind = |kind: LookKind| {
        Choice::new(kind.code(), words.t(kind.key()))
            .chosen(fields.all("kind").any(|code| code == kind.code()))
    };
    let checked = health.services.iter().map(|log| log.verify_time).collect::<Option<Vec<_>>>();
    let checked = checked.and_then(|times| times.into_iter().min_by_key(|at| at.seconds));
    let (rows, total, page_token) = match found {
        Some(found) => (Some(found.rows), found.total, found.next),
        None => (None, 0, None),
    };
    let shown = rows.as_ref().map_or(0, Vec::len);
    let timeline = fields.one("view") == TIMELINE;
    let (rows, days) = if timeline { (None, rows.map(OfficeDay::of)) } else { (rows, None) };
    let way =
        |code: &str, chosen: bool| Choice::new(code, words.t(&format!("office-view-{code}"))).chosen(chosen);
    Office {
        frame: signed.frame(Tab::Office),
        reviews_late: false,
        emergencies: None,
        erasures: None,
        authority: None,
        fields: boxes.into_iter().map(dress).collect(),
        kinds: LookKind::OF_TENANT.map(kind).into(),
        problems,
        view: Question {
            name: "view",
            legend: words.t("office-view"),
            hint: String::new(),
            many: false,
            choices: vec![way("table", !timeline), way(TIMELINE, timeline)],
        },
        pager: Pager { shown, total, ..Pager::default() },
        take: download::naming(fields),
        rows,
        days,
        printed: signed.moment(signed.now()),
        page_token,
        logs: health.services.iter().map(|log| service_log(signed, log)).collect(),
        sound: health.services.iter().all(|log| log.faults.is_empty()),
        checked: signed.when(checked.as_ref()),
    }
}

fn service_log(signed: &Signed, log: &ServiceLogHealth) -> ServiceLog {
    let words = signed.words();
    let holes = log.faults.iter().filter(|fault| fault.kind() == FaultKind::Hole).count();
    let badge = if !log.faults.is_empty() {
        Badge::new(Tone::Stop, words.t("office-broken"))
    } else if log.lag_ms > LATE_MS {
        Badge::new(Tone::Warn, words.t("office-behind"))
    } else {
        Badge::new(Tone::Good, words.t("office-whole"))
    };
    ServiceLog {
        name: log.service.clone(),
        events: grouped(log.entry_count),
        holes,
        altered: log.faults.len() - holes,
        badge,
    }
}

/// "48,117".
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_readable() {
        assert_eq!(
            [0, 311, 1_204, 48_117, 1_000_000].map(grouped),
            ["0", "311", "1,204", "48,117", "1,000,000"]
        );
    }

    #[test]
    fn a_day_may_be_left_out_but_not_be_nonsense() {
        assert_eq!(day(""), Ok(None));
        assert_eq!(day("2026-11-22"), Ok(NaiveDate::from_ymd_opt(2026, 11, 22)));
        assert_eq!(day("yesterday"), Err(()));
    }
}
