//! gRPC: what is locked for families, and what they propose.
use super::{change, fields, resource};
use crate::{
    app::{App, Change, InForce, ListProposals, Propose, Verdict},
    domain::{
        demographics::Field,
        locks::{EVERY, Lock, Locks},
        proposal::{Kind, Wish},
    },
    views::{ProposalCursor, ProposalState, ShownProposal},
};
use holdfast_host::{CommandId, Ground, Page, PageLimits, Problem, catalogue, field, mask};
use holdfast_proto::{
    Word,
    records::v1::{
        self as pb,
        proposal_service_server::{ProposalService, ProposalServiceServer},
    },
    timestamp,
};
use holdfast_types::{Actor, Category, PatientId};
use std::collections::BTreeSet;
use tonic::{Request, Response, Status};
use uuid::Uuid;

const PAGES: PageLimits = PageLimits { default: 25, max: 50 };
const LOCKS_MAX: usize = 200;
const REASON_CHARACTERS_MAX: usize = 500;
const ELEMENT_CHARACTERS_MAX: usize = 64;
/// In a list, so that a page stays below what a client takes; one by itself is told with all of them.
const FIELDS_LISTED_MAX: usize = 3;

pub(crate) fn service(ground: Ground, app: App) -> ProposalServiceServer<impl ProposalService> {
    ProposalServiceServer::new(Api { ground, app })
}

struct Api {
    ground: Ground,
    app: App,
}

