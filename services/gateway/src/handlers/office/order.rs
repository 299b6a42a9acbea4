//! One record or paper before the officer: carrying out what the family asks, ordering that it be kept, and ending such an order. Its number
//! is a form's alone. What cannot be taken back is shown once more before it is done.
use super::{
    Wrong,
    erasures::{self, about, naming, title},
    tenant,
};
use crate::{
    dates,
    directory::Known,
    failure::{Answer, Failure},
    form::Fields,
    pages::{
        erasure::ErasureOrder,
        parts::{Choice, Fact, Field, Notice, Problem, Tone, When},
        sharing::{Carried, Question},
        show_as,
    },
    visitor::Signed,
};
use holdfast_host::{Reason, catalogue};
use holdfast_proto::consent::v1::{
    CarryOutErasureRequest, Erasure, ErasureState, GetErasureRequest, Grounds, LegalHold, LiftHoldRequest,
    PlaceHoldRequest, Retention,
};
use holdfast_types::{DocumentId, PatientId};
use http::StatusCode;

const HOLD: &str = "hold";
const ERASE: &str = "erase";
/// Before the id of a hold.
const LIFT: &str = "lift:";
const AUTHORITY_CHARACTERS_MAX: u32 = 200;
const REASON_CHARACTERS_MAX: u32 = 500;
const ANSWERS: [&str; 8] = ["patient", "document", "order", "authority", "reason", "rule", "born", "served"];

