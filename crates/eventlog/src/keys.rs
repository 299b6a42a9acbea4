//! The key store: one data key per subject, wrapped by its tenant's key, in a database apart from the events. A stream that is to be
//! erased by itself has one of its own, wrapped by its subject's.
use crate::{Header, Subject, seal::DataKey};
use aws_lc_rs::{hkdf, rand};
use holdfast_types::{Clock, Ids, TenantId};
use sqlx::PgPool;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, RwLock},
    time::Duration,
};
use tokio::time::Instant;
use uuid::Uuid;
use zeroize::Zeroizing;

#[cfg(test)]
mod golden;

/// Data keys held open at a time; beyond it some are forgotten and read again.
const CACHED_MAX: usize = 20_000;
/// How long one is held open: what another process destroyed is gone from here, too, after that.
const CACHED_FOR: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the data key of the subject is destroyed")]
    Destroyed,
    #[error("content or key cannot be sealed or opened")]
    Crypto,
    #[error("the key database cannot be reached")]
    Unavailable(#[source] sqlx::Error),
    #[error("the master key file `{path}` cannot be read")]
    MasterKeyUnreadable { path: PathBuf, source: std::io::Error },
    #[error("the master key file `{path}` does not hold 32 bytes as 64 hexadecimal digits")]
    MasterKeyMalformed { path: PathBuf },
}

/// 32 bytes from which each tenant's key-encryption key is derived (HKDF-SHA-256, info = tenant).
#[derive(Clone)]
pub struct MasterKey(Arc<Zeroizing<[u8; 32]>>);

struct KeyLength;

impl hkdf::KeyType for KeyLength {
    fn len(&self) -> usize {
        32
    }
}

impl MasterKey {
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Arc::new(Zeroizing::new(bytes)))
    }

    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|source| KeyError::MasterKeyUnreadable { path: path.to_owned(), source })?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim(), &mut bytes)
            .map_err(|_| KeyError::MasterKeyMalformed { path: path.to_owned() })?;
        Ok(Self::new(bytes))
    }

    /// 32 bytes for another use of a service's own, told apart by its name (HKDF-SHA-256, info = name).
    pub fn derive(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        self.expand(b"holdfast-derived-key-v1", name.as_bytes())
    }

    fn tenant_key(&self, tenant: TenantId) -> Result<DataKey, KeyError> {
        DataKey::new(tenant.uuid(), &self.expand(b"holdfast-tenant-key-v1", tenant.uuid().as_bytes())?)
    }

    fn expand(&self, salt: &[u8], info: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
            .extract(self.0.as_slice())
            .expand(&[info], KeyLength)
            .and_then(|okm| okm.fill(bytes.as_mut_slice()))
            .map_err(|_| KeyError::Crypto)?;
        Ok(bytes)
    }
}

/// Gives out data keys, making one when a subject, or a stream that has one of its own, is first written of.
#[derive(Clone)]
pub struct KeyRing {
    pool: PgPool,
    master: MasterKey,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    cached: Arc<RwLock<HashMap<Holder, Cached>>>,
}

/// What a key is of: a subject, or a stream within one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Holder {
    id: Uuid,
    within: Option<Uuid>,
}

struct Cached {
    key: Arc<DataKey>,
    read: Instant,
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    subject: Uuid,
    key_id: Uuid,
    tenant: Uuid,
    wrapped: Option<Vec<u8>>,
}

impl Holder {
    const fn subject(id: Uuid) -> Self {
        Self { id, within: None }
    }

    const fn stream(id: Uuid, subject: Uuid) -> Self {
        Self { id, within: Some(subject) }
    }

    /// Where the wrapped key belongs under the one that wraps it.
    fn place(self) -> Vec<u8> {
        match self.within {
            None => self.id.as_bytes().to_vec(),
            Some(_) => [b"data_keys/".as_slice(), self.id.as_bytes()].concat(),
        }
    }
}

impl KeyRing {
    pub fn new(pool: PgPool, master: MasterKey, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { pool, master, clock, ids, cached: Arc::default() }
    }

