//! Takes in the envelopes of one service's log: one row each, in one statement per batch.
use crate::domain::{FaultKind, Kind, room};
use chrono::{DateTime, Utc};
use holdfast_eventlog::{Envelope, Reaction, ReactionError};
use holdfast_host::telemetry;
use holdfast_types::{AccountId, Actor, Clock, EventId, PatientId, Service};
use prost::Message;
use sqlx::PgConnection;
use std::sync::Arc;
use uuid::Uuid;

pub struct Index {
    service: Service,
    clock: Arc<dyn Clock>,
}

impl Index {
    /// Of one service's log.
    pub fn of(service: Service, clock: Arc<dyn Clock>) -> Self {
        Self { service, clock }
    }
}

#[async_trait::async_trait]
impl Reaction for Index {
    /// The history shows an event also where its effect waits for a fix.
    async fn witness(&self, conn: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), ReactionError> {
        let mut rows = Rows::default();
        let mut mismatched: Vec<(u16, u64)> = Vec::new();
        for envelope in envelopes {
            let header = &envelope.header;
            if header.service != self.service.as_str() {
                return Err(ReactionError::Malformed("it is of another service than the log it came from"));
            }
            if header.leaf() != envelope.leaf {
                mismatched.push((header.lane, header.lane_seq));
            }
            // The command's trace ends here.
            if let Some(parent) = &header.traceparent {
                let span = tracing::info_span!("audit.index", service = header.service, lane = header.lane);
                telemetry::continue_from(&span, parent);
            }
            rows.push(self.service, envelope);
        }
        rows.insert(&mut *conn, self.service).await?;
        if !mismatched.is_empty() {
            tracing::error!(service = %self.service, count = mismatched.len(), "envelopes do not match their leaf hashes");
            let faults = mismatched.into_iter().map(|(lane, seq)| (lane, seq, FaultKind::LeafMismatch));
            super::verification::insert_faults(conn, self.service.as_str(), faults, self.clock.now()).await?;
        }
        Ok(())
    }

    async fn react(&self, _: &mut PgConnection, _: &[Envelope]) -> Result<(), ReactionError> {
        Ok(())
    }

    /// What was never heard. The history stays whole: what was heard is taken out when it comes again.
    async fn forget(&self, conn: &mut PgConnection) -> Result<(), ReactionError> {
        sqlx::query(
            "DELETE FROM entries
             WHERE service = $1 AND NOT EXISTS (
                 SELECT FROM inbox
                 WHERE inbox.source = $1 AND inbox.lane = entries.lane
                   AND entries.lane_seq BETWEEN 1 AND GREATEST(inbox.seq, inbox.replay_to))",
        )
        .bind(self.service.as_str())
        .execute(conn)
        .await?;
        Ok(())
    }

    /// A log that says something else than what was heard is made known before that is forgotten.
    async fn renew(&self, conn: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), ReactionError> {
        let place = |envelope: &Envelope| {
            let header = &envelope.header;
            (i32::from(header.lane), i64::try_from(header.lane_seq).unwrap_or(i64::MAX))
        };
        let (lanes, seqs): (Vec<i32>, Vec<i64>) = envelopes.iter().map(place).unzip();
        let leaves: Vec<Vec<u8>> = envelopes.iter().map(|envelope| envelope.leaf.to_vec()).collect();
        sqlx::query(
            "INSERT INTO log_faults (service, lane, lane_seq, kind, found_time)
             SELECT $1, entries.lane, entries.lane_seq, $5, $6
             FROM entries JOIN UNNEST($2::int[], $3::bigint[], $4::bytea[]) AS again (lane, lane_seq, leaf)
                 USING (lane, lane_seq)
             WHERE entries.service = $1 AND entries.leaf <> again.leaf
             ON CONFLICT DO NOTHING",
        )
        .bind(self.service.as_str())
        .bind(&lanes)
        .bind(&seqs)
        .bind(leaves)
        .bind(FaultKind::Altered.as_str())
        .bind(self.clock.now())
        .execute(&mut *conn)
        .await?;
        sqlx::query(
            "DELETE FROM entries USING UNNEST($2::int[], $3::bigint[]) AS again (lane, lane_seq)
             WHERE entries.service = $1 AND entries.lane = again.lane AND entries.lane_seq = again.lane_seq",
        )
        .bind(self.service.as_str())
        .bind(lanes)
        .bind(seqs)
        .execute(conn)
        .await?;
        Ok(())
    }
}

