//! Erasures: holders ask and take back; the officer of the record's tenant places and lifts holds, and carries out.
use super::{App, Failure, made_by, request};
use crate::{
    domain::{
        authority::{Authorities, Person},
        erasure::{CarriedOut, Command, Erasure, Grounds, Hold, Refusal, Stage, State, Step, Wish},
        retention::{Rule, Rules},
    },
    views::{self, Asked},
};
use chrono::{DateTime, NaiveDate, Utc};
use holdfast_access::{Authority, Oversight, RequestContext, Returned, Unreleased};
use holdfast_eventlog::{Executed, Position, Subject};
use holdfast_host::CommandId;
use holdfast_types::{Action, Category, DocumentId, HoldId, PatientId, TenantId};
use std::sync::Arc;

pub(crate) struct PlaceHold {
    pub(crate) patient: PatientId,
    pub(crate) grounds: Grounds,
}

pub(crate) struct LiftHold {
    pub(crate) patient: PatientId,
    pub(crate) hold: HoldId,
    pub(crate) grounds: Grounds,
}

/// All of a record, or one document of it.
#[derive(Clone, Copy)]
pub(crate) struct Content {
    pub(crate) patient: PatientId,
    pub(crate) document: Option<DocumentId>,
}

pub(crate) struct CarryOut {
    pub(crate) content: Content,
    pub(crate) grounds: Grounds,
    pub(crate) retention: Retention,
}

/// What decides how long the record must be kept, beside what is known of the person.
pub(crate) struct Retention {
    pub(crate) rules: Arc<Rules>,
    pub(crate) name: String,
    pub(crate) rule: Rule,
    pub(crate) born: NaiveDate,
    pub(crate) last_served: NaiveDate,
}

pub(crate) struct GetErasure {
    pub(crate) patient: PatientId,
    /// As whose officer; none for holders.
    pub(crate) tenant: Option<TenantId>,
}

pub(crate) struct ListErasures {
    pub(crate) tenant: TenantId,
    pub(crate) after: Option<Asked>,
    pub(crate) page_size: u32,
}

pub(crate) struct Erasures {
    /// One more than the page holds.
    pub(crate) listed: Vec<(Asked, State)>,
    pub(crate) waiting: u32,
}

impl App {
    #[tracing::instrument(skip_all, name = "consent.request_erasure")]
    pub(crate) async fn request_erasure(
        &self,
        asked: &RequestContext,
        id: CommandId,
        content: Content,
    ) -> Result<Option<Position>, Failure> {
        let Content { patient, document: of } = content;
        let authority = self.holds(asked, patient, "consent.RequestErasure").await?;
        let wish = Wish { by: authority.account(), requested: self.log.clock().now() };
        Ok(self
            .erasure(&authority, id, patient, Command::Erase { of, step: Step::Request(wish) })
            .await?
            .position)
    }

    #[tracing::instrument(skip_all, name = "consent.withdraw_erasure")]
    pub(crate) async fn withdraw_erasure(
        &self,
        asked: &RequestContext,
        id: CommandId,
        content: Content,
    ) -> Result<Option<Position>, Failure> {
        let Content { patient, document: of } = content;
        let authority = self.holds(asked, patient, "consent.WithdrawErasure").await?;
        let command = Command::Erase { of, step: Step::Withdraw { by: authority.account() } };
        Ok(self.erasure(&authority, id, patient, command).await?.position)
    }

    #[tracing::instrument(skip_all, name = "consent.place_hold")]
    pub(crate) async fn place_hold(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: PlaceHold,
    ) -> Result<(HoldId, Option<Position>), Failure> {
        let PlaceHold { patient, grounds } = command;
        let authority = self.oversees(asked, patient, "consent.PlaceHold").await?;
        let by = authority.account();
        let hold = HoldId::new(made_by(by, id, patient.uuid()));
        let placed = Hold { hold, by, placed: self.log.clock().now(), grounds };
        let executed = self.erasure(&authority, id, patient, Command::PlaceHold(placed)).await?;
        Ok((hold, executed.position))
    }

    #[tracing::instrument(skip_all, name = "consent.lift_hold")]
    pub(crate) async fn lift_hold(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: LiftHold,
    ) -> Result<Option<Position>, Failure> {
        let LiftHold { patient, hold, grounds } = command;
        let authority = self.oversees(asked, patient, "consent.LiftHold").await?;
        let command = Command::LiftHold { hold, by: authority.account(), grounds };
        Ok(self.erasure(&authority, id, patient, command).await?.position)
    }

