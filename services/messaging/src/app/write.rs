//! Starting a thread, posting, reading up to a message, closing.
use super::{App, Failure};
use crate::{
    domain::thread::{Attachment, Command, Message, Thread},
    views::{self, ShownMessage, ShownThread},
};
use holdfast_access::{Authority, Parts, Permit, Refused, RequestContext, Unreleased};
use holdfast_eventlog::{Executed, Position, Subject};
use holdfast_host::CommandId;
use holdfast_types::{Action, Category, MessageId, PatientId, PracticeId, ThreadId};

pub(crate) struct StartThread {
    pub(crate) patient: PatientId,
    pub(crate) practice: PracticeId,
    pub(crate) subject: String,
    pub(crate) message: Words,
}

pub(crate) struct PostMessage {
    pub(crate) patient: PatientId,
    pub(crate) thread: ThreadId,
    pub(crate) message: Words,
}

/// A thread that was started: what its sender may read of it, and where it is in any case.
pub(crate) struct ThreadAfter {
    pub(crate) id: ThreadId,
    pub(crate) patient: PatientId,
    pub(crate) practice: PracticeId,
    pub(crate) shown: Option<ShownThread>,
    pub(crate) position: Option<Position>,
}

/// What somebody wrote.
#[derive(Clone)]
pub(crate) struct Words {
    pub(crate) body: String,
    pub(crate) language: String,
    pub(crate) attachments: Vec<Attachment>,
}

impl Words {
    fn by(self, permit: &Permit, id: MessageId) -> Message {
        let Self { body, language, attachments } = self;
        let from_family = permit.relationship().is_some();
        Message { id, author: permit.account(), from_family, body, language, attachments }
    }
}

impl App {
    #[tracing::instrument(skip_all, name = "messaging.start_thread")]
    pub(crate) async fn start_thread(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: StartThread,
    ) -> Result<ThreadAfter, Failure> {
        let StartThread { patient, practice, subject, message } = command;
        let permit = self.may_write(asked, patient, "messaging.StartThread").await?;
        // Who is no holder opens threads of practices at which they hold a role, and of no others.
        let own = asked.caller.held_at_practices().any(|(_, held)| held == practice);
        if !permit.holds(Category::Messages) && !own {
            // The rooms would be open: that it was tried is on the log.
            self.ground.gate().release(permit, Unreleased::new((), Vec::new())).await?;
            return Err(Refused::NotPermitted.into());
        }
        if !own && !self.is_practice(practice).await? {
            return Err(Failure::PracticeUnknown);
        }
        let thread = ThreadId::new(id.makes(permit.account(), patient.uuid()));
        let message = message.by(&permit, MessageId::new(id.makes(permit.account(), thread.uuid())));
        // Whether it may be shown is decided before it is done: who only contributes is told its id alone.
        let categories = [Category::Messages];
        let gate = self.ground.gate();
        let may_read = gate
            .authorise_each_in_part(asked, Action::Read, &[patient], &categories, "messaging.StartThread")
            .await?
            .pop();
        let start = Command::Start { patient, practice, subject, message };
        let executed = self.execute(patient, thread, id, permit.into_authority(), start).await?;
        let shown = match may_read {
            Some(permit) => match self.shown(asked, permit, thread).await {
                // It is started: that it is not of what its sender may read does not change that.
                Err(Failure::Thread(crate::domain::thread::Refusal::NotStarted)) => None,
                shown => Some(shown?),
            },
            None => None,
        };
        Ok(ThreadAfter { id: thread, patient, practice, shown, position: executed.position })
    }

    #[tracing::instrument(skip_all, name = "messaging.post_message")]
    pub(crate) async fn post_message(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: PostMessage,
    ) -> Result<(ShownMessage, Option<Position>), Failure> {
        let PostMessage { patient, thread, message } = command;
        let permit = self.may_write(asked, patient, "messaging.PostMessage").await?;
        self.sees(&permit, asked, thread).await?;
        let message = message.by(&permit, MessageId::new(id.makes(permit.account(), thread.uuid())));
        let shown = ShownMessage {
            id: message.id,
            thread,
            number: 0,
            author: holdfast_types::Actor::Account(message.author).to_string(),
            from_family: message.from_family,
            body: message.body.clone(),
            language: message.language.clone(),
            attachments: message.attachments.clone(),
            created: self.ground.clock().now(),
        };
        let executed =
            self.execute(patient, thread, id, permit.into_authority(), Command::Post(message)).await?;
        // Its sender has just written it: the command's own event is the record of it.
        Ok((shown, executed.position))
    }

    #[tracing::instrument(skip_all, name = "messaging.mark_read")]
    pub(crate) async fn mark_read(
        &self,
        asked: &RequestContext,
        id: CommandId,
        patient: PatientId,
        thread: ThreadId,
        message: MessageId,
    ) -> Result<(), Failure> {
        // Reading is enough to say that one has read.
        let permit = self.may_read(asked, patient, "messaging.MarkRead").await?;
        self.sees(&permit, asked, thread).await?;
        let read = Command::MarkRead { reader: permit.account(), message };
        self.execute(patient, thread, id, permit.into_authority(), read).await.map(|_| ())
    }

    #[tracing::instrument(skip_all, name = "messaging.close_thread")]
    pub(crate) async fn close_thread(
        &self,
        asked: &RequestContext,
        id: CommandId,
        patient: PatientId,
        thread: ThreadId,
    ) -> Result<Option<Position>, Failure> {
        let permit = self.may_write(asked, patient, "messaging.CloseThread").await?;
        self.sees(&permit, asked, thread).await?;
        Ok(self.execute(patient, thread, id, permit.into_authority(), Command::Close).await?.position)
    }

    async fn execute(
        &self,
        patient: PatientId,
        thread: ThreadId,
        id: CommandId,
        authority: Authority,
        command: Command,
    ) -> Result<Executed<crate::domain::thread::State>, Failure> {
        let request = Some(id.request_of(authority.account()));
        let executed = self
            .log()
            .execute::<Thread>(Subject::Patient(patient), thread.uuid(), authority.context(), request, |_| {
                command.clone()
            })
            .await?;
        self.news.notify_waiters();
        Ok(executed)
    }

    /// A look like any other.
    async fn shown(
        &self,
        asked: &RequestContext,
        permit: Permit<Parts>,
        thread: ThreadId,
    ) -> Result<ShownThread, Failure> {
        let found = views::thread(self.log().pool(), self.log().keys(), &permit, &asked.caller, thread)
            .await
            .map_err(Failure::Views)?;
        let found = self.ground.gate().release(permit, found).await?;
        found.ok_or(Failure::Thread(crate::domain::thread::Refusal::NotStarted))
    }

    #[tracing::instrument(skip_all, name = "messaging.get_thread")]
    pub(crate) async fn get_thread(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        thread: ThreadId,
    ) -> Result<ShownThread, Failure> {
        let permit = self.may_read(asked, patient, "messaging.GetThread").await?;
        self.shown(asked, permit, thread).await
    }
}
