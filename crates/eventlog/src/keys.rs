//! The key store: one data key per subject, wrapped by its tenant's key, in a database apart from the events.
use crate::{Subject, seal::DataKey};
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

/// Gives out data keys, making one when a subject is first written of.
#[derive(Clone)]
pub struct KeyRing {
    pool: PgPool,
    master: MasterKey,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    cached: Arc<RwLock<HashMap<Uuid, Cached>>>,
}

struct Cached {
    key: Arc<DataKey>,
    read: Instant,
}

impl KeyRing {
    pub fn new(pool: PgPool, master: MasterKey, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { pool, master, clock, ids, cached: Arc::default() }
    }

    /// The subject's key, made if there is none.
    pub async fn obtain(&self, subject: Subject, tenant: TenantId) -> Result<Arc<DataKey>, KeyError> {
        if let Some(key) = self.cached(subject.uuid()) {
            return Ok(key);
        }
        if let Some(key) = self.read(subject.uuid()).await? {
            return Ok(key);
        }
        let mut bytes = Zeroizing::new([0; 32]);
        rand::fill(bytes.as_mut_slice()).map_err(|_| KeyError::Crypto)?;
        let wrapped = self.master.tenant_key(tenant)?.seal(subject.uuid().as_bytes(), bytes.as_slice())?;
        sqlx::query(
            "INSERT INTO data_keys (subject, key_id, tenant, wrapped, create_time)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (subject) DO NOTHING",
        )
        .bind(subject.uuid())
        .bind(self.ids.next())
        .bind(tenant.uuid())
        .bind(wrapped)
        .bind(self.clock.now())
        .execute(&self.pool)
        .await
        .map_err(KeyError::Unavailable)?;
        self.read(subject.uuid()).await?.ok_or(KeyError::Destroyed)
    }

    /// The key of a subject that something was sealed for.
    pub async fn existing(&self, subject: Uuid) -> Result<Arc<DataKey>, KeyError> {
        match self.cached(subject) {
            Some(key) => Ok(key),
            None => self.read(subject).await?.ok_or(KeyError::Destroyed),
        }
    }

    /// Destroys a subject's key for good, wherever it came from; where there is none, none will be made. Again, it changes nothing.
    pub async fn destroy(&self, subject: Uuid, tenant: TenantId) -> Result<(), KeyError> {
        sqlx::query(
            "INSERT INTO data_keys (subject, key_id, tenant, create_time, destroyed_time)
             VALUES ($1, $2, $3, $4, $4)
             ON CONFLICT (subject) DO UPDATE
                SET wrapped = NULL, destroyed_time = excluded.destroyed_time
                WHERE data_keys.wrapped IS NOT NULL",
        )
        .bind(subject)
        .bind(self.ids.next())
        .bind(tenant.uuid())
        .bind(self.clock.now())
        .execute(&self.pool)
        .await
        .map_err(KeyError::Unavailable)?;
        if let Ok(mut cached) = self.cached.write() {
            cached.remove(&subject);
        }
        Ok(())
    }

    fn cached(&self, subject: Uuid) -> Option<Arc<DataKey>> {
        let cached = self.cached.read().ok()?;
        let found = cached.get(&subject).filter(|cached| cached.read.elapsed() < CACHED_FOR)?;
        Some(Arc::clone(&found.key))
    }

    async fn read(&self, subject: Uuid) -> Result<Option<Arc<DataKey>>, KeyError> {
        let read = Instant::now();
        let row: Option<(Uuid, Uuid, Option<Vec<u8>>)> =
            sqlx::query_as("SELECT key_id, tenant, wrapped FROM data_keys WHERE subject = $1")
                .bind(subject)
                .fetch_optional(&self.pool)
                .await
                .map_err(KeyError::Unavailable)?;
        let Some((key_id, tenant, wrapped)) = row else { return Ok(None) };
        let wrapped = wrapped.ok_or(KeyError::Destroyed)?;
        let opened = Zeroizing::new(
            self.master.tenant_key(TenantId::new(tenant))?.open(subject.as_bytes(), &wrapped)?,
        );
        let bytes = Zeroizing::new(<[u8; 32]>::try_from(opened.as_slice()).map_err(|_| KeyError::Crypto)?);
        let key = Arc::new(DataKey::new(key_id, &bytes)?);
        if let Ok(mut cached) = self.cached.write() {
            if cached.len() >= CACHED_MAX {
                cached.clear();
            }
            cached.insert(subject, Cached { key: Arc::clone(&key), read });
        }
        Ok(Some(key))
    }
}
