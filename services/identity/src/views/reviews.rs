//! Reviews of who holds which role in a tenant: their lines as they stood, what was decided, and what stands now.
use super::{ViewError, Views};
use crate::domain::access_review::{AccessReviewEvent, Held, LINES_MAX, Line, Verdict};
use chrono::{DateTime, Utc};
use holdfast_access::{Oversight, Permit, Returned, RoleAssignment};
use holdfast_eventlog::{Header, ProjectionError};
use holdfast_types::{AccountId, PracticeId, ReviewId, TenantId};
use sqlx::PgConnection;
use std::collections::BTreeSet;
use uuid::Uuid;

#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct ReviewRow {
    pub review: Uuid,
    pub opened_by: Uuid,
    pub open_time: DateTime<Utc>,
    pub signed_off_by: Option<Uuid>,
    pub sign_off_time: Option<DateTime<Utc>>,
    pub line_count: i64,
    /// Not decided, or to be withdrawn, and held still.
    pub waiting_count: i64,
    revision: i64,
}

impl ReviewRow {
    pub(crate) fn returned(&self) -> Returned {
        Returned { id: self.review, revision: u64::try_from(self.revision).unwrap_or_default() }
    }
}

/// A review whole.
#[derive(Debug, Clone)]
pub(crate) struct ReviewView {
    pub row: ReviewRow,
    pub lines: Vec<LineView>,
    /// Given since it was opened.
    pub added: Vec<Line>,
}

