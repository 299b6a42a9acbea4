//! Events on their way into the table, an array per column. Not COPY, which would be a fifth cheaper for the server: the client
//! library sends its end apart and leaves Nagle's algorithm on, and together they cost 40 ms a group.
use crate::{Hash, Header, committer::Sealed};
use chrono::{DateTime, Utc};
use holdfast_types::{EventId, PatientId};
use sqlx::PgConnection;
use uuid::Uuid;

macro_rules! columns {
    ($($name:ident: $kind:ty),+ $(,)?) => {
        /// The columns of many events, for `UNNEST`.
        #[derive(Default)]
        pub(crate) struct Columns<'a> { $($name: Vec<$kind>),+ }
    };
}

columns! {
    lane: i32, lane_seq: i64, event_id: Uuid, tenant: Uuid, stream: &'a str, revision: i64, event_type: &'a str,
    schema_version: i32, subject: Uuid, patient: Option<Uuid>, actor: String, on_behalf_of: Option<Uuid>,
    purpose: &'static str, correlation: Uuid, causation: Option<Uuid>, traceparent: Option<&'a str>,
    occurred: DateTime<Utc>, recorded: DateTime<Utc>, key_id: Uuid, payload: &'a [u8], leaf: Hash,
}

impl<'a> Columns<'a> {
    pub(crate) const fn is_empty(&self) -> bool {
        self.lane.is_empty()
    }

    /// `placed` is the event's header with its place in the lane.
    #[expect(clippy::cast_possible_wrap, reason = "sequence numbers stay far below 2^63")]
    pub(crate) fn push(&mut self, event: &'a Sealed, placed: &Header) {
        let header = &event.header;
        self.lane.push(i32::from(header.lane));
        self.lane_seq.push(placed.lane_seq as i64);
        self.event_id.push(header.event_id.uuid());
        self.tenant.push(header.tenant.uuid());
        self.stream.push(header.stream.as_str());
        self.revision.push(header.revision as i64);
        self.event_type.push(&header.event_type);
        self.schema_version.push(i32::from(header.schema_version));
        self.subject.push(header.subject);
        self.patient.push(header.patient.map(PatientId::uuid));
        self.actor.push(header.actor.to_string());
        self.on_behalf_of.push(header.on_behalf_of.map(PatientId::uuid));
        self.purpose.push(header.purpose.as_str());
        self.correlation.push(header.correlation);
        self.causation.push(header.causation.map(EventId::uuid));
        self.traceparent.push(header.traceparent.as_deref());
        self.occurred.push(header.occurred);
        self.recorded.push(placed.recorded);
        self.key_id.push(header.key_id);
        self.payload.push(&event.sealed);
        self.leaf.push(placed.leaf());
    }

    pub(crate) async fn insert(&self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
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
        .bind(&self.lane)
        .bind(&self.lane_seq)
        .bind(&self.event_id)
        .bind(&self.tenant)
        .bind(&self.stream)
        .bind(&self.revision)
        .bind(&self.event_type)
        .bind(&self.schema_version)
        .bind(&self.subject)
        .bind(&self.patient)
        .bind(&self.actor)
        .bind(&self.on_behalf_of)
        .bind(&self.purpose)
        .bind(&self.correlation)
        .bind(&self.causation)
        .bind(&self.traceparent)
        .bind(&self.occurred)
        .bind(&self.recorded)
        .bind(&self.key_id)
        .bind(&self.payload)
        .bind(&self.leaf)
        .execute(conn)
        .await?;
        Ok(())
    }
}
