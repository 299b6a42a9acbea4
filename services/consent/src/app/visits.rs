//! Beginning visits: for the services that ask on behalf of whoever looks.
use super::{App, Failure};
use crate::domain::{
    grant::{Grant, Grantee, Refusal, State},
    record::Record,
    visit::{Command, Visits},
};
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_eventlog::{Context, Position, Subject};
use holdfast_types::{AccountId, Actor, GrantId, PatientId, Purpose, Service};
use uuid::Uuid;

pub(crate) struct BeginVisit {
    pub(crate) patient: PatientId,
    pub(crate) grant: GrantId,
    pub(crate) account: AccountId,
    pub(crate) purpose: Purpose,
    pub(crate) correlation: Uuid,
    pub(crate) traceparent: Option<String>,
    pub(crate) lasts: TimeDelta,
}

/// The visit that the account is on.
pub(crate) struct Begun {
    pub(crate) until: DateTime<Utc>,
    pub(crate) position: Position,
}

impl App {
    #[tracing::instrument(skip_all, name = "consent.begin_visit")]
    pub(crate) async fn begin_visit(&self, asked: BeginVisit) -> Result<Begun, Failure> {
        let BeginVisit { patient, grant, account, purpose, correlation, traceparent, lasts } = asked;
        let (subject, now) = (Subject::Patient(patient), self.log.clock().now());
        let uses_max = self.counted(patient, grant, account, now).await?;
        let record = self.log.load::<Record>(subject, patient.uuid()).await.map_err(Failure::Read)?;
        let context = Context {
            tenant: record.state.tenant().ok_or(Failure::Grant(Refusal::NotGiven))?,
            actor: Actor::Account(account),
            on_behalf_of: None,
            purpose,
            correlation,
            causation: None,
            traceparent,
            occurred: None,
            by_right: None,
        };
        let command = Command { patient, account, now, lasts, uses_max };
        let executed = self
            .log
            .execute::<Visits>(subject, grant.uuid(), &context, None, |_| command)
            .await
            .map_err(|error| Failure::of(error, Failure::Visit))?;
        let visit = executed.state.of(account, now).ok_or(Failure::Grant(Refusal::NotGiven))?;
        let position = match executed.position {
            Some(position) => position,
            None => self.head(subject).await?,
        };
        Ok(Begun { until: visit.until, position })
    }

    /// How many visits the grant is good for, if it stands for the account.
    async fn counted(
        &self,
        patient: PatientId,
        grant: GrantId,
        account: AccountId,
        now: DateTime<Utc>,
    ) -> Result<u32, Failure> {
        let loaded = self.log.load::<Grant>(Subject::Patient(patient), grant.uuid()).await;
        let (State::Standing(terms), unknown) =
            (loaded.map_err(Failure::Read)?.state, Failure::Grant(Refusal::NotGiven))
        else {
            return Err(Failure::Grant(Refusal::NotGiven));
        };
        let reaches = match terms.grantee {
            Grantee::Account(to) => to == account,
            // Who works there, the service knows that asks.
            Grantee::Practice { .. } => true,
        };
        let stands = terms.patient == patient && terms.period.contains(now) && reaches;
        terms.uses_max.filter(|_| stands).ok_or(unknown)
    }

    /// Where the record's lane ends: what was begun before is not beyond it.
    async fn head(&self, subject: Subject) -> Result<Position, Failure> {
        let (service, lane) = (Service::Consent.as_str().to_owned(), subject.lane());
        let heads = self.log.heads().await.map_err(Failure::Read)?;
        let seq = heads.into_iter().find(|(head, _)| *head == lane).map(|(_, seq)| seq).unwrap_or_default();
        Ok(Position { service, lane, seq })
    }
}
