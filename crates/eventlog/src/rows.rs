//! The columns of `events`, out of the database and into it.
use crate::{Hash, Header, StreamName};
use chrono::{DateTime, Utc};
use holdfast_types::{EventId, PatientId, TenantId};
use sha2::{Digest, Sha256};
use sqlx::FromRow;
use uuid::Uuid;

/// A row of `events`.
#[derive(FromRow)]
pub(crate) struct EventRow {
    pub lane: i32,
    pub lane_seq: i64,
    pub event_id: Uuid,
    pub tenant: Uuid,
    pub stream: String,
    pub revision: i64,
    pub event_type: String,
    pub schema_version: i32,
    pub subject: Uuid,
    pub patient: Option<Uuid>,
    pub actor: String,
    pub on_behalf_of: Option<Uuid>,
    pub purpose: String,
    pub correlation: Uuid,
    pub causation: Option<Uuid>,
    pub traceparent: Option<String>,
    pub occurred: DateTime<Utc>,
    pub recorded: DateTime<Utc>,
    pub key_id: Uuid,
    pub payload: Vec<u8>,
    pub leaf: Vec<u8>,
}

/// An event as it lies in the log: sealed.
#[derive(Debug, Clone)]
pub struct Stored {
    pub header: Header,
    pub sealed: Vec<u8>,
    /// As it was written; [`Header::leaf`] computes what it should be.
    pub leaf: Hash,
}

/// A row that no code of ours can have written.
#[derive(Debug, thiserror::Error)]
#[error("the event at lane {lane}, sequence {lane_seq} has a malformed `{column}`")]
pub struct RowError {
    pub lane: i32,
    pub lane_seq: i64,
    pub column: &'static str,
}

impl EventRow {
    pub(crate) fn stored(self, service: &str) -> Result<Stored, RowError> {
        let (lane, lane_seq) = (self.lane, self.lane_seq);
        let malformed = |column| RowError { lane, lane_seq, column };
        let header = Header {
            service: service.to_owned(),
            lane: u16::try_from(self.lane).map_err(|_| malformed("lane"))?,
            lane_seq: u64::try_from(self.lane_seq).map_err(|_| malformed("lane_seq"))?,
            event_id: EventId::new(self.event_id),
            tenant: TenantId::new(self.tenant),
            stream: self.stream.parse::<StreamName>().map_err(|_| malformed("stream"))?,
            revision: u64::try_from(self.revision).map_err(|_| malformed("revision"))?,
            event_type: self.event_type,
            schema_version: u16::try_from(self.schema_version).map_err(|_| malformed("schema_version"))?,
            subject: self.subject,
            patient: self.patient.map(PatientId::new),
            actor: self.actor.parse().map_err(|_| malformed("actor"))?,
            on_behalf_of: self.on_behalf_of.map(PatientId::new),
            purpose: self.purpose.parse().map_err(|_| malformed("purpose"))?,
            correlation: self.correlation,
            causation: self.causation.map(EventId::new),
            traceparent: self.traceparent,
            occurred: self.occurred,
            recorded: self.recorded,
            key_id: self.key_id,
            payload_sha256: Sha256::digest(&self.payload).into(),
        };
        let leaf = self.leaf.try_into().map_err(|_| malformed("leaf"))?;
        Ok(Stored { header, sealed: self.payload, leaf })
    }
}

macro_rules! columns {
    ($($name:ident: $kind:ty),+ $(,)?) => {
        /// The columns of many events, for `UNNEST`.
        #[derive(Default)]
        pub(crate) struct Columns { $(pub $name: Vec<$kind>),+ }
    };
}

columns! {
    lane: i32, lane_seq: i64, event_id: Uuid, tenant: Uuid, stream: String, revision: i64, event_type: String,
    schema_version: i32, subject: Uuid, patient: Option<Uuid>, actor: String, on_behalf_of: Option<Uuid>,
    purpose: String, correlation: Uuid, causation: Option<Uuid>, traceparent: Option<String>,
    occurred: DateTime<Utc>, recorded: DateTime<Utc>, key_id: Uuid, payload: Vec<u8>, leaf: Vec<u8>,
}

impl Columns {
    #[expect(clippy::cast_possible_wrap, reason = "sequence numbers stay far below 2^63")]
    pub(crate) fn push(&mut self, header: &Header, sealed: Vec<u8>) {
        self.lane.push(i32::from(header.lane));
        self.lane_seq.push(header.lane_seq as i64);
        self.event_id.push(header.event_id.uuid());
        self.tenant.push(header.tenant.uuid());
        self.stream.push(header.stream.to_string());
        self.revision.push(header.revision as i64);
        self.event_type.push(header.event_type.clone());
        self.schema_version.push(i32::from(header.schema_version));
        self.subject.push(header.subject);
        self.patient.push(header.patient.map(PatientId::uuid));
        self.actor.push(header.actor.to_string());
        self.on_behalf_of.push(header.on_behalf_of.map(PatientId::uuid));
        self.purpose.push(header.purpose.as_str().to_owned());
        self.correlation.push(header.correlation);
        self.causation.push(header.causation.map(EventId::uuid));
        self.traceparent.push(header.traceparent.clone());
        self.occurred.push(header.occurred);
        self.recorded.push(header.recorded);
        self.key_id.push(header.key_id);
        self.payload.push(sealed);
        self.leaf.push(header.leaf().to_vec());
    }

    pub(crate) async fn insert(self, conn: &mut sqlx::PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO events (
                 lane, lane_seq, event_id, tenant, stream, revision, event_type, schema_version, subject, patient,
                 actor, on_behalf_of, purpose, correlation, causation, traceparent, occurred, recorded, key_id,
                 payload, leaf)
             SELECT * FROM UNNEST(
                 $1::int[], $2::bigint[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::text[], $8::int[],
                 $9::uuid[], $10::uuid[], $11::text[], $12::uuid[], $13::text[], $14::uuid[], $15::uuid[],
                 $16::text[], $17::timestamptz[], $18::timestamptz[], $19::uuid[], $20::bytea[], $21::bytea[])",
        )
        .bind(self.lane)
        .bind(self.lane_seq)
        .bind(self.event_id)
        .bind(self.tenant)
        .bind(self.stream)
        .bind(self.revision)
        .bind(self.event_type)
        .bind(self.schema_version)
        .bind(self.subject)
        .bind(self.patient)
        .bind(self.actor)
        .bind(self.on_behalf_of)
        .bind(self.purpose)
        .bind(self.correlation)
        .bind(self.causation)
        .bind(self.traceparent)
        .bind(self.occurred)
        .bind(self.recorded)
        .bind(self.key_id)
        .bind(self.payload)
        .bind(self.leaf)
        .execute(conn)
        .await?;
        Ok(())
    }
}
