//! A grant as the tables hold it.
use crate::domain::grant::{Grantee, ShownGrant, Terms, Used};
use chrono::{DateTime, Utc};
use holdfast_types::{AccountId, GrantId, Narrowing, PatientId, Period, PracticeId};
use sqlx::types::Json;
use std::str::FromStr;
use uuid::Uuid;

#[derive(Debug, thiserror::Error)]
pub enum ViewsError {
    #[error("the read models cannot be reached")]
    Database(#[from] sqlx::Error),
    #[error("a read model holds a malformed {0}")]
    Malformed(&'static str),
}

#[derive(sqlx::FromRow)]
pub(super) struct GrantRow {
    grant_id: Uuid,
    pub(super) patient: Uuid,
    grantee_account: Option<Uuid>,
    grantee_practice: Option<Uuid>,
    grantee_role: Option<String>,
    categories: Vec<String>,
    actions: Vec<String>,
    purposes: Vec<String>,
    from_time: DateTime<Utc>,
    until_time: Option<DateTime<Utc>>,
    revoked_time: Option<DateTime<Utc>>,
    revision: i64,
    basis: String,
    narrowing: Option<Json<Narrowing>>,
    replaces: Option<Uuid>,
    replaced_by: Option<Uuid>,
    uses_max: Option<i32>,
    used_count: i32,
    last_use_time: Option<DateTime<Utc>>,
    visit_until: Option<DateTime<Utc>>,
    given_by: Uuid,
    pub(super) given_time: DateTime<Utc>,
}

impl GrantRow {
    pub(super) fn shown(self) -> Result<ShownGrant, ViewsError> {
        let grantee = match (self.grantee_account, self.grantee_practice, &self.grantee_role) {
            (Some(account), None, None) => Grantee::Account(AccountId::new(account)),
            (None, Some(practice), Some(role)) => {
                Grantee::Practice { practice: PracticeId::new(practice), role: word(role, "role")? }
            }
            _ => return Err(ViewsError::Malformed("grantee")),
        };
        Ok(ShownGrant {
            id: GrantId::new(self.grant_id),
            revision: u64::try_from(self.revision).map_err(|_| ViewsError::Malformed("revision"))?,
            terms: Terms {
                patient: PatientId::new(self.patient),
                given_by: AccountId::new(self.given_by),
                grantee,
                categories: words(&self.categories, "category")?,
                actions: words(&self.actions, "action")?,
                purposes: words(&self.purposes, "purpose")?,
                period: Period::try_new(self.from_time, self.until_time)
                    .map_err(|_| ViewsError::Malformed("period"))?,
                basis: word(&self.basis, "basis")?,
                reason: String::new(),
                narrowing: self.narrowing.map(|Json(narrowing)| narrowing),
                replaces: self.replaces.map(GrantId::new),
                uses_max: self.uses_max.map(count).transpose()?,
            },
            revoked: self.revoked_time,
            replaced_by: self.replaced_by.map(GrantId::new),
            uses: Used {
                count: count(self.used_count)?,
                last: self.last_use_time,
                visit_until: self.visit_until,
            },
        })
    }
}

fn count(number: i32) -> Result<u32, ViewsError> {
    u32::try_from(number).map_err(|_| ViewsError::Malformed("number of visits"))
}

fn words<W: FromStr>(texts: &[String], what: &'static str) -> Result<Vec<W>, ViewsError> {
    texts.iter().map(|text| word(text, what)).collect()
}

pub(super) fn word<W: FromStr>(text: &str, what: &'static str) -> Result<W, ViewsError> {
    text.parse().map_err(|_| ViewsError::Malformed(what))
}
