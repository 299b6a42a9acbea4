//! Clears away what ended uploads leave behind: expired ones altogether, completed ones but for their document's objects; and what is left
//! of papers that were erased.
use crate::{
    domain::{
        document::{self, Document},
        upload::{Command, Refusal, State, Upload},
    },
    objects::{self, Objects, ObjectsError},
    views::{self, Due, ErasedPaper, ViewsError},
};
use holdfast_eventlog::{AppendError, Context, EventLog, ExecuteError, ReadError, Subject};
use holdfast_types::{Actor, Purpose, Service};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

const PERIOD: Duration = Duration::from_secs(60);
/// Uploads, and erased papers, cleared away in one round.
const ROUND_MAX: u32 = 100;

#[derive(Debug, thiserror::Error)]
pub enum JanitorError {
    #[error("the read models cannot be read")]
    Views(#[from] ViewsError),
    #[error("the objects cannot be removed")]
    Objects(#[source] ObjectsError),
    #[error("the log cannot be read")]
    Read(#[source] ReadError),
    #[error("the end of an upload cannot be appended")]
    Append(#[source] AppendError),
}

pub struct Janitor {
    log: EventLog,
    objects: Objects,
}

impl Janitor {
    pub const fn new(log: EventLog, objects: Objects) -> Self {
        Self { log, objects }
    }

    pub async fn run(self, stop: CancellationToken) {
        let mut period = interval(PERIOD);
        period.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! { () = stop.cancelled() => return, _ = period.tick() => {} }
            if let Err(error) = self.sweep().await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "ended uploads cannot be cleared away now"
                );
            }
        }
    }

    /// One round. Answers with how many uploads and erased papers were cleared away; one that cannot be is left for the next round.
    #[tracing::instrument(skip_all, name = "documents.sweep")]
    pub async fn sweep(&self) -> Result<u32, JanitorError> {
        let mut cleared = 0;
        for due in views::due(self.log.pool(), self.log.clock().now(), ROUND_MAX).await? {
            match self.clear(&due).await {
                Ok(()) => cleared += 1,
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    upload = %due.id,
                    "an ended upload cannot be cleared away"
                ),
            }
        }
        for paper in views::uncleared(self.log.pool(), ROUND_MAX).await? {
            match self.clear_erased(&paper).await {
                Ok(()) => cleared += 1,
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "what is left of an erased paper cannot be removed"
                ),
            }
        }
        Ok(cleared)
    }

    /// Its key is gone; this is for one that was sealed under its patient's, and for the room that it takes.
    async fn clear_erased(&self, paper: &ErasedPaper) -> Result<(), JanitorError> {
        let folder = objects::folder(paper.tenant, paper.patient, paper.document.uuid());
        self.objects.clear(&folder, &[]).await.map_err(JanitorError::Objects)?;
        Ok(views::cleared(self.log.pool(), paper).await?)
    }

    /// The end goes on the log first: then nobody adds to it any more.
    async fn clear(&self, due: &Due) -> Result<(), JanitorError> {
        let (folder, kept) = match self.expired(due).await? {
            State::NotStarted | State::Open(_) => return Ok(()),
            State::Abandoned(announced, _) => (announced.folder, Vec::new()),
            State::Completed(announced) => (announced.folder, self.parts(due).await?),
        };
        self.objects.clear(&folder, &kept).await.map_err(JanitorError::Objects)?;
        Ok(views::forget(self.log.pool(), due.id).await?)
    }

    async fn expired(&self, due: &Due) -> Result<State, JanitorError> {
        let (subject, now) = (Subject::Patient(due.patient), self.log.clock().now());
        let context = Context {
            tenant: due.tenant,
            actor: Actor::Service(Service::Documents),
            on_behalf_of: None,
            purpose: Purpose::SystemAdministration,
            correlation: self.log.ids().next(),
            causation: None,
            traceparent: None,
            occurred: None,
            by_right: None,
        };
        let expire = |_: &_| Command::Expire { now };
        match self.log.execute::<Upload>(subject, due.id.uuid(), &context, None, expire).await {
            Ok(executed) => Ok(executed.state),
            Err(ExecuteError::Refused(Refusal::Ended)) => {
                let loaded = self.log.load::<Upload>(subject, due.id.uuid()).await;
                Ok(loaded.map_err(JanitorError::Read)?.state)
            }
            Err(ExecuteError::Refused(_)) => Ok(State::NotStarted),
            Err(ExecuteError::Read(error)) => Err(JanitorError::Read(error)),
            Err(ExecuteError::Append(error)) => Err(JanitorError::Append(error)),
        }
    }

    /// The objects of the document that an upload became.
    async fn parts(&self, due: &Due) -> Result<Vec<uuid::Uuid>, JanitorError> {
        let loaded = self.log.load::<Document>(Subject::Patient(due.patient), due.id.uuid()).await;
        Ok(match loaded.map_err(JanitorError::Read)?.state {
            document::State::NotAdded => Vec::new(),
            document::State::Standing(paper) | document::State::Withdrawn(paper, _) => paper.parts,
        })
    }
}
