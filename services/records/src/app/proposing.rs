//! Proposing a change, taking it back, and deciding on it: accepting makes the change in the same append.
use super::{
    App, Failure, Unfit,
    authoring::{NewItem, author, read_items},
    incoming::draft,
    locking::binds,
    made_by,
    recording::of_item,
    request, subject,
};
use crate::{
    domain::{
        content::{Content, Proposed},
        demographics::{Demographics, Field},
        item::{self, Item, id_of},
        locks::{EVERY, place},
        patient::{self, Patient},
        proposal::{Command, Made, Proposal, Refusal, State, Wish},
    },
    views,
};
use bytes::Bytes;
use holdfast_access::{Permit, RequestContext};
use holdfast_eventlog::{Append, AppendError, Decider as _, Position, StreamAppend};
use holdfast_host::CommandId;
use holdfast_types::{Action, Actor, Category, ItemId, PatientId};
use std::sync::Arc;
use uuid::Uuid;

const ATTEMPTS_MAX: u32 = 8;
/// So many of a record may wait.
const WAITING_MAX: i64 = 50;

/// What should be, as its sender writes it.
pub(crate) enum Change {
    Demographics(Box<Demographics>, Vec<Field>),
    Item(ItemId, Bytes),
    Addition(Bytes),
    Retraction(ItemId),
}

pub(crate) struct Propose {
    pub(crate) patient: PatientId,
    pub(crate) change: Change,
    pub(crate) reason: String,
    pub(crate) seen: Option<u64>,
}

/// What whoever decides says.
pub(crate) struct Verdict {
    pub(crate) accept: bool,
    pub(crate) answer: String,
    pub(crate) seen: Option<u64>,
}

impl App {
    #[tracing::instrument(skip_all, name = "records.propose_change")]
    pub(crate) async fn propose(
        &self,
        asked: &RequestContext,
        id: CommandId,
        propose: Propose,
    ) -> Result<(Uuid, Option<Position>), Failure> {
        let Propose { patient, change, reason, seen } = propose;
        let (content, permit) = self.permit_to_propose(asked, patient, &change).await?;
        let proposal = made_by(permit.account(), id, patient.uuid());
        let acts = request(permit.account(), id);
        let before = self.log.answered(subject(patient), Some(acts)).await.map_err(Failure::Append)?;
        if before.is_some() {
            return Ok((proposal, before));
        }
        let waiting = views::waiting_count(self.log.pool(), &permit).await.map_err(Failure::Views)?;
        if waiting >= WAITING_MAX {
            return Err(Failure::Proposal(Refusal::TooMany));
        }
        let wish = match change {
            Change::Demographics(values, fields) => self.of_person(patient, *values, &fields, seen).await?,
            Change::Addition(_) => Wish::Addition { content: content.ok_or_else(nothing_read)? },
            Change::Item(item, _) => self.of_item(patient, item, content, seen).await?,
            Change::Retraction(item) => self.of_item(patient, item, None, seen).await?,
        };
        let authority = permit.into_authority();
        let made = Box::new(Made { by: authority.account(), reason, wish });
        let command = |_: &_| Command::Make(made.clone());
        let done = self
            .log
            .execute::<Proposal>(subject(patient), proposal, authority.context(), Some(acts), command)
            .await
            .map_err(|error| Failure::of(error, Failure::Proposal))?;
        Ok((proposal, done.position))
    }

    /// To contribute where its thing is and where it would be; with what it would say.
    async fn permit_to_propose(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        change: &Change,
    ) -> Result<(Option<Arc<Content>>, Permit), Failure> {
        let operation = "records.ProposeChange";
        let (json, item) = match change {
            Change::Demographics(..) => (None, None),
            Change::Item(item, json) => (Some(json), Some(*item)),
            Change::Addition(json) => (Some(json), None),
            Change::Retraction(item) => (None, Some(*item)),
        };
        let content = match json {
            Some(json) => {
                let new = NewItem { json: json.clone(), source_key: String::new() };
                Some(read_items(patient, &[new]).await?.pop().ok_or_else(nothing_read)?)
            }
            None => None,
        };
        let becomes = content.as_ref().map(|content| content.category);
        let permit = match item {
            Some(item) => self.permit_to_change(asked, (patient, item), becomes, operation).await?,
            None => {
                let rooms = [becomes.unwrap_or(Category::Demographics)];
                self.gate.authorise(asked, Action::Contribute, patient, &rooms, operation).await?
            }
        };
        let Some(content) = content else { return Ok((None, permit)) };
        let source =
            crate::domain::content::Source { key: content.source.key.clone(), ..author(&permit, asked) };
        let content = draft(patient, Content { source, ..content })?.content;
        Ok((Some(content), permit))
    }