    #[tracing::instrument(skip_all, name = "consent.carry_out_erasure")]
    pub(crate) async fn carry_out_erasure(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: CarryOut,
    ) -> Result<(DateTime<Utc>, Option<Position>), Failure> {
        let CarryOut { content: Content { patient, document: of }, grounds, retention } = command;
        let authority = self.oversees(asked, patient, "consent.CarryOutErasure").await?;
        let Retention { rules, name, rule, born, last_served } = retention;
        let known = self.person(patient).await?;
        let retained = rules.retained((&name, rule), born, last_served, known.as_ref());
        let erased = self.log.clock().now();
        let order = CarriedOut { by: authority.account(), erased, grounds, retained };
        let command = Command::Erase { of, step: Step::CarryOut(order) };
        let executed = self.erasure(&authority, id, patient, command).await?;
        let Stage::Erased { erased, .. } = executed.state.stage(of) else {
            return Err(Failure::Erasure(Refusal::NotRequested));
        };
        Ok((*erased, executed.position))
    }

    /// Part of the record's history, so that it is seen by those who see that, and after the erasure, too.
    #[tracing::instrument(skip_all, name = "consent.get_erasure")]
    pub(crate) async fn get_erasure(
        &self,
        asked: &RequestContext,
        query: GetErasure,
    ) -> Result<State, Failure> {
        let GetErasure { patient, tenant } = query;
        let oversight = match tenant {
            None => Oversight::RecordHistory(patient),
            Some(tenant) => Oversight::TenantHistory { tenant, patient: Some(patient) },
        };
        let permit = self.gate.authorise_oversight(asked, oversight, "consent.GetErasure").await?;
        let loaded = self.log.load::<Erasure>(Subject::Patient(patient), patient.uuid()).await;
        let loaded = loaded.map_err(Failure::Read)?;
        let returned = vec![Returned { id: patient.uuid(), revision: loaded.revision }];
        Ok(self.gate.release(permit, Unreleased::new(loaded.state, returned)).await?)
    }

    #[tracing::instrument(skip_all, name = "consent.list_erasures")]
    pub(crate) async fn list_erasures(
        &self,
        asked: &RequestContext,
        query: ListErasures,
    ) -> Result<Erasures, Failure> {
        let ListErasures { tenant, after, page_size } = query;
        let oversight = Oversight::TenantHistory { tenant, patient: None };
        let permit = self.gate.authorise_oversight(asked, oversight, "consent.ListErasures").await?;
        let pool = self.log.pool();
        let wishes = views::wishes(pool, &permit, after, page_size).await.map_err(Failure::Views)?;
        let waiting = views::wish_count(pool, &permit).await.map_err(Failure::Views)?;
        let (mut listed, mut returned) = (Vec::with_capacity(wishes.len()), Vec::new());
        for wish in wishes {
            let (patient, subject) = (wish.patient, Subject::Patient(wish.patient));
            let loaded = self.log.load::<Erasure>(subject, patient.uuid()).await.map_err(Failure::Read)?;
            returned.push(Returned { id: patient.uuid(), revision: loaded.revision });
            listed.push((wish, loaded.state));
        }
        returned.truncate(usize::try_from(page_size).unwrap_or(usize::MAX));
        let erasures = Erasures { listed, waiting };
        Ok(self.gate.release(permit, Unreleased::new(erasures, returned)).await?)
    }

    /// As it was stated last.
    async fn person(&self, patient: PatientId) -> Result<Option<Person>, Failure> {
        let loaded = self.log.load::<Authorities>(Subject::Patient(patient), patient.uuid()).await;
        Ok(loaded.map_err(Failure::Read)?.state.known.person)
    }

    async fn holds(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        operation: &'static str,
    ) -> Result<Authority, Failure> {
        let permit = self.gate.authorise(asked, Action::Share, patient, Category::ALL, operation).await?;
        Ok(permit.into_authority())
    }

    async fn oversees(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        operation: &'static str,
    ) -> Result<Authority, Failure> {
        let oversight = Oversight::Erasure(patient);
        Ok(self.gate.authorise_oversight(asked, oversight, operation).await?.into_authority())
    }

    async fn erasure(
        &self,
        authority: &Authority,
        id: CommandId,
        patient: PatientId,
        command: Command,
    ) -> Result<Executed<State>, Failure> {
        let (subject, request) = (Subject::Patient(patient), Some(request(authority.account(), id)));
        self.log
            .execute::<Erasure>(subject, patient.uuid(), authority.context(), request, |_| command.clone())
            .await
            .map_err(|error| Failure::of(error, Failure::Erasure))
    }
}
