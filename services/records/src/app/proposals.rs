//! Reading proposals: of one record, and those that wait for somebody like the caller in all of them.
use super::{App, Failure, subject};
use crate::{
    domain::{
        patient::{self, Patient},
        proposal::{Refusal, Wish},
    },
    views::{self, ProposalCursor, ProposalState, ShownProposal},
};
use holdfast_access::{Permit, RequestContext};
use holdfast_types::{Action, Category, PatientId};
use std::collections::BTreeSet;
use uuid::Uuid;

pub(crate) struct ListProposals {
    pub(crate) state: Option<ProposalState>,
    pub(crate) after: Option<ProposalCursor>,
    pub(crate) size: u32,
}

pub(crate) type ProposalPage = (Vec<ShownProposal>, Option<ProposalCursor>);

impl App {
    #[tracing::instrument(skip_all, name = "records.get_proposal")]
    pub(crate) async fn proposal(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        proposal: Uuid,
    ) -> Result<ShownProposal, Failure> {
        let head = views::proposal_head(self.log.pool(), patient, proposal).await.map_err(Failure::Views)?;
        let rooms = head.map_or_else(|| Category::ALL.to_vec(), |head| head.rooms);
        let operation = "records.GetProposal";
        let permit = self.gate.authorise(asked, Action::Read, patient, &rooms, operation).await?;
        let found = views::proposal(&self.log, &permit, proposal).await.map_err(Failure::Views)?;
        let current = self.person(&permit).await?;
        let shown =
            self.gate.release(permit, found.map(|found| found.map(|one| outdated(one, &current)))).await?;
        shown.ok_or(Failure::Proposal(Refusal::Unknown))
    }

    /// Newest first.
    #[tracing::instrument(skip_all, name = "records.list_proposals")]
    pub(crate) async fn proposals(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        query: ListProposals,
    ) -> Result<ProposalPage, Failure> {
        let operation = "records.ListProposals";
        let permit = self.gate.authorise(asked, Action::Read, patient, Category::ALL, operation).await?;
        let ListProposals { state, after, size } = query;
        let page = views::proposals(&self.log, &permit, state, after, size).await.map_err(Failure::Views)?;
        let current = self.person(&permit).await?;
        let page = page
            .map(|(listed, next)| (listed.into_iter().map(|one| outdated(one, &current)).collect(), next));
        Ok(self.gate.release(permit, page).await?)
    }

    /// Oldest first, of all records to which the caller may contribute what is proposed.
    #[tracing::instrument(skip_all, name = "records.list_waiting_proposals")]
    pub(crate) async fn waiting_proposals(
        &self,
        asked: &RequestContext,
        after: Option<ProposalCursor>,
        size: u32,
    ) -> Result<ProposalPage, Failure> {
        let (pool, now, operation) = (self.log.pool(), self.log.clock().now(), "records.ListProposals");
        if asked.caller.roles.is_empty() {
            return Ok((Vec::new(), None));
        }
        let (candidates, next) =
            views::waiting(pool, &asked.caller, now, after, size).await.map_err(Failure::Views)?;
        let mut rooms: BTreeSet<(PatientId, Vec<Category>)> = BTreeSet::new();
        for candidate in &candidates {
            rooms.insert((candidate.patient, candidate.rooms.clone()));
        }
        let mut reviewed = BTreeSet::new();
        for (patient, rooms) in rooms {
            let gate = &self.gate;
            let permits =
                gate.authorise_each(asked, Action::Contribute, &[patient], &rooms, operation).await?;
            let reviews = |permit: &Permit| permit.relationship().is_none();
            if permits.iter().any(reviews) {
                reviewed.insert((patient, rooms));
            }
        }
        let mut wanted: Vec<PatientId> = reviewed.iter().map(|(patient, _)| *patient).collect();
        wanted.dedup();
        let permits =
            self.gate.authorise_each(asked, Action::Read, &wanted, Category::ALL, operation).await?;
        let mut answers = Vec::with_capacity(permits.len());
        for permit in permits {
            let patient = permit.patient();
            let of_record = candidates.iter().filter(|one| one.patient == patient);
            let of_record = of_record.filter(|one| reviewed.contains(&(patient, one.rooms.clone())));
            let ids: Vec<Uuid> = of_record.map(|one| one.proposal).collect();
            let found = views::proposals_named(&self.log, &permit, &ids).await.map_err(Failure::Views)?;
            let current = self.person(&permit).await?;
            let found =
                found.map(|found| found.into_iter().map(|one| outdated(one, &current)).collect::<Vec<_>>());
            answers.push((permit, found));
        }
        let mut shown: Vec<ShownProposal> =
            self.gate.release_each(answers).await?.into_iter().flatten().collect();
        shown.sort_by_key(|one| (one.created, one.proposal));
        Ok((shown, next))
    }

    /// The person as known now, to compare with.
    async fn person(&self, permit: &Permit) -> Result<patient::State, Failure> {
        if !permit.covers(Category::Demographics) {
            return Ok(patient::State::Unregistered);
        }
        let patient = permit.patient();
        let loaded = self.log.load::<Patient>(subject(patient), patient.uuid()).await;
        Ok(loaded.map_err(Failure::Read)?.state)
    }
}

/// Whether what it is about changed since: of an item its place says so, of demographics their words do.
fn outdated(shown: ShownProposal, current: &patient::State) -> ShownProposal {
    let moved_on = match (&shown.made.wish, current) {
        (Wish::Demographics { was, fields, .. }, patient::State::Registered(now)) => {
            now.differing(was).iter().any(|field| fields.contains(field))
        }
        _ => shown.outdated,
    };
    ShownProposal { outdated: moved_on && shown.state == ProposalState::Waiting, ..shown }
}
