//! Home: what needs the person, what is next, what is new in the record that was open last.
use super::{
    given::{self, Standing},
    room,
};
use crate::{
    cookie, dates,
    failure::{Answer, Failure},
    pages::{
        Tab,
        home::{Fresh, Home, Need, NextVisit},
        parts::{Badge, Icon, Tone},
        show,
    },
    session::Seat,
    shelf::Open,
    site::Site,
    visitor::Signed,
};
use axum::{
    Router,
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use holdfast_proto::{
    Word as _,
    audit::v1::ListPatientEntriesRequest,
    records::v1::{Item, ListItemsRequest},
    time,
};
use holdfast_types::{Action, Category};
use http::HeaderMap;
use std::sync::Arc;

const FRESH_MAX: i32 = 5;
/// Coming visits come before past ones; the next is looked for among as many.
const APPOINTMENTS_MAX: i32 = 50;
const CALLED_OFF: [&str; 4] = ["cancelled", "noshow", "entered-in-error", "fulfilled"];

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/h", get(page))
}

async fn page(signed: Signed, headers: HeaderMap) -> Answer {
    match signed.who.seat() {
        Seat::Officer => return Ok(Redirect::to("/office").into_response()),
        Seat::Staff => return Ok(Redirect::to("/work").into_response()),
        Seat::Family => {}
    }
    let shelf = signed.shelf().await?;
    let last = cookie::read(&headers, cookie::OPEN);
    let found = shelf.iter().find(|record| last == Some(&record.alias));
    let Some(record) = found.or_else(|| shelf.first()).cloned() else {
        return Ok(Redirect::to("/people").into_response());
    };
    let open = signed.open(&record.alias).await?;
    let (unread, ending, next, fresh, looks, frame) = tokio::join!(
        unread(&signed),
        ending(&open),
        next(&open),
        fresh(&open),
        looks(&open),
        open.frame(Tab::Home),
    );
    Ok(show(&Home {
        frame,
        greeting: signed.words().say(dates::greeting(signed.local_now())).with("name", signed.who.name()),
        needs: unread?.into_iter().chain(ending?).collect(),
        next: next?,
        since: None,
        fresh: fresh?,
        looks,
    }))
}

/// Messages that wait in any record.
async fn unread(signed: &Signed) -> Result<Vec<Need>, Failure> {
    let (shelf, words) = (signed.shelf().await?, signed.words());
    let unread = signed.unread(&shelf).await;
    if unread.is_empty() {
        return Ok(Vec::new());
    }
    let names = signed.names(&shelf).await?;
    let need = |record: &crate::shelf::Listed| {
        let count = *unread.get(&record.patient).filter(|count| **count > 0)?;
        Some(Need {
            href: format!("/r/{}/messages", record.alias),
            title: words.t("messages-title"),
            detail: names.get(&record.patient).map(|named| named.name.clone()).unwrap_or_default(),
            icon: Icon::Messages,
            badge: Some(Badge::new(Tone::Info, words.say("messages-unread").with("count", count).plain())),
        })
    };
    Ok(shelf.iter().filter_map(need).collect())
}

/// Sharing that ends soon, for who decides about it.
async fn ending(open: &Open) -> Result<Vec<Need>, Failure> {
    if !open.is_held() {
        return Ok(Vec::new());
    }
    let mut ending = open.grants(false).await?;
    ending.retain(|grant| Standing::of(grant, open.now()) == Standing::Soon);
    if ending.is_empty() {
        return Ok(Vec::new());
    }
    let known = open.known(given::accounts(&ending)).await?;
    let words = open.words();
    let needs = ending.into_iter().map(|grant| {
        let until = given::until(open, &grant);
        Need {
            href: open.path(&format!("/sharing/{}", grant.grant_id)),
            title: format!(
                "{}: {}",
                words.t("sharing-room"),
                known.grantee(open, grant.grantee.as_ref()).name
            ),
            detail: words.say("work-shared-until").with("when", until).plain(),
            icon: Icon::Sharing,
            badge: Some(Badge::new(Tone::Warn, words.t("grant-soon"))),
        }
    });
    Ok(needs.collect())
}

/// The nearest visit that is still to come.
async fn next(open: &Open) -> Result<Option<NextVisit>, Failure> {
    let items = newest(open, vec![Category::Appointments], APPOINTMENTS_MAX).await?;
    let coming =
        items.into_iter().filter(|item| !CALLED_OFF.contains(&item.status.as_str())).filter_map(|item| {
            let at = time(item.occurred_time.as_ref()?).ok().filter(|at| *at > open.now())?;
            Some((at, item))
        });
    Ok(coming.min_by_key(|(at, _)| *at).map(|(at, item)| NextVisit {
        href: open.path(&format!("/i/{}", item.item_id)),
        title: item.title,
        when: open.moment(at),
        place: item.summary,
    }))
}

async fn fresh(open: &Open) -> Result<Vec<Fresh>, Failure> {
    let coming = [Category::Appointments, Category::Demographics];
    let categories = Category::ALL.iter().copied().filter(|category| !coming.contains(category)).collect();
    let items = newest(open, categories, FRESH_MAX).await?;
    Ok((items.into_iter())
        .map(|item| {
            let room = Category::from_proto(item.category).map(|category| open.words().category(category));
            let when = open.day(item.occurred_time.as_ref()).map(|when| when.text);
            Fresh {
                href: open.path(&format!("/i/{}", item.item_id)),
                detail: room.into_iter().chain(when).collect::<Vec<_>>().join(" · "),
                badges: room::badges(open, &item),
                title: item.title,
            }
        })
        .collect())
}

/// The newest items of those categories that are open to the account.
async fn newest(open: &Open, mut categories: Vec<Category>, size: i32) -> Result<Vec<Item>, Failure> {
    categories.retain(|category| open.may(Action::Read, *category));
    if categories.is_empty() {
        return Ok(Vec::new());
    }
    let asked = ListItemsRequest {
        patient_id: open.patient_id(),
        categories: categories.into_iter().map(holdfast_proto::Word::to_proto).collect(),
        page_size: size,
        ..ListItemsRequest::default()
    };
    Ok(open.records().list_items(asked).await?.into_inner().items)
}

/// How long the list of looks is; none where it does not answer.
async fn looks(open: &Open) -> Option<u32> {
    let asked = ListPatientEntriesRequest {
        patient_id: open.patient_id(),
        page_size: 1,
        ..ListPatientEntriesRequest::default()
    };
    let answer = if open.is_held() { open.audit().list_patient_entries(asked).await.ok() } else { None };
    answer.and_then(|answer| u32::try_from(answer.into_inner().total_size).ok())
}
