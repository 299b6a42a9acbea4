//! Threads, their messages, and how much is unread.
use super::{App, Failure};
use crate::views::{self, Cursor, ShownMessage, ShownThread};
use holdfast_access::RequestContext;
use holdfast_types::{Action, Category, PatientId, ThreadId};

pub(crate) struct ListThreads {
    pub(crate) patient: PatientId,
    pub(crate) after: Option<Cursor>,
    pub(crate) page_size: u32,
}

pub(crate) struct ListMessages {
    pub(crate) patient: PatientId,
    pub(crate) thread: ThreadId,
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
        let ListThreads { patient, after, page_size } = query;
        let permit = self.may_read(asked, patient, "messaging.ListThreads").await?;
        let (pool, keys) = (self.log().pool(), self.log().keys());
        let found = views::threads(pool, keys, &permit, &asked.caller, after, page_size)
            .await
            .map_err(Failure::Views)?;
        Ok(self.ground.gate().release(permit, found).await?)
    }

    /// One more than the page holds.
    #[tracing::instrument(skip_all, name = "messaging.list_messages")]
    pub(crate) async fn list_messages(
        &self,
        asked: &RequestContext,
        query: ListMessages,
    ) -> Result<Vec<ShownMessage>, Failure> {
        let ListMessages { patient, thread, after, page_size } = query;
        let permit = self.may_read(asked, patient, "messaging.ListMessages").await?;
        self.sees(&permit, asked, thread).await?;
        let (pool, keys) = (self.log().pool(), self.log().keys());
        let found =
            views::messages(pool, keys, &permit, thread, after, page_size).await.map_err(Failure::Views)?;
        Ok(self.ground.gate().release(permit, found).await?)
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
