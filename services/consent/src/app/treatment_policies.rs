//! What a practice's care team is to see: set by its administrators, read by whoever is asked to agree, and narrowed everywhere at once.
use super::{App, Failure, request, treatments::Step};
use crate::{
    domain::{
        care::Care,
        treatment_policy::{Command, State, TreatmentPolicy},
    },
    views,
};
use holdfast_access::{Oversight, RequestContext, Unreleased};
use holdfast_eventlog::{Context, Position, Subject};
use holdfast_host::CommandId;
use holdfast_types::{Actor, PatientId, PracticeId, Purpose, Service, TenantId, TreatmentId};
use std::{collections::HashMap, time::Duration};
use tokio_util::sync::CancellationToken;

/// How often it is looked whether another process set a policy.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// Records that are narrowed one after the other before more are read.
const AT_ONCE: u32 = 200;

pub(crate) struct SetTreatmentPolicy {
    pub(crate) practice: PracticeId,
    pub(crate) care: Care,
    /// The version that the caller saw.
    pub(crate) seen: u64,
}

impl App {
    #[tracing::instrument(skip_all, name = "consent.set_treatment_policy")]
    pub(crate) async fn set_treatment_policy(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: SetTreatmentPolicy,
    ) -> Result<(State, Option<Position>), Failure> {
        let SetTreatmentPolicy { practice, care, seen } = command;
        let oversight = Oversight::TreatmentPolicy(practice);
        let permit = self.gate.authorise_oversight(asked, oversight, "consent.SetTreatmentPolicy").await?;
        let authority = permit.into_authority();
        let (by, now, tenant) = (authority.account(), self.log.clock().now(), tenant_of(asked, practice));
        let context = Context { tenant, ..authority.context().clone() };
        let executed = self
            .log
            .execute::<TreatmentPolicy>(
                Subject::Tenant(tenant),
                practice.uuid(),
                &context,
                Some(request(by, id)),
                |_| Command { care: care.clone(), by, now, seen },
            )
            .await
            .map_err(|error| Failure::of(error, Failure::TreatmentPolicy))?;
        self.policies_moved.notify_one();
        Ok((executed.state, executed.position))
    }

    #[tracing::instrument(skip_all, name = "consent.get_treatment_policy")]
    pub(crate) async fn treatment_policy(
        &self,
        asked: &RequestContext,
        practice: PracticeId,
    ) -> Result<State, Failure> {
        let directory = Oversight::Directory;
        let permit = self.gate.authorise_oversight(asked, directory, "consent.GetTreatmentPolicy").await?;
        let policy = self.policy_of(practice).await?;
        Ok(self.gate.release(permit, Unreleased::new(policy, Vec::new())).await?)
    }

    pub(super) async fn policy_of(&self, practice: PracticeId) -> Result<State, Failure> {
        views::treatment_policy(self.log.pool(), practice).await.map_err(Failure::Views)
    }

    /// A policy that has become narrower holds in every record at once: whenever one was set, in this process or in another, what
    /// stands at its practice is compared with it. Begins with all of them, since a process may have ended in the middle.
    pub(crate) async fn keep_narrow(self, stop: CancellationToken) {
        let mut looked: HashMap<PracticeId, i64> = HashMap::new();
        loop {
            if let Err(error) = self.narrow_where_moved(&mut looked).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "what care teams see cannot be compared with their policies now");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.policies_moved.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    async fn narrow_where_moved(&self, looked: &mut HashMap<PracticeId, i64>) -> Result<(), Failure> {
        for (practice, version) in views::policy_versions(self.log.pool()).await.map_err(Failure::Views)? {
            if looked.get(&practice) != Some(&version) && self.narrow_all(practice).await? {
                looked.insert(practice, version);
            }
        }
        Ok(())
    }

    /// Whether it was done everywhere: a record at which it fails keeps no other waiting, and is tried again.
    async fn narrow_all(&self, practice: PracticeId) -> Result<bool, Failure> {
        let (mut after, mut everywhere): (Option<TreatmentId>, bool) = (None, true);
        loop {
            let page = views::standing_at(self.log.pool(), practice, after, AT_ONCE).await;
            let page: Vec<(TreatmentId, PatientId, TenantId)> = page.map_err(Failure::Views)?;
            for (treatment, patient, tenant) in &page {
                if let Err(error) = self.narrow(*patient, *treatment, practice, *tenant).await {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, %practice, "what a care team sees cannot be made narrower now");
                    everywhere = false;
                }
            }
            match page.last() {
                Some((last, ..)) => after = Some(*last),
                None => return Ok(everywhere),
            }
        }
    }

    /// Also after each word of a family or a practice: the policy may have moved between its being read and the word's being kept.
    pub(super) async fn narrow(
        &self,
        patient: PatientId,
        treatment: TreatmentId,
        practice: PracticeId,
        tenant: TenantId,
    ) -> Result<(), Failure> {
        let context = Context {
            tenant,
            actor: Actor::Service(Service::Consent),
            on_behalf_of: None,
            purpose: Purpose::SystemAdministration,
            correlation: self.log.ids().next(),
            causation: None,
            traceparent: None,
            occurred: None,
            by_right: None,
        };
        self.change(patient, treatment, &context, None, || Step::Narrow { practice }).await.map(|_| ())
    }
}

/// Of whoever holds a role at the practice, that role's.
pub(super) fn tenant_of(asked: &RequestContext, practice: PracticeId) -> TenantId {
    let there = asked.caller.roles.iter().find(|held| held.practice == Some(practice));
    there.map_or(crate::domain::record::FREE_STANDING, |held| held.tenant)
}