    /// The subject's key, made if there is none.
    pub async fn obtain(&self, subject: Subject, tenant: TenantId) -> Result<Arc<DataKey>, KeyError> {
        let holder = Holder::subject(subject.uuid());
        if let Some(key) = self.cached(holder) {
            return Ok(key);
        }
        if let Some(key) = self.read(holder, None).await? {
            return Ok(key);
        }
        self.make(holder, tenant, &self.master.tenant_key(tenant)?).await?;
        self.read(holder, None).await?.ok_or(KeyError::Destroyed)
    }

    /// The key of one stream of a subject, made if there is none. The subject's key wraps it, so it is destroyed with that or alone.
    pub async fn obtain_within(
        &self,
        stream: Uuid,
        subject: Subject,
        tenant: TenantId,
    ) -> Result<Arc<DataKey>, KeyError> {
        let outer = self.obtain(subject, tenant).await?;
        if let Some(key) = self.within(stream, subject.uuid(), &outer).await? {
            return Ok(key);
        }
        self.make(Holder::stream(stream, subject.uuid()), tenant, &outer).await?;
        self.within(stream, subject.uuid(), &outer).await?.ok_or(KeyError::Destroyed)
    }

    /// The key of a subject that something was sealed for.
    pub async fn existing(&self, subject: Uuid) -> Result<Arc<DataKey>, KeyError> {
        let holder = Holder::subject(subject);
        match self.cached(holder) {
            Some(key) => Ok(key),
            None => self.read(holder, None).await?.ok_or(KeyError::Destroyed),
        }
    }

    /// The key of a stream that something was sealed for.
    pub async fn existing_within(&self, stream: Uuid, subject: Uuid) -> Result<Arc<DataKey>, KeyError> {
        let outer = self.existing(subject).await?;
        self.within(stream, subject, &outer).await?.ok_or(KeyError::Destroyed)
    }

    /// The keys of streams of one subject, by stream: none where it is destroyed. A stream that never had one of its own is not there.
    pub async fn existing_each(
        &self,
        streams: &[Uuid],
        subject: Uuid,
    ) -> Result<HashMap<Uuid, Option<Arc<DataKey>>>, KeyError> {
        let outer = self.existing(subject).await?;
        let mut keys = HashMap::with_capacity(streams.len());
        let mut unread = Vec::new();
        for stream in streams {
            match self.cached(Holder::stream(*stream, subject)) {
                Some(key) => drop(keys.insert(*stream, Some(key))),
                None => unread.push(*stream),
            }
        }
        if !unread.is_empty() {
            let read = Instant::now();
            for row in self.rows(&unread, Some(subject)).await? {
                let stream = row.subject;
                let key = match self.opened(row, Some(subject), Some(&outer), read) {
                    Err(KeyError::Destroyed) => None,
                    key => Some(key?),
                };
                keys.insert(stream, key);
            }
        }
        Ok(keys)
    }

    /// The key that an event was sealed under: its stream's own where that has one, else its subject's.
    pub(crate) async fn of_event(&self, header: &Header) -> Result<Arc<DataKey>, KeyError> {
        let key = self.existing(header.subject).await?;
        if key.id() == header.key_id {
            return Ok(key);
        }
        // A key that was never there is not one that was destroyed.
        self.within(header.stream.id(), header.subject, &key).await?.ok_or(KeyError::Crypto)
    }

    /// Destroys a subject's key for good, wherever it came from, and with it those of its streams; where there is none, none will be
    /// made. Again, it changes nothing.
    pub async fn destroy(&self, subject: Uuid, tenant: TenantId) -> Result<(), KeyError> {
        sqlx::query(
            "INSERT INTO data_keys (subject, key_id, tenant, create_time, destroyed_time)
             VALUES ($1, $2, $3, $4, $4)
             ON CONFLICT (subject) DO UPDATE
                SET wrapped = NULL, destroyed_time = excluded.destroyed_time
                WHERE data_keys.wrapped IS NOT NULL AND data_keys.within IS NULL",
        )
        .bind(subject)
        .bind(self.ids.next())
        .bind(tenant.uuid())
        .bind(self.clock.now())
        .execute(&self.pool)
        .await
        .map_err(KeyError::Unavailable)?;
        self.forget(Holder::subject(subject));
        Ok(())
    }

