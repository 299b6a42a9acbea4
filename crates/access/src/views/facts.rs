//! Everything that a decision needs to know about records and a caller, in one query.
use super::marks::MarkColumns;
use crate::{Caller, Facts, GrantFact, Grantee, Held, Uses};
use chrono::{DateTime, Utc};
use holdfast_eventlog::Subject;
use holdfast_types::{AccountId, GrantId, Narrowing, PatientId, Period, PracticeId, Service, Span, TenantId};
use sqlx::{PgPool, types::Json};
use std::{str::FromStr, time::Duration};
use uuid::Uuid;

/// Grants that are read per record and caller, newest first; ended and revoked ones do not count.
pub const GRANTS_MAX: i64 = 200;

#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    #[error("the view of consent cannot be reached")]
    Database(#[from] sqlx::Error),
    #[error("the view of consent holds a malformed {0}")]
    Malformed(&'static str),
}

#[derive(sqlx::FromRow)]
struct Row {
    patient: Uuid,
    waiting: bool,
    consent_seq: i64,
    erased: bool,
    tenant: Option<Uuid>,
    relationship: Option<String>,
    spans: Option<Json<Vec<Span>>>,
    grant_id: Option<Uuid>,
    grantee_account: Option<Uuid>,
    grantee_practice: Option<Uuid>,
    grantee_role: Option<String>,
    categories: Option<Vec<String>>,
    actions: Option<Vec<String>>,
    purposes: Option<Vec<String>>,
    from_time: Option<DateTime<Utc>>,
    until_time: Option<DateTime<Utc>>,
    revision: Option<i64>,
    basis: Option<String>,
    narrowing: Option<Json<Narrowing>>,
    uses_max: Option<i32>,
    used_count: Option<i32>,
    visit_until: Option<DateTime<Utc>>,
    #[sqlx(flatten)]
    marks: MarkColumns,
}

/// The planner takes an array for ten elements, finds a plan for the one at hand cheaper each time, and so plans for longer than it
/// reads. Of one record it is told that it is one, and it keeps its plan.
macro_rules! facts_of {
    ($asked:literal) => {
        concat!(
            "SELECT
                asked.patient,
                COALESCE(heard.seq < heard.replay_to, false)
                    OR EXISTS (SELECT FROM parked WHERE parked.source = $7 AND parked.subject = asked.patient) AS waiting,
                COALESCE(
                    (SELECT min(lane_seq) - 1 FROM parked WHERE parked.source = $7 AND parked.subject = asked.patient),
                    CASE WHEN $9 THEN (SELECT last_seq FROM lanes WHERE lanes.lane = asked.lane) ELSE heard.seq END,
                    0
                ) AS consent_seq,
                records.erased_time IS NOT NULL AS erased,
                records.tenant,
                holders.relationship,
                holders.spans,
                grants.grant_id,
                grants.grantee_account,
                grants.grantee_practice,
                grants.grantee_role,
                grants.categories,
                grants.actions,
                grants.purposes,
                grants.from_time,
                grants.until_time,
                grants.revision,
                grants.narrowing,
                grants.basis,
                grants.uses_max,
                grants.used_count,
                grants.visit_until,
                marks.*
             FROM ",
            $asked,
            "LEFT JOIN inbox AS heard ON NOT $9 AND heard.source = $7 AND heard.lane = asked.lane
             LEFT JOIN access_records AS records ON records.patient = asked.patient
             LEFT JOIN access_holders AS holders ON holders.patient = asked.patient AND holders.account = $2
             LEFT JOIN LATERAL (
                SELECT
                    given.*,
                    CASE WHEN given.uses_max IS NOT NULL THEN (
                        SELECT until_time FROM access_visits AS visits
                        WHERE visits.grant_id = given.grant_id AND visits.account = $2
                    ) END AS visit_until
                FROM access_grants AS given
                WHERE given.patient = asked.patient
                  AND given.revoked_time IS NULL
                  AND (given.until_time IS NULL OR given.until_time > $5)
                  AND (
                    given.grantee_account = $2
                    OR (given.grantee_practice, given.grantee_role) IN (SELECT * FROM UNNEST($3::uuid[], $4::text[]))
                  )
                ORDER BY given.from_time DESC, given.grant_id
                LIMIT $6
             ) AS grants ON true
             LEFT JOIN LATERAL (
                SELECT
                    array_agg(mark_id ORDER BY mark_id) AS mark_ids,
                    array_agg(category ORDER BY mark_id) AS mark_categories,
                    array_agg(item ORDER BY mark_id) AS mark_items,
                    array_agg(author ORDER BY mark_id) AS mark_authors,
                    array_agg(from_account ORDER BY mark_id) AS mark_from_accounts,
                    array_agg(from_practice ORDER BY mark_id) AS mark_from_practices
                FROM access_marks AS kept
                WHERE kept.patient = asked.patient
                  AND NOT kept.lifted
                  AND (kept.from_account IS NULL OR kept.from_account = $2)
                  AND (kept.from_practice IS NULL OR kept.from_practice = ANY ($3))
             ) AS marks ON holders.relationship IS NULL OR holders.spans IS NOT NULL
             ORDER BY asked.place, grants.from_time DESC, grants.grant_id"
        )
    };
}
const OF_ONE: &str =
    facts_of!("(SELECT ($1::uuid[])[1] AS patient, ($8::int[])[1] AS lane, 1 AS place) AS asked ");
const OF_MANY: &str =
    facts_of!("UNNEST($1::uuid[], $8::int[]) WITH ORDINALITY AS asked (patient, lane, place) ");

/// Facts of each patient asked for, in that order, each once. `consent_age` is that of the tables alone: zero, or none for a patient
/// of whom something that consent said is parked, or in whose lane it is being heard once more (a revocation may wait behind it). How old the feed is, the caller knows. `service` is
/// the owner of the tables: consent's stand where its own log does, another's where its inbox does, or before what is parked.
pub async fn facts(
    pool: &PgPool,
    service: &str,
    patients: &[PatientId],
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<Vec<(PatientId, Facts)>, FactsError> {
    let (roles, practices): (Vec<&str>, Vec<Uuid>) =
        caller.held_at_practices().map(|(role, practice)| (role.as_str(), practice.uuid())).unzip();
    let rows: Vec<Row> = sqlx::query_as(if patients.len() == 1 { OF_ONE } else { OF_MANY })
        .bind(patients.iter().map(|patient| patient.uuid()).collect::<Vec<_>>())
        .bind(caller.account.uuid())
        .bind(practices)
        .bind(roles)
        .bind(now)
        .bind(GRANTS_MAX)
        .bind(Service::Consent.as_str())
        .bind(patients.iter().map(|patient| i32::from(Subject::Patient(*patient).lane())).collect::<Vec<_>>())
        .bind(service == Service::Consent.as_str())
        .fetch_all(pool)
        .await?;
    let mut facts: Vec<(PatientId, Facts)> = Vec::with_capacity(patients.len());
    for mut row in rows {
        let patient = PatientId::new(row.patient);
        if facts.last().is_none_or(|(last, _)| *last != patient) {
            let named = row.relationship.as_deref().map(|text| word(text, "relationship")).transpose()?;
            let (relationship, held) = Held::at(named, row.spans.take().map(|Json(spans)| spans), now);
            let record_tenant = row.tenant.map(TenantId::new);
            let consent_age = (!row.waiting).then_some(Duration::ZERO);
            let consent_seq = Some(u64::try_from(row.consent_seq).unwrap_or_default());
            let (grants, erased, marks) = (Vec::new(), row.erased, row.marks.facts(patient)?);
            let known =
                Facts { record_tenant, relationship, held, grants, marks, consent_age, consent_seq, erased };
            facts.push((patient, known));
        }
        if let (Some(grant), Some((_, facts))) = (row.grant()?, facts.last_mut()) {
            facts.grants.push(grant);
        }
    }
    Ok(facts)
}

impl Row {
    fn grant(self) -> Result<Option<GrantFact>, FactsError> {
        let Some(id) = self.grant_id else { return Ok(None) };
        let grantee = match (self.grantee_account, self.grantee_practice, &self.grantee_role) {
            (Some(account), None, None) => Grantee::Account(AccountId::new(account)),
            (None, Some(practice), Some(role)) => {
                Grantee::Practice { practice: PracticeId::new(practice), role: word(role, "role")? }
            }
            _ => return Err(FactsError::Malformed("grantee")),
        };
        let from = self.from_time.ok_or(FactsError::Malformed("period"))?;
        Ok(Some(GrantFact {
            id: GrantId::new(id),
            revision: u64::try_from(self.revision.unwrap_or_default()).unwrap_or_default(),
            patient: PatientId::new(self.patient),
            grantee,
            categories: words(self.categories, "category")?,
            actions: words(self.actions, "action")?,
            purposes: words(self.purposes, "purpose")?,
            period: Period::try_new(from, self.until_time).map_err(|_| FactsError::Malformed("period"))?,
            basis: word(self.basis.as_deref().unwrap_or_default(), "basis")?,
            revoked: None,
            narrowing: self.narrowing.map(|Json(narrowing)| narrowing),
            uses: match self.uses_max {
                Some(max) => Some(Uses {
                    max: count(max)?,
                    used: count(self.used_count.unwrap_or_default())?,
                    visit_until: self.visit_until,
                }),
                None => None,
            },
        }))
    }
}

fn count(number: i32) -> Result<u32, FactsError> {
    u32::try_from(number).map_err(|_| FactsError::Malformed("number of visits"))
}

fn words<W: FromStr>(texts: Option<Vec<String>>, what: &'static str) -> Result<Vec<W>, FactsError> {
    texts.unwrap_or_default().iter().map(|text| word(text, what)).collect()
}

fn word<W: FromStr>(text: &str, what: &'static str) -> Result<W, FactsError> {
    text.parse().map_err(|_| FactsError::Malformed(what))
}
