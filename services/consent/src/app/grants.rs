//! Giving and revoking grants, and looking at them: for the record's holders only.
use super::{App, Failure, made_by, request};
use crate::{
    domain::{
        grant::{Command, Grant, Grantee, Offer, Refusal, ShownGrant, State, UNENDED_MAX},
        record::Record,
    },
    views::{self, Cursor, Listed},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Permit, RequestContext};
use holdfast_eventlog::{Position, Subject};
use holdfast_host::CommandId;
use holdfast_types::{Action, Basis, Category, GrantId, Narrowing, PatientId, Purpose};
use uuid::Uuid;

/// Whose record a grant is of that is not there: refused and recorded like any other that the caller may not see.
const NOBODY: PatientId = PatientId::new(Uuid::nil());

/// Otherwise a decision could miss a grant that stands.
const _: () = assert!(UNENDED_MAX as i64 <= holdfast_access::views::GRANTS_MAX);

pub(crate) struct GiveGrant {
    pub(crate) patient: PatientId,
    pub(crate) grantee: Grantee,
    pub(crate) categories: Vec<Category>,
    pub(crate) actions: Vec<Action>,
    pub(crate) purposes: Vec<Purpose>,
    pub(crate) from: Option<DateTime<Utc>>,
    pub(crate) until: Option<DateTime<Utc>>,
    /// None: all of the categories.
    pub(crate) narrowing: Option<Narrowing>,
}

pub(crate) struct RevokeGrant {
    pub(crate) grant: GrantId,
    /// The revision that the caller saw.
    pub(crate) seen: Option<u64>,
}

pub(crate) struct ListGrants {
    pub(crate) patient: PatientId,
    pub(crate) include_ended: bool,
    pub(crate) after: Option<Cursor>,
    pub(crate) page_size: u32,
}

impl App {
    #[tracing::instrument(skip_all, name = "consent.give_grant")]
    pub(crate) async fn give_grant(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: GiveGrant,
    ) -> Result<(ShownGrant, Option<Position>), Failure> {
        let GiveGrant { patient, grantee, categories, actions, purposes, from, until, narrowing } = command;
        let permit = self.may_share(asked, patient, "consent.GiveGrant").await?;
        let (subject, now) = (Subject::Patient(patient), self.log.clock().now());
        let unended =
            views::unended(self.log.pool(), &permit, now, UNENDED_MAX).await.map_err(Failure::Views)?;
        let record = self.log.load::<Record>(subject, patient.uuid()).await.map_err(Failure::Read)?.state;
        let to_holder = matches!(grantee, Grantee::Account(account) if record.is_held_by(account));
        let authority = permit.into_authority();
        let given_by = authority.account();
        let offer =
            Offer { patient, given_by, grantee, categories, actions, purposes, from, until, narrowing };
        let grant = GrantId::new(made_by(given_by, id, patient.uuid()));
        let executed = self
            .log
            .execute::<Grant>(subject, grant.uuid(), authority.context(), Some(request(given_by, id)), |_| {
                Command::Give { offer: offer.clone(), now, to_holder, unended }
            })
            .await
            .map_err(|error| Failure::of(error, Failure::Grant))?;
        // Whatever became of it since: the answer to a repeated command is the first one.
        let (State::Standing(terms) | State::Revoked { terms, .. }) = executed.state else {
            return Err(Failure::Grant(Refusal::NotGiven));
        };
        Ok((ShownGrant { id: grant, revision: 1, terms, revoked: None }, executed.position))
    }

    #[tracing::instrument(skip_all, name = "consent.revoke_grant")]
    pub(crate) async fn revoke_grant(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: RevokeGrant,
    ) -> Result<(ShownGrant, Option<Position>), Failure> {
        let RevokeGrant { grant, seen } = command;
        let patient = self.patient_of(grant).await?;
        let authority = self.may_share(asked, patient, "consent.RevokeGrant").await?.into_authority();
        let now = self.log.clock().now();
        let executed = self
            .log
            .execute::<Grant>(
                Subject::Patient(patient),
                grant.uuid(),
                authority.context(),
                Some(request(authority.account(), id)),
                |loaded| Command::Revoke { now, seen, present: loaded.revision },
            )
            .await
            .map_err(|error| Failure::of(error, Failure::Grant))?;
        let State::Revoked { terms, revoked } = executed.state else {
            return Err(Failure::Grant(Refusal::NotGiven));
        };
        let shown = ShownGrant { id: grant, revision: executed.revision, terms, revoked: Some(revoked) };
        Ok((shown, executed.position))
    }

    #[tracing::instrument(skip_all, name = "consent.get_grant")]
    pub(crate) async fn grant(&self, asked: &RequestContext, grant: GrantId) -> Result<ShownGrant, Failure> {
        let patient = self.patient_of(grant).await?;
        let permit = self.may_share(asked, patient, "consent.GetGrant").await?;
        let found = views::grant(self.log.pool(), &permit, grant).await.map_err(Failure::Views)?;
        let unreleased = found.ok_or(Failure::Grant(Refusal::NotGiven))?;
        let mut grant = self.gate.release(permit, unreleased).await?;
        self.tell_why(&mut grant).await?;
        Ok(grant)
    }

    /// One more than the page holds.
    #[tracing::instrument(skip_all, name = "consent.list_grants")]
    pub(crate) async fn list_grants(
        &self,
        asked: &RequestContext,
        query: ListGrants,
    ) -> Result<Vec<Listed>, Failure> {
        let ListGrants { patient, include_ended, after, page_size } = query;
        let permit = self.may_share(asked, patient, "consent.ListGrants").await?;
        let now = self.log.clock().now();
        let unreleased = views::grants(self.log.pool(), &permit, include_ended, now, after, page_size)
            .await
            .map_err(Failure::Views)?;
        let mut listed = self.gate.release(permit, unreleased).await?;
        for Listed { grant, .. } in &mut listed {
            self.tell_why(grant).await?;
        }
        Ok(listed)
    }

    /// What was said when it was taken in an emergency stands in the log alone.
    async fn tell_why(&self, grant: &mut ShownGrant) -> Result<(), Failure> {
        if grant.terms.basis == Basis::Emergency {
            let subject = Subject::Patient(grant.terms.patient);
            let loaded = self.log.load::<Grant>(subject, grant.id.uuid()).await.map_err(Failure::Read)?;
            grant.terms.reason = loaded.state.terms().map(|terms| terms.reason.clone()).unwrap_or_default();
        }
        Ok(())
    }

    /// Only holders share, and only they see what is shared with whom.
    async fn may_share(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        operation: &'static str,
    ) -> Result<Permit, Failure> {
        Ok(self.gate.authorise(asked, Action::Share, patient, Category::ALL, operation).await?)
    }

    pub(super) async fn patient_of(&self, grant: GrantId) -> Result<PatientId, Failure> {
        let patient = views::patient_of(self.log.pool(), grant).await.map_err(Failure::Views)?;
        Ok(patient.unwrap_or(NOBODY))
    }
}