    /// Destroys the key of one stream for good. Whose it is must be said rightly, or nothing is destroyed: nobody reaches a key by
    /// naming it as part of what is theirs. Again, it changes nothing.
    pub async fn destroy_within(&self, stream: Uuid, subject: Uuid) -> Result<(), KeyError> {
        sqlx::query(
            "UPDATE data_keys SET wrapped = NULL, destroyed_time = $3
             WHERE subject = $1 AND within = $2 AND wrapped IS NOT NULL",
        )
        .bind(stream)
        .bind(subject)
        .bind(self.clock.now())
        .execute(&self.pool)
        .await
        .map_err(KeyError::Unavailable)?;
        self.forget(Holder::stream(stream, subject));
        Ok(())
    }

    async fn within(
        &self,
        stream: Uuid,
        subject: Uuid,
        outer: &DataKey,
    ) -> Result<Option<Arc<DataKey>>, KeyError> {
        let holder = Holder::stream(stream, subject);
        match self.cached(holder) {
            Some(key) => Ok(Some(key)),
            None => self.read(holder, Some(outer)).await,
        }
    }

    fn forget(&self, holder: Holder) {
        if let Ok(mut cached) = self.cached.write() {
            cached.remove(&holder);
        }
    }

    fn cached(&self, holder: Holder) -> Option<Arc<DataKey>> {
        let cached = self.cached.read().ok()?;
        let found = cached.get(&holder).filter(|cached| cached.read.elapsed() < CACHED_FOR)?;
        Some(Arc::clone(&found.key))
    }

    async fn make(&self, holder: Holder, tenant: TenantId, outer: &DataKey) -> Result<(), KeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::fill(bytes.as_mut_slice()).map_err(|_| KeyError::Crypto)?;
        let wrapped = outer.seal(&holder.place(), bytes.as_slice())?;
        sqlx::query(
            "INSERT INTO data_keys (subject, key_id, tenant, wrapped, create_time, within)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (subject) DO NOTHING",
        )
        .bind(holder.id)
        .bind(self.ids.next())
        .bind(tenant.uuid())
        .bind(wrapped)
        .bind(self.clock.now())
        .bind(holder.within)
        .execute(&self.pool)
        .await
        .map_err(KeyError::Unavailable)?;
        Ok(())
    }

    async fn read(&self, holder: Holder, outer: Option<&DataKey>) -> Result<Option<Arc<DataKey>>, KeyError> {
        let read = Instant::now();
        let row = self.rows(&[holder.id], holder.within).await?.pop();
        row.map(|row| self.opened(row, holder.within, outer, read)).transpose()
    }

    async fn rows(&self, ids: &[Uuid], within: Option<Uuid>) -> Result<Vec<KeyRow>, KeyError> {
        sqlx::query_as(
            "SELECT subject, key_id, tenant, wrapped FROM data_keys
             WHERE subject = ANY ($1) AND within IS NOT DISTINCT FROM $2",
        )
        .bind(ids)
        .bind(within)
        .fetch_all(&self.pool)
        .await
        .map_err(KeyError::Unavailable)
    }

    /// Unwrapped by `outer`, or by the tenant's key where there is none.
    fn opened(
        &self,
        row: KeyRow,
        within: Option<Uuid>,
        outer: Option<&DataKey>,
        read: Instant,
    ) -> Result<Arc<DataKey>, KeyError> {
        let holder = Holder { id: row.subject, within };
        let wrapped = row.wrapped.ok_or(KeyError::Destroyed)?;
        let opened = match outer {
            Some(outer) => outer.open(&holder.place(), &wrapped)?,
            None => self.master.tenant_key(TenantId::new(row.tenant))?.open(&holder.place(), &wrapped)?,
        };
        let opened = Zeroizing::new(opened);
        let bytes = Zeroizing::new(<[u8; 32]>::try_from(opened.as_slice()).map_err(|_| KeyError::Crypto)?);
        let key = Arc::new(DataKey::new(row.key_id, &bytes)?);
        if let Ok(mut cached) = self.cached.write() {
            if cached.len() >= CACHED_MAX {
                cached.clear();
            }
            cached.insert(holder, Cached { key: Arc::clone(&key), read });
        }
        Ok(key)
    }
}
