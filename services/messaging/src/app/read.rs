//! Threads, their messages, and how much is unread.
use super::{App, Failure};
use crate::domain::thread::Refusal;
use crate::views::{self, Cursor, Moments, ShownMessage, ShownThread, Step};
use chrono::{DateTime, Utc};
use holdfast_access::{RequestContext, Unreleased};
use holdfast_types::{Action, Category, PatientId, ThreadId};

pub(crate) struct ListThreads {
    pub(crate) patient: PatientId,
    /// As they stood then; none: as they stand.
    pub(crate) as_of: Option<DateTime<Utc>>,
    pub(crate) after: Option<Cursor>,
    pub(crate) page_size: u32,
}

pub(crate) struct ListMessages {
    pub(crate) patient: PatientId,
    pub(crate) thread: ThreadId,
    /// Posted by then; none: whenever.
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// Place in the thread, from 1; 0 begins at the beginning.
    pub(crate) after: i32,
    pub(crate) page_size: u32,
}

impl App {
    /// One more than the page holds.
    #[tracing::instrument(skip_all, name = "messaging.list_threads")]
    pub(crate) async fn list_threads(
        &self,
        asked: &RequestContext,
        query: ListThreads,
    ) -> Result<Vec<ShownThread>, Failure> {
        let ListThreads { patient, as_of, after, page_size } = query;
        let permit = self.may_read(asked, patient, "messaging.ListThreads").await?;
        let (pool, keys) = (self.log().pool(), self.log().keys());
        let (caller, page) = (&asked.caller, (after, page_size));
        let found = match as_of {
            Some(at) => views::threads_as_of(pool, keys, &permit, caller, at, page).await,
            None => views::threads(pool, keys, &permit, caller, after, page_size).await,
        };
        let found = found.map_err(Failure::Views)?;
        Ok(self.ground.gate().release(permit, found).await?)
    }

    /// One more than the page holds.
    #[tracing::instrument(skip_all, name = "messaging.list_messages")]
    pub(crate) async fn list_messages(
        &self,
        asked: &RequestContext,
        query: ListMessages,
    ) -> Result<Vec<ShownMessage>, Failure> {
        let ListMessages { patient, thread, as_of, after, page_size } = query;
        let permit = self.may_read(asked, patient, "messaging.ListMessages").await?;
        let permit = self.looks_at(permit, asked, thread).await?;
        let (pool, keys) = (self.log().pool(), self.log().keys());
        let found = views::messages(pool, keys, &permit, thread, as_of, (after, page_size))
            .await
            .map_err(Failure::Views)?;
        Ok(self.ground.gate().release(permit, found).await?)
    }

    /// A thread as it stood.
    #[tracing::instrument(skip_all, name = "messaging.get_thread")]
    pub(crate) async fn thread_as_of(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        thread: ThreadId,
        at: DateTime<Utc>,
    ) -> Result<ShownThread, Failure> {
        let permit = self.may_read(asked, patient, "messaging.GetThread").await?;
        let (pool, keys) = (self.log().pool(), self.log().keys());
        let found = views::thread_as_of(pool, keys, &permit, &asked.caller, at, thread)
            .await
            .map_err(Failure::Views)?;
        let found = self.ground.gate().release(permit, found).await?;
        found.ok_or(Failure::Thread(Refusal::NotStarted))
    }

    /// What was said or closed last at a moment, in the threads that the caller sees.
    #[tracing::instrument(skip_all, name = "messaging.get_step")]
    pub(crate) async fn step(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        at: Option<DateTime<Utc>>,
    ) -> Result<(Moments, Step), Failure> {
        let permit = self.may_read(asked, patient, "messaging.GetStep").await?;
        let moments =
            views::moments(self.log().pool(), &permit, &asked.caller, at).await.map_err(Failure::Views)?;
        let found = match moments.step {
            Some(step) => {
                views::step(self.log(), &permit, &asked.caller, step).await.map_err(Failure::Views)?
            }
            None => Unreleased::new(Step::default(), Vec::new()),
        };
        Ok(self.ground.gate().release(permit, found.map(|step| (moments, step))).await?)
    }

    /// For those of the records whose messages the caller may read, in order; that others were asked for is on the log.
    #[tracing::instrument(skip_all, name = "messaging.count_unread")]
    pub(crate) async fn count_unread(
        &self,
        asked: &RequestContext,
        patients: &[PatientId],
    ) -> Result<Vec<(PatientId, i32)>, Failure> {
        let gate = self.ground.gate();
        let permits = gate
            .authorise_named_in_part(
                asked,
                Action::Read,
                patients,
                &[Category::Messages],
                "messaging.CountUnread",
            )
            .await?;
        let mut answers = Vec::with_capacity(permits.len());
        for permit in permits {
            let patient = permit.patient();
            let count =
                views::unread(self.log().pool(), &permit, &asked.caller).await.map_err(Failure::Views)?;
            answers.push((permit, count.map(|count| (patient, count))));
        }
        Ok(gate.release_each(answers).await?)
    }
}
