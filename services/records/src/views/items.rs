//! Items as they are shown: one, a page of the newest, or all versions of one; now, or as they were recorded at a time.
use super::{
    ViewsError,
    sources::{SourceSummary, sources},
    unsigned,
};
use crate::domain::{
    content::{Content, Proposed},
    item::Event,
};
use chrono::{DateTime, Utc};
use holdfast_access::{OfRecord, Parts, Permit, Returned, Unreleased};
use holdfast_eventlog::{EventLog, Opened, ReadError, Subject};
use holdfast_types::{Category, ItemId, PatientId};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// An answer stays below what a client takes.
const RESOURCES_BYTES_MAX: usize = 3 * 1024 * 1024;

#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) patient: PatientId,
    pub(crate) item: ItemId,
    pub(crate) revision: u64,
    pub(crate) category: Category,
    pub(crate) recorded: DateTime<Utc>,
    pub(crate) read: DateTime<Utc>,
    pub(crate) actor: String,
    pub(crate) body: Body,
}

/// What a version says.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) content: Arc<Content>,
    /// Why it was retracted.
    pub(crate) retraction: Option<String>,
    /// By whom this version was proposed, where somebody else accepted it.
    pub(crate) proposed: Option<Proposed>,
}

/// Where a page ended.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Cursor {
    pub(crate) occurred: Option<DateTime<Utc>>,
    pub(crate) item: ItemId,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Listing {
    /// Only what this source says.
    pub(crate) source: Option<Uuid>,
    pub(crate) with_sources: bool,
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// Only what had happened by then.
    pub(crate) happened_by: Option<DateTime<Utc>>,
    pub(crate) after: Option<Cursor>,
    pub(crate) size: u32,
    /// Whether the resources leave with the answer, and count towards its size.
    pub(crate) with_resources: bool,
}

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) versions: Vec<Version>,
    pub(crate) total: i64,
    /// Empty unless asked for.
    pub(crate) sources: Vec<SourceSummary>,
    /// Where this page ends, if there is another.
    pub(crate) next: Option<Cursor>,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    patient: Uuid,
    item: Uuid,
    revision: i64,
    category: String,
    recorded: DateTime<Utc>,
    read_time: DateTime<Utc>,
    actor: String,
    event: i64,
    said: i64,
}

/// What says no time counts from when it was first recorded.
macro_rules! happened_by {
    ($by:literal) => {
        concat!(
            "($", $by, "::timestamptz IS NULL OR v.occurred <= $", $by, " OR (v.occurred IS NULL AND EXISTS (
                SELECT FROM item_versions AS first
                WHERE first.patient = v.patient AND first.item = v.item AND first.revision = 1 AND first.recorded <= $", $by, ")))"
        )
    };
}
pub(super) use happened_by;

/// Leaves out what the record's holders keep from the caller: by the item, and by everybody who had a hand in the version. Then what is
/// not of the part that they share: by the same, and by when it happened, or else was first recorded. And what was found to be protected
/// since, where that room is closed: `$2` are the rooms that are open.
macro_rules! may_show {
    ($items:literal, $authors:literal, $within:literal) => {
        concat!(
            "v.item <> ALL($", $items, "::uuid[]) AND (cardinality($", $authors, "::text[]) = 0 OR NOT EXISTS (
                SELECT FROM item_versions AS w
                WHERE w.patient = v.patient AND w.item = v.item AND w.revision <= v.revision AND w.actor = ANY($", $authors, ")))
             AND (",
            holdfast_access::is_within!(
                $within, "v.category", "v.item",
                others: "EXISTS (
                    SELECT FROM item_versions AS w
                    WHERE w.patient = v.patient AND w.item = v.item AND w.revision <= v.revision AND w.actor <> ALL (part.authors))",
                from: "coalesce(v.occurred, (
                    SELECT w.recorded FROM item_versions AS w WHERE w.patient = v.patient AND w.item = v.item AND w.revision = 1))",
                to: "coalesce(v.occurred, (
                    SELECT w.recorded FROM item_versions AS w WHERE w.patient = v.patient AND w.item = v.item AND w.revision = 1))"
            ),
            ") AND (v.superseded IS NULL OR NOT EXISTS (
                SELECT FROM item_versions AS since
                WHERE since.patient = v.patient AND since.item = v.item AND since.revision > v.revision
                  AND since.category IN ('psychotherapy-notes', 'substance-use', 'confidential-services')
                  AND since.category <> ALL($2::text[])))"
        )
    };
}
pub(super) use may_show;

