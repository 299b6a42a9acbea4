//! Why one look or refusal was decided so: what it rested on, and whether the log leads there again. What is asked stands in no address.
use super::super::{days::MOMENT, deeds};
use crate::{
    failure::{Answer, Failure},
    form::Fields,
    handlers::given::rooms,
    pages::{
        decision::Decision,
        parts::{Fact, Notice, Tone},
        sharing::Carried,
        show,
    },
    visitor::Signed,
};
use chrono::{DateTime, Utc};
use holdfast_proto::{
    Word as _,
    access::v1::{AccessRecorded, GrantRevision, Outcome},
    audit::v1::{
        DecisionGrounds, Entry, EntryKind, ReplayDecisionsRequest, ReplayDecisionsResponse, ReplayDifference,
        ReplayVerdict, ReplayedDecision, SearchEntriesRequest,
    },
    time, timestamp,
};
use holdfast_types::{Action, Purpose, Relationship};

/// Entries of one page.
const AT_ONCE_MAX: i32 = 200;
/// Pages of one moment: what a log puts down together is recorded at the same time, up to 512 events, and several logs may do so.
const PAGES_MAX: usize = 16;

pub(super) async fn page(signed: Signed, fields: Fields) -> Answer {
    let entry = found(&signed, &fields).await?;
    let access = entry.access.clone().ok_or_else(Failure::not_shown)?;
    let at = moment(&entry)?;
    let replayed = replayed(&signed, &entry, at).await?.ok_or_else(Failure::not_shown)?;
    let known = signed.known([entry.actor.as_str()]).await?;
    let (again, differs) = again(&signed, &replayed);
    Ok(show(&Decision {
        frame: super::frame(&signed),
        when: signed.moment(at),
        who: known.actor(&signed, &entry.actor),
        did: super::teller(&signed).did(&entry),
        number: deeds::number(&entry),
        grounds: grounds(&signed, &access),
        again,
        differs,
        before: before(&entry),
        ask: ask(&entry, &access, at),
    }))
}

fn moment(entry: &Entry) -> Result<DateTime<Utc>, Failure> {
    entry.recorded_time.as_ref().and_then(|at| time(at).ok()).ok_or_else(Failure::not_shown)
}

/// The entry itself, or with `before` the last decision about its record before it.
async fn found(signed: &Signed, fields: &Fields) -> Result<Entry, Failure> {
    let at = fields.one("at").parse().ok().and_then(DateTime::from_timestamp_micros);
    let at = at.ok_or_else(Failure::bad_form)?;
    let earlier = !fields.one("before").is_empty();
    let (from, until) = if earlier { (None, at) } else { (Some(timestamp(at)), at + MOMENT) };
    let mut asked = SearchEntriesRequest {
        tenant_id: super::tenant(signed).ok_or_else(Failure::not_shown)?,
        patient_id: fields.one("patient").to_owned(),
        from_time: from,
        until_time: Some(timestamp(until)),
        kinds: vec![EntryKind::Read.into(), EntryKind::Refused.into()],
        page_size: if earlier { 1 } else { AT_ONCE_MAX },
        ..SearchEntriesRequest::default()
    };
    let wanted = |entry: &Entry| earlier || entry.event_id == fields.one("event");
    for _ in 0..PAGES_MAX {
        let page = signed.audit().search_entries(asked.clone()).await?.into_inner();
        if let Some(entry) = page.entries.into_iter().find(wanted) {
            return Ok(entry);
        }
        if earlier || page.next_page_token.is_empty() {
            break;
        }
        asked.page_token = page.next_page_token;
    }
    Err(Failure::not_shown())
}

/// What came of deciding one again.
enum Replayed {
    Identical,
    Otherwise(Box<ReplayedDecision>),
}

/// None where audit did not decide it again: then nothing is said of it.
async fn replayed(signed: &Signed, entry: &Entry, at: DateTime<Utc>) -> Result<Option<Replayed>, Failure> {
    let asked = ReplayDecisionsRequest {
        tenant_id: super::tenant(signed).ok_or_else(Failure::not_shown)?,
        patient_id: entry.patient_id.clone(),
        from_time: Some(timestamp(at)),
        until_time: Some(timestamp(at + MOMENT)),
        event_id: entry.event_id.clone(),
        ..ReplayDecisionsRequest::default()
    };
    let answer = super::replay(signed).replay_decisions(asked).await?.into_inner();
    Ok(outcome(&entry.event_id, answer))
}

