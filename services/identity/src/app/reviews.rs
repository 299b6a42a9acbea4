//! Reviews of the roles of a tenant: opened, decided line by line, signed off.
use super::{App, AppError, executed, request};
use crate::{
    domain::{
        access_review::{AccessReview, Command, Held, Refusal, Verdict},
        account,
    },
    secret::derived_id,
    views::{ReviewRow, ReviewView},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Oversight, Permit, RequestContext, Returned, Unreleased};
use holdfast_eventlog::{Context, Position, Subject};
use holdfast_host::CommandId;
use holdfast_types::{ReviewId, TenantId};
use std::collections::BTreeSet;

/// What lines are decided of, and how.
pub(crate) struct DecideLines {
    pub tenant: TenantId,
    pub review: ReviewId,
    pub held: BTreeSet<Held>,
    pub verdict: Verdict,
}

/// A page of a tenant's reviews.
pub(crate) struct Reviews {
    pub rows: Vec<ReviewRow>,
    /// When the next is due; none before one was signed off.
    pub due: Option<DateTime<Utc>>,
}

impl App {
    /// With every role of the tenant as it stands.
    #[tracing::instrument(skip_all, name = "identity.open_access_review")]
    pub(crate) async fn open_access_review(
        &self,
        context: &RequestContext,
        command: CommandId,
        tenant: TenantId,
    ) -> Result<ReviewView, AppError> {
        const OPERATION: &str = "identity.OpenAccessReview";
        let permit = self.review_permit(context, tenant, OPERATION).await?;
        if !self.views.has_tenant(tenant).await? {
            return Err(AppError::TenantUnknown);
        }
        let by = context.caller.account;
        let review = ReviewId::new(derived_id(by.uuid(), command.id));
        let newest = self.views.reviews(&permit, tenant, None, 1).await?;
        if newest.iter().any(|row| row.sign_off_time.is_none() && row.review != review.uuid()) {
            return Err(AppError::ReviewOpen);
        }
        let lines = self.views.roles_of_tenant(&permit, tenant).await?;
        let open = Command::Open { by, lines };
        self.in_review(permit.into_authority().context(), command, tenant, review, open).await?;
        self.access_review(context, tenant, review, OPERATION).await
    }

    #[tracing::instrument(skip_all, name = "identity.get_access_review")]
    pub(crate) async fn get_access_review(
        &self,
        context: &RequestContext,
        tenant: TenantId,
        review: ReviewId,
    ) -> Result<ReviewView, AppError> {
        self.access_review(context, tenant, review, "identity.GetAccessReview").await
    }

    /// Newest first, after the given one. One more than a page, where there is one, which is not shown.
    #[tracing::instrument(skip_all, name = "identity.list_access_reviews")]
    pub(crate) async fn list_access_reviews(
        &self,
        context: &RequestContext,
        tenant: TenantId,
        after: Option<ReviewId>,
        page_size: u32,
    ) -> Result<Reviews, AppError> {
        let permit = self.review_permit(context, tenant, "identity.ListAccessReviews").await?;
        let rows = self.views.reviews(&permit, tenant, after, page_size.saturating_add(1)).await?;
        let last = self.views.last_sign_off(&permit, tenant).await?;
        let shown = usize::try_from(page_size).unwrap_or(usize::MAX);
        let returned = rows.iter().take(shown).map(ReviewRow::returned).collect();
        let due = last.map(|last| last + self.access_review_interval);
        self.released(permit, Reviews { rows, due }, returned).await
    }

