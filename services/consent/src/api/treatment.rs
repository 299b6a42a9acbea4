//! gRPC of the treating relationship.
use crate::{
    app::{Agree, App, Began, End, ListPracticeTreatments, Propose, SetTreatmentPolicy, Told},
    domain::{
        care::{Care, Line},
        treatment::{Agreement, Proposal, Side, State, Word as Said},
        treatment_policy::State as Policy,
    },
};
use holdfast_host::{CommandId, Ground, Page, PageLimits, Problem, catalogue, field, mask};
use holdfast_proto::{
    Word,
    consent::v1::{
        self as pb,
        treatment_service_server::{TreatmentService, TreatmentServiceServer},
    },
    timestamp,
};
use holdfast_types::PracticeId;
use tonic::{Request, Response, Status};

const PAGES: PageLimits = PageLimits { default: 25, max: 100 };
const LINES_MAX: usize = 20;
const ACTIONS_MAX: usize = 4;
const INTRODUCTION_CHARACTERS_MAX: usize = 200;

pub(crate) fn service(ground: Ground, app: App) -> TreatmentServiceServer<impl TreatmentService> {
    TreatmentServiceServer::new(Api { ground, app })
}

struct Api {
    ground: Ground,
    app: App,
}

#[tonic::async_trait]
impl TreatmentService for Api {
    async fn set_treatment_policy(
        &self,
        request: Request<pb::SetTreatmentPolicyRequest>,
    ) -> Result<Response<pb::SetTreatmentPolicyResponse>, Status> {
        let entered = self.ground.enter(&request).await?;
        self.ground.stepped_up(&entered)?;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let practice = field::id("practice_id", &message.practice_id)?;
        let seen = mask::revision(&message.etag)?;
        let seen =
            seen.ok_or_else(|| Problem::of_field(catalogue::FIELD_MISSING, "etag", "it is required"))?;
        let command = SetTreatmentPolicy { practice, care: care(&message.lines)?, seen };
        let set = self.app.set_treatment_policy(&entered.context, id, command).await;
        let (policy, position) = set.map_err(Problem::from)?;
        let (policy, position) = (Some(policy_of(practice, &policy)), position.map(Into::into));
        Ok(Response::new(pb::SetTreatmentPolicyResponse { policy, position }))
    }

    async fn get_treatment_policy(
        &self,
        request: Request<pb::GetTreatmentPolicyRequest>,
    ) -> Result<Response<pb::TreatmentPolicy>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let practice = field::id("practice_id", &request.get_ref().practice_id)?;
        let policy = self.app.treatment_policy(&asked, practice).await.map_err(Problem::from)?;
        Ok(Response::new(policy_of(practice, &policy)))
    }

    async fn propose_treatment(
        &self,
        request: Request<pb::ProposeTreatmentRequest>,
    ) -> Result<Response<pb::ProposeTreatmentResponse>, Status> {
        let entered = self.ground.enter(&request).await?;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let side = side(message.side)?;
        let introduction = introduction(&message.introduction)?;
        let began = match side {
            Side::Family => {
                self.ground.stepped_up(&entered)?;
                Began::Family { care: care(&message.lines)?, seen: message.policy_version, introduction }
            }
            Side::Practice if message.lines.is_empty() && introduction.is_empty() => Began::Practice,
            Side::Practice => {
                let says = "a practice's policy says what it sees";
                return Err(Problem::of_field(catalogue::FIELD_INVALID, "lines", says).into());
            }
        };
        let command = Propose {
            patient: field::id("patient_id", &message.patient_id)?,
            practice: field::id("practice_id", &message.practice_id)?,
            began,
        };
        let proposed = self.app.propose_treatment(&entered.context, id, command).await;
        let (told, position) = proposed.map_err(Problem::from)?;
        let (treatment, position) = (Some(shown(told)), position.map(Into::into));
        Ok(Response::new(pb::ProposeTreatmentResponse { treatment, position }))
    }

    async fn agree_to_treatment(
        &self,
        request: Request<pb::AgreeToTreatmentRequest>,
    ) -> Result<Response<pb::AgreeToTreatmentResponse>, Status> {
        let entered = self.ground.enter(&request).await?;
        self.ground.stepped_up(&entered)?;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = Agree {
            treatment: field::id("treatment_id", &message.treatment_id)?,
            care: care(&message.lines)?,
            seen: message.policy_version,
        };
        let agreed = self.app.agree_to_treatment(&entered.context, id, command).await;
        let (told, position) = agreed.map_err(Problem::from)?;
        let (treatment, position) = (Some(shown(told)), position.map(Into::into));
        Ok(Response::new(pb::AgreeToTreatmentResponse { treatment, position }))
    }

    async fn accept_treatment(
        &self,
        request: Request<pb::AcceptTreatmentRequest>,
    ) -> Result<Response<pb::AcceptTreatmentResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let treatment = field::id("treatment_id", &message.treatment_id)?;
        let accepted = self.app.accept_treatment(&asked, id, treatment).await;
        let (told, position) = accepted.map_err(Problem::from)?;
        let (treatment, position) = (Some(shown(told)), position.map(Into::into));
        Ok(Response::new(pb::AcceptTreatmentResponse { treatment, position }))
    }

    async fn end_treatment(
        &self,
        request: Request<pb::EndTreatmentRequest>,
    ) -> Result<Response<pb::EndTreatmentResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let treatment = field::id("treatment_id", &message.treatment_id)?;
        let command = End { treatment, side: side(message.side)? };
        let (told, position) = self.app.end_treatment(&asked, id, command).await.map_err(Problem::from)?;
        let (treatment, position) = (Some(shown(told)), position.map(Into::into));
        Ok(Response::new(pb::EndTreatmentResponse { treatment, position }))
    }

    async fn list_treatments(
        &self,
        request: Request<pb::ListTreatmentsRequest>,
    ) -> Result<Response<pb::ListTreatmentsResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let patient = field::id("patient_id", &request.get_ref().patient_id)?;
        let told = self.app.list_treatments(&asked, patient).await.map_err(Problem::from)?;
        let treatments = told.into_iter().map(shown).collect();
        Ok(Response::new(pb::ListTreatmentsResponse { treatments }))
    }

    async fn list_practice_treatments(
        &self,
        request: Request<pb::ListPracticeTreatmentsRequest>,
    ) -> Result<Response<pb::ListPracticeTreatmentsResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let page = Page::of(message, PAGES)?;
        let query = ListPracticeTreatments {
            practice: field::id("practice_id", &message.practice_id)?,
            after: page.after().copied(),
            page_size: page.size(),
        };
        let found = self.app.list_practice_treatments(&asked, query).await.map_err(Problem::from)?;
        let waiting_size = i32::try_from(found.waiting).unwrap_or(i32::MAX);
        let (listed, next_page_token) = page.cut(found.listed, |(place, _)| *place)?;
        let treatments = listed.into_iter().map(|(_, told)| shown(told)).collect();
        Ok(Response::new(pb::ListPracticeTreatmentsResponse { treatments, next_page_token, waiting_size }))
    }
}

