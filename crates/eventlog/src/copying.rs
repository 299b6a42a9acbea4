//! Events on their way into the table, in PostgreSQL's binary COPY format: cheaper for the server than INSERT, and written here
//! without an array per column.
use crate::Header;
use chrono::{DateTime, Utc};
use holdfast_types::{EventId, PatientId};
use sqlx::PgConnection;
use uuid::Uuid;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
const COLUMNS: i16 = 21;
/// Where PostgreSQL's time begins: 2000-01-01, in microseconds of Unix time.
const EPOCH_US: i64 = 946_684_800_000_000;
/// What a row takes beside its payload, roughly.
const ROW_BYTES: usize = 512;

pub(crate) struct Rows {
    bytes: Vec<u8>,
    count: usize,
}

impl Default for Rows {
    fn default() -> Self {
        // No flags, no extension.
        Self { bytes: [SIGNATURE, &[0; 8]].concat(), count: 0 }
    }
}

impl Rows {
    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    #[expect(clippy::cast_possible_wrap, reason = "sequence numbers stay far below 2^63")]
    pub(crate) fn push(&mut self, header: &Header, sealed: &[u8]) {
        self.count += 1;
        self.bytes.reserve(ROW_BYTES + sealed.len());
        self.bytes.extend_from_slice(&COLUMNS.to_be_bytes());
        self.field(&i32::from(header.lane).to_be_bytes());
        self.field(&(header.lane_seq as i64).to_be_bytes());
        self.field(header.event_id.uuid().as_bytes());
        self.field(header.tenant.uuid().as_bytes());
        self.field(header.stream.as_str().as_bytes());
        self.field(&(header.revision as i64).to_be_bytes());
        self.field(header.event_type.as_bytes());
        self.field(&i32::from(header.schema_version).to_be_bytes());
        self.field(header.subject.as_bytes());
        self.uuid(header.patient.map(PatientId::uuid));
        self.field(header.actor.to_string().as_bytes());
        self.uuid(header.on_behalf_of.map(PatientId::uuid));
        self.field(header.purpose.as_str().as_bytes());
        self.field(header.correlation.as_bytes());
        self.uuid(header.causation.map(EventId::uuid));
        self.optional(header.traceparent.as_deref().map(str::as_bytes));
        self.time(header.occurred);
        self.time(header.recorded);
        self.field(header.key_id.as_bytes());
        self.field(sealed);
        self.field(&header.leaf());
    }

    fn field(&mut self, value: &[u8]) {
        // No value comes near the limit: the largest is a payload, a megabyte.
        self.bytes.extend_from_slice(&i32::try_from(value.len()).unwrap_or(i32::MAX).to_be_bytes());
        self.bytes.extend_from_slice(value);
    }

    fn optional(&mut self, value: Option<&[u8]>) {
        match value {
            Some(value) => self.field(value),
            None => self.bytes.extend_from_slice(&(-1_i32).to_be_bytes()),
        }
    }

    fn uuid(&mut self, id: Option<Uuid>) {
        self.optional(id.as_ref().map(|id| id.as_bytes().as_slice()));
    }

    fn time(&mut self, time: DateTime<Utc>) {
        self.field(&(time.timestamp_micros() - EPOCH_US).to_be_bytes());
    }

    pub(crate) async fn store(mut self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        self.bytes.extend_from_slice(&(-1_i16).to_be_bytes());
        let mut copy = conn
            .copy_in_raw(
                "COPY events (
                     lane, lane_seq, event_id, tenant, stream, revision, event_type, schema_version, subject, patient,
                     actor, on_behalf_of, purpose, correlation, causation, traceparent, occurred, recorded, key_id,
                     payload, leaf)
                 FROM STDIN (FORMAT binary)",
            )
            .await?;
        copy.send(self.bytes).await?;
        copy.finish().await?;
        Ok(())
    }
}