#[tonic::async_trait]
impl ProposalService for Api {
    async fn list_field_locks(
        &self,
        request: Request<pb::ListFieldLocksRequest>,
    ) -> Result<Response<pb::ListFieldLocksResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let (tenant, patient) = (message.tenant_id.as_str(), message.patient_id.as_str());
        let in_force = match tenant {
            "" => self.app.locks_of_record(&asked, field::id("patient_id", patient)?).await,
            tenant => self.app.locks_of_network(&asked, field::id("tenant_id", tenant)?).await,
        };
        let InForce { locks, revision, binds_caller } = in_force.map_err(Problem::from)?;
        if !tenant.is_empty() && !patient.is_empty() {
            let both = Problem::of_field(catalogue::FIELD_INVALID, "patient_id", "a network or a record");
            return Err(both.into());
        }
        Ok(Response::new(pb::ListFieldLocksResponse {
            locks: locks.locks.into_iter().map(Into::into).collect(),
            reviewed_categories: locks.reviewed.into_iter().map(Word::to_proto).collect(),
            binds_caller,
            etag: revision.map(mask::etag).unwrap_or_default(),
        }))
    }

    async fn set_field_locks(
        &self,
        request: Request<pb::SetFieldLocksRequest>,
    ) -> Result<Response<pb::SetFieldLocksResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let tenant = field::id("tenant_id", &message.tenant_id)?;
        field::count("locks", message.locks.len(), LOCKS_MAX)?;
        let locked = message.locks.iter().enumerate().map(|(at, sent)| lock(&format!("locks[{at}]"), sent));
        let reviewed: Vec<Category> =
            field::words("reviewed_categories", &message.reviewed_categories, Category::ALL.len())?;
        let locks = Locks {
            locks: locked.collect::<Result<BTreeSet<_>, _>>()?,
            reviewed: reviewed.into_iter().collect(),
        };
        let seen = mask::revision(&message.etag)?;
        let position = self.app.set_locks(&asked, id, tenant, locks, seen).await.map_err(Problem::from)?;
        Ok(Response::new(pb::SetFieldLocksResponse { position: position.map(Into::into) }))
    }

    async fn propose_change(
        &self,
        request: Request<pb::ProposeChangeRequest>,
    ) -> Result<Response<pb::ProposeChangeResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let propose = Propose {
            patient: field::id("patient_id", &message.patient_id)?,
            reason: field::lines("reason", &message.reason, 1, REASON_CHARACTERS_MAX)?,
            seen: mask::revision(&message.etag)?,
            change: self.change(field::required("change", message.change)?)?,
        };
        let (proposal, position) = self.app.propose(&asked, id, propose).await.map_err(Problem::from)?;
        let proposal_id = proposal.to_string();
        Ok(Response::new(pb::ProposeChangeResponse { proposal_id, position: position.map(Into::into) }))
    }

    async fn get_proposal(
        &self,
        request: Request<pb::GetProposalRequest>,
    ) -> Result<Response<pb::Proposal>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let (patient, proposal) = named(&request.get_ref().patient_id, &request.get_ref().proposal_id)?;
        let shown = self.app.proposal(&asked, patient, proposal).await.map_err(Problem::from)?;
        Ok(Response::new(told(shown)))
    }

    async fn list_proposals(
        &self,
        request: Request<pb::ListProposalsRequest>,
    ) -> Result<Response<pb::ListProposalsResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let page: Page<ProposalCursor> = Page::of(message, PAGES)?;
        let (after, size) = (page.after().copied(), page.size());
        let listed = if message.patient_id.is_empty() {
            self.app.waiting_proposals(&asked, after, size).await
        } else {
            let patient = field::id("patient_id", &message.patient_id)?;
            let query = ListProposals { state: state(message.state)?, after, size };
            self.app.proposals(&asked, patient, query).await
        };
        let (listed, next) = listed.map_err(Problem::from)?;
        let next_page_token = next.map(|cursor| page.token_after(&cursor)).transpose()?.unwrap_or_default();
        let listed = listed.into_iter().map(|shown| {
            let mut proposal = told(shown);
            proposal.fields.truncate(FIELDS_LISTED_MAX);
            proposal
        });
        Ok(Response::new(pb::ListProposalsResponse { proposals: listed.collect(), next_page_token }))
    }

    async fn withdraw_proposal(
        &self,
        request: Request<pb::WithdrawProposalRequest>,
    ) -> Result<Response<pb::WithdrawProposalResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let named = named(&message.patient_id, &message.proposal_id)?;
        let position = self.app.withdraw_proposal(&asked, id, named).await.map_err(Problem::from)?;
        Ok(Response::new(pb::WithdrawProposalResponse { position: position.map(Into::into) }))
    }

    async fn review_proposal(
        &self,
        request: Request<pb::ReviewProposalRequest>,
    ) -> Result<Response<pb::ReviewProposalResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let named = named(&message.patient_id, &message.proposal_id)?;
        let verdict = Verdict {
            accept: message.accept,
            answer: field::lines("answer", &message.answer, 0, REASON_CHARACTERS_MAX)?,
            seen: mask::revision(&message.etag)?,
        };
        let (item, position) =
            self.app.review_proposal(&asked, id, named, verdict).await.map_err(Problem::from)?;
        let item_id = item.map(|item| item.to_string()).unwrap_or_default();
        Ok(Response::new(pb::ReviewProposalResponse { item_id, position: position.map(Into::into) }))
    }
}

impl Api {
    fn change(&self, sent: pb::propose_change_request::Change) -> Result<Change, Problem> {
        use pb::propose_change_request::Change as Sent;
        Ok(match sent {
            Sent::Person(sent) => {
                if sent.update_mask.as_ref().is_none_or(|mask| mask.paths.is_empty()) {
                    let text = "must be filled";
                    return Err(Problem::of_field(catalogue::FIELD_MISSING, "person.update_mask", text));
                }
                let masked = fields::masked(sent.update_mask.as_ref())?;
                let values = field::required("person.demographics", sent.demographics)?;
                let values = fields::demographics(values, self.ground.clock().now())?;
                Change::Demographics(Box::new(values), masked)
            }
            Sent::ChangedItem(sent) => {
                let item = field::id("changed_item.item_id", &sent.item_id)?;
                Change::Item(item, resource("changed_item.fhir_json", sent.fhir_json)?)
            }
            Sent::NewFhirJson(json) => Change::Addition(resource("new_fhir_json", json)?),
            Sent::RetractedItemId(item) => Change::Retraction(field::id("retracted_item_id", &item)?),
        })
    }
}

fn named(patient: &str, proposal: &str) -> Result<(PatientId, Uuid), Problem> {
    let malformed = |_| Problem::of_field(catalogue::ID_MALFORMED, "proposal_id", "expected a UUID");
    Ok((field::id("patient_id", patient)?, proposal.parse().map_err(malformed)?))
}

