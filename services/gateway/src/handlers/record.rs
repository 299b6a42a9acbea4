//! The record: its rooms by group, how much is in each and how fresh it is.
use super::room;
use crate::{
    dates,
    failure::Answer,
    pages::{
        Tab,
        parts::{Badge, Tone},
        record::{GROUPS, Record, Room, RoomGroup, Source, icon},
        show,
    },
    shelf::Open,
    site::Site,
};
use axum::{Router, routing::get};
use holdfast_proto::{
    Word as _,
    records::v1::{CategorySummary, SourceSummary, SummarizeRecordRequest},
};
use holdfast_types::{Action, Category};
use std::{collections::HashMap, sync::Arc};

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/r/{r}", get(page))
}

async fn page(open: Open) -> Answer {
    let answer = open
        .records()
        .summarize_record(SummarizeRecordRequest {
            patient_id: open.patient_id(),
            include_sources: true,
            ..Default::default()
        })
        .await?
        .into_inner();
    let summaries = by_room(answer.categories);
    let names = room::narrow::names(&open, &answer.sources).await;
    let (frame, named) = tokio::join!(open.frame(Tab::Record), open.named());
    Ok(show(&Record {
        name: named.name.clone(),
        about: named
            .birth_date
            .map(|birth| about(&open, birth, open.local_now().date_naive()))
            .unwrap_or_default(),
        groups: groups(&open, "", &summaries, |_| true),
        sources: answer
            .sources
            .iter()
            .zip(names)
            .map(|(summary, name)| source(&open, summary, name))
            .collect(),
        badges: named
            .made_up
            .then(|| Badge::new(Tone::Plain, open.words().t("badge-demo")))
            .into_iter()
            .collect(),
        total: summaries.values().filter_map(|summary| usize::try_from(summary.count).ok()).sum(),
        may_edit: open.is_held(),
        emergency_href: (!open.is_held() && !open.record.emergency && open.who.treats())
            .then(|| open.path("/emergency")),
        frame,
    }))
}

fn source(open: &Open, summary: &SourceSummary, name: String) -> Source {
    let words = open.words();
    let read = open.when(summary.source.as_ref().and_then(|source| source.read_time.as_ref()));
    Source {
        name,
        detail: words
            .say("record-source-count")
            .with("count", u32::try_from(summary.count).unwrap_or_default())
            .plain(),
        badge: read
            .map(|when| Badge::new(Tone::Good, words.say("badge-read").with("when", when.text).plain())),
    }
}

pub(super) type Summaries = HashMap<Category, CategorySummary>;

pub(super) fn by_room(summaries: Vec<CategorySummary>) -> Summaries {
    let known = |summary: CategorySummary| Some((Category::from_proto(summary.category)?, summary));
    summaries.into_iter().filter_map(known).collect()
}

/// The rooms that the reader may open, of those that `is_shown` says; `root`: where under the record their pages are.
pub(super) fn groups(
    open: &Open,
    root: &str,
    summaries: &Summaries,
    is_shown: impl Fn(Category) -> bool,
) -> Vec<RoomGroup> {
    let groups = GROUPS.iter().map(|(key, categories)| RoomGroup {
        title: open.words().t(key),
        rooms: (categories.iter())
            .filter(|category| open.may(Action::Read, **category) && is_shown(**category))
            .map(|category| room(open, root, *category, summaries.get(category)))
            .collect(),
    });
    groups.filter(|group| !group.rooms.is_empty()).collect()
}

fn room(open: &Open, root: &str, category: Category, summary: Option<&CategorySummary>) -> Room {
    let words = open.words();
    let newest = open.day(summary.and_then(|summary| summary.newest_time.as_ref()));
    Room {
        href: open.path(&format!("{root}/c/{category}")),
        label: words.category(category),
        icon: icon(category),
        count: summary.and_then(|summary| usize::try_from(summary.count).ok()).unwrap_or_default(),
        newest: match newest {
            Some(when) => words.say("room-newest").with("when", when.text).plain(),
            None if summary.is_some_and(|summary| summary.count > 0) => String::new(),
            None => words.t("room-none"),
        },
    }
}

/// "6 years, born Mar 3, 2020", on a day.
pub(super) fn about(open: &Open, birth: chrono::NaiveDate, today: chrono::NaiveDate) -> String {
    let words = open.words();
    let age = words.say("age-years").with("years", dates::years(birth, today)).plain();
    let born = crate::pages::parts::When::day(words, birth, today).text;
    format!("{age}, {}", words.say("born").with("when", born).plain())
}