    async fn of_person(
        &self,
        patient: PatientId,
        values: Demographics,
        fields: &[Field],
        seen: Option<u64>,
    ) -> Result<Wish, Failure> {
        let loaded =
            self.log.load::<Patient>(subject(patient), patient.uuid()).await.map_err(Failure::Read)?;
        let patient::State::Registered(known) = loaded.state else {
            return Err(Failure::Patient(patient::Refusal::NotRegistered));
        };
        if seen.is_some_and(|seen| seen != loaded.revision) {
            return Err(Failure::Patient(patient::Refusal::NotAsSeen));
        }
        let (changed, fields) = known.with(fields, &values);
        if fields.is_empty() {
            return Err(Failure::Proposal(Refusal::Nothing));
        }
        let (was, values) = (Box::new(known.only(&fields)), Box::new(changed.only(&fields)));
        Ok(Wish::Demographics { was, values, fields })
    }

    /// As it should be, or, without a content, that it should be retracted.
    async fn of_item(
        &self,
        patient: PatientId,
        item: ItemId,
        content: Option<Arc<Content>>,
        seen: Option<u64>,
    ) -> Result<Wish, Failure> {
        let loaded = self.log.load::<Item>(subject(patient), item.uuid()).await.map_err(Failure::Read)?;
        let revision = loaded.revision;
        let stands = match loaded.state {
            item::State::Standing(stands) => stands,
            item::State::Retracted(_) => return Err(Failure::Item(item::Refusal::AlreadyRetracted)),
            item::State::Absent => return Err(Failure::Item(item::Refusal::Unknown)),
        };
        if seen.is_some_and(|seen| seen != revision) {
            return Err(Failure::Item(item::Refusal::NotAsSeen));
        }
        let stood = stands.category;
        match content {
            None => Ok(Wish::Retraction { item, seen: revision, stood }),
            Some(content) if content.resource_type != stands.resource_type => {
                Err(Failure::Item(item::Refusal::OtherType))
            }
            Some(content) if content.resource.sha256() == stands.content => {
                Err(Failure::Proposal(Refusal::Nothing))
            }
            Some(content) => Ok(Wish::Change { item, seen: revision, stood, content }),
        }
    }

    #[tracing::instrument(skip_all, name = "records.withdraw_proposal")]
    pub(crate) async fn withdraw_proposal(
        &self,
        asked: &RequestContext,
        id: CommandId,
        (patient, proposal): (PatientId, Uuid),
    ) -> Result<Option<Position>, Failure> {
        let operation = "records.WithdrawProposal";
        let permit = self.permit_to_decide(asked, (patient, proposal), operation).await?;
        let authority = permit.into_authority();
        let (by, acts) = (authority.account(), request(authority.account(), id));
        let command = |_: &_| Command::Withdraw { by };
        let done = self
            .log
            .execute::<Proposal>(subject(patient), proposal, authority.context(), Some(acts), command)
            .await
            .map_err(|error| Failure::of(error, Failure::Proposal))?;
        Ok(done.position)
    }

    /// Answers with the item that was changed or added.
    #[tracing::instrument(skip_all, name = "records.review_proposal")]
    pub(crate) async fn review_proposal(
        &self,
        asked: &RequestContext,
        id: CommandId,
        (patient, proposal): (PatientId, Uuid),
        verdict: Verdict,
    ) -> Result<(Option<ItemId>, Option<Position>), Failure> {
        let permit = self.permit_to_decide(asked, (patient, proposal), "records.ReviewProposal").await?;
        if binds(asked, &permit) {
            let room = permit.categories().first().copied();
            return Err(Failure::Item(item::Refusal::Locked(place(room, EVERY))));
        }
        let by = author(&permit, asked);
        let authority = permit.into_authority();
        let (subject, acts) = (subject(patient), request(authority.account(), id));
        let mut attempt = 0;
        loop {
            attempt += 1;
            let before = self.log.answered(subject, Some(acts)).await.map_err(Failure::Append)?;
            let loaded = self.log.load::<Proposal>(subject, proposal).await.map_err(Failure::Read)?;
            if before.is_some() {
                return Ok((loaded.state.item(), before));
            }
            let as_seen = verdict.seen.is_none_or(|seen| seen == loaded.revision);
            let (account, answer) = (authority.account(), verdict.answer.clone());
            let (command, item, changed) = match (&loaded.state, verdict.accept) {
                (State::Waiting(made), true) => {
                    let proposed = Proposed { by: made.by, proposal };
                    let (item, changed) = self.make(patient, made, proposed, &by).await?;
                    (Command::Accept { by: account, item, answer, as_seen }, item, Some(changed))
                }
                _ => (Command::Reject { by: account, answer, as_seen }, None, None),
            };
            let decided = Proposal::decide(&loaded.state, command).map_err(Failure::Proposal)?;
            let decided = StreamAppend::of(proposal, loaded.revision, &decided).map_err(Failure::Append)?;
            let streams = std::iter::once(decided).chain(changed).collect();
            let context = authority.context().clone();
            match self.log.append(Append { subject, context, request: Some(acts), streams }).await {
                Ok(appended) if !appended.repeated => return Ok((item, Some(appended.position))),
                Ok(_) => {}
                Err(AppendError::Stale) if attempt < ATTEMPTS_MAX => {}
                Err(error) => return Err(Failure::Append(error)),
            }
        }
    }

