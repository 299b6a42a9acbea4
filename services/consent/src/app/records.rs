//! Opening records, naming holders, and the list of records that somebody can reach.
use super::{App, Failure, made_by, request};
use crate::{
    domain::record::{Command, FREE_STANDING, Holder, Record},
    views::{self, RecordAccess},
};
use holdfast_access::{Oversight, Parts, Permit, RequestContext, usual_purpose};
use holdfast_eventlog::{Context, Position, Subject};
use holdfast_host::CommandId;
use holdfast_types::{AccountId, Action, Actor, Category, PatientId, Relationship, TenantId};
use std::collections::HashMap;
use uuid::Uuid;

pub(crate) struct OpenRecord {
    pub(crate) relationship: Relationship,
    /// None: a free-standing record.
    pub(crate) tenant: Option<TenantId>,
    /// None: the service chooses.
    pub(crate) patient: Option<PatientId>,
    /// None: the caller.
    pub(crate) holder: Option<AccountId>,
}

pub(crate) struct AddHolder {
    pub(crate) patient: PatientId,
    pub(crate) holder: Holder,
}

pub(crate) struct ListRecords {
    pub(crate) after: Option<PatientId>,
    pub(crate) page_size: u32,
}

impl App {
    /// Anybody opens a free-standing record that they hold themselves; for others, or for a network, its administrators do.
    #[tracing::instrument(skip_all, name = "consent.open_record")]
    pub(crate) async fn open_record(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: OpenRecord,
    ) -> Result<(PatientId, Option<Position>), Failure> {
        let caller = asked.caller.account;
        let OpenRecord { relationship, tenant, patient, holder } = command;
        let patient = patient.unwrap_or_else(|| PatientId::new(made_by(caller, id, Uuid::nil())));
        let holder = Holder { account: holder.unwrap_or(caller), relationship };
        let (tenant, context) = match tenant {
            None if holder.account == caller => (FREE_STANDING, for_oneself(asked, patient, relationship)),
            named => {
                let tenant = named.unwrap_or(FREE_STANDING);
                let permit = self
                    .gate
                    .authorise_oversight(asked, Oversight::Tenant(tenant), "consent.OpenRecord")
                    .await?;
                (tenant, permit.into_authority().context().clone())
            }
        };
        let executed = self
            .log
            .execute::<Record>(
                Subject::Patient(patient),
                patient.uuid(),
                &context,
                Some(request(caller, id)),
                |_| Command::Open { tenant, holder },
            )
            .await
            .map_err(|error| Failure::of(error, Failure::Record))?;
        Ok((patient, executed.position))
    }

    #[tracing::instrument(skip_all, name = "consent.add_holder")]
    pub(crate) async fn add_holder(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: AddHolder,
    ) -> Result<Option<Position>, Failure> {
        let AddHolder { patient, holder } = command;
        let permit =
            self.gate.authorise(asked, Action::Share, patient, Category::ALL, "consent.AddHolder").await?;
        let authority = permit.into_authority();
        // From then on the settled list says who holds what, and a name alone would say nothing.
        if self.authorities(patient).await?.spans.is_some() {
            return Err(Failure::AuthoritySettled);
        }
        let executed = self
            .log
            .execute::<Record>(
                Subject::Patient(patient),
                patient.uuid(),
                authority.context(),
                Some(request(authority.account(), id)),
                |_| Command::AddHolder(holder),
            )
            .await
            .map_err(|error| Failure::of(error, Failure::Record))?;
        Ok(executed.position)
    }

    /// Candidates in order, one more than the page holds, each with what the caller may do there; none where no action is permitted
    /// for the purpose of the call.
    #[tracing::instrument(skip_all, name = "consent.list_records")]
    pub(crate) async fn list_records(
        &self,
        asked: &RequestContext,
        query: ListRecords,
    ) -> Result<Vec<(PatientId, Option<RecordAccess>)>, Failure> {
        let (pool, caller, now) = (self.log.pool(), &asked.caller, self.log.clock().now());
        let candidates = views::candidates(pool, caller, now, query.after, query.page_size.saturating_add(1))
            .await
            .map_err(Failure::Views)?;
        let page_size = usize::try_from(query.page_size).unwrap_or(usize::MAX);
        let page: Vec<PatientId> = candidates.iter().copied().take(page_size).collect();
        let permits = self.any_permits(asked, page).await?;
        let answers = views::accesses(pool, caller, now, permits).await.map_err(Failure::Views)?;
        let released = self.gate.release_each(answers).await?;
        let mut accesses: HashMap<PatientId, RecordAccess> =
            released.into_iter().map(|access| (access.patient, access)).collect();
        Ok(candidates.into_iter().map(|patient| (patient, accesses.remove(&patient))).collect())
    }

    /// For each record a permit for whatever the caller may do with it or with a part of it, reading first: nothing of it is in the list.
    async fn any_permits(
        &self,
        asked: &RequestContext,
        mut patients: Vec<PatientId>,
    ) -> Result<Vec<Permit<Parts>>, Failure> {
        let mut permits: Vec<Permit<Parts>> = Vec::with_capacity(patients.len());
        for action in [Action::Read, Action::Contribute, Action::Download] {
            for category in whole_or_each(action) {
                if patients.is_empty() {
                    return Ok(permits);
                }
                let more = self
                    .gate
                    .authorise_each_ahead(asked, action, &patients, category, "consent.ListRecords")
                    .await?;
                patients.retain(|patient| more.iter().all(|permit| permit.patient() != *patient));
                permits.extend(more);
            }
        }
        Ok(permits)
    }
}

/// To contribute is permitted for all categories asked for or none, so it is asked one by one.
fn whole_or_each(action: Action) -> Vec<&'static [Category]> {
    match action {
        Action::Contribute => Category::ALL.chunks(1).collect(),
        Action::Read | Action::Download | Action::Share => vec![Category::ALL],
    }
}

/// A record that is not there yet has no holder whom the gate could know.
fn for_oneself(asked: &RequestContext, patient: PatientId, relationship: Relationship) -> Context {
    Context {
        tenant: FREE_STANDING,
        actor: Actor::Account(asked.caller.account),
        on_behalf_of: relationship.is_for_another().then_some(patient),
        purpose: asked.purpose.unwrap_or_else(|| usual_purpose(Some(relationship), &asked.caller)),
        correlation: asked.correlation,
        causation: None,
        traceparent: asked.traceparent.clone(),
        occurred: None,
        by_right: None,
    }
}
