//! New messages as they come. The gate is asked again for every message and at every step: when the access or the token ends, so does
//! the stream.
use super::{App, Failure};
use crate::views::{self, ShownMessage};
use holdfast_access::RequestContext;
use holdfast_types::{MessageId, PatientId, ThreadId};
use std::time::Duration;
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

/// How often a quiet stream looks whether it is still permitted, and whether another process has news.
const STEP: Duration = Duration::from_millis(400);
/// Messages sent between two questions to the gate.
const BATCH: u32 = 50;

pub(crate) struct Watch {
    pub(crate) patient: PatientId,
    pub(crate) thread: ThreadId,
    /// None: from now.
    pub(crate) after: Option<MessageId>,
}

impl App {
    /// Sends until the reader is gone, the access has ended (then the refusal is the last thing sent) or the service stops.
    pub(crate) async fn watch(
        &self,
        asked: RequestContext,
        watch: Watch,
        sender: mpsc::Sender<Result<ShownMessage, Failure>>,
        stop: CancellationToken,
    ) {
        let sent = tokio::select! {
            () = stop.cancelled() => return,
            () = sender.closed() => return,
            outcome = self.send_news(&asked, watch, &sender) => outcome,
        };
        if let Err(failure) = sent {
            let _ = sender.send(Err(failure)).await;
        }
    }

    async fn send_news(
        &self,
        asked: &RequestContext,
        watch: Watch,
        sender: &mpsc::Sender<Result<ShownMessage, Failure>>,
    ) -> Result<(), Failure> {
        let Watch { patient, thread, after } = watch;
        let (pool, keys) = (self.log().pool(), self.log().keys());
        let first = self.may_read(asked, patient, "messaging.WatchThread").await?;
        let first = self.looks_at(first, asked, thread).await?;
        let reached = match after {
            None => Some(views::newest(pool, thread).await.map_err(Failure::Views)?),
            Some(message) => views::message(pool, &first, thread, message).await.map_err(Failure::Views)?,
        };
        let Some(mut reached) = reached else {
            return Err(self.found_nothing(first, Failure::AfterUnknown).await?);
        };
        loop {
            let news = self.news.notified();
            let permit = self.may_read_on(asked, patient, "messaging.WatchThread").await?;
            // What is marked as never shared while somebody watches is not watched any longer.
            let permit = self.looks_at(permit, asked, thread).await?;
            if views::newest(pool, thread).await.map_err(Failure::Views)? > reached {
                let found = views::messages(pool, keys, &permit, thread, None, (reached, BATCH))
                    .await
                    .map_err(Failure::Views)?
                    .map(|mut found| {
                        found.truncate(BATCH as usize);
                        found
                    });
                for message in self.ground.gate().release(permit, found).await? {
                    reached = message.number;
                    if sender.send(Ok(message)).await.is_err() {
                        return Ok(());
                    }
                }
                continue;
            }
            let _ = timeout(STEP, news).await;
        }
    }
}
