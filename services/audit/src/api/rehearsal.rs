//! A change of sharing as it is asked about, and what it would do as it is told.
use crate::{
    domain::{Effect, Whom},
    views::{Past, Rehearsed},
};
use chrono::{DateTime, Utc};
use holdfast_access::views::ConsentFact;
use holdfast_host::{Problem, catalogue, field};
use holdfast_proto::{
    Word,
    audit::v1::{self as pb, rehearse_change_request::Change},
    consent::v1::{GrantGiven, MarkSet, Narrowing},
    timestamp,
};
use holdfast_types::{Category, MarkId, PatientId};
use prost_types::Any;
use uuid::Uuid;

/// The id of what has none yet.
const NEW: Uuid = Uuid::max();

/// As consent would say it.
pub(super) fn change(
    request: pb::RehearseChangeRequest,
    now: DateTime<Utc>,
) -> Result<(PatientId, Vec<ConsentFact>), Problem> {
    let patient: PatientId = field::id("patient_id", &request.patient_id)?;
    let revoked = |grant| ConsentFact::GrantRevoked { grant, revoked: now, revision: u64::MAX };
    let said = match field::required("change", request.change)? {
        Change::GiveGrant(mut grant) => {
            let replaced = field::optional_id("give_grant.replaces_grant_id", &grant.replaces_grant_id)?;
            (grant.grant_id, grant.patient_id, grant.revision) = (NEW.to_string(), patient.to_string(), 1);
            grant.revoked_time = None;
            grant.narrowing = grant.narrowing.filter(|narrowing| *narrowing != Narrowing::default());
            grant.from_time.get_or_insert_with(|| timestamp(now));
            let given = read("give_grant", Any::from_msg(&GrantGiven { grant: Some(grant) }))?;
            replaced.map(revoked).into_iter().chain([given]).collect()
        }
        Change::RevokeGrantId(grant) => vec![revoked(field::id("revoke_grant_id", &grant)?)],
        Change::SetMark(mut mark) => {
            (mark.mark_id, mark.patient_id) = (NEW.to_string(), patient.to_string());
            vec![read("set_mark", Any::from_msg(&MarkSet { mark: Some(mark) }))?]
        }
        Change::LiftMarkId(mark) => {
            let mark: MarkId = field::id("lift_mark_id", &mark)?;
            vec![ConsentFact::MarkLifted { patient, mark }]
        }
    };
    Ok((patient, said))
}

/// By the one reader of what consent says: what is rehearsed is what would be heard.
fn read<E>(name: &str, said: Result<Any, E>) -> Result<ConsentFact, Problem> {
    let fact = said.ok().and_then(|said| ConsentFact::read(&said).ok().flatten());
    fact.ok_or_else(|| Problem::of_field(catalogue::FIELD_INVALID, name, "nothing that consent could say"))
}

pub(super) fn told(rehearsed: Rehearsed, lag_ms: i64) -> pb::RehearseChangeResponse {
    let Rehearsed { decisions, whole, stopped, allowed, looks, reaches } = rehearsed;
    pb::RehearseChangeResponse {
        decision_count: count(decisions),
        whole,
        stopped_count: count(stopped),
        allowed_count: count(allowed),
        looks: looks.into_iter().map(look).collect(),
        reaches: reaches
            .into_iter()
            .map(|(whom, reach)| {
                let (who, role) = match whom {
                    Whom::Account(account) => (pb::rehearsed_reach::Who::AccountId(account.to_string()), 0),
                    Whom::Practice(practice, role) => {
                        (pb::rehearsed_reach::Who::PracticeId(practice.to_string()), role.to_proto())
                    }
                };
                pb::RehearsedReach {
                    who: Some(who),
                    role,
                    gained: numbers(&reach.gained),
                    lost: numbers(&reach.lost),
                    less_within_rooms: reach.less_within_rooms,
                    more_within_rooms: reach.more_within_rooms,
                    part_categories: numbers(&reach.parts),
                }
            })
            .collect(),
        lag_ms,
    }
}

fn look(past: Past) -> pb::RehearsedLook {
    let Past { event_id, recorded, account, operation, otherwise } = past;
    let effect = match otherwise.effect {
        Effect::Stopped => pb::RehearsedEffect::Stopped,
        Effect::Allowed => pb::RehearsedEffect::Allowed,
    };
    pb::RehearsedLook {
        event_id: event_id.to_string(),
        recorded_time: Some(timestamp(recorded)),
        account_id: account.to_string(),
        operation,
        effect: effect.into(),
        categories: numbers(&otherwise.categories),
        kept_back_count: count(otherwise.kept_back),
        part_categories: numbers(&otherwise.parts),
    }
}

fn numbers(categories: &[Category]) -> Vec<i32> {
    categories.iter().map(|category| category.to_proto()).collect()
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
