//! Who looked: the history of a record in plain words, day by day.
use super::{
    deeds::{self, Given, Teller},
    given::{self, rooms},
    trail::Trail,
};
use crate::{
    failure::{Answer, Failure},
    pages::{
        Tab,
        looked::{Check, Day, Look, LookKind, WhoLooked},
        parts::{Filter, Notice, Pager, Tone},
        show,
    },
    proof::LOG,
    shelf::Open,
    site::Site,
};
use axum::{
    Router,
    extract::{Path, Query},
    routing::get,
};
use holdfast_proto::{
    audit::v1::{Entry, ListPatientEntriesRequest},
    consent::v1::Grant,
};
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};

const PAGE_SIZE: i32 = 100;
/// For the entries of some, as many pages are read as it takes to find a few of them, up to this many.
const SIFTED_PAGES_MAX: usize = 5;
const SIFTED_PAGE_SIZE: i32 = 200;
const FEW: usize = 25;
/// A list that is further behind is called late.
pub(super) const LATE_MS: i64 = 5_000;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/r/{r}/looked", get(looked))
}

#[derive(Default, Deserialize)]
struct At {
    #[serde(default)]
    who: String,
    #[serde(default)]
    kind: String,
    #[serde(flatten)]
    trail: Trail,
}

/// Whose entries: one's own are the most, and not what one asks after first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Others,
    Me,
    All,
}

impl Whose {
    const ALL: [Self; 3] = [Self::Others, Self::Me, Self::All];

    const fn code(self) -> &'static str {
        match self {
            Self::Others => "others",
            Self::Me => "me",
            Self::All => "all",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Others => "looked-others",
            Self::Me => "looked-me",
            Self::All => "looked-everyone",
        }
    }

    fn takes(self, entry: &Entry, me: &str) -> bool {
        match self {
            Self::Others => entry.actor != me,
            Self::Me => entry.actor == me,
            Self::All => true,
        }
    }
}

/// A part of the history, and where it goes on.
struct Sifted {
    entries: Vec<Entry>,
    next: String,
    /// None where it is not known how many of the rest it would be.
    total: Option<usize>,
    lag_ms: i64,
}

async fn sifted(open: &Open, kind: Option<LookKind>, whose: Whose, begin: &str) -> Result<Sifted, Failure> {
    let me = format!("account/{}", open.who.account_id);
    let mut found = Sifted { entries: Vec::new(), next: begin.to_owned(), total: None, lag_ms: 0 };
    let (pages, page_size) =
        if whose == Whose::All { (1, PAGE_SIZE) } else { (SIFTED_PAGES_MAX, SIFTED_PAGE_SIZE) };
    for _ in 0..pages {
        let asked = ListPatientEntriesRequest {
            patient_id: open.patient_id(),
            kinds: kind.and_then(LookKind::entry_kind).map(i32::from).into_iter().collect(),
            page_size,
            page_token: std::mem::take(&mut found.next),
        };
        let answer = open.audit().list_patient_entries(asked).await?.into_inner();
        found.entries.extend(answer.entries.into_iter().filter(|entry| whose.takes(entry, &me)));
        (found.next, found.lag_ms) = (answer.next_page_token, answer.lag_ms);
        found.total = usize::try_from(answer.total_size).ok().filter(|_| whose == Whose::All);
        if found.next.is_empty() || found.entries.len() >= FEW {
            break;
        }
    }
    if begin.is_empty() && found.next.is_empty() {
        found.total = Some(found.entries.len());
    }
    Ok(found)
}

async fn looked(open: Open, Path(_): Path<String>, Query(at): Query<At>) -> Answer {
    let kind = LookKind::OF_RECORD.into_iter().find(|kind| kind.code() == at.kind);
    let whose = Whose::ALL.into_iter().find(|whose| whose.code() == at.who).unwrap_or(Whose::Others);
    let sifted = sifted(&open, kind, whose, &at.trail.page).await?;
    let words = open.words();
    let address = |whose: Whose, kind: Option<LookKind>| {
        let kind = kind.map(|kind| format!("&kind={}", kind.code())).unwrap_or_default();
        open.path(&format!("/looked?who={}{kind}", whose.code()))
    };
    let of = |own: Whose| Filter::new(address(own, kind), words.t(own.key()), own == whose);
    let kinds = LookKind::OF_RECORD.into_iter().map(Some);
    let filters = std::iter::once(None).chain(kinds).map(|own| {
        let label = own.map_or("looked-all", LookKind::key);
        Filter::new(address(whose, own), words.t(label), own == kind)
    });
    let (previous, next) = at.trail.ways(&address(whose, kind), &sifted.next);
    Ok(show(&WhoLooked {
        verdict: verdict(&open, sifted.lag_ms),
        whose: Whose::ALL.map(of).into(),
        filters: filters.collect(),
        none: words.t(match (whose, &next) {
            (Whose::All, _) => "looked-none",
            (_, Some(_)) => "looked-none-part",
            (Whose::Others, None) => "looked-none-others",
            (Whose::Me, None) => "looked-none-me",
        }),
        whole: whose == Whose::All && kind.is_none(),
        days: days(&open, &sifted.entries).await?,
        pager: Pager { shown: sifted.entries.len(), total: sifted.total.unwrap_or_default(), next, previous },
        check: Check { proof_href: open.path("/looked/proof"), patient: open.patient_id(), log_href: LOG },
        frame: open.frame(Tab::Looked).await,
    }))
}

