//! Deciding again, and deciding what nobody asked: looks at the log, recorded as such.
use super::App;
use crate::{
    domain::{Conclusion, Hypothesis, Named, Reader, Reading},
    views::{self, Place, Rehearsed, ReplayPage, Span, Unconcluded},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Oversight, views::ConsentFact};
use holdfast_host::{Entered, Problem};
use holdfast_types::{Action, Category, PatientId, TenantId};

impl App {
    /// A tenant's decisions; without one, the whole installation's.
    #[tracing::instrument(skip_all, name = "audit.replay_decisions")]
    pub(crate) async fn replay_decisions(
        &self,
        entered: &Entered,
        tenant: Option<(TenantId, Option<PatientId>)>,
        span: Span,
        after: Option<&Place>,
        size: u32,
    ) -> Result<ReplayPage, Problem> {
        let gate = self.ground.gate();
        let asked = tenant
            .map_or(Oversight::LogHealth, |(tenant, patient)| Oversight::TenantHistory { tenant, patient });
        let permit = gate.authorise_oversight(&entered.context, asked, "audit.ReplayDecisions").await?;
        let pool = self.ground.log().pool();
        let page = views::replayed(pool, &permit, &self.sets, span, after, size).await?;
        Ok(gate.release(permit, page).await?)
    }

    /// For the tenant's officer, or without one for a holder.
    #[tracing::instrument(skip_all, name = "audit.decide_hypothetical")]
    pub(crate) async fn decide_hypothetical(
        &self,
        entered: &Entered,
        tenant: Option<TenantId>,
        patient: PatientId,
        hypothesis: &Hypothesis,
    ) -> Result<Result<Conclusion, Unconcluded>, Problem> {
        let gate = self.ground.gate();
        let asked = match tenant {
            Some(tenant) => Oversight::TenantHistory { tenant, patient: Some(patient) },
            None => Oversight::RecordHistory(patient),
        };
        let permit = gate.authorise_oversight(&entered.context, asked, "audit.DecideHypothetical").await?;
        let pool = self.ground.log().pool();
        let conclusion = views::hypothetical(pool, &permit, gate.policies(), hypothesis).await?;
        Ok(gate.release(permit, conclusion).await?)
    }

    /// Of anybody for a holder of the record; of themselves for everybody else, by what they may read today.
    #[tracing::instrument(skip_all, name = "audit.decide_for_reader")]
    pub(crate) async fn decide_for_reader(
        &self,
        entered: &Entered,
        patient: PatientId,
        reader: &Reader,
    ) -> Result<Reading, Problem> {
        const OPERATION: &str = "audit.DecideForReader";
        let (gate, asked) = (self.ground.gate(), &entered.context);
        let (pool, policies) = (self.ground.log().pool(), gate.policies());
        if reader.account == asked.caller.account {
            let permit =
                gate.authorise_in_part(asked, Action::Read, patient, Category::ALL, OPERATION).await?;
            let reading = views::read_by_oneself(pool, &permit, policies, reader).await?;
            return Ok(gate.release(permit, reading).await?);
        }
        let permit = gate.authorise_oversight(asked, Oversight::RecordHistory(patient), OPERATION).await?;
        let reading = views::read_by(pool, &permit, policies, reader).await?;
        Ok(gate.release(permit, reading).await?)
    }

    #[tracing::instrument(skip_all, name = "audit.list_readers")]
    pub(crate) async fn list_readers(
        &self,
        entered: &Entered,
        patient: PatientId,
        at: DateTime<Utc>,
    ) -> Result<Vec<Named>, Problem> {
        let gate = self.ground.gate();
        let asked = Oversight::RecordHistory(patient);
        let permit = gate.authorise_oversight(&entered.context, asked, "audit.ListReaders").await?;
        let readers = views::readers_of(self.ground.log().pool(), &permit, at).await?;
        Ok(gate.release(permit, readers).await?)
    }

    /// For a holder: whoever else asks has no right to change anything.
    #[tracing::instrument(skip_all, name = "audit.rehearse_change")]
    pub(crate) async fn rehearse_change(
        &self,
        entered: &Entered,
        patient: PatientId,
        change: ConsentFact,
    ) -> Result<Rehearsed, Problem> {
        let gate = self.ground.gate();
        let asked = Oversight::RecordHistory(patient);
        let permit = gate.authorise_oversight(&entered.context, asked, "audit.RehearseChange").await?;
        let (pool, now) = (self.ground.log().pool(), self.ground.clock().now());
        let rehearsed = views::rehearsed(pool, &permit, gate.policies(), change, now).await?;
        Ok(gate.release(permit, rehearsed).await?)
    }

    /// Hex.
    pub(crate) fn policy_digest(&self) -> String {
        self.ground.gate().policies().digest_hex()
    }
}
