//! The tenant's directory: what an import needs to know of it, and the names that references lead to.
use super::{ViewsError, sealing, unsigned};
use crate::domain::{
    content::Sha,
    directory::{Entry, key_id},
};
use holdfast_access::{Parts, Permit};
use holdfast_eventlog::KeyRing;
use holdfast_types::TenantId;
use sqlx::PgPool;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

pub(crate) struct DirectoryHead {
    pub(crate) revision: u64,
    pub(crate) content: Sha,
}

/// Those of the entries that there are.
pub(crate) async fn directory_heads(
    pool: &PgPool,
    keys: &KeyRing,
    tenant: TenantId,
    entries: &[Uuid],
) -> Result<HashMap<Uuid, DirectoryHead>, ViewsError> {
    let rows: Vec<(Uuid, i64, Vec<u8>)> =
        sqlx::query_as("SELECT entry, revision, body FROM directory WHERE tenant = $1 AND entry = ANY($2)")
            .bind(tenant.uuid())
            .bind(entries)
            .fetch_all(pool)
            .await?;
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let key = keys.existing(tenant.uuid()).await?;
    let head = |(id, revision, body): (Uuid, i64, Vec<u8>)| {
        let revision = unsigned(revision);
        let entry: Entry = sealing::open(&key, id, revision, &body)?;
        Ok((id, DirectoryHead { revision, content: entry.resource.sha256() }))
    };
    rows.into_iter().map(head).collect()
}

/// Those of the names that lead to an entry.
pub(crate) async fn directory_keys(
    pool: &PgPool,
    tenant: TenantId,
    names: impl Iterator<Item = &str> + Send,
) -> Result<HashSet<Uuid>, ViewsError> {
    let keys: Vec<Uuid> = names.map(|name| key_id(tenant, name)).collect();
    if keys.is_empty() {
        return Ok(HashSet::new());
    }
    let known: Vec<Uuid> =
        sqlx::query_scalar("SELECT key FROM directory_keys WHERE tenant = $1 AND key = ANY($2)")
            .bind(tenant.uuid())
            .bind(keys)
            .fetch_all(pool)
            .await?;
    Ok(known.into_iter().collect())
}

/// What the directory of the record's tenant calls those that it knows.
pub(crate) async fn names(
    pool: &PgPool,
    keys: &KeyRing,
    permit: &Permit<Parts>,
    wanted: impl Iterator<Item = &str> + Send,
) -> Result<HashMap<String, String>, ViewsError> {
    let mut wanted: Vec<&str> = wanted.collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let tenant: Option<Uuid> = sqlx::query_scalar("SELECT tenant FROM access_records WHERE patient = $1")
        .bind(permit.patient().uuid())
        .fetch_optional(pool)
        .await?;
    let Some(tenant) = tenant else { return Ok(HashMap::new()) };
    let by_id: HashMap<Uuid, &str> =
        wanted.into_iter().map(|key| (key_id(TenantId::new(tenant), key), key)).collect();
    let rows: Vec<(Uuid, Uuid, i64, Vec<u8>)> = sqlx::query_as(
        "SELECT k.key, d.entry, d.revision, d.body
         FROM directory_keys AS k
         JOIN directory AS d USING (tenant, entry)
         WHERE k.tenant = $1 AND k.key = ANY($2)",
    )
    .bind(tenant)
    .bind(by_id.keys().copied().collect::<Vec<_>>())
    .fetch_all(pool)
    .await?;
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let key = keys.existing(tenant).await?;
    let mut names = HashMap::with_capacity(rows.len());
    for (wanted, id, revision, body) in rows {
        let entry: Entry = sealing::open(&key, id, unsigned(revision), &body)?;
        if let Some(wanted) = by_id.get(&wanted) {
            names.insert((*wanted).to_owned(), entry.name);
        }
    }
    Ok(names)
}
