//! Hears the bus and asks the source, until told to stop.
use super::{Inbox, InboxError};
use crate::{Bus, BusError, Envelope, fault};
use futures::StreamExt;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Messages taken in one transaction at most.
const BATCH_MAX: usize = 512;
/// What the bus has not brought within this time of the source's heads is read back. Less, and the poll takes from the bus what is on
/// its way, lane by lane.
const GRACE: Duration = Duration::from_millis(250);
const RETRY_AFTER: Duration = Duration::from_millis(250);
/// Parked events are tried again this often.
const PARKED_RETRY: Duration = Duration::from_secs(10);

impl Inbox {
    /// Listens to the bus and polls the source until told to stop. Without a bus the poll alone brings everything.
    pub async fn run(self, bus: Bus, consumer: String, stop: CancellationToken) {
        tokio::join!(self.listen_for_ever(&bus, &consumer, &stop), self.poll_for_ever(&bus, &stop));
    }

    async fn listen_for_ever(&self, bus: &Bus, consumer: &str, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => return,
                outcome = self.listen(bus, consumer) => if let Err(error) = outcome {
                    tracing::debug!(source = self.source(), error = &error as &dyn std::error::Error, "the bus is not heard");
                },
            }
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(RETRY_AFTER) => {} }
        }
    }

    /// Until the bus ends the stream, which is normal after a reconnect.
    async fn listen(&self, bus: &Bus, consumer: &str) -> Result<(), InboxError> {
        let messages = bus
            .consumer(self.source(), consumer)
            .await?
            .stream()
            .max_messages_per_batch(BATCH_MAX)
            .heartbeat(Duration::from_secs(5))
            .expires(Duration::from_secs(15))
            .messages()
            .await
            .map_err(BusError::cannot("open the consumer"))?;
        let mut batches = messages.ready_chunks(BATCH_MAX);
        while let Some(batch) = batches.next().await {
            let mut envelopes = Vec::with_capacity(batch.len());
            let mut messages = Vec::with_capacity(batch.len());
            for message in batch {
                let message = message.map_err(BusError::cannot("bring messages"))?;
                match Envelope::from_bytes(&message.payload) {
                    Ok(envelope) => envelopes.push(envelope),
                    // The log is the truth: what the bus garbled is a hole and is read back.
                    Err(error) => tracing::warn!(
                        source = self.source(),
                        error = &error as &dyn std::error::Error,
                        "dropped"
                    ),
                }
                messages.push(message);
            }
            match self.take_in(envelopes).await {
                // The other lanes go on; the poll says it again.
                Err(InboxError::Hole { .. }) => {}
                outcome => outcome?,
            }
            fault::point("inbox.taken_in");
            for message in messages {
                // Unacknowledged is delivered again and dropped as a duplicate.
                if message.ack().await.is_err() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// None while the bus is away, nor while nothing is known to be taken in: nobody else is answered until it is.
    fn grace(&self, bus: &Bus) -> Duration {
        if bus.is_connected() && self.age().is_some() { GRACE } else { Duration::ZERO }
    }

    async fn poll_for_ever(&self, bus: &Bus, stop: &CancellationToken) {
        let mut poll = interval(self.0.poll);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut parked = interval(PARKED_RETRY);
        parked.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                _ = poll.tick() => self.catch_up(self.grace(bus)).await,
                _ = parked.tick() => self.retry_parked().await.map(|_| ()),
            };
            if let Err(error) = outcome {
                tracing::warn!(
                    source = self.source(),
                    error = &error as &dyn std::error::Error,
                    "inbox waits"
                );
            }
            if let Some(age) = self.age() {
                self.0.metrics.inbox_lag(self.source(), age);
            }
        }
    }
}
