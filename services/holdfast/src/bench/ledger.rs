//! Audit's tables and its transparency log on the benchmark's own servers, filled to a size and sequenced by the code that serves.
use super::scratch::Scratch;
use crate::data_dir::DataDir;
use anyhow::{Context as _, Result, bail};
use holdfast_audit::sequencer::{Sequencer, Shelf, Tables};
use holdfast_eventlog::{EventLog, Header, StreamName};
use holdfast_proto::{Word, access::v1 as pb, timestamp};
use holdfast_translog::{CHECKPOINT_PATH, SignedCheckpoint, SigningKey, Signs, TileSource as _, VerifierKey};
use holdfast_types::{
    AccountId, Action, Actor, Category, EventId, PatientId, Purpose, Relationship, SystemClock, TenantId,
};
use prost::Message;
use prost_types::Any;
use rand::Rng;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, PgPool};
use std::{path::Path, sync::Arc};
use url::Url;
use uuid::Uuid;

/// Some have many more entries than others.
pub(crate) const PATIENTS: u32 = 1000;
/// Rows of one statement, well within the time that a statement may take.
const CHUNK: u64 = 32_768;

pub(crate) struct Ledger {
    /// Audit's own: what it answers is a look as well.
    pub(crate) log: EventLog,
    pub(crate) shelf: Shelf,
    pub(crate) owner: PgPool,
    filled: u64,
}

impl Ledger {
    /// Beside the history's table one of the same shape, to be the reference.
    pub(crate) async fn open(scratch: &Scratch, dir: &Path) -> Result<Self> {
        let log = scratch.log_of("bench_audit", "audit", holdfast_audit::migrations()).await?;
        let owner = scratch.raw("bench_audit", 4)?;
        sqlx::query("CREATE TABLE feeds.raw_entries (LIKE feeds.entries INCLUDING ALL)")
            .execute(&owner)
            .await?;
        if dir.exists() {
            std::fs::remove_dir_all(dir)?;
        }
        let url = Url::from_directory_path(DataDir::open(dir)?.path(""));
        let url = url.map_err(|()| anyhow::anyhow!("the folder's path is no URL"))?;
        let shelf = Shelf::open(&url, &Default::default())?;
        Ok(Self { log, shelf, owner, filled: 0 })
    }

    /// One at a time: it stands on what is committed when it first goes round.
    pub(crate) fn sequencer(&self) -> Result<Sequencer> {
        let key = SigningKey::from_seed("bench/log", Signs::Notes, &[3; 32])?;
        let tables = Tables::new(self.log.pool().clone());
        Ok(Sequencer::new(tables, self.shelf.clone(), key, Arc::new(SystemClock)))
    }

    /// So many looks and changes, heard from documents, in all; in the log, and its files published.
    pub(crate) async fn fill(&mut self, entries: u64) -> Result<()> {
        let indexes = self.without_indexes().await?;
        let from = self.filled;
        while self.filled < entries {
            let until = entries.min(self.filled + CHUNK);
            self.hear(self.filled, until).await?;
            self.filled = until;
        }
        let mut conn = self.owner.acquire().await?;
        sqlx::query("SET statement_timeout = 0").execute(&mut *conn).await?;
        for index in indexes {
            sqlx::query(AssertSqlSafe(index)).execute(&mut *conn).await?;
        }
        self.heard(from, entries).await?;
        let mut sequencer = self.sequencer()?;
        while sequencer.round().await? > 0 {}
        // As the server does by itself, only later.
        for vacuum in [
            "VACUUM (ANALYZE) feeds.entries",
            "VACUUM (ANALYZE) feeds.raw_entries",
            "VACUUM (ANALYZE) feeds.log_entries",
        ] {
            sqlx::raw_sql(vacuum).execute(&mut *conn).await?;
        }
        Ok(())
    }

    /// Many rows at once are indexed together: what takes the other indexes off, and the statements that put them back.
    async fn without_indexes(&self) -> Result<Vec<String>> {
        let indexes: Vec<(String, String)> = sqlx::query_as(
            "SELECT indexname::text, indexdef FROM pg_indexes
             WHERE schemaname = 'feeds' AND tablename IN ('entries', 'raw_entries')
               AND indexname NOT IN (SELECT conname FROM pg_constraint)",
        )
        .fetch_all(&self.owner)
        .await?;
        for (name, _) in &indexes {
            sqlx::query(AssertSqlSafe(format!("DROP INDEX feeds.{name}"))).execute(&self.owner).await?;
        }
        Ok(indexes.into_iter().map(|(_, statement)| statement).collect())
    }

