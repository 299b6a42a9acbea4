//! What nobody asked: whether somebody might have done something with rooms of a record, or one thing in it, at a moment.
use super::{Wrong, decision::of_grounds};
use crate::{
    failure::{Answer, Failure},
    form::Fields,
    handlers::{given::rooms, then::typed},
    pages::{
        decision::{Answer as Decided, WhatIf},
        parts::{Choice, Fact, Field, Notice, Problem, Tone},
        sharing::Question,
        show, show_as,
    },
    visitor::Signed,
};
use axum::response::Response;
use holdfast_host::catalogue;
use holdfast_proto::{
    Word as _,
    access::v1::Outcome,
    audit::v1::{DecideHypotheticalRequest, DecideHypotheticalResponse, HypotheticalThing, ThingVerdict},
    timestamp,
};
use holdfast_types::{Action, Category, PatientId};
use http::StatusCode;
use uuid::Uuid;

pub(super) async fn form(signed: Signed) -> Answer {
    super::tenant(&signed).ok_or_else(Failure::not_shown)?;
    Ok(show(&page(&signed, &Fields::default(), None, None)))
}

/// Without `ask` the form alone, filled with what was sent.
pub(super) async fn ask(signed: Signed, fields: Fields) -> Answer {
    if fields.one("ask").is_empty() {
        return Ok(show(&page(&signed, &fields, None, None)));
    }
    match asked(&signed, &fields).await? {
        Ok(asked) => match super::replay(&signed).decide_hypothetical(asked).await.map_err(Failure::from) {
            Ok(answer) => {
                Ok(show(&page(&signed, &fields, Some(decided(&signed, &answer.into_inner())), None)))
            }
            Err(failure) if failure.is(catalogue::THING_UNKNOWN) => {
                Ok(wrong(&signed, &fields, ("thing", "what-if-thing-unknown")))
            }
            Err(failure) => Err(failure),
        },
        Err(what) => Ok(wrong(&signed, &fields, what)),
    }
}

fn wrong(signed: &Signed, fields: &Fields, what: Wrong) -> Response {
    show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(signed, fields, None, Some(what)))
}

