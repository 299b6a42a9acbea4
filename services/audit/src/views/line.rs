//! A row of the history: what an envelope says, and nothing else.
use crate::domain::{Kind, room};
use chrono::{DateTime, Utc};
use holdfast_eventlog::{Envelope, Right};
use holdfast_types::{AccountId, Actor, EventId, PatientId, Service};
use prost::Message;
use sqlx::PgConnection;
use uuid::Uuid;

macro_rules! columns {
    ($($name:ident: $kind:ty),+ $(,)?) => {
        /// As it stands in `entries`, but for the service.
        #[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
        pub(super) struct Line { $(pub(super) $name: $kind),+ }

        /// Columns of many lines, for `unnest`.
        #[derive(Default)]
        struct Columns { $($name: Vec<$kind>),+ }

        impl FromIterator<Line> for Columns {
            fn from_iter<I: IntoIterator<Item = Line>>(lines: I) -> Self {
                let mut columns = Self::default();
                for line in lines {
                    $(columns.$name.push(line.$name);)+
                }
                columns
            }
        }
    };
}
columns! {
    lane: i32, lane_seq: i64, event_id: Uuid, kind: String, event_type: String, stream: String, revision: i64, tenant: Uuid,
    subject: Uuid, patient: Option<Uuid>, actor: String, actor_account: Option<Uuid>, on_behalf_of: Option<Uuid>, purpose: String,
    correlation: Uuid, causation: Option<Uuid>, occurred: DateTime<Utc>, recorded: DateTime<Utc>, key_id: Uuid,
    payload_sha256: Vec<u8>, leaf: Vec<u8>, public_payload: Option<Vec<u8>>, category: Option<String>, by_right: Option<String>,
}

impl Line {
    pub(super) fn of(service: Service, envelope: &Envelope) -> Self {
        let (header, payload) = (&envelope.header, envelope.public_payload.as_ref());
        Self {
            lane: i32::from(header.lane),
            lane_seq: i64::try_from(header.lane_seq).unwrap_or(i64::MAX),
            event_id: header.event_id.uuid(),
            kind: Kind::of(service, &header.event_type).as_str().to_owned(),
            event_type: header.event_type.clone(),
            stream: header.stream.to_string(),
            revision: i64::try_from(header.revision).unwrap_or(i64::MAX),
            tenant: header.tenant.uuid(),
            subject: header.subject,
            patient: header.patient.map(PatientId::uuid),
            actor: header.actor.to_string(),
            actor_account: account(header.actor).map(AccountId::uuid),
            on_behalf_of: header.on_behalf_of.map(PatientId::uuid),
            purpose: header.purpose.to_string(),
            correlation: header.correlation,
            causation: header.causation.map(EventId::uuid),
            occurred: header.occurred,
            recorded: header.recorded,
            key_id: header.key_id,
            payload_sha256: header.payload_sha256.to_vec(),
            leaf: envelope.leaf.to_vec(),
            public_payload: payload.map(Message::encode_to_vec),
            category: payload.and_then(room).map(|category| category.as_str().to_owned()),
            by_right: header.by_right.as_ref().map(Right::to_string),
        }
    }

    /// Whether the log still says it. What is published of an event is told no more once its key is gone.
    pub(super) fn is_told_by(&self, service: Service, envelope: &Envelope) -> bool {
        let mut told = Self::of(service, envelope);
        if told.public_payload.is_none() {
            (told.public_payload, told.category) = (self.public_payload.clone(), self.category.clone());
        }
        *self == told
    }
}

/// What is there already stays as it is.
pub(super) async fn insert(
    conn: &mut PgConnection,
    service: Service,
    lines: impl IntoIterator<Item = Line>,
) -> Result<(), sqlx::Error> {
    let columns: Columns = lines.into_iter().collect();
    sqlx::query(
        "INSERT INTO entries (
             service, lane, lane_seq, event_id, kind, event_type, stream, revision, tenant, subject, patient,
             actor, actor_account, on_behalf_of, purpose, correlation, causation, occurred, recorded, key_id,
             payload_sha256, leaf, public_payload, category, by_right)
         SELECT
             $1, unnest($2::int[]), unnest($3::bigint[]), unnest($4::uuid[]), unnest($5::text[]), unnest($6::text[]),
             unnest($7::text[]), unnest($8::bigint[]), unnest($9::uuid[]), unnest($10::uuid[]), unnest($11::uuid[]),
             unnest($12::text[]), unnest($13::uuid[]), unnest($14::uuid[]), unnest($15::text[]), unnest($16::uuid[]),
             unnest($17::uuid[]), unnest($18::timestamptz[]), unnest($19::timestamptz[]), unnest($20::uuid[]),
             unnest($21::bytea[]), unnest($22::bytea[]), unnest($23::bytea[]), unnest($24::text[]),
             unnest($25::text[])
         ON CONFLICT (service, lane, lane_seq) DO NOTHING",
    )
    .bind(service.as_str())
    .bind(columns.lane)
    .bind(columns.lane_seq)
    .bind(columns.event_id)
    .bind(columns.kind)
    .bind(columns.event_type)
    .bind(columns.stream)
    .bind(columns.revision)
    .bind(columns.tenant)
    .bind(columns.subject)
    .bind(columns.patient)
    .bind(columns.actor)
    .bind(columns.actor_account)
    .bind(columns.on_behalf_of)
    .bind(columns.purpose)
    .bind(columns.correlation)
    .bind(columns.causation)
    .bind(columns.occurred)
    .bind(columns.recorded)
    .bind(columns.key_id)
    .bind(columns.payload_sha256)
    .bind(columns.leaf)
    .bind(columns.public_payload)
    .bind(columns.category)
    .bind(columns.by_right)
    .execute(conn)
    .await?;
    Ok(())
}

fn account(actor: Actor) -> Option<AccountId> {
    match actor {
        Actor::Account(account) => Some(account),
        Actor::Service(_) | Actor::Anonymous => None,
    }
}