fn outcome(event: &str, answer: ReplayDecisionsResponse) -> Option<Replayed> {
    let (decided, identical) = (answer.decision_count, answer.identical_count);
    match answer.exceptions.into_iter().find(|one| one.event_id == event) {
        Some(exception) => Some(Replayed::Otherwise(Box::new(exception))),
        None => (decided == 1 && identical == 1).then_some(Replayed::Identical),
    }
}

/// What came of deciding again, and where that differs what it led to.
fn again(signed: &Signed, replayed: &Replayed) -> (Notice, Vec<Fact>) {
    let words = signed.words();
    let exception = match replayed {
        Replayed::Identical => None,
        Replayed::Otherwise(exception) => Some(exception.as_ref()),
    };
    let (tone, key) = match exception.map(ReplayedDecision::verdict) {
        None => (Tone::Good, "decision-identical"),
        Some(ReplayVerdict::Different | ReplayVerdict::Unspecified) => (Tone::Stop, "decision-different"),
        Some(ReplayVerdict::NotByPolicy) => (Tone::Info, "decision-not-by-policy"),
        Some(ReplayVerdict::InputsNotRecorded) => (Tone::Warn, "decision-inputs-not-recorded"),
        Some(ReplayVerdict::OtherPolicies) => (Tone::Warn, "decision-other-policies"),
        Some(ReplayVerdict::NotHeardYet) => (Tone::Warn, "decision-not-heard-yet"),
        Some(ReplayVerdict::Unreadable) => (Tone::Stop, "decision-unreadable"),
    };
    let differs = exception.map(|one| {
        let what = one.differences().map(|what| words.t(difference(what))).collect::<Vec<_>>().join(", ");
        let what = (!what.is_empty()).then(|| Fact::new(words.t("decision-reason"), what));
        let led = one.replayed.as_ref().map(|replayed| of_grounds(signed, replayed)).unwrap_or_default();
        what.into_iter().chain(led).collect()
    });
    (Notice { tone, text: words.t(key), link: None }, differs.unwrap_or_default())
}

const fn difference(what: ReplayDifference) -> &'static str {
    match what {
        ReplayDifference::Outcome | ReplayDifference::Unspecified => "difference-outcome",
        ReplayDifference::Categories => "difference-categories",
        ReplayDifference::Rules => "difference-rules",
        ReplayDifference::Grants => "difference-grants",
        ReplayDifference::Relationship => "difference-relationship",
        ReplayDifference::Reason => "difference-reason",
    }
}

fn grounds(signed: &Signed, access: &AccessRecorded) -> Vec<Fact> {
    let words = signed.words();
    let decided = DecisionGrounds {
        outcome: access.outcome,
        rule_ids: access.rule_ids.clone(),
        grants: access.grants.clone(),
    };
    let text = |key: &str, value: String| (!value.is_empty()).then(|| Fact::new(words.t(key), value));
    let some = |numbers: &[i32]| if numbers.is_empty() { String::new() } else { rooms(words, numbers) };
    let action = Action::from_proto(access.action).map(|action| words.action(action));
    let asked = action.into_iter().chain(Some(some(&access.categories)).filter(|text| !text.is_empty()));
    let held = Relationship::from_proto(access.relationship).map(|held| words.t(deeds::held(held)));
    let purpose = Purpose::from_proto(access.purpose).map(|purpose| words.purpose(purpose));
    let more = [
        text("decision-asked", asked.collect::<Vec<_>>().join(": ")),
        text("decision-rooms-permitted", some(&access.permitted_categories)),
        text("decision-rooms-part", some(&access.part_categories)),
        text("decision-held", held.unwrap_or_default()),
        text("decision-purpose", purpose.unwrap_or_default()),
        text("decision-reason", access.refusal_reason.clone()),
        text("decision-policies", access.policy_digest.clone()),
        text("decision-consent", access.consent_seq.map(|seq| seq.to_string()).unwrap_or_default()),
        text("decision-operation", access.operation.clone()),
        (!access.returned.is_empty())
            .then(|| Fact::new(words.t("decision-returned"), access.returned.len().to_string())),
    ];
    of_grounds(signed, &decided).into_iter().chain(more.into_iter().flatten()).collect()
}

