//! Documents of one record.
use super::{
    ViewsError,
    paper::{open_paper, open_reason},
    word,
};
use crate::{
    domain::document::{Paper, Withdrawal},
    keys::{PaperKey, PaperKeys},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Parts, Permit, Returned, Unreleased};
use holdfast_eventlog::KeyRing;
use holdfast_types::{Category, DocumentId, PatientId};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

/// A document at one of its revisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownDocument {
    pub id: DocumentId,
    pub revision: u64,
    pub paper: Paper,
    pub withdrawal: Option<Withdrawal>,
    /// As the log's headers write it, where it is known.
    pub withdrawn_by: Option<String>,
}

/// Which documents of a record, and which page of them.
#[derive(Debug, Clone, Copy)]
pub struct Listing {
    /// As they stood then; none: as they stand.
    pub as_of: Option<DateTime<Utc>>,
    /// Added by then; none: whenever.
    pub happened_by: Option<DateTime<Utc>>,
    pub after: Option<Cursor>,
    pub page_size: u32,
}

/// Where a page ends.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Cursor {
    added: DateTime<Utc>,
    document: DocumentId,
}

impl ShownDocument {
    pub const fn place(&self) -> Cursor {
        Cursor { added: self.paper.added, document: self.id }
    }
}

#[derive(Debug)]
pub struct Page {
    /// One more than the page holds, if there is one.
    pub documents: Vec<ShownDocument>,
    /// On all pages together.
    pub total: u32,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) document: Uuid,
    withdraw_time: Option<DateTime<Utc>>,
    revision: i64,
    paper: Vec<u8>,
    reason: Option<Vec<u8>>,
    withdrawn_by: Option<String>,
}

/// What is asked of a document before anything can be permitted, and answered to nobody.
#[derive(Debug)]
pub struct Known {
    pub category: Category,
    /// As the log's headers write who acted, where it is known.
    pub added_by: Option<String>,
    pub added: DateTime<Utc>,
}

pub async fn known(pool: &PgPool, patient: PatientId, id: DocumentId) -> Result<Option<Known>, ViewsError> {
    let row: Option<(String, Option<String>, DateTime<Utc>)> = sqlx::query_as(
        "SELECT category, added_by, added_time FROM documents WHERE patient = $1 AND document = $2",
    )
    .bind(patient.uuid())
    .bind(id.uuid())
    .fetch_optional(pool)
    .await?;
    let known = |(category, added_by, added): (String, _, _)| {
        Ok(Known { category: word(&category, "category")?, added_by, added })
    };
    row.map(known).transpose()
}

/// Leaves out what the record's holders keep from the caller, and what is not of the part that they share. Whose it is may not be known:
/// then it counts as anybody's.
macro_rules! may_show {
    ($items:literal, $authors:literal, $within:literal) => {
        concat!(
            "document <> ALL ($",
            $items,
            "::uuid[]) AND (cardinality($",
            $authors,
            "::text[]) = 0 OR COALESCE(added_by <> ALL ($",
            $authors,
            "), false)) AND (",
            holdfast_access::is_within!(
                $within, "category", "document",
                others: "added_by IS NULL OR added_by <> ALL (part.authors)",
                from: "added_time",
                to: "added_time"
            ),
            ")"
        )
    };
}
pub(super) use may_show;

/// One document of the permitted record, withdrawn or not, as it stood; none where it had not been added by then.
pub async fn document(
    pool: &PgPool,
    keys: &KeyRing,
    permit: &Permit<Parts>,
    id: DocumentId,
    as_of: Option<DateTime<Utc>>,
) -> Result<Unreleased<Option<ShownDocument>>, ViewsError> {
    let row: Option<Row> = sqlx::query_as(concat!(
        "SELECT
             document,
             paper,
             CASE WHEN withdrawn_then THEN withdraw_time END AS withdraw_time,
             CASE WHEN withdrawn_then THEN reason END AS reason,
             CASE WHEN withdrawn_then THEN withdrawn_by END AS withdrawn_by,
             CASE WHEN withdrawn_then OR withdraw_time IS NULL THEN revision ELSE 1 END AS revision
         FROM documents
         CROSS JOIN LATERAL (
             SELECT withdraw_time <= COALESCE($7::timestamptz, 'infinity') AS withdrawn_then
         ) AS stood
         WHERE patient = $1 AND document = $2 AND category = ANY ($3)
           AND added_time <= COALESCE($7::timestamptz, 'infinity')
           AND ",
        may_show!("4", "5", "6")
    ))
    .bind(permit.patient().uuid())
    .bind(id.uuid())
    .bind(categories(permit))
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .bind(as_of)
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(Unreleased::new(None, Vec::new())) };
    let key = PaperKey::of(keys, permit.patient().uuid(), row.document).await?;
    let shown = open(&key, row)?;
    let returned = vec![returned(&shown)];
    Ok(Unreleased::new(Some(shown), returned))
}