/// One condition for the version that stands, one for the version that stood at `$3`: the first has an index.
macro_rules! queries {
    ($name:ident: $standing:literal, $read_time:literal) => {
        mod $name {
            pub(super) const PAGE: &str = concat!(
                "SELECT v.patient, v.item, v.revision, v.category, v.recorded, ", $read_time, " AS read_time, v.actor, v.event, v.said
                 FROM item_versions AS v
                 LEFT JOIN sources AS s ON s.patient = v.patient AND s.source = v.source
                 WHERE v.patient = $1 AND v.category = ANY($2) AND ", $standing, "
                   AND ", happened_by!("7"), " AND ", may_show!("9", "10", "11"), "
                   AND ($8::uuid IS NULL OR v.source = $8)
                   AND ($5::uuid IS NULL
                        OR (coalesce(v.occurred, '-infinity'::timestamptz), v.item) < (coalesce($4, '-infinity'::timestamptz), $5))
                 ORDER BY coalesce(v.occurred, '-infinity'::timestamptz) DESC, v.item DESC
                 LIMIT $6"
            );
            pub(super) const TOTAL: &str = concat!(
                "SELECT count(*) FROM item_versions AS v WHERE v.patient = $1 AND v.category = ANY($2) AND ", $standing,
                " AND ", happened_by!("4"), " AND ($5::uuid IS NULL OR v.source = $5) AND ", may_show!("6", "7", "8")
            );
            pub(super) const ITEM: &str = concat!(
                "SELECT v.patient, v.item, v.revision, v.category, v.recorded, ", $read_time, " AS read_time, v.actor, v.event, v.said
                 FROM item_versions AS v
                 LEFT JOIN sources AS s ON s.patient = v.patient AND s.source = v.source
                 WHERE v.patient = $1 AND v.category = ANY($2) AND ", $standing, " AND v.item = $4 AND ", may_show!("5", "6", "7"), "
                 ORDER BY v.revision DESC
                 LIMIT 1"
            );
        }
    };
}
queries!(now: "v.superseded IS NULL AND $3::timestamptz IS NULL", "coalesce(s.read_time, v.recorded)");
queries!(then: "v.recorded <= $3 AND (v.superseded IS NULL OR v.superseded > $3)", "v.recorded");

const VERSIONS: &str = concat!(
    "SELECT v.patient, v.item, v.revision, v.category, v.recorded, v.recorded AS read_time, v.actor, v.event, v.said
     FROM item_versions AS v
     WHERE v.patient = $1 AND v.category = ANY($2) AND v.item = $3 AND ($4::bigint IS NULL OR v.revision < $4)
       AND ",
    may_show!("6", "7", "8"),
    "
     ORDER BY v.revision DESC
     LIMIT $5"
);

/// Whether the item as it stands is not for the caller to see.
const WITHHELD: &str = concat!(
    "SELECT NOT (",
    may_show!("4", "5", "6"),
    ")
     FROM item_versions AS v
     WHERE v.patient = $1 AND v.item = $3 AND v.superseded IS NULL"
);

/// One page of the permitted categories, newest first; what has no time comes last.
pub(crate) async fn list(
    log: &EventLog,
    permit: &Permit<Parts>,
    listing: Listing,
) -> Result<Unreleased<Page>, ViewsError> {
    let (page, total) = match listing.as_of {
        None => (now::PAGE, now::TOTAL),
        Some(_) => (then::PAGE, then::TOTAL),
    };
    let total: i64 = sqlx::query_scalar(total)
        .bind(permit.patient().uuid())
        .bind(words(permit))
        .bind(listing.as_of)
        .bind(listing.happened_by)
        .bind(listing.source)
        .bind(permit.withheld().items())
        .bind(permit.withheld().authors())
        .bind(permit.within().rows())
        .fetch_one(log.pool())
        .await?;
    let rows: Vec<Row> = sqlx::query_as(page)
        .bind(permit.patient().uuid())
        .bind(words(permit))
        .bind(listing.as_of)
        .bind(listing.after.and_then(|cursor| cursor.occurred))
        .bind(listing.after.map(|cursor| cursor.item.uuid()))
        .bind(i64::from(listing.size) + 1)
        .bind(listing.happened_by)
        .bind(listing.source)
        .bind(permit.withheld().items())
        .bind(permit.withheld().authors())
        .bind(permit.within().rows())
        .fetch_all(log.pool())
        .await?;
    let sources = match listing.with_sources {
        true => sources(log, permit, listing.as_of, listing.happened_by).await?,
        false => Vec::new(),
    };
    let mut versions = open(log, permit.patient(), rows).await?;
    let more = cut(&mut versions, listing.size, listing.with_resources);
    let next = versions.last().filter(|_| more).map(Version::cursor);
    let returned = versions.iter().map(Version::returned).collect();
    Ok(Unreleased::new(Page { versions, total, sources, next }, returned))
}

