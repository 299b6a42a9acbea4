//! A decision with what it rested on, and what would be decided if somebody asked.

use holdfast_types::{Action, Category};

use super::{Look, Page};
use crate::pages::decision::{Answer, Decision, WhatIf};
use crate::pages::parts::{Choice, Fact, Field, Notice, Problem, Tone};
use crate::pages::sharing::{Carried, Question};
use crate::pages::{Frame, Tab};

const DIGEST: &str = "9f2c61d07e4b8a35c1f60e92d84b7a1153c8e0f6a2497bd81e35c06fa9d4721b";

impl Look {
    pub(super) fn carried(&self) -> Vec<Carried> {
        vec![Carried { name: "event".to_owned(), value: "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0001".to_owned() }]
    }
}

fn grounds(look: &Look, permitted: bool) -> Vec<Fact> {
    let words = look.words;
    let (outcome, rule) = if permitted {
        ("decision-permitted", "rule-granted-to-account")
    } else {
        ("decision-refused", "rule-outside-the-grant")
    };
    let grant = words.say("decision-grant").with("id", "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0007");
    vec![
        Fact::new(words.t("decision-outcome"), words.t(outcome)),
        Fact::new(words.t("decision-rules"), words.t(rule)),
        Fact::new(words.t("decision-grants"), grant.with("revision", "2").plain()),
        Fact::new(words.t("decision-policies"), DIGEST),
        Fact::new(words.t("decision-consent"), "41"),
    ]
}

fn notice(look: &Look, tone: Tone, key: &str) -> Notice {
    Notice { tone, text: look.words.t(key), link: None }
}

pub(super) fn decision(look: &Look, identical: bool) -> Page {
    let again = if identical {
        notice(look, Tone::Good, "decision-identical")
    } else {
        notice(look, Tone::Stop, "decision-different")
    };
    Box::new(Decision {
        frame: look.sized(Frame::officer(look.words, Tab::Office)),
        when: look.ago(2),
        who: look.dana(),
        did: look.words.say("did-read").with("room", look.words.category(Category::Notes)).plain(),
        number: "records-412-7".to_owned(),
        grounds: grounds(look, true),
        again,
        differs: if identical { Vec::new() } else { grounds(look, false) },
        before: look.carried(),
        ask: look.carried(),
    })
}

pub(super) fn what_if(look: &Look, answered: bool, wrong: bool) -> Page {
    let words = look.words;
    let mut patient = Field::line("patient", words.t("office-patient-number"));
    if wrong {
        patient = patient.value("412").wrong(words.t("office-number-wrong"));
    }
    let action =
        |action: &Action| Choice::new(action.as_str(), words.action(*action)).chosen(*action == Action::Read);
    let room =
        |room: &Category| Choice::new(room.as_str(), words.category(*room)).chosen(*room == Category::Notes);
    let question = |name, legend: &str, many, choices| Question {
        name,
        legend: words.t(legend),
        hint: String::new(),
        many,
        choices,
    };
    let yes = words.say("what-if-yes").with("rooms", words.category(Category::Notes)).plain();
    let problem = Problem { field: "patient".to_owned(), text: words.t("office-number-wrong") };
    Box::new(WhatIf {
        frame: look.sized(Frame::officer(words, Tab::Office)),
        fields: vec![
            patient,
            Field::line("actor", words.t("office-actor")).hint(words.t("office-actor-hint")),
            Field::line("thing", words.t("what-if-thing")).hint(words.t("what-if-thing-hint")).optional(),
        ],
        questions: vec![
            question("action", "what-if-action", false, Action::ALL.iter().map(action).collect()),
            question("room", "what-if-rooms", true, Category::ALL.iter().map(room).collect()),
        ],
        moment: vec![
            Field::of("date", "date", words.t("what-if-day")),
            Field::of("time", "time", words.t("then-time")).hint(words.t("then-time-hint")),
        ],
        problems: wrong.then_some(problem).into_iter().collect(),
        answer: answered.then(|| Answer {
            verdict: Notice { tone: Tone::Good, text: yes, link: None },
            grounds: grounds(look, true),
        }),
    })
}
