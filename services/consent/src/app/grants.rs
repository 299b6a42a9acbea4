//! Revoking grants, and looking at them: for the record's holders only.
use super::{App, Failure, request};
use crate::{
    domain::{
        grant::{Command, Grant, Refusal, ShownGrant, State},
        record::Record,
    },
    views::{self, Cursor, Listed},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Parts, Permit, RequestContext};
use holdfast_eventlog::{Position, Subject};
use holdfast_host::CommandId;
use holdfast_types::{AccountId, Action, Basis, Category, GrantId, PatientId, Purpose, Span};

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

/// How an account stands to a record at a moment.
pub(super) enum Standing {
    None,
    /// A holder, and nothing was settled.
    Named,
    Holds(Vec<Span>),
}

impl Standing {
    /// All of these rooms, for everything that somebody holds rooms for: there is nothing to share, and nothing to keep back.
    pub(super) fn holds(&self, rooms: &[Category]) -> bool {
        let held = |spans: &[Span], room: Category| {
            spans.iter().any(|span| span.holds(Action::Read, room) && span.holds(Action::Contribute, room))
        };
        match self {
            Self::None => false,
            Self::Named => true,
            Self::Holds(spans) => rooms.iter().all(|room| held(spans, *room)),
        }
    }

    /// Something, and not every room to look into.
    pub(super) fn holds_a_part(&self) -> bool {
        let read = |spans: &[Span], room: Category| spans.iter().any(|span| span.holds(Action::Read, room));
        match self {
            Self::None | Self::Named => false,
            Self::Holds(spans) => !Category::ALL.iter().all(|room| read(spans, *room)),
        }
    }

    /// Of whoever acts for the person, the family's own.
    pub(super) fn purposes(&self, purposes: Vec<Purpose>) -> Vec<Purpose> {
        match self {
            Self::Holds(_) if purposes.is_empty() => vec![Purpose::FamilyRequest],
            Self::None | Self::Named | Self::Holds(_) => purposes,
        }
    }
}

/// A grant as somebody sees it who may share some of its rooms: of the others, and why somebody took them, nothing.
fn as_far_as(mut grant: ShownGrant, shared: &[Category]) -> ShownGrant {
    let before = grant.terms.categories.len();
    grant.terms.categories.retain(|room| shared.contains(room));
    if grant.terms.categories.len() < before {
        grant.terms.reason.clear();
    }
    grant
}

impl App {
    #[tracing::instrument(skip_all, name = "consent.revoke_grant")]
    pub(crate) async fn revoke_grant(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: RevokeGrant,
    ) -> Result<(ShownGrant, Option<Position>), Failure> {
        let RevokeGrant { grant, seen } = command;
        let patient = self.patient_of(grant).await?;
        let subject = Subject::Patient(patient);
        let rooms = self.rooms_of(patient, grant).await?;
        let permit = self.may_share(asked, patient, &rooms, "consent.RevokeGrant").await?;
        let (shared, authority) = (permit.categories().to_vec(), permit.into_authority());
        let now = self.log.clock().now();
        let executed = self
            .log
            .execute::<Grant>(
                subject,
                grant.uuid(),
                authority.context(),
                Some(request(authority.account(), id)),
                |loaded| Command::Revoke { now, seen, present: loaded.revision },
            )
            .await
            .map_err(|error| Failure::of(error, Failure::Grant))?;
        let State::Revoked { terms, revoked, replaced_by } = executed.state else {
            return Err(Failure::Grant(Refusal::NotGiven));
        };
        let (revision, revoked) = (executed.revision, Some(revoked));
        let shown = ShownGrant { revision, revoked, replaced_by, ..ShownGrant::as_given(grant, terms) };
        Ok((as_far_as(shown, &shared), executed.position))
    }

    #[tracing::instrument(skip_all, name = "consent.get_grant")]
    pub(crate) async fn grant(&self, asked: &RequestContext, grant: GrantId) -> Result<ShownGrant, Failure> {
        let patient = self.patient_of(grant).await?;
        let rooms = self.rooms_of(patient, grant).await?;
        let permit = self.may_share(asked, patient, &rooms, "consent.GetGrant").await?;
        let shared = permit.categories().to_vec();
        let found = views::grant(self.log.pool(), &permit, grant).await.map_err(Failure::Views)?;
        let grant = self.gate.release(permit, found).await?;
        let mut grant = grant.ok_or(Failure::Grant(Refusal::NotGiven))?;
        self.tell_why(&mut grant).await?;
        Ok(as_far_as(grant, &shared))
    }

    /// One more than the page holds.
    #[tracing::instrument(skip_all, name = "consent.list_grants")]
    pub(crate) async fn list_grants(
        &self,
        asked: &RequestContext,
        query: ListGrants,
    ) -> Result<Vec<Listed>, Failure> {
        let ListGrants { patient, include_ended, after, page_size } = query;
        let permit = self.may_share(asked, patient, Category::ALL, "consent.ListGrants").await?;
        let shared = permit.categories().to_vec();
        let now = self.log.clock().now();
        let unreleased = views::grants(self.log.pool(), &permit, include_ended, now, after, page_size)
            .await
            .map_err(Failure::Views)?;
        let mut listed = self.gate.release(permit, unreleased).await?;
        for Listed { grant, .. } in &mut listed {
            self.tell_why(grant).await?;
        }
        let as_shared = |listed: Listed| Listed { grant: as_far_as(listed.grant, &shared), ..listed };
        Ok(listed.into_iter().map(as_shared).collect())
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

    /// Of a grant that is not there, all: who may not see it is told the same of it as of one that is.
    pub(super) async fn rooms_of(
        &self,
        patient: PatientId,
        grant: GrantId,
    ) -> Result<Vec<Category>, Failure> {
        let loaded = self.log.load::<Grant>(Subject::Patient(patient), grant.uuid()).await;
        let state = loaded.map_err(Failure::Read)?.state;
        Ok(state.terms().map_or_else(|| Category::ALL.to_vec(), |terms| terms.categories.clone()))
    }

    /// Only holders share, and only they see what is shared with whom: whoever holds some rooms, of those alone.
    pub(super) async fn may_share(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        rooms: &[Category],
        operation: &'static str,
    ) -> Result<Permit<Parts>, Failure> {
        Ok(self.gate.authorise_in_part(asked, Action::Share, patient, rooms, operation).await?)
    }

    /// What an account is that something is shared with, or kept from.
    pub(super) async fn standing(
        &self,
        patient: PatientId,
        account: AccountId,
        now: DateTime<Utc>,
    ) -> Result<Standing, Failure> {
        let settled = self.authorities(patient).await?;
        if settled.spans.is_some() {
            let held: Vec<Span> = settled.held(account, now).cloned().collect();
            return Ok(if held.is_empty() { Standing::None } else { Standing::Holds(held) });
        }
        let record = self.log.load::<Record>(Subject::Patient(patient), patient.uuid()).await;
        let named = record.map_err(Failure::Read)?.state.is_held_by(account);
        Ok(if named { Standing::Named } else { Standing::None })
    }

    pub(super) async fn patient_of(&self, grant: GrantId) -> Result<PatientId, Failure> {
        let patient = views::patient_of(self.log.pool(), grant).await.map_err(Failure::Views)?;
        Ok(patient.unwrap_or(PatientId::NIL))
    }
}
