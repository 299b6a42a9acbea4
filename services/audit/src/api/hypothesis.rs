//! What nobody asked, and what came of it, as the contract has them.
use super::replay::grounds;
use crate::{
    domain::{About, Conclusion, Hypothesis, ThingConclusion, ThingKind, ThingVerdict},
    views::Unconcluded,
};
use chrono::{DateTime, Utc};
use holdfast_access::Decision;
use holdfast_host::{Problem, catalogue, field};
use holdfast_proto::{Word, audit::v1 as pb};
use holdfast_types::{Category, PatientId, TenantId};

type Asked = (Option<TenantId>, PatientId, Hypothesis);

pub(super) fn asked(asked: pb::DecideHypotheticalRequest, now: DateTime<Utc>) -> Result<Asked, Problem> {
    let tenant = field::optional_id("tenant_id", &asked.tenant_id)?;
    let patient = field::id("patient_id", &asked.patient_id)?;
    let hypothesis = Hypothesis {
        account: field::id("account_id", &asked.account_id)?,
        action: field::word("action", asked.action)?,
        about: about(&asked)?,
        purpose: field::optional_word("purpose", asked.purpose)?,
        at: field::time("at_time", asked.at_time.as_ref())?.unwrap_or(now),
    };
    Ok((tenant, patient, hypothesis))
}

/// Rooms or one thing.
fn about(asked: &pb::DecideHypotheticalRequest) -> Result<About, Problem> {
    let categories: Vec<Category> = field::words("categories", &asked.categories, Category::ALL.len())?;
    match (asked.thing_id.as_str(), categories.is_empty()) {
        ("", true) => {
            Err(Problem::of_field(catalogue::FIELD_MISSING, "categories", "name at least one, or a thing"))
        }
        ("", false) => Ok(About::Rooms(categories)),
        (thing, true) => thing
            .parse()
            .map(About::Thing)
            .map_err(|_| Problem::of_field(catalogue::ID_MALFORMED, "thing_id", "not a UUID")),
        (_, false) => {
            Err(Problem::of_field(catalogue::FIELD_INVALID, "thing_id", "name a thing or rooms, not both"))
        }
    }
}

pub(super) fn unconcluded(why: Unconcluded) -> Problem {
    match why {
        Unconcluded::NoRecord => Problem::new(catalogue::NOT_PERMITTED, "no record is permitted"),
        Unconcluded::NoThing => {
            Problem::new(catalogue::THING_UNKNOWN, "the history knows of no such thing by then")
        }
    }
}

/// Without what is the same in every answer.
pub(super) fn told(conclusion: Conclusion) -> pb::DecideHypotheticalResponse {
    let numbers = |rooms: &[Category]| rooms.iter().map(|room| room.to_proto()).collect();
    let (permitted, parts, reason) = match &conclusion.decision {
        Decision::Permitted { categories, parts, .. } => (numbers(categories), numbers(parts), ""),
        Decision::Refused { reason, .. } => (Vec::new(), Vec::new(), reason.reason()),
    };
    pb::DecideHypotheticalResponse {
        permitted_categories: permitted,
        part_categories: parts,
        refusal_reason: conclusion.thing.as_ref().and_then(kept_back).unwrap_or(reason).to_owned(),
        relationship: conclusion.relationship.map(Word::to_proto).unwrap_or_default(),
        consent_seq: conclusion.consent_seq,
        thing: conclusion.thing.map(thing),
        grounds: Some(grounds(conclusion.decision)),
        ..pb::DecideHypotheticalResponse::default()
    }
}

/// What its service answers to somebody to whom the room is open.
fn kept_back(thing: &ThingConclusion) -> Option<&'static str> {
    let reason = match (&thing.verdict, thing.kind) {
        (ThingVerdict::Open | ThingVerdict::RoomClosed, _) => return None,
        (ThingVerdict::Erased { is_said: true }, _) => catalogue::CONTENT_ERASED,
        (_, ThingKind::Item) => catalogue::ITEM_UNKNOWN,
        // Documents names none that it does not show to whoever does not see all of the record.
        (_, ThingKind::Document) => catalogue::NOT_PERMITTED,
        (_, ThingKind::Thread) => catalogue::THREAD_UNKNOWN,
    };
    Some(reason.name())
}

pub(super) fn thing(thing: ThingConclusion) -> pb::HypotheticalThing {
    let (verdict, marks) = match thing.verdict {
        ThingVerdict::Open => (pb::ThingVerdict::Open, Vec::new()),
        ThingVerdict::RoomClosed => (pb::ThingVerdict::RoomClosed, Vec::new()),
        ThingVerdict::Marked(marks) => (pb::ThingVerdict::Marked, marks),
        ThingVerdict::BeyondPart => (pb::ThingVerdict::BeyondPart, Vec::new()),
        ThingVerdict::OfAnotherPractice => (pb::ThingVerdict::OfAnotherPractice, Vec::new()),
        ThingVerdict::Erased { .. } => (pb::ThingVerdict::Erased, Vec::new()),
    };
    pb::HypotheticalThing {
        verdict: verdict.into(),
        category: thing.category.to_proto(),
        mark_ids: marks.iter().map(ToString::to_string).collect(),
    }
}