/// What the page says on top of what it shows.
#[derive(Default)]
struct Said {
    /// A field, and what its writer can put right.
    wrong: Option<(&'static str, String)>,
    done: Option<&'static str>,
    check: bool,
}

/// Without a step the record or paper alone.
pub(super) async fn page(signed: Signed, fields: Fields) -> Answer {
    let document = fields.one("document");
    if fields.one("patient").parse::<PatientId>().is_err()
        || (!document.is_empty() && document.parse::<DocumentId>().is_err())
    {
        return erasures::again(&signed, &fields, "office-number-wrong").await;
    }
    let said = match fields.one("step") {
        "form" => match unsaid(&fields) {
            Some((field, key)) => Said { wrong: Some((field, signed.words().t(key))), ..Said::default() },
            None if fields.one("order") == ERASE => Said { check: true, ..Said::default() },
            None => carried_out(&signed, &fields).await?,
        },
        "check" => carried_out(&signed, &fields).await?,
        _ => Said::default(),
    };
    shown(&signed, &fields, said).await
}

/// What was not answered, before anything is asked of anybody.
fn unsaid(fields: &Fields) -> Option<Wrong> {
    let order = fields.one("order");
    let day = |name| dates::typed(fields.one(name)).is_none();
    if order.is_empty() {
        Some(("order", "order-what-wrong"))
    } else if fields.one("authority").is_empty() {
        Some(("authority", "order-authority-wrong"))
    } else if fields.one("reason").is_empty() {
        Some(("reason", "order-reason-wrong"))
    } else if order == ERASE && fields.one("rule").is_empty() {
        Some(("rule", "order-rule-wrong"))
    } else if order == ERASE && day("born") {
        Some(("born", "order-day-wrong"))
    } else if order == ERASE && day("served") {
        Some(("served", "order-day-wrong"))
    } else {
        None
    }
}

async fn carried_out(signed: &Signed, fields: &Fields) -> Result<Said, Failure> {
    let done = match fields.one("order") {
        HOLD => place(signed, fields).await.map(|()| "order-held"),
        ERASE => erase(signed, fields).await.map(|()| "order-erased"),
        order => match order.strip_prefix(LIFT) {
            Some(hold) => lift(signed, fields, hold).await.map(|()| "order-lifted"),
            None => return Err(Failure::bad_form()),
        },
    };
    match done {
        Ok(done) => Ok(Said { done: Some(done), ..Said::default() }),
        Err(failure) => Ok(Said { wrong: Some(said(signed, &failure).ok_or(failure)?), ..Said::default() }),
    }
}

async fn place(signed: &Signed, fields: &Fields) -> Result<(), Failure> {
    let asked = PlaceHoldRequest {
        request_id: fields.request_id()?.to_string(),
        patient_id: fields.one("patient").to_owned(),
        grounds: grounds(fields),
    };
    signed.wrote(signed.erasures().place_hold(asked).await?.into_inner().position);
    Ok(())
}

async fn lift(signed: &Signed, fields: &Fields, hold: &str) -> Result<(), Failure> {
    let asked = LiftHoldRequest {
        request_id: fields.request_id()?.to_string(),
        patient_id: fields.one("patient").to_owned(),
        hold_id: hold.to_owned(),
        grounds: grounds(fields),
    };
    signed.wrote(signed.erasures().lift_hold(asked).await?.into_inner().position);
    Ok(())
}

async fn erase(signed: &Signed, fields: &Fields) -> Result<(), Failure> {
    let day = |name| dates::typed(fields.one(name)).map(|day| day.to_string()).unwrap_or_default();
    let rule = fields.one("rule").to_owned();
    let asked = CarryOutErasureRequest {
        request_id: fields.request_id()?.to_string(),
        patient_id: fields.one("patient").to_owned(),
        grounds: grounds(fields),
        retention: Some(Retention { rule, birth_date: day("born"), last_service_date: day("served") }),
        document_id: fields.one("document").to_owned(),
    };
    signed.wrote(signed.erasures().carry_out_erasure(asked).await?.into_inner().position);
    Ok(())
}

fn grounds(fields: &Fields) -> Option<Grounds> {
    let [authority, reason] = ["authority", "reason"].map(|name| fields.one(name).to_owned());
    Some(Grounds { authority, reason })
}

/// What its writer can do something about.
fn said(signed: &Signed, failure: &Failure) -> Option<(&'static str, String)> {
    const SAID: [(&Reason, Wrong); 7] = [
        (catalogue::LEGAL_HOLD, ("order", "order-is-held")),
        (catalogue::SECOND_PERSON_NEEDED, ("order", "order-second")),
        (catalogue::ERASURE_NOT_REQUESTED, ("order", "order-not-asked")),
        (catalogue::CONTENT_ERASED, ("order", "order-already")),
        (catalogue::HOLD_UNKNOWN, ("order", "order-hold-gone")),
        (catalogue::TOO_MANY_HOLDS, ("order", "order-holds-many")),
        (catalogue::RETENTION_RULE_UNKNOWN, ("rule", "order-rule-wrong")),
    ];
    let known = SAID.iter().find(|(reason, _)| failure.is(reason)).map(|(_, wrong)| *wrong);
    let named = [
        ("authority", ("authority", "order-authority-wrong")),
        ("reason", ("reason", "order-reason-wrong")),
        ("birth_date", ("born", "order-day-wrong")),
        ("last_service_date", ("served", "order-day-wrong")),
    ];
    let words = signed.words();
    if let Some(until) = failure.retain_until {
        let until = When::day(words, until, signed.local_now().date_naive());
        return Some(("served", words.say("order-retained").with("when", until.text).plain()));
    }
    let wrong =
        known.or_else(|| named.into_iter().find(|(field, _)| failure.names(field)).map(|(_, wrong)| wrong));
    wrong.map(|(field, key)| (field, words.t(key)))
}

async fn shown(signed: &Signed, fields: &Fields, said: Said) -> Answer {
    let asked = GetErasureRequest {
        patient_id: fields.one("patient").to_owned(),
        tenant_id: tenant(signed).ok_or_else(Failure::not_shown)?,
        document_id: fields.one("document").to_owned(),
    };
    let erasure = signed.erasures().get_erasure(asked).await?.into_inner();
    let accounts = [&erasure.requested_by_account_id, &erasure.carried_out_by_account_id];
    let known = signed.known(accounts.into_iter().map(String::as_str).filter(|id| !id.is_empty())).await?;
    let status = if said.wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(show_as(status, &order(signed, fields, &erasure, &known, said)))
}

fn order(signed: &Signed, fields: &Fields, erasure: &Erasure, known: &Known, said: Said) -> ErasureOrder {
    let words = signed.words();
    // What was done is not typed again.
    let empty = Fields::default();
    let typed = if said.done.is_some() { &empty } else { fields };
    let dress = |field: Field| {
        let field = Field { value: typed.one(field.name).to_owned(), ..field };
        match said.wrong.as_ref().filter(|(name, _)| *name == field.name) {
            Some((_, text)) => field.wrong(text.clone()),
            None => field,
        }
    };
    let line = |name, key: &str, size_max| Field { size_max, ..Field::line(name, words.t(key)) };
    let asked = erasure.state() == ErasureState::Requested;
    let carried = |name: &str| Carried { name: name.to_owned(), value: fields.one(name).to_owned() };
    let notice = said.done.map(|key| Notice { tone: Tone::Good, text: words.t(key), link: None });
    let mut frame = super::frame(signed);
    if notice.is_some() {
        frame.notice = notice;
    }
    ErasureOrder {
        frame,
        title: title(signed, erasure),
        facts: facts(signed, known, erasure, said.check.then_some(fields)),
        carried: match said.check {
            true => ANSWERS.map(carried).into(),
            false => naming(erasure),
        },
        questions: vec![orders(signed, erasure, typed)],
        fields: vec![
            dress(
                line("authority", "order-authority", AUTHORITY_CHARACTERS_MAX)
                    .hint(words.t("order-authority-hint")),
            ),
            dress(line("reason", "order-reason", REASON_CHARACTERS_MAX).hint(words.t("order-reason-hint"))),
        ],
        retention: vec![
            dress(Field::of("date", "born", words.t("person-birth-date"))),
            dress(Field::of("date", "served", words.t("order-served"))),
        ],
        rules: asked.then(|| rules(signed, erasure, typed)),
        check: said.check,
        problems: said
            .wrong
            .map(|(field, text)| Problem { field: field.to_owned(), text })
            .into_iter()
            .collect(),
    }
}

/// With the answers, where they are looked at once more.
fn facts(signed: &Signed, known: &Known, erasure: &Erasure, answers: Option<&Fields>) -> Vec<Fact> {
    let words = signed.words();
    let mut facts = about(signed, known, erasure);
    facts.extend(erasure.holds.iter().map(|hold| Fact::new(words.t("erasure-held-by"), held(hold))));
    if erasure.state() == ErasureState::Erased {
        let when = signed.when(erasure.erased_time.as_ref()).map_or_else(String::new, |when| when.text);
        facts.push(Fact::new(words.t("order-erased-on"), when));
        let by = known.actor(signed, &erasure.carried_out_by_account_id).name;
        facts.push(Fact::new(words.t("order-erased-by"), by));
    }
    if let Some(grounds) = &erasure.grounds {
        facts.push(Fact::new(words.t("order-authority"), grounds.authority.clone()));
        facts.push(Fact::new(words.t("order-reason"), grounds.reason.clone()));
    }
    if !erasure.retain_until_date.is_empty() {
        facts.push(Fact::new(words.t("order-kept-until"), erasure.retain_until_date.clone()));
    }
    let typed = |fields: &Fields| {
        let said = [
            ("authority", "order-authority"),
            ("reason", "order-reason"),
            ("rule", "order-rule"),
            ("born", "person-birth-date"),
            ("served", "order-served"),
        ];
        said.map(|(name, key)| Fact::new(words.t(key), fields.one(name)))
    };
    facts.extend(answers.map(typed).into_iter().flatten());
    facts
}

fn held(hold: &LegalHold) -> String {
    hold.grounds
        .as_ref()
        .map(|grounds| format!("{}: {}", grounds.authority, grounds.reason))
        .unwrap_or_default()
}

/// Erasing is offered where somebody asks for it, lifting where something is held; of what is gone nothing is kept any more.
fn orders(signed: &Signed, erasure: &Erasure, typed: &Fields) -> Question {
    let words = signed.words();
    let asked = erasure.state() == ErasureState::Requested;
    let kept = erasure.state() != ErasureState::Erased || !erasure.document_id.is_empty();
    let erase = asked.then(|| Choice::new(ERASE, words.t("order-erase")).hint(words.t("order-erase-hint")));
    let hold = kept.then(|| Choice::new(HOLD, words.t("order-hold")).hint(words.t("order-hold-hint")));
    let lift = |hold: &LegalHold| {
        Choice::new(
            format!("{LIFT}{}", hold.hold_id),
            words.say("order-lift").with("order", held(hold)).plain(),
        )
    };
    let choices = erase.into_iter().chain(hold).chain(erasure.holds.iter().map(lift));
    let chosen = |choice: Choice| {
        let is_chosen = choice.value == typed.one("order");
        choice.chosen(is_chosen)
    };
    Question {
        name: "order",
        legend: words.t("order-what"),
        hint: String::new(),
        many: false,
        choices: choices.map(chosen).collect(),
    }
}

fn rules(signed: &Signed, erasure: &Erasure, typed: &Fields) -> Question {
    let only = erasure.stated_retention_rules.len() == 1;
    let rule =
        |rule: &String| Choice::new(rule.clone(), rule.clone()).chosen(only || rule == typed.one("rule"));
    Question {
        name: "rule",
        legend: signed.words().t("order-rule"),
        hint: signed.words().t("order-rule-hint"),
        many: false,
        choices: erasure.stated_retention_rules.iter().map(rule).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn an_order_says_what_by_what_right_and_why_and_an_erasure_how_long_it_was_kept() {
        let hold = [("order", HOLD), ("authority", "a court"), ("reason", "a suit")];
        assert_eq!(unsaid(&form(&[])), Some(("order", "order-what-wrong")));
        assert_eq!(unsaid(&form(&hold[..1])), Some(("authority", "order-authority-wrong")));
        assert_eq!(unsaid(&form(&hold[..2])), Some(("reason", "order-reason-wrong")));
        assert_eq!(unsaid(&form(&hold)), None);
        let mut erase = vec![("order", ERASE), hold[1], hold[2]];
        assert_eq!(unsaid(&form(&erase)), Some(("rule", "order-rule-wrong")));
        erase.extend([("rule", "default"), ("born", "2020-02-31"), ("served", "2025-01-01")]);
        assert_eq!(unsaid(&form(&erase)), Some(("born", "order-day-wrong")));
        erase[4] = ("born", "2010-02-28");
        assert_eq!(unsaid(&form(&erase)), None);
    }
}
