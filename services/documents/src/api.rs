//! gRPC: the contract's messages to use cases and back.
mod message;
mod problem;

use crate::{
    app::{App, CHUNK_BYTES, Failure, WithdrawDocument},
    views::Listing,
};
use bytes::Bytes;
use futures::stream;
use holdfast_host::{CommandId, Ground, Page, PageLimits, Problem, catalogue, field, mask, status};
use holdfast_proto::documents::v1::{
    self as pb,
    documents_service_server::{DocumentsService, DocumentsServiceServer},
    download_document_response::Part,
};
use std::pin::Pin;
use tokio_stream::{Stream, StreamExt, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming};

const PAGES: PageLimits = PageLimits { default: 25, max: 200 };
const _: () = assert!(CHUNK_BYTES == 256 * 1024, "what the contract promises of a download");

pub(crate) fn service(ground: Ground, app: App) -> DocumentsServiceServer<impl DocumentsService> {
    DocumentsServiceServer::new(Api { ground, app })
}

struct Api {
    ground: Ground,
    app: App,
}

#[tonic::async_trait]
impl DocumentsService for Api {
    async fn start_upload(
        &self,
        request: Request<pb::StartUploadRequest>,
    ) -> Result<Response<pb::Upload>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = message::start(&message)?;
        let upload = self.app.start_upload(&asked, id, command).await.map_err(Problem::from)?;
        Ok(Response::new(upload.into()))
    }

    async fn get_upload(
        &self,
        request: Request<pb::GetUploadRequest>,
    ) -> Result<Response<pb::Upload>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let id = field::id("upload_id", &request.get_ref().upload_id)?;
        let upload = self.app.upload(&asked, id).await.map_err(Problem::from)?;
        Ok(Response::new(upload.into()))
    }

    async fn append_upload(
        &self,
        request: Request<Streaming<pb::AppendUploadRequest>>,
    ) -> Result<Response<pb::Upload>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let mut messages = request.into_inner();
        let first = messages.message().await.map_err(|status| Problem::from(broken(&status)))?;
        let first = field::required("upload_id", first)?;
        let id = field::id("upload_id", &first.upload_id)?;
        let offset = message::offset(first.offset_bytes)?;
        let chunks = stream::iter([chunk(first)]).chain(messages.map(|message| match message {
            Err(status) => Err(broken(&status)),
            Ok(later) if !later.upload_id.is_empty() || later.offset_bytes != 0 => Err(Failure::Message(
                Problem::of_field(catalogue::FIELD_INVALID, "upload_id", "in the first message only"),
            )),
            Ok(later) => chunk(later),
        }));
        let upload = self.app.append_upload(&asked, id, offset, chunks).await.map_err(Problem::from)?;
        Ok(Response::new(upload.into()))
    }

    async fn complete_upload(
        &self,
        request: Request<pb::CompleteUploadRequest>,
    ) -> Result<Response<pb::CompleteUploadResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let upload = field::id("upload_id", &message.upload_id)?;
        let (document, position) =
            self.app.complete_upload(&asked, id, upload).await.map_err(Problem::from)?;
        let (document, position) = (Some(document.into()), position.map(Into::into));
        Ok(Response::new(pb::CompleteUploadResponse { document, position }))
    }

    async fn get_document(
        &self,
        request: Request<pb::GetDocumentRequest>,
    ) -> Result<Response<pb::Document>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let patient = field::id("patient_id", &message.patient_id)?;
        let id = field::id("document_id", &message.document_id)?;
        let as_of = field::time("as_of_time", message.as_of_time.as_ref())?;
        let document = self.app.document(&asked, patient, id, as_of).await.map_err(Problem::from)?;
        Ok(Response::new(document.into()))
    }

    async fn list_documents(
        &self,
        request: Request<pb::ListDocumentsRequest>,
    ) -> Result<Response<pb::ListDocumentsResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let page = Page::of(message, PAGES)?;
        let patient = field::id("patient_id", &message.patient_id)?;
        let listing = Listing {
            as_of: field::time("as_of_time", message.as_of_time.as_ref())?,
            happened_by: field::time("happened_by_time", message.happened_by_time.as_ref())?,
            after: page.after().copied(),
            page_size: page.size(),
        };
        let found = self.app.documents(&asked, patient, listing).await.map_err(Problem::from)?;
        let total_size = i32::try_from(found.total).unwrap_or(i32::MAX);
        let (documents, next_page_token) = page.cut(found.documents, |document| document.place())?;
        let documents = documents.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListDocumentsResponse { documents, next_page_token, total_size }))
    }

    async fn get_step(&self, request: Request<pb::GetStepRequest>) -> Result<Response<pb::Step>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let patient = field::id("patient_id", &message.patient_id)?;
        let at = field::time("at_time", message.at_time.as_ref())?;
        let (moments, step) = self.app.step(&asked, patient, at).await.map_err(Problem::from)?;
        Ok(Response::new(message::step(moments, step)))
    }

    type DownloadDocumentStream =
        Pin<Box<dyn Stream<Item = Result<pb::DownloadDocumentResponse, Status>> + Send>>;

    async fn download_document(
        &self,
        request: Request<pb::DownloadDocumentRequest>,
    ) -> Result<Response<Self::DownloadDocumentStream>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let patient = field::id("patient_id", &message.patient_id)?;
        let id = field::id("document_id", &message.document_id)?;
        let (document, chunks) = self.app.download(asked, patient, id).await.map_err(Problem::from)?;
        let first = stream::iter([Ok(Part::Document(document.into()))]);
        let chunks = ReceiverStream::new(chunks)
            .map(|sent| sent.map(Part::Chunk).map_err(|failure| Problem::from(failure).into()));
        let parts = first.chain(chunks).map(|part: Result<Part, Status>| {
            part.map(|part| pb::DownloadDocumentResponse { part: Some(part) })
        });
        Ok(Response::new(Box::pin(parts)))
    }

    async fn withdraw_document(
        &self,
        request: Request<pb::WithdrawDocumentRequest>,
    ) -> Result<Response<pb::WithdrawDocumentResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = WithdrawDocument {
            patient: field::id("patient_id", &message.patient_id)?,
            document: field::id("document_id", &message.document_id)?,
            reason: message::reason(&message.reason)?,
            seen: mask::revision(&message.etag)?,
        };
        let (document, position) = self.app.withdraw(&asked, id, command).await.map_err(Problem::from)?;
        let (document, position) = (Some(document.into()), position.map(Into::into));
        Ok(Response::new(pb::WithdrawDocumentResponse { document, position }))
    }
}

fn chunk(message: pb::AppendUploadRequest) -> Result<Bytes, Failure> {
    if message.chunk.len() > message::CHUNK_BYTES_MAX {
        let problem = Problem::of_field(catalogue::MESSAGE_TOO_LARGE, "chunk", "at most 1 MiB");
        return Err(Failure::Message(problem));
    }
    Ok(message.chunk)
}

fn broken(status: &Status) -> Failure {
    status::of_transport(status).map_or(Failure::BrokenOff, Failure::Message)
}