/// One item; none where it is not there, or not in a permitted category.
pub(crate) async fn item(
    log: &EventLog,
    permit: &Permit<Parts>,
    item: ItemId,
    as_of: Option<DateTime<Utc>>,
) -> Result<Unreleased<Option<Version>>, ViewsError> {
    let rows: Vec<Row> = sqlx::query_as(if as_of.is_none() { now::ITEM } else { then::ITEM })
        .bind(permit.patient().uuid())
        .bind(words(permit))
        .bind(as_of)
        .bind(item.uuid())
        .bind(permit.withheld().items())
        .bind(permit.withheld().authors())
        .bind(permit.within().rows())
        .fetch_all(log.pool())
        .await?;
    let version = open(log, permit.patient(), rows).await?.pop();
    let returned = version.iter().map(Version::returned).collect();
    Ok(Unreleased::new(version, returned))
}

/// Versions of an item before a revision, newest first, and whether there are more.
pub(crate) async fn versions(
    log: &EventLog,
    permit: &Permit<Parts>,
    item: ItemId,
    before: Option<u64>,
    size: u32,
) -> Result<Unreleased<(Vec<Version>, bool)>, ViewsError> {
    let rows: Vec<Row> = sqlx::query_as(VERSIONS)
        .bind(permit.patient().uuid())
        .bind(words(permit))
        .bind(item.uuid())
        .bind(before.map(super::signed))
        .bind(i64::from(size) + 1)
        .bind(permit.withheld().items())
        .bind(permit.withheld().authors())
        .bind(permit.within().rows())
        .fetch_all(log.pool())
        .await?;
    let mut versions = open(log, permit.patient(), rows).await?;
    let more = cut(&mut versions, size, true);
    let returned = versions.iter().map(Version::returned).collect();
    Ok(Unreleased::new((versions, more), returned))
}

/// Whether an item of the permitted record is kept from the caller, or is not of the part that is shared, whatever may be done with its
/// room.
pub(crate) async fn is_withheld<T: OfRecord>(
    log: &EventLog,
    permit: &Permit<T>,
    item: ItemId,
) -> Result<bool, ViewsError> {
    if permit.withheld().is_empty() && permit.within().is_whole() {
        return Ok(false);
    }
    let withheld: Option<bool> = sqlx::query_scalar(WITHHELD)
        .bind(permit.patient().uuid())
        .bind(words(permit))
        .bind(item.uuid())
        .bind(permit.withheld().items())
        .bind(permit.withheld().authors())
        .bind(permit.within().rows())
        .fetch_optional(log.pool())
        .await?;
    Ok(withheld.unwrap_or(false))
}

pub(super) fn words<T: OfRecord>(permit: &Permit<T>) -> Vec<&'static str> {
    permit.categories().iter().map(|category| category.as_str()).collect()
}

/// Leaves what fits into one answer, at least one; says whether something was cut off.
fn cut(versions: &mut Vec<Version>, size: u32, with_resources: bool) -> bool {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let mut bytes = 0;
    let fits = |version: &&Version| {
        bytes += if with_resources { version.body.content.resource.as_str().len() } else { 0 };
        bytes <= RESOURCES_BYTES_MAX
    };
    let count = versions.iter().take(size).take_while(fits).count().max(1);
    let more = count < versions.len();
    versions.truncate(count);
    more
}

pub(super) async fn open(
    log: &EventLog,
    patient: PatientId,
    rows: Vec<Row>,
) -> Result<Vec<Version>, ViewsError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut places: Vec<u64> =
        rows.iter().flat_map(|row| [unsigned(row.event), unsigned(row.said)]).collect();
    places.dedup();
    let events = log.at(Subject::Patient(patient), &places).await?;
    rows.into_iter().map(|row| row.version(&events)).collect()
}

impl Row {
    fn version(self, events: &HashMap<u64, Opened>) -> Result<Version, ViewsError> {
        let said = |place| match events.get(&unsigned(place)) {
            Some(opened) => Ok(opened.decode::<Event>().map_err(ReadError::Decode)?),
            None => Err(ViewsError::Malformed("place in the log")),
        };
        let (Event::Recorded(content) | Event::Changed(content)) = said(self.said)? else {
            return Err(ViewsError::Malformed("place of what is said"));
        };
        let (retraction, proposed) = if self.event == self.said {
            (None, content.proposed)
        } else {
            let retracted = said(self.event)?;
            (retracted.reason().map(str::to_owned), retracted.proposed())
        };
        Ok(Version {
            patient: PatientId::new(self.patient),
            item: ItemId::new(self.item),
            revision: unsigned(self.revision),
            category: self.category.parse().map_err(|_| ViewsError::Malformed("category"))?,
            recorded: self.recorded,
            read: self.read_time,
            actor: self.actor,
            body: Body { content, retraction, proposed },
        })
    }
}

impl Version {
    fn cursor(&self) -> Cursor {
        Cursor { occurred: self.body.content.occurred, item: self.item }
    }

    pub(super) const fn returned(&self) -> Returned {
        Returned { id: self.item.uuid(), revision: self.revision }
    }
}
