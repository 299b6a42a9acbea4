//! Marking what is never shared, and lifting marks: for the record's holders only.
use super::{App, Failure, made_by, request};
use crate::domain::{
    mark::{Command, KeptFrom, Mark, Marked, Marks},
    record::Record,
};
use holdfast_access::{RequestContext, Returned, Unreleased};
use holdfast_eventlog::{Position, Subject};
use holdfast_host::CommandId;
use holdfast_types::{Action, Category, MarkId, PatientId};

pub(crate) struct SetMark {
    pub(crate) patient: PatientId,
    pub(crate) what: Marked,
    pub(crate) kept_from: KeptFrom,
    pub(crate) reason: String,
}

pub(crate) struct LiftMark {
    pub(crate) patient: PatientId,
    pub(crate) mark: MarkId,
    pub(crate) reason: String,
}

impl App {
    #[tracing::instrument(skip_all, name = "consent.set_mark")]
    pub(crate) async fn set_mark(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: SetMark,
    ) -> Result<(Mark, Option<Position>), Failure> {
        let SetMark { patient, what, kept_from, reason } = command;
        let permit =
            self.gate.authorise(asked, Action::Share, patient, Category::ALL, "consent.SetMark").await?;
        let (subject, authority) = (Subject::Patient(patient), permit.into_authority());
        let record = self.log.load::<Record>(subject, patient.uuid()).await.map_err(Failure::Read)?.state;
        let from_holder = matches!(kept_from, KeptFrom::Account(account) if record.is_held_by(account));
        let by = authority.account();
        let mark = MarkId::new(made_by(by, id, patient.uuid()));
        let mark = Mark { mark, what, kept_from, reason, by, set: self.log.clock().now() };
        let executed = self
            .log
            .execute::<Marks>(subject, patient.uuid(), authority.context(), Some(request(by, id)), |_| {
                Command::Set { mark: mark.clone(), from_holder }
            })
            .await
            .map_err(|error| Failure::of(error, Failure::Mark))?;
        // A command that is repeated after the mark was lifted is answered as it was the first time.
        let set = executed.state.standing(mark.mark).cloned().unwrap_or(mark);
        Ok((set, executed.position))
    }

    #[tracing::instrument(skip_all, name = "consent.lift_mark")]
    pub(crate) async fn lift_mark(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: LiftMark,
    ) -> Result<Option<Position>, Failure> {
        let LiftMark { patient, mark, reason } = command;
        let permit =
            self.gate.authorise(asked, Action::Share, patient, Category::ALL, "consent.LiftMark").await?;
        let (authority, lifted) = (permit.into_authority(), self.log.clock().now());
        let by = authority.account();
        let executed = self
            .log
            .execute::<Marks>(
                Subject::Patient(patient),
                patient.uuid(),
                authority.context(),
                Some(request(by, id)),
                |_| Command::Lift { mark, by, lifted, reason: reason.clone() },
            )
            .await
            .map_err(|error| Failure::of(error, Failure::Mark))?;
        Ok(executed.position)
    }

    #[tracing::instrument(skip_all, name = "consent.list_marks")]
    pub(crate) async fn list_marks(
        &self,
        asked: &RequestContext,
        patient: PatientId,
    ) -> Result<Vec<Mark>, Failure> {
        let permit =
            self.gate.authorise(asked, Action::Share, patient, Category::ALL, "consent.ListMarks").await?;
        let loaded = self.log.load::<Marks>(Subject::Patient(patient), patient.uuid()).await;
        let standing = loaded.map_err(Failure::Read)?.state.standing;
        // A mark never changes.
        let returned = standing.iter().map(|mark| Returned { id: mark.mark.uuid(), revision: 1 }).collect();
        Ok(self.gate.release(permit, Unreleased::new(standing, returned)).await?)
    }
}
