//! Marking what is never shared, and lifting marks: for the record's holders only. A room is marked by whoever may share it, a thing or an
//! author by whoever may share anything, because to mark only closes; to lift opens.
use super::{App, Failure, made_by, request};
use crate::domain::mark::{Command, KeptFrom, Mark, Marked, Marks};
use holdfast_access::{Authority, Refused, RequestContext, Returned, Unreleased};
use holdfast_eventlog::{Position, Subject};
use holdfast_host::CommandId;
use holdfast_types::{Category, MarkId, PatientId, Relationship};

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
        let rooms = rooms_of(what);
        let permit = self.may_share(asked, patient, &rooms, "consent.SetMark").await?;
        let (subject, authority) = (Subject::Patient(patient), permit.into_authority());
        let from_holder = match kept_from {
            KeptFrom::Account(account) => {
                self.standing(patient, account, self.log.clock().now()).await?.holds(&rooms)
            }
            KeptFrom::Everybody | KeptFrom::Practice(_) => false,
        };
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
        let loaded = self.log.load::<Marks>(Subject::Patient(patient), patient.uuid()).await;
        let known = loaded.map_err(Failure::Read)?.state.standing(mark).cloned();
        let authority = self.may_lift(asked, patient, known.as_ref()).await?;
        let lifted = self.log.clock().now();
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
        let permit = self.may_share(asked, patient, Category::ALL, "consent.ListMarks").await?;
        let loaded = self.log.load::<Marks>(Subject::Patient(patient), patient.uuid()).await;
        let mut standing = loaded.map_err(Failure::Read)?.state.standing;
        let whole = permit.categories().len() == Category::ALL.len();
        standing.retain(|mark| {
            let own_room = matches!(mark.what, Marked::Category(room) if permit.covers(room));
            whole || own_room || mark.by == permit.account()
        });
        // A mark never changes.
        let returned = standing.iter().map(|mark| Returned { id: mark.mark.uuid(), revision: 1 }).collect();
        Ok(self.gate.release(permit, Unreleased::new(standing, returned)).await?)
    }

    /// Whoever may share the room; of a thing or an author, of which it is not known here in what room it is, whoever may share all of them.
    /// Only the person takes back every mark of their own.
    async fn may_lift(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        mark: Option<&Mark>,
    ) -> Result<Authority, Failure> {
        let operation = "consent.LiftMark";
        let rooms = mark.map_or_else(|| Category::ALL.to_vec(), |mark| rooms_of(mark.what));
        let permit = self.may_share(asked, patient, &rooms, operation).await?;
        let whole = permit.categories().len() == rooms.len() || mark.is_none();
        let own = mark.is_some_and(|mark| mark.by == permit.account());
        if whole || (own && permit.relationship() == Some(Relationship::Patient)) {
            return Ok(permit.into_authority());
        }
        self.gate.release(permit, Unreleased::new((), Vec::new())).await?;
        Err(Refused::NotPermitted.into())
    }
}

fn rooms_of(what: Marked) -> Vec<Category> {
    match what {
        Marked::Category(room) => vec![room],
        Marked::Item(_) | Marked::Author(_) => Category::ALL.to_vec(),
    }
}
