//! Deciding again, and deciding what nobody asked: looks at the log, recorded as such.
use super::App;
use crate::{
    domain::{Conclusion, Hypothesis, Named, Reader, Reading},
    views::{self, Place, Rehearsed, ReplayPage, Span, Unconcluded},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Oversight, Policies, views::ConsentFact};
use holdfast_host::{Entered, Problem, catalogue};
use holdfast_types::{Action, Category, PatientId, TenantId};
use std::sync::Arc;

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
    ) -> Result<Result<(Conclusion, String), Unconcluded>, Problem> {
        let gate = self.ground.gate();
        let asked = match tenant {
            Some(tenant) => Oversight::TenantHistory { tenant, patient: Some(patient) },
            None => Oversight::RecordHistory(patient),
        };
        let permit = gate.authorise_oversight(&entered.context, asked, "audit.DecideHypothetical").await?;
        let pool = self.ground.log().pool();
        let policies = self.policies_at(patient, hypothesis.at).await?;
        let conclusion = views::hypothetical(pool, &permit, &policies, hypothesis).await?;
        let conclusion = gate.release(permit, conclusion).await?;
        Ok(conclusion.map(|conclusion| (conclusion, policies.digest_hex())))
    }

    /// Of anybody for a holder of the record; of themselves for everybody else, by what they may read today.
    #[tracing::instrument(skip_all, name = "audit.decide_for_reader")]
    pub(crate) async fn decide_for_reader(
        &self,
        entered: &Entered,
        patient: PatientId,
        reader: &Reader,
    ) -> Result<(Reading, String), Problem> {
        const OPERATION: &str = "audit.DecideForReader";
        let (gate, asked) = (self.ground.gate(), &entered.context);
        let pool = self.ground.log().pool();
        if reader.account == asked.caller.account {
            let permit =
                gate.authorise_in_part(asked, Action::Read, patient, Category::ALL, OPERATION).await?;
            let policies = self.policies_at(patient, reader.at).await?;
            let reading = views::read_by_oneself(pool, &permit, &policies, reader).await?;
            return Ok((gate.release(permit, reading).await?, policies.digest_hex()));
        }
        let permit = gate.authorise_oversight(asked, Oversight::RecordHistory(patient), OPERATION).await?;
        let policies = self.policies_at(patient, reader.at).await?;
        let reading = views::read_by(pool, &permit, &policies, reader).await?;
        Ok((gate.release(permit, reading).await?, policies.digest_hex()))
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
        change: Vec<ConsentFact>,
    ) -> Result<Rehearsed, Problem> {
        let gate = self.ground.gate();
        let asked = Oversight::RecordHistory(patient);
        let permit = gate.authorise_oversight(&entered.context, asked, "audit.RehearseChange").await?;
        let (pool, now) = (self.ground.log().pool(), self.ground.clock().now());
        let rehearsed = views::rehearsed(pool, &permit, gate.policies(), change, now).await?;
        Ok(gate.release(permit, rehearsed).await?)
    }

    /// Those by which was decided at a moment: since this process runs its own, and before that those of the newest decision that is
    /// logged of the record's tenant by then. A set that is not kept cannot decide: the answer's digest says which did.
    async fn policies_at(&self, patient: PatientId, at: DateTime<Utc>) -> Result<Arc<Policies>, Problem> {
        let logged = match at < self.began {
            true => views::policies_then(self.ground.log().pool(), patient, at).await?,
            false => None,
        };
        let own = self.ground.gate().policies().digest_hex();
        let kept =
            logged.and_then(|digest| self.sets.by_digest(&digest)).or_else(|| self.sets.by_digest(&own));
        kept.cloned()
            .ok_or_else(|| Problem::new(catalogue::INTERNAL_FAULT, "the policy set in force is not kept"))
    }
}