/// One condition for those that stand, one for those that stood at `$6`: the first has an index of its own. Whatever stood had not been
/// withdrawn yet.
macro_rules! queries {
    ($name:ident: $standing:literal) => {
        mod $name {
            pub(super) const PAGE: &str = concat!(
                "SELECT
                     document,
                     paper,
                     CASE WHEN withdraw_time IS NULL THEN revision ELSE 1 END AS revision,
                     NULL::timestamptz AS withdraw_time,
                     NULL::bytea AS reason,
                     NULL::text AS withdrawn_by
                 FROM documents
                 WHERE patient = $1
                   AND category = ANY ($2)
                   AND ",
                $standing,
                " AND ($7::timestamptz IS NULL OR added_time <= $7)
                   AND ($8::timestamptz IS NULL OR (added_time, document) < ($8, $9))
                   AND ",
                may_show!("3", "4", "5"),
                "
                 ORDER BY added_time DESC, document DESC
                 LIMIT $10"
            );
            pub(super) const TOTAL: &str = concat!(
                "SELECT count(*)
                 FROM documents
                 WHERE patient = $1
                   AND category = ANY ($2)
                   AND ",
                $standing,
                " AND ($7::timestamptz IS NULL OR added_time <= $7) AND ",
                may_show!("3", "4", "5")
            );
        }
    };
}
queries!(now: "withdraw_time IS NULL AND $6::timestamptz IS NULL");
queries!(then: "added_time <= $6::timestamptz AND (withdraw_time IS NULL OR withdraw_time > $6)");

/// Those that stand, or stood, in the permitted categories, newest first.
pub async fn documents(
    pool: &PgPool,
    keys: &KeyRing,
    permit: &Permit<Parts>,
    listing: Listing,
) -> Result<Unreleased<Page>, ViewsError> {
    let Listing { as_of, happened_by, after, page_size } = listing;
    let patient = permit.patient().uuid();
    let (page, total) = match as_of {
        None => (now::PAGE, now::TOTAL),
        Some(_) => (then::PAGE, then::TOTAL),
    };
    let rows: Vec<Row> = sqlx::query_as(page)
        .bind(patient)
        .bind(categories(permit))
        .bind(permit.withheld().items())
        .bind(permit.withheld().authors())
        .bind(permit.within().rows())
        .bind(as_of)
        .bind(happened_by)
        .bind(after.map(|cursor| cursor.added))
        .bind(after.map(|cursor| cursor.document.uuid()))
        .bind(i64::from(page_size) + 1)
        .fetch_all(pool)
        .await?;
    let total: i64 = sqlx::query_scalar(total)
        .bind(patient)
        .bind(categories(permit))
        .bind(permit.withheld().items())
        .bind(permit.withheld().authors())
        .bind(permit.within().rows())
        .bind(as_of)
        .bind(happened_by)
        .fetch_one(pool)
        .await?;
    let total = u32::try_from(total).map_err(|_| ViewsError::Malformed("count"))?;
    let mut documents = Vec::with_capacity(rows.len());
    if !rows.is_empty() {
        let papers: Vec<Uuid> = rows.iter().map(|row| row.document).collect();
        let keys = PaperKeys::of(keys, patient, &papers).await?;
        for row in rows {
            // One that is being erased just now is left out.
            if let Some(key) = keys.paper(row.document) {
                documents.push(open(&key, row)?);
            }
        }
    }
    let on_page = documents.iter().take(usize::try_from(page_size).unwrap_or(usize::MAX));
    let returned = on_page.map(returned).collect();
    Ok(Unreleased::new(Page { documents, total }, returned))
}

pub(super) fn categories(permit: &Permit<Parts>) -> Vec<&'static str> {
    permit.categories().iter().map(|category| category.as_str()).collect()
}

pub(super) fn open(key: &PaperKey, row: Row) -> Result<ShownDocument, ViewsError> {
    let Row { document, withdraw_time, revision, paper, reason, withdrawn_by } = row;
    let withdrawal = match (withdraw_time, reason) {
        (None, None) => None,
        (Some(withdrawn), Some(reason)) => {
            Some(Withdrawal { withdrawn, reason: open_reason(key, document, &reason)? })
        }
        _ => return Err(ViewsError::Malformed("withdrawal")),
    };
    Ok(ShownDocument {
        id: DocumentId::new(document),
        revision: u64::try_from(revision).map_err(|_| ViewsError::Malformed("revision"))?,
        paper: open_paper(key, document, &paper)?,
        withdrawal,
        withdrawn_by,
    })
}

pub(super) const fn returned(shown: &ShownDocument) -> Returned {
    Returned { id: shown.id.uuid(), revision: shown.revision }
}