#[derive(Debug, Clone)]
pub(crate) struct LineView {
    pub line: Line,
    pub decided: Option<Decided>,
    /// Held still.
    pub stands: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Decided {
    pub verdict: Verdict,
    pub by: AccountId,
    pub time: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct LineRow {
    account: Uuid,
    role: String,
    practice: Uuid,
    since: Option<DateTime<Utc>>,
    last_used: Option<DateTime<Utc>>,
    verdict: Option<String>,
    decided_by: Option<Uuid>,
    decided_time: Option<DateTime<Utc>>,
    stands: bool,
}

impl LineRow {
    fn line(&self, tenant: TenantId) -> Result<Line, ViewError> {
        let role = self
            .role
            .parse()
            .map_err(|error: holdfast_types::UnknownWord| ViewError::Malformed(error.into()))?;
        let practice = (!self.practice.is_nil()).then(|| PracticeId::new(self.practice));
        let assignment = RoleAssignment { role, tenant, practice };
        let held = Held { account: AccountId::new(self.account), assignment };
        Ok(Line { held, since: self.since, last_used: self.last_used })
    }

    fn view(self, tenant: TenantId) -> Result<LineView, ViewError> {
        let line = self.line(tenant)?;
        let decided = match (self.verdict.as_deref(), self.decided_by, self.decided_time) {
            (Some(verdict), Some(by), Some(time)) => {
                let verdict = if verdict == "keep" { Verdict::Keep } else { Verdict::Withdraw };
                Some(Decided { verdict, by: AccountId::new(by), time })
            }
            _ => None,
        };
        Ok(LineView { line, decided, stands: self.stands })
    }
}

/// With how many lines wait; the rest of the query follows.
macro_rules! reviews {
    ($rest:literal) => {
        concat!(
            "SELECT review, opened_by, open_time, signed_off_by, sign_off_time, revision,
                (SELECT count(*) FROM access_review_lines AS lines WHERE lines.review = reviews.review) AS line_count,
                (SELECT count(*)
                 FROM access_review_lines AS lines
                 JOIN account_roles AS held USING (account, role, practice)
                 WHERE lines.review = reviews.review
                   AND held.tenant = reviews.tenant
                   AND lines.verdict IS DISTINCT FROM 'keep') AS waiting_count
             FROM access_reviews AS reviews ",
            $rest
        )
    };
}

impl Views {
    /// Newest first, after the given one.
    pub(crate) async fn reviews(
        &self,
        _permit: &Permit<Oversight>,
        tenant: TenantId,
        after: Option<ReviewId>,
        limit: u32,
    ) -> Result<Vec<ReviewRow>, ViewError> {
        Ok(sqlx::query_as(reviews!(
            "WHERE tenant = $1
               AND ($2::uuid IS NULL
                    OR (open_time, review) < (SELECT last.open_time, last.review
                                              FROM access_reviews AS last WHERE last.review = $2))
             ORDER BY open_time DESC, review DESC
             LIMIT $3"
        ))
        .bind(tenant.uuid())
        .bind(after.map(ReviewId::uuid))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?)
    }

    /// When the newest that was signed off was.
    pub(crate) async fn last_sign_off(
        &self,
        _permit: &Permit<Oversight>,
        tenant: TenantId,
    ) -> Result<Option<DateTime<Utc>>, ViewError> {
        Ok(sqlx::query_scalar("SELECT max(sign_off_time) FROM access_reviews WHERE tenant = $1")
            .bind(tenant.uuid())
            .fetch_one(&self.pool)
            .await?)
    }

    /// One of the tenant's.
    pub(crate) async fn review(
        &self,
        permit: &Permit<Oversight>,
        tenant: TenantId,
        review: ReviewId,
    ) -> Result<Option<ReviewView>, ViewError> {
        let found: Option<ReviewRow> = sqlx::query_as(reviews!("WHERE tenant = $1 AND review = $2"))
            .bind(tenant.uuid())
            .bind(review.uuid())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = found else { return Ok(None) };
        let lines: Vec<LineRow> = sqlx::query_as(
            "SELECT lines.account, lines.role, lines.practice, lines.since, lines.last_used, lines.verdict,
                lines.decided_by, lines.decided_time, held.account IS NOT NULL AS stands
             FROM access_review_lines AS lines
             LEFT JOIN account_roles AS held
               ON held.account = lines.account AND held.role = lines.role
              AND held.practice = lines.practice AND held.tenant = $1
             WHERE lines.review = $2
             ORDER BY lines.practice, lines.account, lines.role",
        )
        .bind(tenant.uuid())
        .bind(review.uuid())
        .fetch_all(&self.pool)
        .await?;
        let lines: Vec<LineView> = lines.into_iter().map(|row| row.view(tenant)).collect::<Result<_, _>>()?;
        let known: BTreeSet<Held> = lines.iter().map(|view| view.line.held).collect();
        let mut added = self.roles_of_tenant(permit, tenant).await?;
        added.retain(|line| row.sign_off_time.is_none() && !known.contains(&line.held));
        Ok(Some(ReviewView { row, lines, added }))
    }

    /// Every role in the tenant as it stands: one more than a review holds, where there are.
    pub(crate) async fn roles_of_tenant(
        &self,
        _permit: &Permit<Oversight>,
        tenant: TenantId,
    ) -> Result<Vec<Line>, ViewError> {
        let rows: Vec<LineRow> = sqlx::query_as(
            "SELECT account, role, practice, since, NULL AS verdict, NULL::uuid AS decided_by,
                NULL::timestamptz AS decided_time, true AS stands,
                (SELECT max(COALESCE(uses.last_use_time, sessions.create_time))
                 FROM sessions
                 LEFT JOIN session_uses AS uses USING (session)
                 WHERE sessions.account = held.account) AS last_used
             FROM account_roles AS held
             WHERE tenant = $1
             ORDER BY practice, account, role
             LIMIT $2",
        )
        .bind(tenant.uuid())
        .bind(i64::try_from(LINES_MAX + 1).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| row.line(tenant)).collect()
    }
}

pub(super) async fn apply(
    conn: &mut PgConnection,
    header: &Header,
    event: AccessReviewEvent,
) -> Result<(), ProjectionError> {
    let review = header.stream.id();
    match event {
        AccessReviewEvent::Opened { by, lines } => open(&mut *conn, header, by, &lines).await?,
        AccessReviewEvent::LineDecided { by, held, verdict } => {
            sqlx::query(
                "UPDATE access_review_lines SET verdict = $5, decided_by = $6, decided_time = $7
                 WHERE review = $1 AND account = $2 AND role = $3 AND practice = $4",
            )
            .bind(review)
            .bind(held.account.uuid())
            .bind(held.assignment.role.as_str())
            .bind(held.assignment.practice.map(PracticeId::uuid).unwrap_or_default())
            .bind(if verdict == Verdict::Keep { "keep" } else { "withdraw" })
            .bind(by.uuid())
            .bind(header.occurred)
            .execute(&mut *conn)
            .await?;
        }
        AccessReviewEvent::SignedOff { by } => {
            sqlx::query("UPDATE access_reviews SET signed_off_by = $2, sign_off_time = $3 WHERE review = $1")
                .bind(review)
                .bind(by.uuid())
                .bind(header.occurred)
                .execute(&mut *conn)
                .await?;
        }
    }
    sqlx::query("UPDATE access_reviews SET revision = $2 WHERE review = $1")
        .bind(review)
        .bind(i64::try_from(header.revision).unwrap_or(i64::MAX))
        .execute(conn)
        .await?;
    Ok(())
}

async fn open(
    conn: &mut PgConnection,
    header: &Header,
    by: AccountId,
    lines: &[Line],
) -> Result<(), ProjectionError> {
    sqlx::query(
        "INSERT INTO access_reviews (review, tenant, opened_by, open_time, revision)
         VALUES ($1, $2, $3, $4, 0)",
    )
    .bind(header.stream.id())
    .bind(header.subject)
    .bind(by.uuid())
    .bind(header.occurred)
    .execute(&mut *conn)
    .await?;
    let each = |line: &Line| line.held.assignment.practice.map(PracticeId::uuid).unwrap_or_default();
    sqlx::query(
        "INSERT INTO access_review_lines (review, account, role, practice, since, last_used)
         SELECT $1, * FROM UNNEST($2::uuid[], $3::text[], $4::uuid[], $5::timestamptz[], $6::timestamptz[])",
    )
    .bind(header.stream.id())
    .bind(lines.iter().map(|line| line.held.account.uuid()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.held.assignment.role.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(each).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.since).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.last_used).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}
