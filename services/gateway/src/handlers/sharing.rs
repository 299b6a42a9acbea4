//! Sharing: what is shared with whom until when, one grant, and stopping it; what was saved before stays saved, and is named.
mod answers;
mod change;
mod link;
mod never;
mod new;
mod rehearse;
mod thing;
mod uses;

use super::{
    given::{self, Standing, actions, is_emergency, is_treatment, purposes, rooms, until},
    part::Parts,
    treatment,
};
use crate::{
    directory::Known,
    failure::{Answer, Failure},
    form::Fields,
    links::{is_link, is_spent},
    pages::{
        Tab,
        parts::{Badge, Fact, Tone},
        sharing::{Grant as GrantPage, GrantCard, Sharing, StopSharing},
        show,
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
use holdfast_host::catalogue;
use holdfast_proto::audit::v1::rehearse_change_request::Change;
use holdfast_proto::consent::v1::{GetGrantRequest, Grant, Link, LinkOpening, RevokeGrantRequest};
use std::sync::Arc;
use uses::Uses;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/r/{r}/sharing", get(list))
        .route("/r/{r}/sharing/{grant}", get(grant))
        .route("/r/{r}/sharing/{grant}/stop", get(confirm).post(stop))
        .merge(change::routes())
        .merge(new::routes())
        .merge(link::routes())
        .merge(never::routes())
}

async fn list(open: Open) -> Answer {
    let (grants, marks, uses, practices) =
        tokio::try_join!(open.grants(true), open.marks(), Uses::of(&open), treatment::cards(&open))?;
    let (known, told, parts) =
        tokio::try_join!(open.known(given::accounts(&grants)), open.told(marks), open.parts(&grants))?;
    let (mut now, mut ended) = (Vec::new(), Vec::new());
    // What nobody was asked about comes first.
    let (taken, given): (Vec<&Grant>, Vec<&Grant>) = grants.iter().partition(|grant| is_emergency(grant));
    for grant in taken.into_iter().chain(given) {
        let standing = Standing::of(grant, open.now());
        let cards = if standing.is_over() { &mut ended } else { &mut now };
        cards.push(card(&open, &known, &uses, &parts, grant, standing));
    }
    let never = told.marks.iter().map(|mark| told.card(&open, mark)).collect();
    let whole = open.record.holds_everything();
    Ok(show(&Sharing { frame: open.frame(Tab::Sharing).await, now, practices, never, ended, whole }))
}

fn card(
    open: &Open,
    known: &Known,
    uses: &Uses,
    parts: &Parts,
    grant: &Grant,
    standing: Standing,
) -> GrantCard {
    let href = open.path(&format!("/sharing/{}", grant.grant_id));
    GrantCard {
        stop_href: (!standing.is_over()).then(|| format!("{href}/stop")),
        href,
        who: known.grantee(open, grant.grantee.as_ref()),
        what: parts.with(open, grant, rooms(open.words(), &grant.categories)),
        until: until(open, grant),
        last_look: uses.last_look(open, &grant.grant_id),
        visits: given::visits(open, grant),
        why: grant.reason.clone(),
        because: given::because(open, known, grant),
        badge: Some(badge(open, known, grant, standing)),
    }
}

/// As it stands; of a link that nobody opens any more, that.
fn badge(open: &Open, known: &Known, grant: &Grant, standing: Standing) -> Badge {
    let link = known.link(&grant.grant_id).filter(|link| is_link(grant) && is_spent(link));
    match link {
        Some(_) if !standing.is_over() => Badge::new(Tone::Plain, open.words().t("link-spent")),
        _ => standing.badge_of(open.words(), grant),
    }
}

/// A grant of the record that is open, and of no other.
async fn get_grant(open: &Open, grant_id: String) -> Result<Grant, Failure> {
    let grant = open.consent().get_grant(GetGrantRequest { grant_id }).await?.into_inner();
    if grant.patient_id == open.patient_id() { Ok(grant) } else { Err(Failure::not_shown()) }
}

async fn grant(open: Open, Path((_, id)): Path<(String, String)>) -> Answer {
    let (grant, uses) = tokio::try_join!(get_grant(&open, id), Uses::of(&open))?;
    let this = std::slice::from_ref(&grant);
    let (known, parts) = tokio::try_join!(open.known(given::accounts(this)), open.parts(this))?;
    let standing = Standing::of(&grant, open.now());
    let card = card(&open, &known, &uses, &parts, &grant, standing);
    let words = open.words();
    let from = open.when(grant.from_time.as_ref()).map_or_else(String::new, |when| when.text);
    let ended = match (&grant.revoked_time, grant.replaced_by_grant_id.as_str()) {
        (None, _) => "grant-until",
        (Some(_), "") => "grant-stopped",
        (Some(_), _) => "grant-changed",
    };
    let before = before(&open, &grant).await?.map(|before| Fact::new(words.t("grant-before"), before));
    let facts = vec![
        Fact::new(words.t("grant-what"), rooms(words, &grant.categories)),
        Fact::new(words.t("grant-may"), actions(words, &grant.actions)),
        Fact::new(words.t("grant-for"), purposes(words, &grant.purposes)),
        Fact::new(words.t("grant-from"), from),
        Fact::new(words.t(ended), card.until),
        Fact::new(words.t("grant-last-look"), card.last_look),
    ];
    let part = parts.of(&open, &grant).map(|part| Fact::new(words.t("grant-part"), part));
    let visits = Some(card.visits).filter(|visits| !visits.is_empty());
    let visits = visits.map(|visits| Fact::new(words.t("grant-visits"), visits));
    let link = is_link(&grant).then(|| known.link(&grant.grant_id)).flatten();
    let link = link.map(|link| of_link(&open, link)).unwrap_or_default();
    let why = Some(card.why).filter(|why| !why.is_empty());
    let why = why.map(|why| Fact::new(words.t("emergency-said"), why));
    let because = Some(card.because).filter(|because| !because.is_empty());
    let because = because.map(|because| Fact::new(words.t("grant-because"), because));
    let said = why.into_iter().chain(because).chain(part);
    let facts = said.chain(facts).chain(visits).chain(before).chain(link).collect();
    let treats = is_treatment(&grant) && !standing.is_over();
    let practices = treats.then(|| open.path("/sharing#practices"));
    let frame = open.frame(Tab::Sharing).await;
    Ok(show(&GrantPage {
        frame,
        who: card.who,
        badge: badge(&open, &known, &grant, standing),
        facts,
        change_href: change::href(&open, &grant, standing).or(practices),
        stop_href: card.stop_href,
    }))
}

/// What a changed grant had shared before.
async fn before(open: &Open, grant: &Grant) -> Result<Option<String>, Failure> {
    if grant.replaces_grant_id.is_empty() {
        return Ok(None);
    }
    let before = get_grant(open, grant.replaces_grant_id.clone()).await?;
    let parts = open.parts(std::slice::from_ref(&before)).await?;
    Ok(Some(parts.with(open, &before, rooms(open.words(), &before.categories))))
}

/// Whether it wants a passcode, and who opened it by their own word.
fn of_link(open: &Open, link: &Link) -> Vec<Fact> {
    let words = open.words();
    let passcode = if link.has_passcode { "link-passcode-yes" } else { "link-passcode-no" };
    let opening = |opening: &LinkOpening| {
        let when = open.when(opening.open_time.as_ref()).map_or_else(String::new, |when| when.text);
        let said = words.say("link-opening").with("name", &opening.recipient).with("when", when).plain();
        Fact::new(words.t("link-openings"), said)
    };
    let passcode = Fact::new(words.t("link-passcode-has"), words.t(passcode));
    std::iter::once(passcode).chain(link.openings.iter().rev().map(opening)).collect()
}

async fn confirm(open: Open, Path((_, id)): Path<(String, String)>) -> Answer {
    let (grant, uses) = tokio::try_join!(get_grant(&open, id), Uses::of(&open))?;
    let this = std::slice::from_ref(&grant);
    let (known, parts) = tokio::try_join!(open.known(given::accounts(this)), open.parts(this))?;
    let back = open.path(&format!("/sharing/{}", grant.grant_id));
    Ok(show(&StopSharing {
        frame: open.frame(Tab::Sharing).await,
        path: format!("{back}/stop"),
        back,
        who: known.grantee(&open, grant.grantee.as_ref()),
        what: parts.with(&open, &grant, rooms(open.words(), &grant.categories)),
        saved: uses.saved(&open, &grant.grant_id).await?,
        saved_whole: uses.is_whole(),
        rehearsal: Some(open.rehearse(Change::RevokeGrantId(grant.grant_id)).await),
    }))
}

async fn stop(open: Open, Path((_, id)): Path<(String, String)>, fields: Fields) -> Answer {
    let grant = get_grant(&open, id).await?;
    let asked = RevokeGrantRequest {
        request_id: fields.request_id()?.to_string(),
        grant_id: grant.grant_id,
        etag: String::new(),
    };
    match open.consent().revoke_grant(asked).await.map_err(Failure::from) {
        Ok(answer) => open.wrote(answer.into_inner().position),
        Err(failure) if failure.is(catalogue::ALREADY_REVOKED) => {}
        Err(failure) => return Err(failure),
    }
    open.say_next("sharing-stopped");
    Ok(Redirect::to(&open.path("/sharing")).into_response())
}