fn care(lines: &[pb::CareLine]) -> Result<Care, Problem> {
    if lines.len() > LINES_MAX {
        let says = format!("at most {LINES_MAX} lines");
        return Err(Problem::of_field(catalogue::TOO_MANY, "lines", says));
    }
    let line = |line: &pb::CareLine| {
        let line = Line {
            role: field::word("lines.role", line.role)?,
            categories: field::words("lines.categories", &line.categories, super::fields::CATEGORIES_MAX)?,
            actions: field::words("lines.actions", &line.actions, ACTIONS_MAX)?,
        };
        match line.categories.is_empty() || line.actions.is_empty() {
            true => Err(Problem::of_field(
                catalogue::NOTHING_SHARED,
                "lines",
                "a line names no room or no action",
            )),
            false => Ok(line),
        }
    };
    let lines = lines.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    Ok(Care::of(&lines))
}

fn side(number: i32) -> Result<Side, Problem> {
    let invalid = |reason, says| Problem::of_field(reason, "side", says);
    match pb::TreatmentSide::try_from(number) {
        Ok(pb::TreatmentSide::Family) => Ok(Side::Family),
        Ok(pb::TreatmentSide::Practice) => Ok(Side::Practice),
        Ok(pb::TreatmentSide::Unspecified) => Err(invalid(catalogue::FIELD_MISSING, "it is required")),
        Err(_) => Err(invalid(catalogue::FIELD_INVALID, "not a word of the contract")),
    }
}

fn introduction(text: &str) -> Result<String, Problem> {
    field::line("introduction", text, 0, INTRODUCTION_CHARACTERS_MAX)
}

fn policy_of(practice: PracticeId, policy: &Policy) -> pb::TreatmentPolicy {
    pb::TreatmentPolicy {
        practice_id: practice.to_string(),
        lines: lines_of(&policy.care),
        version: policy.version,
        etag: mask::etag(policy.version),
        set_time: policy.set.map(timestamp),
    }
}

fn lines_of(care: &Care) -> Vec<pb::CareLine> {
    let line = |line: Line| pb::CareLine {
        role: line.role.to_proto(),
        categories: line.categories.into_iter().map(Word::to_proto).collect(),
        actions: line.actions.into_iter().map(Word::to_proto).collect(),
    };
    care.lines().into_iter().map(line).collect()
}

fn shown(told: Told) -> pb::Treatment {
    let Told { id, revision, state, policy, standing, to, rooms } = told;
    let (stage, word, care) = match &state {
        State::Unheard => return pb::Treatment::default(),
        State::Proposed(proposal) => {
            let Proposal { side, by, proposed, .. } = proposal;
            let care = if *side == Side::Practice { &policy.care } else { &proposal.care };
            let word = Said { side: *side, by: Some(*by), said: *proposed };
            (pb::TreatmentState::Proposed, word, care.clone())
        }
        State::Standing { agreement: Agreement { care, .. }, word, .. } => {
            (pb::TreatmentState::Standing, *word, care.clone())
        }
        State::Ended { word, .. } => (pb::TreatmentState::Ended, *word, Care::default()),
    };
    let asked = match (stage, to) {
        (pb::TreatmentState::Standing, Side::Family) => policy.care.beyond(&care),
        _ => Care::default(),
    };
    let proposal = state.proposal();
    pb::Treatment {
        treatment_id: id.to_string(),
        patient_id: proposal.map(|proposal| proposal.patient.to_string()).unwrap_or_default(),
        practice_id: proposal.map(|proposal| proposal.practice.to_string()).unwrap_or_default(),
        state: stage.into(),
        side: match word.side {
            Side::Family => pb::TreatmentSide::Family.into(),
            Side::Practice => pb::TreatmentSide::Practice.into(),
        },
        by_account_id: word.by.map(|by| by.to_string()).unwrap_or_default(),
        since_time: Some(timestamp(word.said)),
        lines: lines_of(&care.of_rooms(&rooms)),
        asked_lines: lines_of(&asked.of_rooms(&rooms)),
        grant_ids: standing.iter().map(ToString::to_string).collect(),
        introduction: proposal.map(|proposal| proposal.introduction.clone()).unwrap_or_default(),
        policy_version: policy.version,
        revision,
    }
}
