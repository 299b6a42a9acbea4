//! Trying an effect: what cannot be taken in is put aside, with all that follows of its subject, and tried again.
use super::{Inbox, InboxError};
use crate::{
    Envelope, ReactionError, fault,
    parking::{self, Parked},
};
use sqlx::{Acquire, PgConnection};
use uuid::Uuid;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OnPoison {
    Fail,
    Park,
}

#[derive(Clone, Copy)]
pub(super) enum Step {
    Renew,
    Witness,
    React,
}

impl Inbox {
    /// False: it is poison, and it is undone.
    pub(super) async fn tried(
        &self,
        conn: &mut PgConnection,
        step: Step,
        envelopes: &[Envelope],
        on_poison: OnPoison,
    ) -> Result<bool, InboxError> {
        if on_poison == OnPoison::Fail {
            // The whole transaction is undone with it.
            self.step(conn, step, envelopes).await.map_err(InboxError::Reaction)?;
            return Ok(true);
        }
        let mut inner = conn.begin().await.map_err(InboxError::Database)?;
        match self.step(&mut inner, step, envelopes).await {
            Ok(()) => {
                inner.commit().await.map_err(InboxError::Database)?;
                Ok(true)
            }
            Err(error) if error.is_poison() => {
                inner.rollback().await.map_err(InboxError::Database)?;
                let error = &error as &dyn std::error::Error;
                tracing::error!(source = self.source(), error, "event parked");
                Ok(false)
            }
            Err(error) => Err(InboxError::Reaction(error)),
        }
    }

    async fn step(
        &self,
        conn: &mut PgConnection,
        step: Step,
        envelopes: &[Envelope],
    ) -> Result<(), ReactionError> {
        match step {
            Step::Renew => self.0.reaction.renew(conn, envelopes).await,
            Step::Witness => self.0.reaction.witness(conn, envelopes).await,
            Step::React => self.0.reaction.react(conn, envelopes).await,
        }
    }

    pub(super) async fn park(
        &self,
        conn: &mut PgConnection,
        envelopes: &[Envelope],
        reason: &str,
    ) -> Result<(), InboxError> {
        parking::park(conn, self.source(), envelopes, reason, self.0.clock.now())
            .await
            .map_err(InboxError::Database)
    }

    /// What waits for a fix, oldest first, at most [`parking::PARKED_MAX`].
    pub async fn parked(&self) -> Result<Vec<Parked>, InboxError> {
        parking::list(&self.0.pool, Some(self.source())).await.map_err(InboxError::Database)
    }

    /// Tries every parked subject's events again, in order, until one fails. Answers with how many were taken in.
    pub async fn retry_parked(&self) -> Result<u64, InboxError> {
        let mut drained = 0;
        let mut stuck: Vec<Uuid> = Vec::new();
        loop {
            let mut tx = self.0.pool.begin().await.map_err(InboxError::Database)?;
            let next = parking::next(&mut tx, self.source(), &stuck).await.map_err(InboxError::Database)?;
            let Some((envelope, lane_seq)) = next else { break };
            let envelope = Envelope::from_bytes(&envelope)?;
            let again = std::slice::from_ref(&envelope);
            let outcome = match self.step(&mut tx, Step::Witness, again).await {
                Ok(()) => self.step(&mut tx, Step::React, again).await,
                refused => refused,
            };
            match outcome {
                Ok(()) => {
                    fault::point("inbox.retried");
                    parking::unpark(&mut tx, self.source(), i32::from(envelope.header.lane), lane_seq)
                        .await
                        .map_err(InboxError::Database)?;
                    tx.commit().await.map_err(InboxError::Database)?;
                    drained += 1;
                }
                Err(error) if error.is_poison() => stuck.push(envelope.header.subject),
                Err(error) => return Err(InboxError::Reaction(error)),
            }
        }
        let left = parking::count(&self.0.pool, self.source()).await.map_err(InboxError::Database)?;
        self.0.metrics.parked(self.source(), left);
        Ok(drained)
    }
}