/// Outcome, rules and grants, in words and by their ids.
pub(in crate::handlers) fn of_grounds(signed: &Signed, grounds: &DecisionGrounds) -> Vec<Fact> {
    let words = signed.words();
    let outcome = match grounds.outcome() {
        Outcome::Permitted => "decision-permitted",
        Outcome::Refused | Outcome::Unspecified => "decision-refused",
    };
    let rule = |id: &String| {
        let key = format!("rule-{id}");
        if words.holds(&key) { format!("{} ({id})", words.t(&key)) } else { id.clone() }
    };
    let rules: Vec<String> = grounds.rule_ids.iter().map(rule).collect();
    let grant = |grant: &GrantRevision| {
        words
            .say("decision-grant")
            .with("id", &grant.grant_id)
            .with("revision", grant.revision.to_string())
            .plain()
    };
    let grants: Vec<String> = grounds.grants.iter().map(grant).collect();
    let or = |texts: Vec<String>, none: &str| if texts.is_empty() { words.t(none) } else { texts.join("; ") };
    vec![
        Fact::new(words.t("decision-outcome"), words.t(outcome)),
        Fact::new(words.t("decision-rules"), or(rules, "decision-rules-none")),
        Fact::new(words.t("decision-grants"), or(grants, "decision-grants-none")),
    ]
}

fn carried(pairs: Vec<(&str, String)>) -> Vec<Carried> {
    pairs.into_iter().map(|(name, value)| Carried { name: name.to_owned(), value }).collect()
}

/// What names an entry to this page.
pub(super) fn naming(entry: &Entry) -> Vec<Carried> {
    let at = entry.recorded_time.as_ref().and_then(|at| time(at).ok()).map(|at| at.timestamp_micros());
    let at = at.map(|at| at.to_string()).unwrap_or_default();
    carried(vec![("event", entry.event_id.clone()), ("at", at), ("patient", entry.patient_id.clone())])
}

fn before(entry: &Entry) -> Vec<Carried> {
    if entry.patient_id.is_empty() {
        return Vec::new();
    }
    let mut fields = naming(entry);
    fields.extend(carried(vec![("before", "1".to_owned())]));
    fields
}

/// The same question, to be asked of another moment.
fn ask(entry: &Entry, access: &AccessRecorded, at: DateTime<Utc>) -> Vec<Carried> {
    let local = at.with_timezone(&chrono::Local);
    let action = Action::from_proto(access.action).unwrap_or(Action::Read);
    let categories = access.categories.iter();
    let rooms = categories.filter_map(|number| holdfast_types::Category::from_proto(*number));
    let mut fields = vec![
        ("patient", entry.patient_id.clone()),
        ("actor", access.account_id.clone()),
        ("action", action.to_string()),
        ("date", local.format("%Y-%m-%d").to_string()),
        ("time", local.format("%H:%M").to_string()),
    ];
    fields.extend(rooms.map(|room| ("room", room.to_string())));
    carried(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_to_be_decided_identically_only_where_it_was_decided_again() {
        let answer = |decision_count, identical_count, exceptions| ReplayDecisionsResponse {
            decision_count,
            identical_count,
            exceptions,
            ..Default::default()
        };
        let exception = |event: &str| ReplayedDecision { event_id: event.to_owned(), ..Default::default() };
        assert!(matches!(outcome("e", answer(1, 1, vec![])), Some(Replayed::Identical)));
        let otherwise = outcome("e", answer(1, 0, vec![exception("e")]));
        assert!(matches!(otherwise, Some(Replayed::Otherwise(one)) if one.event_id == "e"));
        for nothing in [answer(0, 0, vec![]), answer(1, 0, vec![exception("f")]), answer(200, 200, vec![])] {
            assert!(outcome("e", nothing).is_none());
        }
    }
}
