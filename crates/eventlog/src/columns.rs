//! Events on their way into the table, an array per column. Not COPY, which would be a fifth cheaper for the server: the client
//! library sends its end apart and leaves Nagle's algorithm on, and together they cost 40 ms a group. The arrays are unpacked in the list
//! of columns: in FROM the server would write every one of them down first, which takes half as long again.
use crate::{Hash, Header, Right, committer::Sealed};
use chrono::{DateTime, Utc};
use holdfast_types::{EventId, PatientId};
use sqlx::PgConnection;
use std::ops::Range;
use uuid::Uuid;

/// Content of one statement's rows. PostgreSQL unpacks its arrays into memory of a few MB (`work_mem`), and beyond that into a file.
const STATEMENT_BYTES_MAX: usize = 1024 * 1024;

macro_rules! columns {
    ($($name:ident: $kind:ty),+ $(,)?) => {
        /// The columns of many events, for `unnest`.
        #[derive(Default)]
        pub(crate) struct Columns<'a> { $($name: Vec<$kind>),+ }
    };
}

columns! {
    lane: i32, lane_seq: i64, event_id: Uuid, tenant: Uuid, stream: &'a str, revision: i64, event_type: &'a str,
    schema_version: i32, subject: Uuid, patient: Option<Uuid>, actor: String, on_behalf_of: Option<Uuid>,
    purpose: &'static str, correlation: Uuid, causation: Option<Uuid>, traceparent: Option<&'a str>,
    occurred: DateTime<Utc>, recorded: DateTime<Utc>, key_id: Uuid, payload: &'a [u8], leaf: Hash,
    by_right: Option<&'a str>,
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
        self.by_right.push(header.by_right.as_ref().map(Right::as_str));
    }

    pub(crate) async fn insert(&self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        let (mut from, mut bytes) = (0, 0);
        for (place, payload) in self.payload.iter().enumerate() {
            bytes += payload.len();
            if bytes > STATEMENT_BYTES_MAX && place > from {
                self.insert_rows(conn, from..place).await?;
                (from, bytes) = (place, payload.len());
            }
        }
        self.insert_rows(conn, from..self.payload.len()).await
    }

    #[expect(clippy::indexing_slicing, reason = "every column has a value of every row")]
    async fn insert_rows(&self, conn: &mut PgConnection, rows: Range<usize>) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO events (
                 lane, lane_seq, event_id, tenant, stream, revision, event_type, schema_version, subject, patient,
                 actor, on_behalf_of, purpose, correlation, causation, traceparent, occurred, recorded, key_id,
                 payload, leaf, by_right)
             SELECT
                 unnest($1::int[]), unnest($2::bigint[]), unnest($3::uuid[]), unnest($4::uuid[]), unnest($5::text[]),
                 unnest($6::bigint[]), unnest($7::text[]), unnest($8::int[]), unnest($9::uuid[]), unnest($10::uuid[]),
                 unnest($11::text[]), unnest($12::uuid[]), unnest($13::text[]), unnest($14::uuid[]), unnest($15::uuid[]),
                 unnest($16::text[]), unnest($17::timestamptz[]), unnest($18::timestamptz[]), unnest($19::uuid[]),
                 unnest($20::bytea[]), unnest($21::bytea[]), unnest($22::text[])",
        )
        .bind(&self.lane[rows.clone()])
        .bind(&self.lane_seq[rows.clone()])
        .bind(&self.event_id[rows.clone()])
        .bind(&self.tenant[rows.clone()])
        .bind(&self.stream[rows.clone()])
        .bind(&self.revision[rows.clone()])
        .bind(&self.event_type[rows.clone()])
        .bind(&self.schema_version[rows.clone()])
        .bind(&self.subject[rows.clone()])
        .bind(&self.patient[rows.clone()])
        .bind(&self.actor[rows.clone()])
        .bind(&self.on_behalf_of[rows.clone()])
        .bind(&self.purpose[rows.clone()])
        .bind(&self.correlation[rows.clone()])
        .bind(&self.causation[rows.clone()])
        .bind(&self.traceparent[rows.clone()])
        .bind(&self.occurred[rows.clone()])
        .bind(&self.recorded[rows.clone()])
        .bind(&self.key_id[rows.clone()])
        .bind(&self.payload[rows.clone()])
        .bind(&self.leaf[rows.clone()])
        .bind(&self.by_right[rows])
        .execute(conn)
        .await?;
        Ok(())
    }
}
