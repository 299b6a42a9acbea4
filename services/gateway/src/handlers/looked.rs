//! Who looked: the history of a record in plain words, day by day.
use super::{
    deeds::{self, Given, Teller},
    given::{self, rooms},
};
use crate::{
    failure::{Answer, Failure},
    pages::{
        Tab,
        looked::{Day, Look, LookKind, WhoLooked},
        parts::{Filter, Notice, Pager, Tone},
        show,
    },
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
/// A list that is further behind is called late.
pub(super) const LATE_MS: i64 = 5_000;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/r/{r}/looked", get(looked))
}

#[derive(Default, Deserialize)]
struct At {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    page: String,
}

async fn looked(open: Open, Path(_): Path<String>, Query(at): Query<At>) -> Answer {
    let kind = LookKind::OF_RECORD.into_iter().find(|kind| kind.code() == at.kind);
    let asked = ListPatientEntriesRequest {
        patient_id: open.patient_id(),
        kinds: kind.and_then(LookKind::entry_kind).map(i32::from).into_iter().collect(),
        page_size: PAGE_SIZE,
        page_token: at.page,
    };
    let answer = open.audit().list_patient_entries(asked).await?.into_inner();
    let root = open.path("/looked");
    let filters = LookKind::OF_RECORD.into_iter().map(|own| {
        Filter::new(format!("{root}?kind={}", own.code()), open.words().t(own.key()), kind == Some(own))
    });
    let next = Some(answer.next_page_token).filter(|token| !token.is_empty());
    let of_kind = kind.map(|kind| format!("kind={}&", kind.code())).unwrap_or_default();
    let total = usize::try_from(answer.total_size).unwrap_or_default();
    let pager = Pager {
        shown: answer.entries.len(),
        total,
        next: next.map(|token| format!("{root}?{of_kind}page={token}")),
        previous: None,
    };
    Ok(show(&WhoLooked {
        verdict: verdict(&open, answer.lag_ms),
        filters: std::iter::once(Filter::new(root.clone(), open.words().t("looked-all"), kind.is_none()))
            .chain(filters)
            .collect(),
        days: days(&open, &answer.entries).await?,
        pager,
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
    let grants = if open.is_held() { open.grants(true).await? } else { Vec::new() };
    let actors = entries.iter().map(|entry| entry.actor.as_str()).chain(given::accounts(&grants));
    let known = open.known(actors).await?;
    let told = |grant: &Grant| Given {
        to: known.grantee(open, grant.grantee.as_ref()).name,
        rooms: rooms(open.words(), &grant.categories),
        when: open.day(grant.from_time.as_ref()).map_or_else(String::new, |when| when.text),
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
    }
}

/// What one person read again, with nothing of anybody else in between, is counted on its newest line.
fn add(looks: &mut Vec<Look>, look: Look) {
    let run = looks.iter_mut().rev().take_while(|line| line.who == look.who);
    match run.filter(|line| line.kind == LookKind::Read).find(|line| line.is_like(&look)) {
        Some(line) => line.times += 1,
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
