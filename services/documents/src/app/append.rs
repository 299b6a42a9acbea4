//! Adding bytes to an upload.
use super::{App, Failure, ShownUpload, arrival::Arrival, parts_of};
use crate::domain::upload::{Command, Upload};
use bytes::Bytes;
use futures::Stream;
use holdfast_access::RequestContext;
use holdfast_eventlog::{Decider, Subject};
use holdfast_host::rpc::with_correlation;
use holdfast_types::UploadId;
use tracing::Instrument as _;

impl App {
    /// What has arrived is kept however the stream ends.
    #[tracing::instrument(skip_all, name = "documents.append_upload")]
    pub(crate) async fn append_upload(
        &self,
        asked: &RequestContext,
        id: UploadId,
        offset: u64,
        chunks: impl Stream<Item = Result<Bytes, Failure>> + Send + Unpin + 'static,
    ) -> Result<ShownUpload, Failure> {
        let permit = self.own_upload(asked, id, "documents.AppendUpload").await?;
        let patient = permit.patient();
        let loaded =
            self.log().load::<Upload>(Subject::Patient(patient), id.uuid()).await.map_err(Failure::Read)?;
        let progress = self.progress(id).await?;
        let append =
            Command::Append { offset, received: progress.received_bytes, now: self.log().clock().now() };
        Upload::decide(&loaded.state, append).map_err(Failure::Upload)?;
        let announced = loaded.state.open().map_err(Failure::Upload)?.clone();
        let of = parts_of(id, &announced, progress.parts);
        let key = self.key(patient, id.uuid()).await?;
        let arrival = Arrival::begin(self.clone(), id, key, of, progress.received_bytes).await?;
        // A task of its own: it must not be dropped with the call when the sender goes away in the middle of a part.
        let taking = with_correlation(asked.correlation, arrival.take(chunks)).in_current_span();
        let received = self.ground.tasks().spawn(taking).await.map_err(Failure::Task)??;
        Ok(ShownUpload::of(id, &announced, received))
    }
}