fn lock(place: &str, sent: &pb::FieldLock) -> Result<Lock, Problem> {
    let wrong = |name: &str, text: &str| {
        Problem::of_field(catalogue::FIELD_INVALID, format!("{place}.{name}"), text.to_owned())
    };
    let room = match sent.category {
        0 => None,
        number => {
            let known = Category::from_proto(number);
            Some(known.ok_or_else(|| wrong("category", "no room that there is"))?)
        }
    };
    let of_person = Field::ALL.iter().any(|field| field.path() == sent.field);
    let element = sent.field.starts_with(|first: char| first.is_ascii_lowercase())
        && sent.field.chars().all(|sign| sign.is_ascii_alphanumeric())
        && sent.field.len() <= ELEMENT_CHARACTERS_MAX;
    let is_one = match room {
        Some(Category::Demographics) => of_person,
        Some(_) | None => element,
    };
    if is_one || sent.field == EVERY {
        return Ok(Lock { room, field: sent.field.clone() });
    }
    Err(wrong("field", "no field of this room"))
}

impl From<Lock> for pb::FieldLock {
    fn from(lock: Lock) -> Self {
        let (required, source) = (lock.is_required(), lock.source().to_owned());
        Self { category: lock.room.map_or(0, Word::to_proto), field: lock.field, required, source }
    }
}

fn state(sent: i32) -> Result<Option<ProposalState>, Problem> {
    Ok(match pb::ProposalState::try_from(sent) {
        Ok(pb::ProposalState::Unspecified) => None,
        Ok(pb::ProposalState::Waiting) => Some(ProposalState::Waiting),
        Ok(pb::ProposalState::Withdrawn) => Some(ProposalState::Withdrawn),
        Ok(pb::ProposalState::Accepted) => Some(ProposalState::Accepted),
        Ok(pb::ProposalState::Rejected) => Some(ProposalState::Rejected),
        Err(_) => return Err(Problem::of_field(catalogue::FIELD_INVALID, "state", "no state that there is")),
    })
}

fn told(shown: ShownProposal) -> pb::Proposal {
    let made = shown.made;
    let (title, fields) = match &made.wish {
        Wish::Demographics { was, values, .. } => (String::new(), change::of_person(was, values)),
        Wish::Change { content, .. } => {
            (content.title.clone(), change::of_contents(shown.patient, shown.before.as_ref(), content))
        }
        Wish::Addition { content } => {
            (content.title.clone(), change::of_contents(shown.patient, None, content))
        }
        Wish::Retraction { .. } => {
            let title = shown.before.as_ref().map(|before| before.title.clone());
            (title.unwrap_or_default(), Vec::new())
        }
    };
    let state = match shown.state {
        ProposalState::Waiting => pb::ProposalState::Waiting,
        ProposalState::Withdrawn => pb::ProposalState::Withdrawn,
        ProposalState::Accepted => pb::ProposalState::Accepted,
        ProposalState::Rejected => pb::ProposalState::Rejected,
    };
    let kind = match shown.kind {
        Kind::Demographics => pb::ProposalKind::Demographics,
        Kind::Change => pb::ProposalKind::Change,
        Kind::Addition => pb::ProposalKind::Addition,
        Kind::Retraction => pb::ProposalKind::Retraction,
    };
    pb::Proposal {
        proposal_id: shown.proposal.to_string(),
        patient_id: shown.patient.to_string(),
        state: state.into(),
        kind: kind.into(),
        categories: shown.rooms.into_iter().map(Word::to_proto).collect(),
        item_id: shown.item.map(|item| item.to_string()).unwrap_or_default(),
        title,
        fields,
        reason: made.reason,
        proposed_by: Actor::Account(made.by).to_string(),
        create_time: Some(timestamp(shown.created)),
        decided_by: shown.decider.unwrap_or_default(),
        decide_time: shown.decided.map(timestamp),
        answer: shown.answer,
        outdated: shown.outdated,
        etag: mask::etag(shown.revision),
    }
}
