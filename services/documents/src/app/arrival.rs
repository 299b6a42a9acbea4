//! Bytes on their way in: gathered to parts, each sealed and durable before it counts as received.
//!
//! Every part is stored under a name of its own, also when it takes the place of a shorter beginning of itself, so two senders at
//! the same upload never overwrite each other: who is slower finds that it has moved on.
use super::{App, Failure};
use crate::{
    domain::{parts, upload::Refusal},
    keys::PaperKey,
    objects::Parts,
    views::{self, Progress},
};
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use holdfast_types::UploadId;
use std::time::Duration;
use tokio::time::timeout;

/// A sender from whom nothing comes for so long has gone away.
const SILENCE_MAX: Duration = Duration::from_secs(60);

pub(super) struct Arrival {
    app: App,
    upload: UploadId,
    key: PaperKey,
    of: Parts,
    /// Bytes that are durable.
    received: u64,
    /// The part that is being gathered, from its beginning.
    part: BytesMut,
}

impl Arrival {
    /// A part whose beginning has arrived is gone on with.
    pub(super) async fn begin(
        app: App,
        upload: UploadId,
        key: PaperKey,
        of: Parts,
        received: u64,
    ) -> Result<Self, Failure> {
        let (number, begun) = (parts::number_at(received), received % parts::PART_BYTES);
        let part = if begun > 0 && received < of.size_bytes {
            BytesMut::from(app.objects.get(&key, &of, number, begun).await.map_err(Failure::Objects)?)
        } else {
            BytesMut::new()
        };
        Ok(Self { app, upload, key, of, received, part })
    }

    /// Answers with how many bytes have been received altogether.
    pub(super) async fn take(
        mut self,
        chunks: impl Stream<Item = Result<Bytes, Failure>> + Unpin,
    ) -> Result<u64, Failure> {
        let taken = self.gather(chunks).await;
        let kept = self.store().await;
        taken.and(kept).map(|()| self.received)
    }

    async fn gather(
        &mut self,
        mut chunks: impl Stream<Item = Result<Bytes, Failure>> + Unpin,
    ) -> Result<(), Failure> {
        let stop = self.app.stop.clone();
        loop {
            let next = tokio::select! {
                () = stop.cancelled() => return Err(Failure::BrokenOff),
                next = timeout(SILENCE_MAX, chunks.next()) => next,
            };
            match next {
                Err(_) => return Err(Failure::BrokenOff),
                Ok(None) => return Ok(()),
                Ok(Some(chunk)) => self.add(chunk?).await?,
            }
        }
    }

    async fn add(&mut self, mut chunk: Bytes) -> Result<(), Failure> {
        let arrived = parts::number_at(self.received) * parts::PART_BYTES + self.part.len() as u64;
        let arrived = arrived.max(self.received);
        if chunk.len() as u64 > self.of.size_bytes.saturating_sub(arrived) {
            return Err(Failure::Upload(Refusal::Overfull { received: arrived }));
        }
        while !chunk.is_empty() {
            let room = PART.saturating_sub(self.part.len());
            self.part.extend_from_slice(&chunk.split_to(room.min(chunk.len())));
            if self.part.len() == PART {
                self.store().await?;
            }
        }
        Ok(())
    }

    /// Makes durable what has been gathered since the last time.
    async fn store(&mut self) -> Result<(), Failure> {
        let part = std::mem::take(&mut self.part);
        let begun = self.received % parts::PART_BYTES;
        let new = (part.len() as u64).saturating_sub(begun);
        if new == 0 {
            return Ok(());
        }
        let Self { app, upload, key, of, received, .. } = self;
        let (number, name) = (parts::number_at(*received), app.log().ids().next());
        app.objects.put(key, of, number, &part, name).await.map_err(Failure::Objects)?;
        let mut names = of.names.clone();
        let replaced = if begun > 0 { names.pop() } else { None };
        names.push(name);
        let to = Progress { received_bytes: *received + new, parts: names };
        if !views::advance(app.log().pool(), *upload, *received, &to).await.map_err(Failure::Views)? {
            app.objects.delete(&of.folder, name).await.map_err(Failure::Objects)?;
            let received = app.progress(*upload).await?.received_bytes;
            return Err(Failure::Upload(Refusal::OffsetWrong { received }));
        }
        *received = to.received_bytes;
        of.names = to.parts;
        if let Some(replaced) = replaced
            && let Err(error) = app.objects.delete(&of.folder, replaced).await
        {
            // The janitor will find it.
            tracing::warn!(error = &error as &dyn std::error::Error, "a replaced part cannot be removed now");
        }
        Ok(())
    }
}

#[expect(clippy::cast_possible_truncation, reason = "one mebibyte")]
const PART: usize = parts::PART_BYTES as usize;