fn verdict(open: &Open, lag_ms: i64) -> Notice {
    let (tone, key) =
        if lag_ms > LATE_MS { (Tone::Warn, "looked-late") } else { (Tone::Good, "looked-current") };
    Notice { tone, text: open.words().t(key), link: None }
}

/// The lines of entries, newest first, by the day they were recorded.
async fn days(open: &Open, entries: &[Entry]) -> Result<Vec<Day>, Failure> {
    let grants = if open.record.may_share() { open.grants(true).await? } else { Vec::new() };
    let actors = entries.iter().map(|entry| entry.actor.as_str()).chain(given::accounts(&grants));
    let known = open.known(actors).await?;
    let before = |grant: &Grant| {
        let before = grants.iter().find(|one| one.grant_id == grant.replaces_grant_id)?;
        Some(rooms(open.words(), &before.categories))
    };
    let told = |grant: &Grant| Given {
        to: known.grantee(open, grant.grantee.as_ref()).name,
        rooms: rooms(open.words(), &grant.categories),
        when: open.day(grant.from_time.as_ref()).map_or_else(String::new, |when| when.text),
        before: before(grant),
        replaced: !grant.replaced_by_grant_id.is_empty(),
    };
    let teller = Teller {
        words: open.words(),
        me: format!("account/{}", open.who.account_id),
        mine: open.record.relationship,
        grants: grants.iter().map(|grant| (grant.grant_id.clone(), told(grant))).collect::<HashMap<_, _>>(),
    };
    let mut days: Vec<Day> = Vec::new();
    for entry in entries {
        let label = open.day(entry.recorded_time.as_ref()).map_or_else(String::new, |day| day.text);
        let look = line(open, &teller, known.actor(open, &entry.actor), entry);
        match days.last_mut() {
            Some(day) if day.label == label => add(&mut day.looks, look),
            _ => days.push(Day { label, looks: vec![look] }),
        }
    }
    for look in days.iter_mut().flat_map(|day| &mut day.looks).filter(|look| look.times > 1) {
        look.did = open.words().say("did-times").with("did", &look.did).with("count", look.times).plain();
    }
    Ok(days)
}

fn line(open: &Open, teller: &Teller, who: crate::pages::parts::Person, entry: &Entry) -> Look {
    let right = teller.by(entry);
    Look {
        kind: deeds::kind(entry),
        when: open.when(entry.recorded_time.as_ref()).unwrap_or_else(|| open.moment(open.now())),
        who,
        did: teller.did(entry),
        by: right.text,
        by_href: right.grant.map(|id| open.path(&format!("/sharing/{id}"))),
        number: deeds::number(entry),
        times: 1,
        events: vec![entry.event_id.clone()],
    }
}

/// What one person read again, with nothing of anybody else in between, is counted on its newest line.
fn add(looks: &mut Vec<Look>, look: Look) {
    let run = looks.iter_mut().rev().take_while(|line| line.who == look.who);
    match run.filter(|line| line.kind == LookKind::Read).find(|line| line.is_like(&look)) {
        Some(line) => {
            line.times += 1;
            line.events.extend(look.events);
        }
        None => looks.push(look),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        pages::parts::{Person, When},
        words::Words,
    };
    use chrono::DateTime;

    fn look(kind: LookKind, who: &str, did: &str) -> Look {
        let at = DateTime::parse_from_rfc3339("2026-11-22T18:00:00-05:00").unwrap();
        Look {
            kind,
            when: When::moment(Words::default(), at, at),
            who: Person::new(who, ""),
            did: did.into(),
            by: String::new(),
            by_href: None,
            number: String::new(),
            times: 1,
            events: vec![did.into()],
        }
    }

    #[test]
    fn what_one_person_reads_again_is_one_line_that_says_how_often() {
        let mut looks = Vec::new();
        for (who, did) in [
            ("Dana", "read Goals"),
            ("Dana", "read Notes"),
            ("Dana", "read Goals"),
            ("Ana", "read Goals"),
            ("Dana", "read Goals"),
        ] {
            add(&mut looks, look(LookKind::Read, who, did));
        }
        assert_eq!(looks.iter().map(|look| look.times).collect::<Vec<_>>(), [2, 1, 1, 1]);
        assert_eq!(looks[0].events.len(), 2, "each of them is checked against the proof");
    }

    #[test]
    fn every_change_and_every_refusal_keeps_its_own_line() {
        let mut looks = Vec::new();
        for kind in [LookKind::Change, LookKind::Change, LookKind::Refused, LookKind::Refused] {
            add(&mut looks, look(kind, "Dana", "did it"));
        }
        assert_eq!(looks.len(), 4);
    }
}