    async fn hear(&self, from: u64, until: u64) -> Result<()> {
        let payload = look(patient(0), AccountId::new(Uuid::from_u128(2))).encode_to_vec();
        sqlx::query(
            "WITH heard AS (
                 INSERT INTO entries
                 SELECT
                     'documents', (number % 1024)::int, number / 1024 + 1, gen_random_uuid(),
                     CASE number % 2 WHEN 0 THEN 'read' ELSE 'change' END,
                     CASE number % 2 WHEN 0 THEN 'access.permitted' ELSE 'document.added' END,
                     'document/' || gen_random_uuid(), 1, $3, patient, patient,
                     'account/00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000002'::uuid, NULL,
                     'TREAT', gen_random_uuid(), NULL, recorded, recorded, gen_random_uuid(), sha256(int8send(number)),
                     sha256(int8send(~number)), $4, NULL, NULL
                 FROM (
                     SELECT
                         number,
                         (lpad(to_hex(21), 16, '0')
                             || lpad(to_hex(floor($5::float8 * power(random(), 2))::bigint), 16, '0'))::uuid AS patient,
                         timestamptz '2026-01-01 00:00:00Z' + number * interval '1 second' AS recorded
                     FROM generate_series($1::bigint, $2::bigint - 1) AS number
                 ) AS numbered
                 RETURNING *
             )
             INSERT INTO raw_entries SELECT * FROM heard",
        )
        .bind(i64::try_from(from)?)
        .bind(i64::try_from(until)?)
        .bind(tenant().uuid())
        .bind(payload)
        .bind(f64::from(PATIENTS))
        .execute(&self.owner)
        .await?;
        Ok(())
    }

    /// As the inbox notes it.
    async fn heard(&self, from: u64, until: u64) -> Result<()> {
        sqlx::query(
            "INSERT INTO inbox (source, lane, seq)
             SELECT 'documents', (number % 1024)::int, max(number / 1024 + 1)
             FROM generate_series($1::bigint, $2::bigint - 1) AS number
             GROUP BY number % 1024
             ON CONFLICT (source, lane) DO UPDATE SET seq = excluded.seq",
        )
        .bind(i64::try_from(from)?)
        .bind(i64::try_from(until)?)
        .execute(&self.owner)
        .await?;
        Ok(())
    }

    /// Lane and sequence number of what was heard as that number.
    pub(crate) fn place(number: u64) -> Result<(i32, i64)> {
        Ok((i32::try_from(number % 1024)?, i64::try_from(number / 1024 + 1)?))
    }

    pub(crate) const fn filled(&self) -> u64 {
        self.filled
    }

    pub(crate) fn key() -> Result<VerifierKey> {
        Ok(SigningKey::from_seed("bench/log", Signs::Notes, &[3; 32])?.verifier().clone())
    }

    pub(crate) async fn checkpoint(&self, key: &VerifierKey) -> Result<SignedCheckpoint> {
        let Some(note) = self.shelf.get(CHECKPOINT_PATH).await? else { bail!("no checkpoint is published") };
        SignedCheckpoint::open(&note, key).context("the published checkpoint")
    }
}

pub(crate) fn tenant() -> TenantId {
    super::scratch::context().tenant
}

pub(crate) fn patient(number: u32) -> PatientId {
    PatientId::new(Uuid::from_u64_pair(21, u64::from(number)))
}

/// As they are drawn for the entries: the first have the most.
pub(crate) fn any_patient(random: &mut impl Rng) -> u32 {
    let share: f64 = random.random();
    (0..PATIENTS)
        .find(|number| f64::from(*number + 1) > f64::from(PATIENTS) * share * share)
        .unwrap_or(PATIENTS - 1)
}

/// What a service publishes of a look.
pub(crate) fn look(patient: PatientId, account: AccountId) -> Any {
    let id = |number| Uuid::from_u64_pair(22, number);
    let access = pb::AccessRecorded {
        account_id: account.to_string(),
        session_id: id(1).to_string(),
        roles: vec![format!("therapist@{}", id(2))],
        patient_id: patient.to_string(),
        action: Action::Read.to_proto(),
        categories: vec![Category::Goals.to_proto()],
        permitted_categories: vec![Category::Goals.to_proto()],
        purpose: Purpose::Treatment.to_proto(),
        outcome: pb::Outcome::Permitted.into(),
        rule_ids: vec!["grant-reaches".to_owned()],
        policy_digest: "5".repeat(64),
        relationship: Relationship::Parent.to_proto(),
        returned: (3..6).map(|number| pb::Returned { id: id(number).to_string(), revision: 1 }).collect(),
        operation: "records.ListItems".to_owned(),
        consent_age_ms: 120,
        consent_age_ms_max: 10_000,
        decided_time: Some(timestamp(chrono::DateTime::UNIX_EPOCH)),
        ..pb::AccessRecorded::default()
    };
    Any {
        type_url: "type.googleapis.com/holdfast.access.v1.AccessRecorded".to_owned(),
        value: access.encode_to_vec(),
    }
}

/// The header of a look, as another service's log tells it.
pub(crate) fn header(
    service: &str,
    lane: u16,
    lane_seq: u64,
    patient: PatientId,
    random: &mut impl Rng,
) -> Header {
    let mut id = || Uuid::from_u64_pair(random.random(), random.random());
    let (event, stream, correlation, key_id) = (id(), id(), id(), id());
    let context = super::scratch::context();
    let now = chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap_or_default();
    Header {
        service: service.to_owned(),
        lane,
        lane_seq,
        event_id: EventId::new(event),
        tenant: tenant(),
        stream: StreamName::new("access", stream),
        revision: 1,
        event_type: "access.permitted".to_owned(),
        schema_version: 1,
        subject: patient.uuid(),
        patient: Some(patient),
        actor: Actor::Account(AccountId::new(Uuid::from_u128(2))),
        on_behalf_of: None,
        purpose: context.purpose,
        correlation,
        causation: None,
        traceparent: None,
        occurred: now,
        recorded: now,
        key_id,
        by_right: None,
        payload_sha256: Sha256::digest(event.as_bytes()).into(),
    }
}
