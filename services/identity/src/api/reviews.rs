//! The calls about reviews of roles.
use super::{Answer, answer, message};
use crate::{
    app::{App, DecideLines},
    domain::access_review::{Held, Line, Verdict},
    views::{LineView, ReviewRow, ReviewView},
};
use holdfast_host::{CommandId, Page, PageLimits, Problem, catalogue, field};
use holdfast_proto::{
    identity::v1::{
        self as pb,
        access_review_service_server::{AccessReviewService, AccessReviewServiceServer},
    },
    timestamp,
};
use holdfast_types::{ReviewId, TenantId};
use std::{collections::BTreeSet, sync::Arc};
use tonic::Request;

const LISTS: PageLimits = PageLimits { default: 25, max: 100 };
const DECIDED_AT_ONCE_MAX: usize = 200;

pub(crate) fn service(app: Arc<App>) -> AccessReviewServiceServer<Reviews> {
    AccessReviewServiceServer::new(Reviews(app))
}

pub(crate) struct Reviews(Arc<App>);

#[tonic::async_trait]
impl AccessReviewService for Reviews {
    async fn open_access_review(
        &self,
        request: Request<pb::OpenAccessReviewRequest>,
    ) -> Answer<pb::AccessReview> {
        answer(open(&self.0, request).await)
    }
    async fn get_access_review(
        &self,
        request: Request<pb::GetAccessReviewRequest>,
    ) -> Answer<pb::AccessReview> {
        answer(get(&self.0, request).await)
    }
    async fn list_access_reviews(
        &self,
        request: Request<pb::ListAccessReviewsRequest>,
    ) -> Answer<pb::ListAccessReviewsResponse> {
        answer(list(&self.0, request).await)
    }
    async fn decide_access_review_lines(
        &self,
        request: Request<pb::DecideAccessReviewLinesRequest>,
    ) -> Answer<pb::DecideAccessReviewLinesResponse> {
        answer(decide(&self.0, request).await)
    }
    async fn sign_off_access_review(
        &self,
        request: Request<pb::SignOffAccessReviewRequest>,
    ) -> Answer<pb::AccessReview> {
        answer(sign_off(&self.0, request).await)
    }
}

async fn open(app: &App, request: Request<pb::OpenAccessReviewRequest>) -> Result<pb::AccessReview, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.get_ref();
    let command = CommandId::of(message)?;
    let tenant = field::id("tenant_id", &message.tenant_id)?;
    Ok(whole(tenant, app.open_access_review(&entered.context, command, tenant).await?))
}

async fn get(app: &App, request: Request<pb::GetAccessReviewRequest>) -> Result<pb::AccessReview, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.get_ref();
    let tenant = field::id("tenant_id", &message.tenant_id)?;
    let review = field::id("review_id", &message.review_id)?;
    Ok(whole(tenant, app.get_access_review(&entered.context, tenant, review).await?))
}

async fn list(
    app: &App,
    request: Request<pb::ListAccessReviewsRequest>,
) -> Result<pb::ListAccessReviewsResponse, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.get_ref();
    let page = Page::<ReviewId>::of(message, LISTS)?;
    let tenant = field::id("tenant_id", &message.tenant_id)?;
    let found = app.list_access_reviews(&entered.context, tenant, page.after().copied(), page.size()).await?;
    let (rows, next_page_token) = page.cut(found.rows, |row| ReviewId::new(row.review))?;
    Ok(pb::ListAccessReviewsResponse {
        reviews: rows.iter().map(|row| review(tenant, row)).collect(),
        next_page_token,
        due_time: found.due.map(timestamp),
    })
}

async fn decide(
    app: &App,
    request: Request<pb::DecideAccessReviewLinesRequest>,
) -> Result<pb::DecideAccessReviewLinesResponse, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let decide = DecideLines {
        tenant: field::id("tenant_id", &message.tenant_id)?,
        review: field::id("review_id", &message.review_id)?,
        verdict: verdict(message.verdict())?,
        held: held(message.roles)?,
    };
    let position = app.decide_access_review_lines(&entered.context, command, decide).await?;
    Ok(pb::DecideAccessReviewLinesResponse { position: position.map(Into::into) })
}

async fn sign_off(
    app: &App,
    request: Request<pb::SignOffAccessReviewRequest>,
) -> Result<pb::AccessReview, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.get_ref();
    let command = CommandId::of(message)?;
    let tenant = field::id("tenant_id", &message.tenant_id)?;
    let review = field::id("review_id", &message.review_id)?;
    Ok(whole(tenant, app.sign_off_access_review(&entered.context, command, tenant, review).await?))
}

fn held(roles: Vec<pb::ReviewedRole>) -> Result<BTreeSet<Held>, Problem> {
    field::count("roles", roles.len(), DECIDED_AT_ONCE_MAX)?;
    if roles.is_empty() {
        return Err(Problem::of_field(catalogue::FIELD_MISSING, "roles", "at least one line"));
    }
    let read = |(index, role): (usize, pb::ReviewedRole)| {
        let account = field::id(&format!("roles[{index}].account_id"), &role.account_id)?;
        Ok(Held { account, assignment: message::assignment(role.assignment)? })
    };
    roles.into_iter().enumerate().map(read).collect()
}

fn verdict(verdict: pb::ReviewVerdict) -> Result<Verdict, Problem> {
    match verdict {
        pb::ReviewVerdict::Keep => Ok(Verdict::Keep),
        pb::ReviewVerdict::Withdraw => Ok(Verdict::Withdraw),
        pb::ReviewVerdict::Unspecified => {
            Err(Problem::of_field(catalogue::FIELD_MISSING, "verdict", "keep or withdraw"))
        }
    }
}

fn review(tenant: TenantId, row: &ReviewRow) -> pb::AccessReview {
    pb::AccessReview {
        review_id: row.review.to_string(),
        tenant_id: tenant.to_string(),
        opened_by_account_id: row.opened_by.to_string(),
        open_time: Some(timestamp(row.open_time)),
        signed_off_by_account_id: row.signed_off_by.map(|by| by.to_string()).unwrap_or_default(),
        sign_off_time: row.sign_off_time.map(timestamp),
        line_count: i32::try_from(row.line_count).unwrap_or(i32::MAX),
        waiting_count: i32::try_from(row.waiting_count).unwrap_or(i32::MAX),
        ..pb::AccessReview::default()
    }
}

fn whole(tenant: TenantId, view: ReviewView) -> pb::AccessReview {
    pb::AccessReview {
        lines: view.lines.iter().map(line).collect(),
        added: view.added.iter().map(since).collect(),
        ..review(tenant, &view.row)
    }
}

fn line(view: &LineView) -> pb::AccessReviewLine {
    let verdict = match view.decided.as_ref().map(|decided| decided.verdict) {
        None => pb::ReviewVerdict::Unspecified,
        Some(Verdict::Keep) => pb::ReviewVerdict::Keep,
        Some(Verdict::Withdraw) => pb::ReviewVerdict::Withdraw,
    };
    pb::AccessReviewLine {
        held: Some(since(&view.line)),
        verdict: verdict.into(),
        decided_by_account_id: view
            .decided
            .as_ref()
            .map(|decided| decided.by.to_string())
            .unwrap_or_default(),
        decide_time: view.decided.as_ref().map(|decided| timestamp(decided.time)),
        stands: view.stands,
    }
}

fn since(line: &Line) -> pb::HeldSince {
    pb::HeldSince {
        account_id: line.held.account.to_string(),
        assignment: message::roles(&[line.held.assignment]).pop(),
        since_time: line.since.map(timestamp),
        last_use_time: line.last_used.map(timestamp),
    }
}
