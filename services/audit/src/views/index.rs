//! Takes in the envelopes of one service's log: one row each, in one statement per batch.
use super::line::{self, Line};
use crate::domain::FaultKind;
use holdfast_eventlog::{Envelope, Reaction, ReactionError};
use holdfast_host::telemetry;
use holdfast_types::{Clock, Service};
use sqlx::PgConnection;
use std::sync::Arc;

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
        }
        let lines = envelopes.iter().map(|envelope| Line::of(self.service, envelope));
        line::insert(&mut *conn, self.service, lines).await?;
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
