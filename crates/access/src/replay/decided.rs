//! A decision as its published access event tells it: everything that went in, and what came out.
use crate::{Caller, Decision, Denial, GrantRevision, Oversight, Record, RoleAssignment};
use chrono::{DateTime, Utc};
use holdfast_proto::{Word, access::v1 as pb, time};
use holdfast_types::{Action, Category, PatientId, Purpose, Relationship};
use std::{str::FromStr, time::Duration};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    pub caller: Caller,
    pub asked: Asked,
    pub purpose: Purpose,
    /// The moment for which it was decided.
    pub now: DateTime<Utc>,
    pub consent_age: Option<Duration>,
    pub consent_age_max: Duration,
    /// Some wherever a record is asked about.
    pub consent_seq: Option<u64>,
    /// Hex.
    pub policy_digest: String,
    pub relationship: Option<Relationship>,
    pub decision: Decision,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Rooms {
        action: Action,
        record: Record,
        /// Whoever answered left out what was not granted.
        in_part: bool,
        /// As if on the visits that were left.
        ahead_of_visit: bool,
    },
    Beside(Oversight),
}

/// Why there is nothing to decide again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoReplay {
    #[error("a rule of the service refused, and no policy was asked")]
    NotByPolicy,
    #[error("it was recorded before access events held all that a decision rests on")]
    InputsNotRecorded,
    #[error("the access event holds {0}")]
    Unreadable(&'static str),
}

impl Asked {
    /// The record that is asked about.
    pub const fn patient(&self) -> Option<PatientId> {
        match self {
            Self::Rooms { record, .. } => Some(record.patient),
            Self::Beside(oversight) => oversight.patient(),
        }
    }
}

impl Decided {
    pub fn read(event: &pb::AccessRecorded) -> Result<Self, NoReplay> {
        // A digest stands in every event that a policy decided, from the first on.
        if event.policy_digest.is_empty() {
            return Err(NoReplay::NotByPolicy);
        }
        let Some(now) = &event.decided_time else { return Err(NoReplay::InputsNotRecorded) };
        let now = time(now).map_err(|_| NoReplay::Unreadable("no time"))?;
        let asked = asked(event)?;
        if asked.patient().is_some() && event.consent_seq.is_none() {
            return Err(NoReplay::InputsNotRecorded);
        }
        Ok(Self {
            caller: Caller {
                account: id(&event.account_id)?,
                session: None,
                roles: event.held_roles.iter().map(held).collect::<Result<_, _>>()?,
                expires: DateTime::<Utc>::MAX_UTC,
            },
            asked,
            purpose: word(event.purpose)?,
            now,
            // Never heard of is older than any age.
            consent_age: Some(event.consent_age_ms).filter(|age| *age != i64::MAX).map(millis),
            consent_age_max: millis(event.consent_age_ms_max),
            consent_seq: event.consent_seq,
            policy_digest: event.policy_digest.clone(),
            relationship: match event.relationship {
                0 => None,
                number => Some(word(number)?),
            },
            decision: decision(event)?,
        })
    }
}

fn asked(event: &pb::AccessRecorded) -> Result<Asked, NoReplay> {
    let Some(oversight) = &event.oversight else {
        let record = Record { patient: id(&event.patient_id)?, categories: words(&event.categories)? };
        return Ok(Asked::Rooms {
            action: word(event.action)?,
            record,
            in_part: event.in_part,
            ahead_of_visit: event.ahead_of_visit,
        });
    };
    let patient = || match event.patient_id.as_str() {
        "" => Ok(None),
        text => id(text).map(Some),
    };
    Ok(Asked::Beside(match oversight.kind() {
        pb::OversightKind::RecordHistory => Oversight::RecordHistory(id(&event.patient_id)?),
        pb::OversightKind::TenantHistory => {
            Oversight::TenantHistory { tenant: id(&oversight.tenant_id)?, patient: patient()? }
        }
        pb::OversightKind::LogHealth => Oversight::LogHealth,
        pb::OversightKind::Installation => Oversight::Installation,
        pb::OversightKind::Tenant => Oversight::Tenant(id(&oversight.tenant_id)?),
        pb::OversightKind::Directory => Oversight::Directory,
        pb::OversightKind::Erasure => Oversight::Erasure(id(&event.patient_id)?),
        pb::OversightKind::Emergency => Oversight::Emergency(id(&event.patient_id)?),
        pb::OversightKind::EmergencyReview => Oversight::EmergencyReview(id(&event.patient_id)?),
        pb::OversightKind::Authority => Oversight::Authority(id(&event.patient_id)?),
        pb::OversightKind::AuthorityReview => Oversight::AuthorityReview(id(&event.patient_id)?),
        pb::OversightKind::AccessReview => Oversight::AccessReview(id(&oversight.tenant_id)?),
        pb::OversightKind::Role => {
            Oversight::Role(held(oversight.role.as_ref().ok_or(NoReplay::Unreadable("no role"))?)?)
        }
        pb::OversightKind::Treatments => Oversight::Treatments(id(&oversight.practice_id)?),
        pb::OversightKind::TreatmentPolicy => Oversight::TreatmentPolicy(id(&oversight.practice_id)?),
        pb::OversightKind::Unspecified => return Err(NoReplay::Unreadable("an unknown kind of oversight")),
    }))
}

fn decision(event: &pb::AccessRecorded) -> Result<Decision, NoReplay> {
    let rule_ids = event.rule_ids.clone();
    match event.outcome() {
        pb::Outcome::Permitted => Ok(Decision::Permitted {
            categories: words(&event.permitted_categories)?,
            parts: words(&event.part_categories)?,
            rule_ids,
            grants: event.grants.iter().map(grant).collect::<Result<_, _>>()?,
        }),
        pb::Outcome::Refused => {
            let known = [Denial::NotPermitted, Denial::ConsentStale];
            let reason = known.into_iter().find(|denial| denial.reason() == event.refusal_reason);
            Ok(Decision::Refused {
                reason: reason.ok_or(NoReplay::Unreadable("an unknown reason"))?,
                rule_ids,
            })
        }
        pb::Outcome::Unspecified => Err(NoReplay::Unreadable("no outcome")),
    }
}

fn grant(grant: &pb::GrantRevision) -> Result<GrantRevision, NoReplay> {
    Ok(GrantRevision { grant: id(&grant.grant_id)?, revision: grant.revision })
}

fn held(held: &pb::HeldRole) -> Result<RoleAssignment, NoReplay> {
    let practice = match held.practice_id.as_str() {
        "" => None,
        text => Some(id(text)?),
    };
    Ok(RoleAssignment { role: word(held.role)?, tenant: id(&held.tenant_id)?, practice })
}

fn id<T: FromStr>(text: &str) -> Result<T, NoReplay> {
    text.parse().map_err(|_| NoReplay::Unreadable("no id where one must be"))
}

fn word<W: Word>(number: i32) -> Result<W, NoReplay> {
    W::from_proto(number).ok_or(NoReplay::Unreadable("an unknown word"))
}

fn words(numbers: &[i32]) -> Result<Vec<Category>, NoReplay> {
    numbers.iter().map(|number| word(*number)).collect()
}

fn millis(age: i64) -> Duration {
    Duration::from_millis(u64::try_from(age).unwrap_or_default())
}