    /// What is withdrawn is withdrawn by whoever may withdraw it anyway, and stays open until it is.
    #[tracing::instrument(skip_all, name = "identity.decide_access_review_lines")]
    pub(crate) async fn decide_access_review_lines(
        &self,
        context: &RequestContext,
        command: CommandId,
        decide: DecideLines,
    ) -> Result<Option<Position>, AppError> {
        const OPERATION: &str = "identity.DecideAccessReviewLines";
        let DecideLines { tenant, review, held, verdict } = decide;
        let permit = self.review_permit(context, tenant, OPERATION).await?;
        let mut rights = Vec::new();
        for held in held.iter().filter(|_| verdict == Verdict::Withdraw) {
            let asked = Oversight::Role(held.assignment);
            let right = self.ground.gate().authorise_oversight(context, asked, OPERATION).await;
            rights.push((*held, right.map_err(AppError::Refused)?.into_authority()));
        }
        self.views.review(&permit, tenant, review).await?.ok_or(AppError::Review(Refusal::Unknown))?;
        let authority = permit.into_authority();
        let (by, events) = (authority.account(), authority.context().clone());
        let lines = Command::Decide { by, held, verdict };
        let mut position = self.in_review(&events, command, tenant, review, lines).await?;
        for (held, right) in rights {
            position = self.withdraw_reviewed(right.context(), command, held).await?.or(position);
        }
        Ok(position)
    }

    #[tracing::instrument(skip_all, name = "identity.sign_off_access_review")]
    pub(crate) async fn sign_off_access_review(
        &self,
        context: &RequestContext,
        command: CommandId,
        tenant: TenantId,
        review: ReviewId,
    ) -> Result<ReviewView, AppError> {
        const OPERATION: &str = "identity.SignOffAccessReview";
        let permit = self.review_permit(context, tenant, OPERATION).await?;
        self.views.review(&permit, tenant, review).await?.ok_or(AppError::Review(Refusal::Unknown))?;
        let standing = self.views.roles_of_tenant(&permit, tenant).await?.into_iter().map(|line| line.held);
        let sign_off = Command::SignOff { by: context.caller.account, standing: standing.collect() };
        self.in_review(permit.into_authority().context(), command, tenant, review, sign_off).await?;
        self.access_review(context, tenant, review, OPERATION).await
    }

    /// The tenant's, or nothing that could be told from what is not there.
    async fn access_review(
        &self,
        context: &RequestContext,
        tenant: TenantId,
        review: ReviewId,
        operation: &'static str,
    ) -> Result<ReviewView, AppError> {
        let permit = self.review_permit(context, tenant, operation).await?;
        let found = self.views.review(&permit, tenant, review).await?;
        let returned = found.iter().map(|view| view.row.returned()).collect();
        self.released(permit, found, returned).await?.ok_or(AppError::Review(Refusal::Unknown))
    }

    async fn review_permit(
        &self,
        context: &RequestContext,
        tenant: TenantId,
        operation: &'static str,
    ) -> Result<Permit<Oversight>, AppError> {
        let asked = Oversight::AccessReview(tenant);
        self.ground.gate().authorise_oversight(context, asked, operation).await.map_err(AppError::Refused)
    }

    async fn released<T: Send>(
        &self,
        permit: Permit<Oversight>,
        found: T,
        returned: Vec<Returned>,
    ) -> Result<T, AppError> {
        let unreleased = Unreleased::new(found, returned);
        self.ground.gate().release(permit, unreleased).await.map_err(AppError::Refused)
    }

    async fn in_review(
        &self,
        context: &Context,
        command: CommandId,
        tenant: TenantId,
        review: ReviewId,
        change: Command,
    ) -> Result<Option<Position>, AppError> {
        let context = Context { tenant, ..context.clone() };
        let executed = self
            .ground
            .log()
            .execute::<AccessReview>(
                Subject::Tenant(tenant),
                review.uuid(),
                &context,
                request(command),
                |_| change.clone(),
            )
            .await
            .map_err(executed(AppError::Review))?;
        Ok(executed.position)
    }

    /// A further step of the command, in the account's own lane: repeated with it, it acts once.
    async fn withdraw_reviewed(
        &self,
        context: &Context,
        command: CommandId,
        held: Held,
    ) -> Result<Option<Position>, AppError> {
        let assignment = held.assignment;
        let name = format!("{}/{assignment}", held.account);
        let id = holdfast_types::RequestId::new(uuid::Uuid::new_v5(&command.id.uuid(), name.as_bytes()));
        let step = CommandId { id, ..command };
        match self.change(context, step, held.account, account::Command::WithdrawRole { assignment }).await {
            // It was taken meanwhile.
            Err(AppError::Account(account::Refusal::NotAssigned)) => Ok(None),
            done => done,
        }
    }
}
