//! What part of its rooms a grant shares, in words, and whether one thing can be of it.
use super::{days, marks::Thing};
use crate::{directory::Known, failure::Failure, shelf::Open};
use chrono::{DateTime, Utc};
use holdfast_proto::{
    consent::v1::{Grant, Narrowing},
    time, timestamp,
};
use prost_types::Timestamp;
use std::collections::HashMap;

/// Things that a line names one by one.
const NAMED_MAX: usize = 3;

/// What the narrowings of some grants name.
pub(super) struct Parts {
    known: Known,
    titles: HashMap<String, String>,
}

impl Open {
    pub(super) async fn parts(&self, grants: &[Grant]) -> Result<Parts, Failure> {
        let narrowings = || grants.iter().filter_map(|grant| grant.narrowing.as_ref());
        let authors = narrowings().flat_map(|part| part.author_account_ids.iter().map(String::as_str));
        let items = narrowings().flat_map(|part| part.item_ids.iter().map(String::as_str));
        let (known, titles) = tokio::try_join!(self.known(authors), self.titles(items))?;
        Ok(Parts { known, titles })
    }
}

impl Parts {
    /// Nothing where a grant shares all of its rooms.
    pub(super) fn of(&self, open: &Open, grant: &Grant) -> Option<String> {
        let (words, part) = (open.words(), grant.narrowing.as_ref()?);
        let title =
            |id: &String| self.titles.get(id).cloned().unwrap_or_else(|| words.t("never-conversation"));
        let things: Vec<String> = part.item_ids.iter().map(title).collect();
        let names: Vec<String> =
            part.author_account_ids.iter().map(|id| self.known.actor(open, id).name).collect();
        let more = things.len().saturating_sub(NAMED_MAX);
        let things = things.into_iter().take(NAMED_MAX).collect::<Vec<_>>().join(", ");
        let said = [
            (!part.item_ids.is_empty())
                .then(|| words.say("part-things").with("things", things).with("more", more).plain()),
            (!names.is_empty()).then(|| words.say("part-authors").with("names", names.join(", ")).plain()),
            span(open, part),
        ];
        Some(said.into_iter().flatten().collect::<Vec<_>>().join("; ")).filter(|text| !text.is_empty())
    }

    /// The rooms of a grant in words, and the part of them.
    pub(super) fn with(&self, open: &Open, grant: &Grant, rooms: String) -> String {
        match self.of(open, grant) {
            Some(part) => format!("{rooms} · {part}"),
            None => rooms,
        }
    }
}

fn span(open: &Open, part: &Narrowing) -> Option<String> {
    let words = open.words();
    let day = |at: Option<DateTime<Utc>>| open.day(at.map(timestamp).as_ref()).map(|day| day.text);
    let from = day(moment(part.occurred_from_time.as_ref()));
    // What ends at midnight is good for the day before.
    let until = day(moment(part.occurred_until_time.as_ref()).map(|end| end - days::MOMENT));
    Some(match (from, until) {
        (Some(from), Some(until)) => words.say("part-span").with("from", from).with("until", until).plain(),
        (Some(from), None) => words.say("part-from").with("from", from).plain(),
        (None, Some(until)) => words.say("part-until").with("until", until).plain(),
        (None, None) => return None,
    })
}

/// Whether a thing can be of what a grant shares. Who else had a hand in it, the services know: rather one too many is told.
pub(super) fn may_name(grant: &Grant, thing: Thing<'_>) -> bool {
    grant.narrowing.as_ref().is_none_or(|part| {
        let author = thing.author.strip_prefix("account/").unwrap_or(thing.author);
        let (from, until) =
            (moment(part.occurred_from_time.as_ref()), moment(part.occurred_until_time.as_ref()));
        (part.item_ids.is_empty() || part.item_ids.iter().any(|id| id == thing.id))
            && (part.author_account_ids.is_empty() || part.author_account_ids.iter().any(|id| id == author))
            && thing
                .happened
                .is_none_or(|at| from.is_none_or(|from| from <= at) && until.is_none_or(|until| at < until))
    })
}

fn moment(at: Option<&Timestamp>) -> Option<DateTime<Utc>> {
    at.and_then(|at| time(at).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_of_the_part_that_names_it_by_all_that_is_said() {
        let at = |day: i64| DateTime::from_timestamp(day * 86_400, 0).unwrap();
        let grant = |narrowing| Grant { narrowing, ..Grant::default() };
        let thing = Thing { id: "a", author: "account/x", happened: Some(at(10)) };
        assert!(may_name(&grant(None), thing));
        let part = Narrowing {
            item_ids: vec!["a".to_owned(), "b".to_owned()],
            author_account_ids: vec!["x".to_owned()],
            occurred_from_time: Some(timestamp(at(10))),
            occurred_until_time: Some(timestamp(at(11))),
        };
        let part = grant(Some(part));
        assert!(may_name(&part, thing) && may_name(&part, Thing { happened: None, ..thing }));
        let others = [
            Thing { id: "c", ..thing },
            Thing { author: "account/y", ..thing },
            Thing { happened: Some(at(11)), ..thing },
            Thing { happened: Some(at(9)), ..thing },
        ];
        assert!(others.into_iter().all(|other| !may_name(&part, other)));
    }
}