/// Columns of many entries, for `unnest`.
#[derive(Default)]
struct Rows {
    lane: Vec<i32>,
    lane_seq: Vec<i64>,
    event_id: Vec<Uuid>,
    kind: Vec<&'static str>,
    event_type: Vec<String>,
    stream: Vec<String>,
    revision: Vec<i64>,
    tenant: Vec<Uuid>,
    subject: Vec<Uuid>,
    patient: Vec<Option<Uuid>>,
    actor: Vec<String>,
    actor_account: Vec<Option<Uuid>>,
    on_behalf_of: Vec<Option<Uuid>>,
    purpose: Vec<&'static str>,
    correlation: Vec<Uuid>,
    causation: Vec<Option<Uuid>>,
    occurred: Vec<DateTime<Utc>>,
    recorded: Vec<DateTime<Utc>>,
    key_id: Vec<Uuid>,
    payload_sha256: Vec<Vec<u8>>,
    leaf: Vec<Vec<u8>>,
    public_payload: Vec<Option<Vec<u8>>>,
    category: Vec<Option<&'static str>>,
}

impl Rows {
    fn push(&mut self, service: Service, envelope: &Envelope) {
        let (header, payload) = (&envelope.header, envelope.public_payload.as_ref());
        self.lane.push(i32::from(header.lane));
        self.lane_seq.push(i64::try_from(header.lane_seq).unwrap_or(i64::MAX));
        self.event_id.push(header.event_id.uuid());
        self.kind.push(Kind::of(service, &header.event_type).as_str());
        self.event_type.push(header.event_type.clone());
        self.stream.push(header.stream.to_string());
        self.revision.push(i64::try_from(header.revision).unwrap_or(i64::MAX));
        self.tenant.push(header.tenant.uuid());
        self.subject.push(header.subject);
        self.patient.push(header.patient.map(PatientId::uuid));
        self.actor.push(header.actor.to_string());
        self.actor_account.push(account(header.actor).map(AccountId::uuid));
        self.on_behalf_of.push(header.on_behalf_of.map(PatientId::uuid));
        self.purpose.push(header.purpose.as_str());
        self.correlation.push(header.correlation);
        self.causation.push(header.causation.map(EventId::uuid));
        self.occurred.push(header.occurred);
        self.recorded.push(header.recorded);
        self.key_id.push(header.key_id);
        self.payload_sha256.push(header.payload_sha256.to_vec());
        self.leaf.push(envelope.leaf.to_vec());
        self.public_payload.push(payload.map(Message::encode_to_vec));
        self.category.push(payload.and_then(room).map(|category| category.as_str()));
    }

    /// What is there already stays as it is.
    async fn insert(self, conn: &mut PgConnection, service: Service) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO entries (
                 service, lane, lane_seq, event_id, kind, event_type, stream, revision, tenant, subject, patient,
                 actor, actor_account, on_behalf_of, purpose, correlation, causation, occurred, recorded, key_id,
                 payload_sha256, leaf, public_payload, category)
             SELECT
                 $1, unnest($2::int[]), unnest($3::bigint[]), unnest($4::uuid[]), unnest($5::text[]), unnest($6::text[]),
                 unnest($7::text[]), unnest($8::bigint[]), unnest($9::uuid[]), unnest($10::uuid[]), unnest($11::uuid[]),
                 unnest($12::text[]), unnest($13::uuid[]), unnest($14::uuid[]), unnest($15::text[]), unnest($16::uuid[]),
                 unnest($17::uuid[]), unnest($18::timestamptz[]), unnest($19::timestamptz[]), unnest($20::uuid[]),
                 unnest($21::bytea[]), unnest($22::bytea[]), unnest($23::bytea[]), unnest($24::text[])
             ON CONFLICT (service, lane, lane_seq) DO NOTHING",
        )
        .bind(service.as_str())
        .bind(self.lane)
        .bind(self.lane_seq)
        .bind(self.event_id)
        .bind(self.kind)
        .bind(self.event_type)
        .bind(self.stream)
        .bind(self.revision)
        .bind(self.tenant)
        .bind(self.subject)
        .bind(self.patient)
        .bind(self.actor)
        .bind(self.actor_account)
        .bind(self.on_behalf_of)
        .bind(self.purpose)
        .bind(self.correlation)
        .bind(self.causation)
        .bind(self.occurred)
        .bind(self.recorded)
        .bind(self.key_id)
        .bind(self.payload_sha256)
        .bind(self.leaf)
        .bind(self.public_payload)
        .bind(self.category)
        .execute(conn)
        .await?;
        Ok(())
    }
}

fn account(actor: Actor) -> Option<AccountId> {
    match actor {
        Actor::Account(account) => Some(account),
        Actor::Service(_) | Actor::Anonymous => None,
    }
}
