//! Demographics: given, read, changed.
use super::{App, Failure, request, subject};
use crate::{
    domain::{
        demographics::{Demographics, Field},
        locks::Locks,
        patient::{self, Patient},
    },
    views::{self, ShownPatient},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Permit, RequestContext, Unreleased};
use holdfast_eventlog::Position;
use holdfast_host::CommandId;
use holdfast_types::{Action, Category, PatientId};

/// A patient after a command: what the sender may read of it, and its revision in any case.
pub(crate) struct PatientAfter {
    pub(crate) shown: Option<ShownPatient>,
    pub(crate) revision: u64,
    pub(crate) position: Option<Position>,
}

impl App {
    #[tracing::instrument(skip_all, name = "records.register_patient")]
    pub(crate) async fn register_patient(
        &self,
        asked: &RequestContext,
        id: CommandId,
        patient: PatientId,
        demographics: Demographics,
    ) -> Result<PatientAfter, Failure> {
        let command = |_: u64, _: Option<Locks>| patient::Command::Register(demographics.clone());
        self.change_patient(asked, id, patient, command, "records.RegisterPatient").await
    }

    #[tracing::instrument(skip_all, name = "records.update_patient")]
    pub(crate) async fn update_patient(
        &self,
        asked: &RequestContext,
        id: CommandId,
        patient: PatientId,
        (values, fields): (Demographics, Vec<Field>),
        seen: Option<u64>,
    ) -> Result<PatientAfter, Failure> {
        let command = |revision, locks| patient::Command::Update {
            values: values.clone(),
            fields: fields.clone(),
            as_seen: seen.is_none_or(|seen| seen == revision),
            locks,
        };
        self.change_patient(asked, id, patient, command, "records.UpdatePatient").await
    }

    async fn change_patient(
        &self,
        asked: &RequestContext,
        id: CommandId,
        patient: PatientId,
        command: impl Fn(u64, Option<Locks>) -> patient::Command + Send + Sync,
        operation: &'static str,
    ) -> Result<PatientAfter, Failure> {
        let categories = [Category::Demographics];
        let permit = self.gate.authorise(asked, Action::Contribute, patient, &categories, operation).await?;
        let locks = self.locks_for(asked, &permit).await?;
        let authority = permit.into_authority();
        let request = Some(request(authority.account(), id));
        let done = self
            .log
            .execute::<Patient>(subject(patient), patient.uuid(), authority.context(), request, |loaded| {
                command(loaded.revision, locks.clone())
            })
            .await
            .map_err(|error| Failure::of(error, Failure::Patient))?;
        // It is done: whether it can be shown does not change that.
        let gate = &self.gate;
        let permits = gate.authorise_each(asked, Action::Read, &[patient], &categories, operation).await;
        let shown = match permits {
            Ok(permits) => self.patients_shown(permits).await.unwrap_or_default().pop(),
            Err(_) => None,
        };
        Ok(PatientAfter { shown, revision: done.revision, position: done.position })
    }

    #[tracing::instrument(skip_all, name = "records.get_patient")]
    pub(crate) async fn patient(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<ShownPatient, Failure> {
        let categories = [Category::Demographics];
        let permit =
            self.gate.authorise(asked, Action::Read, patient, &categories, "records.GetPatient").await?;
        let found = match as_of {
            Some(at) => self.patient_then(&permit, at).await?,
            None => {
                let found = views::patients(self.log.pool(), self.log.keys(), &[&permit]).await;
                or_nothing(found.map_err(Failure::Views)?.remove(&patient))
            }
        };
        let shown = self.gate.release(permit, found).await?;
        shown.ok_or(Failure::Patient(patient::Refusal::NotRegistered))
    }

    /// Those that the caller may read; that others were asked for is on the log, and is no answer.
    #[tracing::instrument(skip_all, name = "records.batch_get_patients")]
    pub(crate) async fn patients(
        &self,
        asked: &RequestContext,
        patients: &[PatientId],
    ) -> Result<Vec<ShownPatient>, Failure> {
        let categories = [Category::Demographics];
        let gate = &self.gate;
        let permits = gate
            .authorise_named(asked, Action::Read, patients, &categories, "records.BatchGetPatients")
            .await?;
        self.patients_shown(permits).await
    }

    async fn patients_shown(&self, permits: Vec<Permit>) -> Result<Vec<ShownPatient>, Failure> {
        let mut found =
            views::patients(self.log.pool(), self.log.keys(), &permits.iter().collect::<Vec<_>>())
                .await
                .map_err(Failure::Views)?;
        let answers = permits.into_iter().map(|permit| {
            let shown = or_nothing(found.remove(&permit.patient()));
            (permit, shown)
        });
        let shown = self.gate.release_each(answers.collect()).await?;
        Ok(shown.into_iter().flatten().collect())
    }
}

/// That there is nothing is an answer, too.
fn or_nothing(found: Option<Unreleased<ShownPatient>>) -> Unreleased<Option<ShownPatient>> {
    found.map_or_else(|| Unreleased::new(None, Vec::new()), |shown| shown.map(Some))
}
