//! gRPC: the contract's messages to use cases and back.
mod message;
mod problem;

use crate::app::{App, ListMessages, ListThreads, PostMessage, StartThread, Watch};
use holdfast_host::{CommandId, Ground, Page, PageLimits, Problem, field};
use holdfast_proto::messaging::v1::{
    self as pb,
    messaging_service_server::{MessagingService, MessagingServiceServer},
};
use holdfast_types::PatientId;
use tokio::sync::mpsc;
use tokio_stream::{Stream, StreamExt, wrappers::ReceiverStream};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

const THREADS: PageLimits = PageLimits { default: 25, max: 200 };
const MESSAGES: PageLimits = PageLimits { default: 50, max: 200 };
const PATIENTS_MAX: usize = 200;
/// Messages that wait for a slow reader of a live stream.
const LIVE_BUFFER: usize = 16;

pub(crate) fn service(
    ground: Ground,
    app: App,
    stop: CancellationToken,
) -> MessagingServiceServer<impl MessagingService> {
    MessagingServiceServer::new(Api { ground, app, stop })
}

struct Api {
    ground: Ground,
    app: App,
    stop: CancellationToken,
}

#[tonic::async_trait]
impl MessagingService for Api {
    async fn start_thread(
        &self,
        request: Request<pb::StartThreadRequest>,
    ) -> Result<Response<pb::StartThreadResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = StartThread {
            patient: field::id("patient_id", &message.patient_id)?,
            practice: field::id("practice_id", &message.practice_id)?,
            subject: message::subject(&message.subject)?,
            message: message::words(&message.body, &message.language, &message.attachments)?,
        };
        let after = self.app.start_thread(&asked, id, command).await.map_err(Problem::from)?;
        Ok(Response::new(after.into()))
    }

    async fn post_message(
        &self,
        request: Request<pb::PostMessageRequest>,
    ) -> Result<Response<pb::PostMessageResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = PostMessage {
            patient: field::id("patient_id", &message.patient_id)?,
            thread: field::id("thread_id", &message.thread_id)?,
            message: message::words(&message.body, &message.language, &message.attachments)?,
        };
        let (message, position) = self.app.post_message(&asked, id, command).await.map_err(Problem::from)?;
        let (message, position) = (Some(message.into()), position.map(Into::into));
        Ok(Response::new(pb::PostMessageResponse { message, position }))
    }

    async fn list_threads(
        &self,
        request: Request<pb::ListThreadsRequest>,
    ) -> Result<Response<pb::ListThreadsResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let page = Page::of(message, THREADS)?;
        let patient = field::id("patient_id", &message.patient_id)?;
        let as_of = field::time("as_of_time", message.as_of_time.as_ref())?;
        let query = ListThreads { patient, as_of, after: page.after().copied(), page_size: page.size() };
        let found = self.app.list_threads(&asked, query).await.map_err(Problem::from)?;
        let (found, next_page_token) = page.cut(found, |thread| thread.place())?;
        let threads = found.iter().map(|thread| message::thread(thread, as_of)).collect();
        Ok(Response::new(pb::ListThreadsResponse { threads, next_page_token }))
    }

    async fn get_thread(
        &self,
        request: Request<pb::GetThreadRequest>,
    ) -> Result<Response<pb::Thread>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let patient = field::id("patient_id", &message.patient_id)?;
        let thread = field::id("thread_id", &message.thread_id)?;
        let as_of = field::time("as_of_time", message.as_of_time.as_ref())?;
        let found = match as_of {
            None => self.app.get_thread(&asked, patient, thread).await,
            Some(at) => self.app.thread_as_of(&asked, patient, thread, at).await,
        };
        let thread = found.map_err(Problem::from)?;
        Ok(Response::new(message::thread(&thread, as_of)))
    }

    async fn get_step(&self, request: Request<pb::GetStepRequest>) -> Result<Response<pb::Step>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let patient = field::id("patient_id", &message.patient_id)?;
        let at = field::time("at_time", message.at_time.as_ref())?;
        let (moments, step) = self.app.step(&asked, patient, at).await.map_err(Problem::from)?;
        Ok(Response::new(message::step(moments, step)))
    }

    async fn list_messages(
        &self,
        request: Request<pb::ListMessagesRequest>,
    ) -> Result<Response<pb::ListMessagesResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let page = Page::<i32>::of(message, MESSAGES)?;
        let query = ListMessages {
            patient: field::id("patient_id", &message.patient_id)?,
            thread: field::id("thread_id", &message.thread_id)?,
            as_of: field::time("as_of_time", message.as_of_time.as_ref())?,
            after: page.after().copied().unwrap_or_default(),
            page_size: page.size(),
        };
        let found = self.app.list_messages(&asked, query).await.map_err(Problem::from)?;
        let (found, next_page_token) = page.cut(found, |message| message.number)?;
        let messages = found.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListMessagesResponse { messages, next_page_token }))
    }

    async fn mark_read(
        &self,
        request: Request<pb::MarkReadRequest>,
    ) -> Result<Response<pb::MarkReadResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let patient = field::id("patient_id", &message.patient_id)?;
        let thread = field::id("thread_id", &message.thread_id)?;
        let read = field::id("message_id", &message.message_id)?;
        self.app.mark_read(&asked, id, patient, thread, read).await.map_err(Problem::from)?;
        Ok(Response::new(pb::MarkReadResponse {}))
    }

    async fn close_thread(
        &self,
        request: Request<pb::CloseThreadRequest>,
    ) -> Result<Response<pb::CloseThreadResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let patient = field::id("patient_id", &message.patient_id)?;
        let thread = field::id("thread_id", &message.thread_id)?;
        let position = self.app.close_thread(&asked, id, patient, thread).await.map_err(Problem::from)?;
        Ok(Response::new(pb::CloseThreadResponse { position: position.map(Into::into) }))
    }

    async fn count_unread(
        &self,
        request: Request<pb::CountUnreadRequest>,
    ) -> Result<Response<pb::CountUnreadResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let texts = &request.get_ref().patient_ids;
        field::count("patient_ids", texts.len(), PATIENTS_MAX)?;
        let mut patients: Vec<PatientId> = Vec::with_capacity(texts.len());
        for (at, text) in texts.iter().enumerate() {
            let patient = field::id(&format!("patient_ids[{at}]"), text)?;
            if !patients.contains(&patient) {
                patients.push(patient);
            }
        }
        let counts = self.app.count_unread(&asked, &patients).await.map_err(Problem::from)?;
        let counts = counts
            .into_iter()
            .map(|(patient, unread_count)| pb::UnreadCount { patient_id: patient.to_string(), unread_count })
            .collect();
        Ok(Response::new(pb::CountUnreadResponse { counts }))
    }

    type WatchThreadStream = std::pin::Pin<Box<dyn Stream<Item = Result<pb::Message, Status>> + Send>>;

    async fn watch_thread(
        &self,
        request: Request<pb::WatchThreadRequest>,
    ) -> Result<Response<Self::WatchThreadStream>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let watch = Watch {
            patient: field::id("patient_id", &message.patient_id)?,
            thread: field::id("thread_id", &message.thread_id)?,
            after: field::optional_id("after_message_id", &message.after_message_id)?,
        };
        let (sender, receiver) = mpsc::channel(LIVE_BUFFER);
        let (app, stop) = (self.app.clone(), self.stop.clone());
        self.ground.tasks().spawn(async move { app.watch(asked, watch, sender, stop).await });
        let messages = ReceiverStream::new(receiver)
            .map(|sent| sent.map(Into::into).map_err(|failure| Problem::from(failure).into()));
        Ok(Response::new(Box::pin(messages)))
    }
}
