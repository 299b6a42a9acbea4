//! The use cases: authorise, load, decide, append; or authorise, read, release.
mod live;
mod read;
mod write;

pub(crate) use live::Watch;
pub(crate) use read::{ListMessages, ListThreads};
pub(crate) use write::{PostMessage, StartThread, ThreadAfter, Words};

use crate::{domain::thread::Refusal, views::ViewsError};
use holdfast_access::{OfRecord, Parts, Permit, Refused, RequestContext, Unreleased};
use holdfast_eventlog::{AppendError, EventLog, ExecuteError, Inbox, InboxError, ReadError};
use holdfast_host::Ground;
use holdfast_types::{Action, Category, PatientId, PracticeId, Service, ThreadId};
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

#[derive(Clone)]
pub(crate) struct App {
    ground: Ground,
    /// Wakes live streams of this process; they look for themselves, so it may wake too often.
    news: Arc<Notify>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the caller is refused")]
    Denied(#[from] Refused),
    #[error("a rule of threads is broken")]
    Thread(#[source] Refusal),
    #[error("there is no such message to go on after")]
    AfterUnknown,
    #[error("there is no such practice")]
    PracticeUnknown,
    #[error("whether there is such a practice cannot be learnt from identity")]
    IdentityAway(#[source] InboxError),
    #[error("the events cannot be appended")]
    Append(#[source] AppendError),
    #[error("the log cannot be read")]
    Read(#[source] ReadError),
    #[error("the read models cannot be read")]
    Views(#[source] ViewsError),
}

impl From<ExecuteError<Refusal>> for Failure {
    fn from(error: ExecuteError<Refusal>) -> Self {
        match error {
            ExecuteError::Refused(refusal) => Self::Thread(refusal),
            ExecuteError::Read(error) => Self::Read(error),
            ExecuteError::Append(error) => Self::Append(error),
        }
    }
}

impl App {
    pub(crate) fn new(ground: Ground) -> Self {
        Self { ground, news: Arc::default() }
    }

    fn log(&self) -> &EventLog {
        self.ground.log()
    }

    async fn may_write(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        operation: &'static str,
    ) -> Result<Permit, Failure> {
        let (categories, gate) = ([Category::Messages], self.ground.gate());
        Ok(gate.authorise(asked, Action::Contribute, patient, &categories, operation).await?)
    }

    async fn may_read(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        operation: &'static str,
    ) -> Result<Permit<Parts>, Failure> {
        let (categories, gate) = ([Category::Messages], self.ground.gate());
        Ok(gate.authorise_in_part(asked, Action::Read, patient, &categories, operation).await?)
    }

    /// Of what goes on by itself.
    async fn may_read_on(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        operation: &'static str,
    ) -> Result<Permit<Parts>, Failure> {
        let (categories, gate) = ([Category::Messages], self.ground.gate().without_visits());
        Ok(gate.authorise_in_part(asked, Action::Read, patient, &categories, operation).await?)
    }

    /// What is not known is asked for: it may be new.
    async fn is_practice(&self, practice: PracticeId) -> Result<bool, Failure> {
        let known = || crate::views::is_practice(self.log().pool(), practice);
        if known().await.map_err(Failure::Views)? {
            return Ok(true);
        }
        let of_identity = |inbox: &&Inbox| inbox.source() == Service::Identity.as_str();
        if let Some(inbox) = self.ground.inboxes().iter().find(of_identity) {
            inbox.catch_up(Duration::ZERO).await.map_err(Failure::IdentityAway)?;
        }
        known().await.map_err(Failure::Views)
    }

    /// The same for whoever only looks: that nothing was found is on the log, too.
    async fn looks_at(
        &self,
        permit: Permit<Parts>,
        asked: &RequestContext,
        thread: ThreadId,
    ) -> Result<Permit<Parts>, Failure> {
        match self.sees(&permit, asked, thread).await {
            Ok(()) => Ok(permit),
            Err(failure) => Err(self.found_nothing(permit, failure).await?),
        }
    }

    /// What the caller is told once the look is on the log.
    async fn found_nothing(&self, permit: Permit<Parts>, failure: Failure) -> Result<Failure, Failure> {
        Ok(self.ground.gate().release(permit, Unreleased::new(failure, Vec::new())).await?)
    }

    /// Someone else's thread is no thread of this record.
    async fn sees<T: OfRecord>(
        &self,
        permit: &Permit<T>,
        asked: &RequestContext,
        thread: ThreadId,
    ) -> Result<(), Failure> {
        let there = crate::views::place(self.log().pool(), permit, &asked.caller, thread)
            .await
            .map_err(Failure::Views)?;
        if there { Ok(()) } else { Err(Failure::Thread(Refusal::NotStarted)) }
    }
}
