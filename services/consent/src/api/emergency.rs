//! gRPC of emergencies.
use crate::{
    app::{App, BeginEmergency, EmergencyAccess, ListEmergencies, ReviewEmergency},
    domain::emergency::{Finding, Review},
};
use holdfast_host::{CommandId, Ground, Page, PageLimits, Problem, catalogue, field};
use holdfast_proto::{
    consent::v1::{
        self as pb,
        emergency_service_server::{EmergencyService, EmergencyServiceServer},
    },
    timestamp,
};
use tonic::{Request, Response, Status};

const PAGES: PageLimits = PageLimits { default: 25, max: 100 };
/// Fewer say nothing to the family.
const REASON_CHARACTERS_MIN: usize = 10;
const REASON_CHARACTERS_MAX: usize = 500;
const NOTE_CHARACTERS_MAX: usize = 500;

pub(crate) fn service(ground: Ground, app: App) -> EmergencyServiceServer<impl EmergencyService> {
    EmergencyServiceServer::new(Api { ground, app })
}

struct Api {
    ground: Ground,
    app: App,
}

#[tonic::async_trait]
impl EmergencyService for Api {
    async fn begin_emergency_access(
        &self,
        request: Request<pb::BeginEmergencyAccessRequest>,
    ) -> Result<Response<pb::BeginEmergencyAccessResponse>, Status> {
        let entered = self.ground.enter(&request).await?;
        entered.shown_lately(self.ground.clock().now())?;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = BeginEmergency {
            patient: field::id("patient_id", &message.patient_id)?,
            reason: reason(&message.reason)?,
        };
        let begun = self.app.begin_emergency(&entered.context, id, command).await;
        let (access, position) = begun.map_err(Problem::from)?;
        let (access, position) = (Some(shown(access)), position.map(Into::into));
        Ok(Response::new(pb::BeginEmergencyAccessResponse { access, position }))
    }

    async fn list_emergency_accesses(
        &self,
        request: Request<pb::ListEmergencyAccessesRequest>,
    ) -> Result<Response<pb::ListEmergencyAccessesResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let page = Page::of(message, PAGES)?;
        let query = ListEmergencies {
            tenant: field::id("tenant_id", &message.tenant_id)?,
            after: page.after().copied(),
            page_size: page.size(),
        };
        let found = self.app.list_emergencies(&asked, query).await.map_err(Problem::from)?;
        let open_size = i32::try_from(found.waiting).unwrap_or(i32::MAX);
        let (listed, next_page_token) = page.cut(found.listed, |(place, _)| *place)?;
        let accesses = listed.into_iter().map(|(_, access)| shown(access)).collect();
        Ok(Response::new(pb::ListEmergencyAccessesResponse { accesses, next_page_token, open_size }))
    }

    async fn review_emergency_access(
        &self,
        request: Request<pb::ReviewEmergencyAccessRequest>,
    ) -> Result<Response<pb::ReviewEmergencyAccessResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = ReviewEmergency {
            grant: field::id("grant_id", &message.grant_id)?,
            finding: finding(message.finding)?,
            note: field::line("note", &message.note, 0, NOTE_CHARACTERS_MAX)?,
        };
        let reviewed = self.app.review_emergency(&asked, id, command).await;
        let (access, position) = reviewed.map_err(Problem::from)?;
        let (access, position) = (Some(shown(access)), position.map(Into::into));
        Ok(Response::new(pb::ReviewEmergencyAccessResponse { access, position }))
    }
}

/// Why, in words that somebody can judge by.
fn reason(text: &str) -> Result<String, Problem> {
    field::line("reason", text, REASON_CHARACTERS_MIN, REASON_CHARACTERS_MAX)
}

fn finding(number: i32) -> Result<Finding, Problem> {
    let invalid = |reason, says| Problem::of_field(reason, "finding", says);
    match pb::EmergencyFinding::try_from(number) {
        Ok(pb::EmergencyFinding::Justified) => Ok(Finding::Justified),
        Ok(pb::EmergencyFinding::NotJustified) => Ok(Finding::NotJustified),
        Ok(pb::EmergencyFinding::Unspecified) => Err(invalid(catalogue::FIELD_MISSING, "it is required")),
        Err(_) => Err(invalid(catalogue::FIELD_INVALID, "not a word of the contract")),
    }
}

fn shown(access: EmergencyAccess) -> pb::EmergencyAccess {
    let EmergencyAccess { grant, review } = access;
    let terms = grant.terms;
    pb::EmergencyAccess {
        grant_id: grant.id.to_string(),
        patient_id: terms.patient.to_string(),
        account_id: terms.given_by.to_string(),
        reason: terms.reason,
        from_time: Some(timestamp(terms.period.from())),
        until_time: terms.period.until().map(timestamp),
        revoked_time: grant.revoked.map(timestamp),
        review: review.map(told),
    }
}

fn told(review: Review) -> pb::EmergencyReview {
    let finding = match review.finding {
        Finding::Justified => pb::EmergencyFinding::Justified,
        Finding::NotJustified => pb::EmergencyFinding::NotJustified,
    };
    pb::EmergencyReview {
        finding: finding.into(),
        note: review.note,
        reviewed_by_account_id: review.by.to_string(),
        reviewed_time: Some(timestamp(review.reviewed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome<T>(result: Result<T, Problem>) -> &'static str {
        result.map_or_else(|problem| problem.reason().name(), |_| "taken")
    }

    #[test]
    fn a_reason_is_a_sentence_and_no_letter() {
        assert_eq!(outcome(reason("a seizure!")), "taken");
        assert_eq!((outcome(reason("")), outcome(reason(" \n "))), ("FIELD_MISSING", "FIELD_MISSING"));
        assert_eq!(
            (outcome(reason("because")), outcome(reason("   why     "))),
            ("FIELD_INVALID", "FIELD_INVALID")
        );
        assert_eq!(outcome(reason(&"é".repeat(REASON_CHARACTERS_MAX))), "taken");
        assert_eq!(outcome(reason(&"x".repeat(REASON_CHARACTERS_MAX + 1))), "TEXT_TOO_LONG");
    }

    #[test]
    fn something_is_found() {
        assert_eq!(
            [1, 2, 0, 3].map(|number| outcome(finding(number))),
            ["taken", "taken", "FIELD_MISSING", "FIELD_INVALID"]
        );
    }
}
