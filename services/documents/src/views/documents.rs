//! Documents of one record.
use super::{
    ViewsError,
    paper::{open_paper, open_reason},
    word,
};
use crate::domain::document::{Paper, Withdrawal};
use chrono::{DateTime, Utc};
use holdfast_access::{Parts, Permit, Returned, Unreleased};
use holdfast_eventlog::{DataKey, KeyRing};
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
struct Row {
    document: Uuid,
    withdraw_time: Option<DateTime<Utc>>,
    revision: i64,
    paper: Vec<u8>,
    reason: Option<Vec<u8>>,
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

/// One document of the permitted record, withdrawn or not.
pub async fn document(
    pool: &PgPool,
    keys: &KeyRing,
    permit: &Permit<Parts>,
    id: DocumentId,
) -> Result<Option<Unreleased<ShownDocument>>, ViewsError> {
    let row: Option<Row> = sqlx::query_as(concat!(
        "SELECT document, withdraw_time, revision, paper, reason
         FROM documents
         WHERE patient = $1 AND document = $2 AND category = ANY ($3) AND ",
        may_show!("4", "5", "6")
    ))
    .bind(permit.patient().uuid())
    .bind(id.uuid())
    .bind(categories(permit))
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let shown = open(&*keys.existing(permit.patient().uuid()).await?, row)?;
    let returned = vec![returned(&shown)];
    Ok(Some(Unreleased::new(shown, returned)))
}

/// Those that stand, in the permitted categories, newest first.
pub async fn documents(
    pool: &PgPool,
    keys: &KeyRing,
    permit: &Permit<Parts>,
    after: Option<Cursor>,
    page_size: u32,
) -> Result<Unreleased<Page>, ViewsError> {
    let patient = permit.patient().uuid();
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "SELECT document, withdraw_time, revision, paper, reason
         FROM documents
         WHERE patient = $1
           AND withdraw_time IS NULL
           AND category = ANY ($2)
           AND ($3::timestamptz IS NULL OR (added_time, document) < ($3, $4))
           AND ",
        may_show!("6", "7", "8"),
        "
         ORDER BY added_time DESC, document DESC
         LIMIT $5"
    ))
    .bind(patient)
    .bind(categories(permit))
    .bind(after.map(|cursor| cursor.added))
    .bind(after.map(|cursor| cursor.document.uuid()))
    .bind(i64::from(page_size) + 1)
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .fetch_all(pool)
    .await?;
    let total: i64 = sqlx::query_scalar(concat!(
        "SELECT count(*) FROM documents WHERE patient = $1 AND withdraw_time IS NULL AND category = ANY ($2) AND ",
        may_show!("3", "4", "5")
    ))
    .bind(patient)
    .bind(categories(permit))
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .fetch_one(pool)
    .await?;
    let total = u32::try_from(total).map_err(|_| ViewsError::Malformed("count"))?;
    let mut documents = Vec::with_capacity(rows.len());
    if !rows.is_empty() {
        let key = keys.existing(patient).await?;
        for row in rows {
            documents.push(open(&key, row)?);
        }
    }
    let on_page = documents.iter().take(usize::try_from(page_size).unwrap_or(usize::MAX));
    let returned = on_page.map(returned).collect();
    Ok(Unreleased::new(Page { documents, total }, returned))
}

fn categories(permit: &Permit<Parts>) -> Vec<&'static str> {
    permit.categories().iter().map(|category| category.as_str()).collect()
}

fn open(key: &DataKey, row: Row) -> Result<ShownDocument, ViewsError> {
    let Row { document, withdraw_time, revision, paper, reason } = row;
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
    })
}

const fn returned(shown: &ShownDocument) -> Returned {
    Returned { id: shown.id.uuid(), revision: shown.revision }
}
