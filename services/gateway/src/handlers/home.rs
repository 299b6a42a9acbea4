//! Home: what needs the person, what is next, what is new in the record that was open last.
use super::{
    given::{self, Standing},
    proposals, room, treatment, welcome,
};
use crate::{
    cookie, dates,
    failure::{Answer, Failure},
    pages::{
        Tab,
        home::{Fresh, Home, Need, NextVisit},
        parts::{Badge, Icon, Tone, When},
        show,
    },
    session::Seat,
    shelf::{Open, Shelf},
    site::Site,
    visitor::Signed,
    words::Phrase,
};
use axum::{
    Router,
    extract::Query,
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use holdfast_proto::{
    Word as _,
    audit::v1::{EntryKind, ListPatientEntriesRequest},
    consent::v1::Grant,
    records::v1::{Item, ListItemsRequest},
    time,
};
use holdfast_types::{Action, Category};
use http::HeaderMap;
use serde::Deserialize;
use std::sync::Arc;

const FRESH_MAX: i32 = 5;
/// Records beside the one at hand in which it is looked for what was opened.
const RECORDS_MAX: usize = 7;
/// Looks among which that of somebody else is looked for.
const LOOKS_MAX: i32 = 200;
/// Coming visits come before past ones; the next is looked for among as many.
const APPOINTMENTS_MAX: i32 = 50;
const CALLED_OFF: [&str; 4] = ["cancelled", "noshow", "entered-in-error", "fulfilled"];

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/h", get(page))
}

#[derive(Deserialize)]
struct At {
    /// Who works here asks for the home of the records they hold.
    #[serde(default)]
    mine: bool,
}

async fn page(signed: Signed, headers: HeaderMap, Query(at): Query<At>) -> Answer {
    if welcome::is_due(&signed, &headers) {
        return Ok(Redirect::to("/welcome").into_response());
    }
    let seat = signed.who.seat();
    match seat {
        Seat::Officer if !at.mine => return Ok(Redirect::to("/office").into_response()),
        Seat::Staff if !at.mine => return Ok(Redirect::to("/work").into_response()),
        Seat::Officer | Seat::Staff | Seat::Family => {}
    }
    let shelf = signed.fresh_shelf().await?;
    let last = cookie::read(&headers, cookie::OPEN);
    let mut own = shelf.iter().filter(|record| seat == Seat::Family || record.relationship.is_some());
    let first = own.clone().next();
    let Some(record) = own.find(|record| last == Some(&record.alias)).or(first).cloned() else {
        let invited = !treatment::invited(&signed).await?.is_empty();
        return Ok(Redirect::to(if invited { "/invited" } else { "/people" }).into_response());
    };
    let open = signed.open(&record.alias).await?;
    let (unread, sharing, invited, news, next, fresh, looks, frame) = tokio::join!(
        unread(&signed),
        sharing(&open, &shelf),
        treatment::invited(&signed),
        proposals::news(&open),
        next(&open),
        fresh(&open),
        looks(&open),
        open.frame(Tab::Home),
    );
    Ok(show(&Home {
        frame,
        greeting: signed.words().say(dates::greeting(signed.local_now())).with("name", signed.who.name()),
        needs: sharing?.into_iter().chain(invited?).chain(unread?).chain(news?).collect(),
        next: next?,
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

/// What was opened in an emergency in any record that the account holds, and sharing of this one that ends soon.
async fn sharing(open: &Open, shelf: &Shelf) -> Result<Vec<Need>, Failure> {
    let others = shelf.iter().filter(|record| record.may_share() && record.alias != open.record.alias);
    let mut needs = Vec::new();
    if open.record.may_share() {
        needs = of_sharing(open, true).await?;
    }
    for record in others.take(RECORDS_MAX) {
        needs.extend(of_sharing(&open.beside(record), false).await?);
    }
    Ok(needs)
}

async fn of_sharing(open: &Open, also_ending: bool) -> Result<Vec<Need>, Failure> {
    let (mut grants, asked) = tokio::try_join!(open.grants(false), treatment::needs(open))?;
    let soon = |grant: &Grant| also_ending && Standing::of(grant, open.now()) == Standing::Soon;
    grants.retain(|grant| given::is_emergency(grant) || soon(grant));
    if grants.is_empty() {
        return Ok(asked);
    }
    grants.sort_by_key(|grant| !given::is_emergency(grant));
    let known = open.known(given::accounts(&grants)).await?;
    let words = open.words();
    let needs = grants.into_iter().map(|grant| {
        let until = given::until(open, &grant);
        let who = known.grantee(open, grant.grantee.as_ref()).name;
        if given::is_emergency(&grant) {
            return Need {
                href: open.path(&format!("/sharing/{}", grant.grant_id)),
                title: words.say("emergency-by").with("name", who).plain(),
                detail: format!(
                    "{} · {}",
                    grant.reason,
                    words.say("work-shared-until").with("when", until).plain()
                ),
                icon: Icon::Alert,
                badge: Some(Badge::new(Tone::Stop, words.t("emergency-badge"))),
            };
        }
        Need {
            href: open.path(&format!("/sharing/{}", grant.grant_id)),
            title: format!("{}: {who}", words.t("sharing-room")),
            detail: words.say("work-shared-until").with("when", until).plain(),
            icon: Icon::Sharing,
            badge: Some(Badge::new(Tone::Warn, words.t("grant-soon"))),
        }
    });
    Ok(needs.chain(asked).collect())
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

/// Who else looked last. Home is shown even where the list does not answer.
async fn looks(open: &Open) -> Phrase {
    if !open.record.holds_everything() {
        return open.words().say("home-looks-why");
    }
    match last_look(open).await {
        Ok(Some((name, when))) => {
            open.words().say("home-look-last").with("name", name).with("when", when.text)
        }
        Ok(None) => open.words().say("home-look-none"),
        Err(_) => open.words().say("looked-late"),
    }
}

async fn last_look(open: &Open) -> Result<Option<(String, When)>, Failure> {
    let kinds = [EntryKind::Read, EntryKind::Refused];
    let asked = ListPatientEntriesRequest {
        patient_id: open.patient_id(),
        kinds: kinds.map(i32::from).into(),
        page_size: LOOKS_MAX,
        page_token: String::new(),
    };
    let entries = open.audit().list_patient_entries(asked).await?.into_inner().entries;
    let me = format!("account/{}", open.who.account_id);
    let Some(look) = entries.iter().find(|entry| entry.actor != me) else { return Ok(None) };
    let known = open.known([look.actor.as_str()]).await?;
    Ok(open.when(look.recorded_time.as_ref()).map(|when| (known.actor(open, &look.actor).name, when)))
}