    /// What accepting appends to the thing's own stream.
    async fn make(
        &self,
        patient: PatientId,
        made: &Made,
        proposed: Proposed,
        by: &crate::domain::content::Source,
    ) -> Result<(Option<ItemId>, StreamAppend), Failure> {
        let accepted = |content: &Content| {
            let key = content.source.key.clone();
            let source = crate::domain::content::Source { key, ..by.clone() };
            Arc::new(Content { source, proposed: Some(proposed), ..content.clone() })
        };
        let (item, seen, command) = match &made.wish {
            Wish::Demographics { was, values, fields } => {
                let (was, values) = (was.clone(), values.clone());
                let command = patient::Command::Accept { was, values, fields: fields.clone(), proposed };
                return Ok((None, self.accept_of_person(patient, command).await?));
            }
            Wish::Addition { content } => {
                let item = id_of(patient, by.id, &proposed.proposal.to_string());
                (item, 0, item::Command::Record(accepted(content)))
            }
            Wish::Change { item, seen, content, .. } => {
                let content = accepted(content);
                (*item, *seen, item::Command::Replace { content, as_seen: true, locks: None })
            }
            Wish::Retraction { item, seen, .. } => {
                let (reason, proposed) = (made.reason.clone(), Some(proposed));
                let command = item::Command::Retract { reason, as_seen: true, locks: None, proposed };
                (*item, *seen, command)
            }
        };
        let loaded = self.log.load::<Item>(subject(patient), item.uuid()).await.map_err(Failure::Read)?;
        if loaded.revision != seen {
            return Err(Failure::Item(item::Refusal::NotAsSeen));
        }
        let events = Item::decide(&loaded.state, command).map_err(Failure::Item)?;
        Ok((Some(item), of_item(item, loaded.revision, events)?))
    }

    async fn accept_of_person(
        &self,
        patient: PatientId,
        command: patient::Command,
    ) -> Result<StreamAppend, Failure> {
        let id = patient.uuid();
        let loaded = self.log.load::<Patient>(subject(patient), id).await.map_err(Failure::Read)?;
        let events = Patient::decide(&loaded.state, command).map_err(Failure::Patient)?;
        StreamAppend::of(id, loaded.revision, &events).map_err(Failure::Append)
    }

    /// To contribute in its rooms; what is kept from the caller is not there.
    async fn permit_to_decide(
        &self,
        asked: &RequestContext,
        (patient, proposal): (PatientId, Uuid),
        operation: &'static str,
    ) -> Result<Permit, Failure> {
        let head = views::proposal_head(self.log.pool(), patient, proposal).await.map_err(Failure::Views)?;
        if let Some(head) = head {
            let permit =
                self.gate.authorise(asked, Action::Contribute, patient, &head.rooms, operation).await?;
            let by = Actor::Account(permit.account()).to_string();
            let kept = permit.withheld().holds(proposal, Some(&head.proposer)) && head.proposer != by;
            let thing_kept = match head.item {
                Some(item) => views::is_withheld(&self.log, &permit, item).await.map_err(Failure::Views)?,
                None => false,
            };
            if !kept && !thing_kept {
                return Ok(permit);
            }
        }
        let _everything =
            self.gate.authorise(asked, Action::Contribute, patient, Category::ALL, operation).await?;
        Err(Failure::Proposal(Refusal::Unknown))
    }
}

fn nothing_read() -> Failure {
    Failure::Unfit(Unfit::NotAnItem { place: "fhir_json".to_owned() })
}