async fn asked(
    signed: &Signed,
    fields: &Fields,
) -> Result<Result<DecideHypotheticalRequest, Wrong>, Failure> {
    let patient = fields.one("patient");
    if patient.parse::<PatientId>().is_err() {
        return Ok(Err(("patient", "office-number-wrong")));
    }
    let account_id = match super::account(signed, fields.one("actor")).await? {
        Ok(account_id) if account_id.is_empty() => return Ok(Err(("actor", "what-if-account-wrong"))),
        Ok(account_id) => account_id,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let chosen = |category: &&Category| fields.all("room").any(|word| word == category.as_str());
    let categories: Vec<i32> = Category::ALL.iter().filter(chosen).map(|room| room.to_proto()).collect();
    let thing = fields.one("thing");
    if !thing.is_empty() && thing.parse::<Uuid>().is_err() {
        return Ok(Err(("thing", "what-if-thing-wrong")));
    }
    // A thing says by itself in which room it was.
    match (thing.is_empty(), categories.is_empty()) {
        (true, true) => return Ok(Err(("room", "what-if-rooms-wrong"))),
        (false, false) => return Ok(Err(("thing", "what-if-both-wrong"))),
        _ => {}
    }
    let at = match fields.one("date") {
        "" => None,
        date => match typed(date, fields.one("time"), signed.now()) {
            Ok(at) => Some(at),
            Err(wrong) => return Ok(Err(wrong)),
        },
    };
    Ok(Ok(DecideHypotheticalRequest {
        tenant_id: super::tenant(signed).ok_or_else(Failure::not_shown)?,
        patient_id: patient.to_owned(),
        account_id,
        action: action(fields).to_proto(),
        categories,
        purpose: 0,
        at_time: at.map(timestamp),
        thing_id: thing.to_owned(),
    }))
}

fn action(fields: &Fields) -> Action {
    fields.one("action").parse().unwrap_or(Action::Read)
}

fn decided(signed: &Signed, answer: &DecideHypotheticalResponse) -> Decided {
    let words = signed.words();
    let grounds = answer.grounds.clone().unwrap_or_default();
    let (tone, text) = if grounds.outcome() == Outcome::Permitted {
        let rooms = rooms(words, &answer.permitted_categories);
        (Tone::Good, words.say("what-if-yes").with("rooms", rooms).plain())
    } else {
        let reason = match (answer.refusal_reason.as_str(), answer.thing.as_ref().and_then(kept_back)) {
            (_, Some(key)) => words.t(key),
            ("NOT_PERMITTED", None) => words.t("by-none"),
            ("CONSENT_STALE", None) => words.t("by-stale"),
            (other, None) => other.to_owned(),
        };
        (Tone::Stop, words.say("what-if-no").with("reason", reason).plain())
    };
    let mut facts = of_grounds(signed, &grounds);
    if !answer.part_categories.is_empty() {
        facts.push(Fact::new(words.t("decision-rooms-part"), rooms(words, &answer.part_categories)));
    }
    if let Some(thing) = &answer.thing {
        facts.push(Fact::new(words.t("what-if-thing-room"), rooms(words, &[thing.category])));
        if !thing.mark_ids.is_empty() {
            facts.push(Fact::new(words.t("what-if-marks"), thing.mark_ids.join("; ")));
        }
    }
    let moment = signed.when(answer.decided_time.as_ref()).map(|when| when.text).unwrap_or_default();
    facts.extend([
        Fact::new(words.t("what-if-moment"), moment),
        Fact::new(words.t("decision-consent"), answer.consent_seq.to_string()),
        Fact::new(words.t("decision-policies"), answer.policy_digest.clone()),
    ]);
    Decided { verdict: Notice { tone, text, link: None }, grounds: facts }
}

/// Why a thing is not open to somebody to whom its room is; none where it is the room that decided.
fn kept_back(thing: &HypotheticalThing) -> Option<&'static str> {
    match thing.verdict() {
        ThingVerdict::Marked => Some("what-if-marked"),
        ThingVerdict::BeyondPart => Some("what-if-beyond-part"),
        ThingVerdict::OfAnotherPractice => Some("what-if-of-another-practice"),
        ThingVerdict::Erased => Some("what-if-erased"),
        ThingVerdict::Open | ThingVerdict::RoomClosed | ThingVerdict::Unspecified => None,
    }
}

fn page(signed: &Signed, fields: &Fields, answer: Option<Decided>, wrong: Option<Wrong>) -> WhatIf {
    let words = signed.words();
    let dress = |field: Field| {
        let field = Field { value: fields.one(field.name).to_owned(), ..field };
        match wrong.filter(|(name, _)| *name == field.name) {
            Some((_, key)) => field.wrong(words.t(key)),
            None => field,
        }
    };
    let current = action(fields);
    let actions = Action::ALL
        .iter()
        .map(|action| Choice::new(action.as_str(), words.action(*action)).chosen(*action == current));
    let rooms = Category::ALL.iter().map(|room| {
        let chosen = fields.all("room").any(|word| word == room.as_str());
        Choice::new(room.as_str(), words.category(*room)).chosen(chosen)
    });
    WhatIf {
        frame: super::frame(signed),
        fields: vec![
            dress(
                Field::line("patient", words.t("office-patient-number")).hint(words.t("office-patient-hint")),
            ),
            dress(Field::line("actor", words.t("office-actor")).hint(words.t("office-actor-hint"))),
            dress(Field::line("thing", words.t("what-if-thing")).hint(words.t("what-if-thing-hint")))
                .optional(),
        ],
        questions: vec![
            Question {
                name: "action",
                legend: words.t("what-if-action"),
                hint: String::new(),
                many: false,
                choices: actions.collect(),
            },
            Question {
                name: "room",
                legend: words.t("what-if-rooms"),
                hint: String::new(),
                many: true,
                choices: rooms.collect(),
            },
        ],
        moment: vec![
            dress(Field::of("date", "date", words.t("what-if-day"))),
            dress(Field::of("time", "time", words.t("then-time")).hint(words.t("then-time-hint"))),
        ],
        problems: wrong
            .map(|(field, key)| Problem { field: field.to_owned(), text: words.t(key) })
            .into_iter()
            .collect(),
        answer,
    }
}
