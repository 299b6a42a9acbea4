//! Who had authority at a moment, on which evidence, as it is known now or as it was known at another.
use super::{App, Failure};
use crate::domain::{
    authority::{Authorities, Authority, Freeze, Person, State},
    record::{Holder, Record},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Oversight, RequestContext, Returned, Unreleased};
use holdfast_eventlog::{Decider, Event as _, ReadError, StreamName, Subject};
use holdfast_types::{AccountId, Action, AuthorityId, Category, PatientId, Period, Role, Span, TenantId};

const OPERATION: &str = "consent.ListAuthority";

pub(crate) struct ListAuthority {
    pub(crate) patient: PatientId,
    /// As whose officer or administrator; none for holders.
    pub(crate) tenant: Option<TenantId>,
    /// None: now.
    pub(crate) at: Option<DateTime<Utc>>,
    /// None: as it is known now.
    pub(crate) known: Option<DateTime<Utc>>,
}

#[derive(Debug, Default)]
pub(crate) struct AuthorityThen {
    pub(crate) spans: Vec<Span>,
    pub(crate) later: Vec<Span>,
    pub(crate) authorities: Vec<Authority>,
    pub(crate) freezes: Vec<Freeze>,
    pub(crate) person: Option<Person>,
    /// Of all that was known then; none for whoever is told a part.
    pub(crate) revision: Option<u64>,
}

impl App {
    /// Part of the record's history, and seen by those who see that. Whoever attests sees what there is to attest; who holds less than
    /// every room is told what is their own.
    #[tracing::instrument(skip_all, name = "consent.list_authority")]
    pub(crate) async fn list_authority(
        &self,
        asked: &RequestContext,
        query: ListAuthority,
    ) -> Result<AuthorityThen, Failure> {
        let (patient, caller) = (query.patient, asked.caller.account);
        let standing = self.standing(patient, caller, self.log.clock().now()).await;
        if query.tenant.is_none() && standing.is_ok_and(|standing| standing.holds_a_part()) {
            let gate = &self.gate;
            let permit =
                gate.authorise_in_part(asked, Action::Read, patient, Category::ALL, OPERATION).await?;
            let (then, returned) = self.authority_then(&query).await?;
            return Ok(gate.release(permit, Unreleased::new(then.own(caller), returned)).await?);
        }
        let permit = self.gate.authorise_oversight(asked, oversight(asked, &query), OPERATION).await?;
        let (then, returned) = self.authority_then(&query).await?;
        Ok(self.gate.release(permit, Unreleased::new(then, returned)).await?)
    }

    async fn authority_then(&self, query: &ListAuthority) -> Result<(AuthorityThen, Vec<Returned>), Failure> {
        let ListAuthority { patient, at, known, .. } = *query;
        let at = at.unwrap_or_else(|| self.log.clock().now());
        let (state, revision) = self.known_at::<Authorities>(patient, known).await?;
        let (record, _) = self.known_at::<Record>(patient, known).await?;
        let told = match &state.spans {
            Some(spans) => then(&state, spans, at),
            None => AuthorityThen { spans: named(record.holders()), ..AuthorityThen::default() },
        };
        let then = AuthorityThen { revision: Some(revision), ..told };
        Ok((then, vec![Returned { id: patient.uuid(), revision }]))
    }

    /// An aggregate of the record as its log had it at a moment, and at which revision.
    async fn known_at<D: Decider>(
        &self,
        patient: PatientId,
        known: Option<DateTime<Utc>>,
    ) -> Result<(D::State, u64), Failure> {
        let stream = StreamName::new(D::Event::AGGREGATE, patient.uuid());
        let events = self.log.stream(Subject::Patient(patient), &stream).await.map_err(Failure::Read)?;
        let mut then = (D::State::default(), 0);
        for opened in events {
            if known.is_some_and(|known| known < opened.header.recorded) {
                break;
            }
            let event =
                opened.decode::<D::Event>().map_err(|error| Failure::Read(ReadError::Decode(error)))?;
            then = (D::evolve(then.0, &event), opened.header.revision);
        }
        Ok(then)
    }
}

/// An officer sees the history of the whole tenant; an administrator what the record's own attest.
fn oversight(asked: &RequestContext, query: &ListAuthority) -> Oversight {
    let patient = query.patient;
    let Some(tenant) = query.tenant else { return Oversight::RecordHistory(patient) };
    let mut roles = asked.caller.roles.iter();
    match roles.any(|held| held.role == Role::ComplianceOfficer && held.tenant == tenant) {
        true => Oversight::TenantHistory { tenant, patient: Some(patient) },
        false => Oversight::Authority(patient),
    }
}

impl AuthorityThen {
    /// What an account has, and what it said itself: nothing of anybody else.
    fn own(mut self, account: AccountId) -> Self {
        self.authorities.retain(|one| one.account == account || one.by == account);
        let said: Vec<AuthorityId> = self.authorities.iter().map(|one| one.id).collect();
        let own = |span: &Span| {
            span.account == account || span.authority.is_some_and(|authority| said.contains(&authority))
        };
        self.spans.retain(own);
        self.later.retain(own);
        Self { freezes: Vec::new(), person: None, revision: None, ..self }
    }
}

fn then(state: &State, spans: &[Span], at: DateTime<Utc>) -> AuthorityThen {
    let which = |wanted: fn(&Span, DateTime<Utc>) -> bool| {
        spans.iter().filter(|span| wanted(span, at)).cloned().collect::<Vec<_>>()
    };
    let in_force = which(|span, at| span.period.contains(at));
    let mut later = which(|span, at| span.period.from() > at);
    later.sort_by_key(|span| span.period.from());
    let follows = |id: AuthorityId| in_force.iter().chain(&later).any(|span| span.authority == Some(id));
    let known = &state.known;
    let authorities = known.authorities.iter().filter(|one| one.waits() || one.stands(at) || follows(one.id));
    let freezes = known.freezes.iter().filter(|freeze| freeze.holds_back(freeze.account, at));
    AuthorityThen {
        authorities: authorities.cloned().collect(),
        freezes: freezes.cloned().collect(),
        person: known.person.clone(),
        spans: in_force,
        later,
        ..AuthorityThen::default()
    }
}

/// Where nothing was settled: whoever was named holds everything.
fn named(holders: &[Holder]) -> Vec<Span> {
    let Ok(period) = Period::try_new(DateTime::UNIX_EPOCH, None) else { return Vec::new() };
    let everything = |holder: &Holder| Span {
        account: holder.account,
        relationship: holder.relationship,
        categories: Category::ALL.to_vec(),
        actions: Action::ALL.to_vec(),
        period,
        authority: None,
    };
    holders.iter().map(everything).collect()
}
