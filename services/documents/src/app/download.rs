//! The bytes of a document. The download is on the log before the first of them leaves; the gate is asked again every few parts, and
//! for a slow reader every part: when the access or the token has ended, so does the stream.
use super::{App, Failure};
use crate::{objects::Parts, views::ShownDocument};
use bytes::Bytes;
use futures::StreamExt;
use holdfast_access::RequestContext;
use holdfast_eventlog::AppendError;
use holdfast_host::rpc::with_correlation;
use holdfast_types::{Action, DocumentId, PatientId};
use std::{pin::pin, time::Duration};
use tokio::{sync::mpsc, time::Instant};
use tracing::Instrument as _;

pub(crate) const CHUNK_BYTES: usize = 256 * 1024;
/// Chunks that wait for a slow reader.
const WAITING_MAX: usize = 4;
/// Parts between two questions to the gate.
const PARTS_UNASKED: usize = 4;
/// However few parts went out: time between two questions to the gate, as long as there are parts.
const UNASKED_MAX: Duration = Duration::from_millis(400);

const OPERATION: &str = "documents.DownloadDocument";

type Chunks = mpsc::Sender<Result<Bytes, Failure>>;

impl App {
    #[tracing::instrument(skip_all, name = "documents.download_document")]
    pub(crate) async fn download(
        &self,
        asked: RequestContext,
        patient: PatientId,
        id: DocumentId,
    ) -> Result<(ShownDocument, mpsc::Receiver<Result<Bytes, Failure>>), Failure> {
        let permit = self.for_document(&asked, Action::Download, patient, id, OPERATION).await?;
        let shown = self.shown(permit, id, None).await?;
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let (app, document, correlation) = (self.clone(), shown.clone(), asked.correlation);
        let sending = async move { app.send(&asked, &document, &sender).await };
        self.ground.tasks().spawn(with_correlation(correlation, sending).in_current_span());
        Ok((shown, receiver))
    }

    /// Until all is sent or the reader is gone. Otherwise the failure is the last thing sent: a stream that merely ends is whole.
    async fn send(&self, asked: &RequestContext, document: &ShownDocument, sender: &Chunks) {
        let sent = tokio::select! {
            () = self.stop.cancelled() => Err(Failure::Append(AppendError::ShuttingDown)),
            () = sender.closed() => return,
            sent = self.send_parts(asked, document, sender) => sent,
        };
        if let Err(failure) = sent {
            let _ = sender.send(Err(failure)).await;
        }
    }

    async fn send_parts(
        &self,
        asked: &RequestContext,
        document: &ShownDocument,
        sender: &Chunks,
    ) -> Result<(), Failure> {
        let paper = &document.paper;
        let of = Parts {
            document: document.id,
            size_bytes: paper.size_bytes,
            folder: paper.folder.clone(),
            names: paper.parts.clone(),
        };
        let key = self.key(paper.patient, document.id.uuid()).await?;
        let mut parts = pin!(self.objects.all(&key, &of).enumerate());
        let mut asked_at = Instant::now();
        while let Some((number, part)) = parts.next().await {
            if number > 0 && (number % PARTS_UNASKED == 0 || asked_at.elapsed() > UNASKED_MAX) {
                asked_at = Instant::now();
                let _still =
                    self.for_document(asked, Action::Download, paper.patient, document.id, OPERATION).await?;
            }
            let mut part = part.map_err(Failure::Objects)?;
            while !part.is_empty() {
                let chunk = part.split_to(CHUNK_BYTES.min(part.len()));
                if sender.send(Ok(chunk)).await.is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
