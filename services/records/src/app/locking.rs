//! Which fields are locked for families: asked, said anew, and whom it binds.
use super::{App, Failure, request};
use crate::{
    domain::{
        item,
        locks::{
            EVERY, Locks,
            chosen::{self, FieldLocks, State},
            place,
        },
    },
    views,
};
use holdfast_access::{OfRecord, Oversight, Permit, RequestContext, Unreleased};
use holdfast_eventlog::{Position, Subject};
use holdfast_host::CommandId;
use holdfast_types::{Action, Category, PatientId, TenantId};

/// What is locked, at which revision, and whether it binds who asks.
pub(crate) struct InForce {
    pub(crate) locks: Locks,
    pub(crate) revision: Option<u64>,
    pub(crate) binds_caller: bool,
}

impl App {
    #[tracing::instrument(skip_all, name = "records.list_field_locks")]
    pub(crate) async fn locks_of_record(
        &self,
        asked: &RequestContext,
        patient: PatientId,
    ) -> Result<InForce, Failure> {
        let rooms = [Category::Demographics];
        let operation = "records.ListFieldLocks";
        let permit = self.gate.authorise(asked, Action::Read, patient, &rooms, operation).await?;
        let locks = views::locks(self.log.pool(), &permit).await.map_err(Failure::Views)?;
        let binds_caller = binds(asked, &permit);
        let in_force = InForce { locks, revision: None, binds_caller };
        Ok(self.gate.release(permit, Unreleased::new(in_force, Vec::new())).await?)
    }

    #[tracing::instrument(skip_all, name = "records.list_field_locks_of_network")]
    pub(crate) async fn locks_of_network(
        &self,
        asked: &RequestContext,
        tenant: TenantId,
    ) -> Result<InForce, Failure> {
        let oversight = Oversight::Tenant(tenant);
        let permit = self.gate.authorise_oversight(asked, oversight, "records.ListFieldLocks").await?;
        let loaded = self.log.load::<FieldLocks>(Subject::Tenant(tenant), tenant.uuid()).await;
        let loaded = loaded.map_err(Failure::Read)?;
        let State(locks) = loaded.state;
        let in_force = InForce { locks, revision: Some(loaded.revision), binds_caller: false };
        Ok(self.gate.release(permit, Unreleased::new(in_force, Vec::new())).await?)
    }

    #[tracing::instrument(skip_all, name = "records.set_field_locks")]
    pub(crate) async fn set_locks(
        &self,
        asked: &RequestContext,
        id: CommandId,
        tenant: TenantId,
        locks: Locks,
        seen: Option<u64>,
    ) -> Result<Option<Position>, Failure> {
        let oversight = Oversight::Tenant(tenant);
        let permit = self.gate.authorise_oversight(asked, oversight, "records.SetFieldLocks").await?;
        let authority = permit.into_authority();
        let request = Some(request(authority.account(), id));
        let subject = Subject::Tenant(tenant);
        let done = self
            .log
            .execute::<FieldLocks>(subject, tenant.uuid(), authority.context(), request, |loaded| {
                let as_seen = seen.is_none_or(|seen| seen == loaded.revision);
                chosen::Command { locks: locks.clone(), as_seen }
            })
            .await
            .map_err(|error| Failure::of(error, Failure::Locks))?;
        Ok(done.position)
    }

    /// What binds whoever was permitted; nothing where they do it professionally.
    pub(super) async fn locks_for<T: OfRecord>(
        &self,
        asked: &RequestContext,
        permit: &Permit<T>,
    ) -> Result<Option<Locks>, Failure> {
        if !binds(asked, permit) {
            return Ok(None);
        }
        views::locks(self.log.pool(), permit).await.map(Some).map_err(Failure::Views)
    }

    /// What a family adds to a room that is reviewed is proposed.
    pub(super) async fn may_add(
        &self,
        asked: &RequestContext,
        permit: &Permit,
        rooms: &[Category],
    ) -> Result<(), Failure> {
        let Some(locks) = self.locks_for(asked, permit).await? else { return Ok(()) };
        match rooms.iter().find(|room| locks.reviews(**room)) {
            Some(room) => Err(Failure::Item(item::Refusal::Locked(place(Some(*room), EVERY)))),
            None => Ok(()),
        }
    }
}

/// Families, whoever helps them, and everybody else who has no role anywhere.
pub(super) fn binds<T: OfRecord>(asked: &RequestContext, permit: &Permit<T>) -> bool {
    permit.relationship().is_some() || asked.caller.roles.is_empty()
}
