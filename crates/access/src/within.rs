//! What of the permitted rooms may be shown to a caller with whom only a part of some is shared: rows, any of which shows a thing.
use crate::GrantFact;
use chrono::{DateTime, Utc};
use holdfast_types::{Actor, Category};
use serde::Serialize;
use std::collections::BTreeSet;
use uuid::Uuid;

/// By default: all of the permitted rooms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Within(Option<Vec<Row>>);

pub(crate) static ALL: Within = Within(None);

/// All that is given has to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Row {
    categories: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<Uuid>>,
    /// As the logs' headers write who acted.
    #[serde(skip_serializing_if = "Option::is_none")]
    authors: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<DateTime<Utc>>,
}

/// An item, a document or a thread, as far as a narrowing can speak of it.
#[derive(Debug, Clone, Copy)]
pub struct Thing<'a> {
    pub category: Category,
    pub id: Uuid,
    /// Everybody who had a hand in it, as the logs' headers write who acted. None: it is not known.
    pub authors: &'a [String],
    /// When it happened, from when to when.
    pub first: DateTime<Utc>,
    pub last: DateTime<Utc>,
}

/// Whether a row of a table is within what is permitted, as SQL: the bound parameter is [`Within::rows`], and nothing is looked at where
/// there is nothing to leave out. `others` says whether anybody beside `part.authors` had a hand in it.
#[macro_export]
macro_rules! is_within {
    ($bound:literal, $category:literal, $item:literal, others: $others:literal, from: $first:literal, to: $last:literal) => {
        concat!(
            "($", $bound, "::jsonb IS NULL OR EXISTS (
                SELECT FROM jsonb_to_recordset($", $bound, "::jsonb)
                    AS part (categories text[], items uuid[], authors text[], since timestamptz, until timestamptz)
                WHERE ", $category, " = ANY (part.categories)
                  AND (part.items IS NULL OR ", $item, " = ANY (part.items))
                  AND (part.authors IS NULL OR NOT (", $others, "))
                  AND (part.since IS NULL OR ", $first, " >= part.since)
                  AND (part.until IS NULL OR ", $last, " < part.until)))"
        )
    };
}

impl Within {
    /// `parts`: which grants share a part of which of the categories; the others are open as a whole.
    pub(crate) fn of(categories: &[Category], parts: &[(Category, &GrantFact)]) -> Self {
        if parts.is_empty() {
            return Self::default();
        }
        let whole = categories.iter().filter(|category| parts.iter().all(|(part, _)| part != *category));
        let whole = Row {
            categories: whole.map(|category| category.as_str()).collect(),
            items: None,
            authors: None,
            since: None,
            until: None,
        };
        let mut rows: Vec<Row> = Some(whole).into_iter().filter(|row| !row.categories.is_empty()).collect();
        let mut grants: Vec<&GrantFact> = Vec::new();
        for (_, grant) in parts {
            if !grants.contains(grant) {
                grants.push(grant);
            }
        }
        rows.extend(grants.into_iter().map(|grant| {
            let categories = parts.iter().filter(|(_, by)| *by == grant).map(|(part, _)| part.as_str());
            let narrowing = grant.narrowing.clone().unwrap_or_default();
            let authors = narrowing.authors.iter().map(|author| Actor::Account(*author).to_string());
            Row {
                categories: categories.collect(),
                authors: some(authors.collect()),
                items: some(narrowing.items),
                since: narrowing.since,
                until: narrowing.until,
            }
        }));
        Self(Some(rows))
    }

    /// Nothing is left out.
    pub const fn is_whole(&self) -> bool {
        self.0.is_none()
    }

    /// For [`is_within`]: none where nothing is left out.
    pub fn rows(&self) -> Option<String> {
        // Ids, words and times are always written; what could not be would show nothing.
        self.0.as_ref().map(|rows| serde_json::to_string(rows).unwrap_or_else(|_| "[]".to_owned()))
    }

    /// The parts that are shown of a room, to be compared; none where all of it is, or nothing.
    pub fn parts_of(&self, category: Category) -> BTreeSet<String> {
        let rows = self.0.iter().flatten().filter(|row| row.categories.contains(&category.as_str()));
        let parts: Vec<_> = rows.map(|row| (&row.items, &row.authors, row.since, row.until)).collect();
        if parts.contains(&(&None, &None, None, None)) {
            return BTreeSet::new();
        }
        parts.into_iter().map(|part| format!("{part:?}")).collect()
    }

    pub fn shows(&self, thing: &Thing<'_>) -> bool {
        self.0.as_ref().is_none_or(|rows| rows.iter().any(|row| row.shows(thing)))
    }

    /// Whether what is attached to the thing is shown with it: by a row that shows the thing, and names both where it names any.
    pub fn shows_with(&self, thing: &Thing<'_>, attached: Uuid) -> bool {
        self.0.as_ref().is_none_or(|rows| {
            rows.iter().any(|row| {
                row.shows(thing) && row.items.as_ref().is_none_or(|items| items.contains(&attached))
            })
        })
    }
}

impl Row {
    fn shows(&self, thing: &Thing<'_>) -> bool {
        let known = |authors: &Vec<String>| {
            !thing.authors.is_empty() && thing.authors.iter().all(|author| authors.contains(author))
        };
        self.categories.contains(&thing.category.as_str())
            && self.items.as_ref().is_none_or(|items| items.contains(&thing.id))
            && self.authors.as_ref().is_none_or(known)
            && self.since.is_none_or(|since| thing.first >= since)
            && self.until.is_none_or(|until| thing.last < until)
    }
}

fn some<T>(all: Vec<T>) -> Option<Vec<T>> {
    (!all.is_empty()).then_some(all)
}
