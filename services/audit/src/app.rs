//! What audit does: shows histories and the logs' health to those who may see them, and records each of these looks.
mod download;
mod proof;
mod replay;

pub(crate) use download::Downloads;
pub(crate) use proof::Prover;

use crate::{
    verifier::Verifier,
    views::{self, Cursor, Filter, History, LogHealth},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Oversight, PolicySets};
use holdfast_host::{Entered, Ground, Problem};
use holdfast_types::{PatientId, Service, TenantId};
use std::{sync::Arc, time::Duration};

/// Below the time that a call may take.
const VERIFY_PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(crate) struct App {
    ground: Ground,
    verifier: Arc<Verifier>,
    prover: Option<Arc<Prover>>,
    downloads: Downloads,
    /// By which logged decisions are decided again.
    sets: PolicySets,
    /// Since when this process decides, by the policies that it was built with.
    began: DateTime<Utc>,
}

impl App {
    /// Without a log that is kept, nothing is proved.
    pub(crate) fn new(
        ground: Ground,
        verifier: Arc<Verifier>,
        prover: Option<Arc<Prover>>,
        downloads: Downloads,
        sets: PolicySets,
    ) -> Self {
        let began = ground.clock().now();
        Self { ground, verifier, prover, downloads, sets, began }
    }

    pub(crate) const fn ground(&self) -> &Ground {
        &self.ground
    }

    #[tracing::instrument(skip_all, name = "audit.list_patient_entries")]
    pub(crate) async fn list_patient_entries(
        &self,
        entered: &Entered,
        patient: PatientId,
        filter: &Filter,
        after: Option<&Cursor>,
        size: u32,
    ) -> Result<History, Problem> {
        let asked = Oversight::RecordHistory(patient);
        self.history(entered, asked, filter, after, size, "audit.ListPatientEntries").await
    }

    #[tracing::instrument(skip_all, name = "audit.search_entries")]
    pub(crate) async fn search_entries(
        &self,
        entered: &Entered,
        tenant: TenantId,
        patient: Option<PatientId>,
        filter: &Filter,
        after: Option<&Cursor>,
        size: u32,
    ) -> Result<History, Problem> {
        let asked = Oversight::TenantHistory { tenant, patient };
        self.history(entered, asked, filter, after, size, "audit.SearchEntries").await
    }

    #[tracing::instrument(skip_all, name = "audit.get_log_health")]
    pub(crate) async fn get_log_health(&self, entered: &Entered) -> Result<Vec<LogHealth>, Problem> {
        let gate = self.ground.gate();
        let permit =
            gate.authorise_oversight(&entered.context, Oversight::LogHealth, "audit.GetLogHealth").await?;
        let health = views::health(self.ground.log().pool(), &permit).await?;
        Ok(gate.release(permit, health).await?)
    }

    #[tracing::instrument(skip_all, name = "audit.verify_logs")]
    pub(crate) async fn verify_logs(&self, entered: &Entered) -> Result<Vec<LogHealth>, Problem> {
        let gate = self.ground.gate();
        let permit =
            gate.authorise_oversight(&entered.context, Oversight::LogHealth, "audit.VerifyLogs").await?;
        if !self.verifier.verify_now(VERIFY_PATIENCE).await {
            tracing::info!("a verification goes on after its answer");
        }
        let health = views::health(self.ground.log().pool(), &permit).await?;
        Ok(gate.release(permit, health).await?)
    }

    async fn history(
        &self,
        entered: &Entered,
        asked: Oversight,
        filter: &Filter,
        after: Option<&Cursor>,
        size: u32,
        operation: &'static str,
    ) -> Result<History, Problem> {
        let gate = self.ground.gate();
        let permit = gate.authorise_oversight(&entered.context, asked, operation).await?;
        let history = views::page(self.ground.log().pool(), &permit, filter, after, size).await?;
        Ok(gate.release(permit, history).await?)
    }

    /// How long ago everything that a service's log held was known to be heard; `None` if it never was.
    pub(crate) fn lag(&self, service: Service) -> Option<Duration> {
        self.ground.inboxes().iter().find(|inbox| inbox.source() == service.as_str())?.age()
    }

    /// That of the log that is furthest behind.
    pub(crate) fn lag_max(&self) -> Option<Duration> {
        Service::WITH_LOG
            .iter()
            .map(|service| self.lag(*service))
            .collect::<Option<Vec<_>>>()?
            .into_iter()
            .max()
    }
}
