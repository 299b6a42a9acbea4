//! Pages of erasing: a family asks, the officer decides.

use super::{Draw, Look, Page};
use crate::pages::erasure::{Erasure, ErasureCard, ErasureOrder, Erasures};
use crate::pages::parts::{Choice, Fact, Field, Problem};
use crate::pages::sharing::{Carried, Question};
use crate::pages::{Frame, Tab};

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("erasure", |look| asked(look, false, false)),
    ("erasure-asked", |look| asked(look, false, true)),
    ("erasure-paper", |look| asked(look, true, true)),
    ("erasures", |look| listed(look, false)),
    ("erasures-empty", |look| listed(look, true)),
    ("erasure-order", |look| order(look, false, false)),
    ("erasure-order-wrong", |look| order(look, false, true)),
    ("erasure-check", |look| order(look, true, false)),
];

const NUMBER: &str = "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0002";

fn asked(look: &Look, paper: bool, waits: bool) -> Page {
    let facts = [Fact::new(look.words.t("erasure-held-by"), look.own("A court", "Un tribunal"))];
    let mut all = if waits { by_whom(look) } else { Vec::new() };
    all.extend(facts);
    Box::new(Erasure {
        frame: look.family(if paper { Tab::Papers } else { Tab::Record }),
        path: "/r/k7m2q/erasure".to_owned(),
        back: "/r/k7m2q/details".to_owned(),
        paper: paper.then(|| look.own("School report", "Informe escolar")),
        facts: all,
        waits,
    })
}

fn by_whom(look: &Look) -> Vec<Fact> {
    vec![
        Fact::new(look.words.t("erasure-asked-by"), "Rosa R."),
        Fact::new(look.words.t("erasure-asked-on"), look.ago(30).text),
    ]
}

fn carried() -> Vec<Carried> {
    ["patient", "document"].map(|name| Carried { name: name.to_owned(), value: NUMBER.to_owned() }).into()
}

fn about(look: &Look) -> Vec<Fact> {
    let mut facts = vec![Fact::new(look.words.t("emergencies-patient"), NUMBER)];
    facts.extend(by_whom(look));
    facts
}

fn listed(look: &Look, empty: bool) -> Page {
    let words = look.words;
    let card = |key, held| ErasureCard { carried: carried(), title: words.t(key), facts: about(look), held };
    let cards = vec![card("erasures-whole", true), card("erasures-one", false)];
    Box::new(Erasures {
        frame: look.sized(Frame::officer(words, Tab::Office)),
        waiting: if empty { 0 } else { 2 },
        cards: if empty { Vec::new() } else { cards },
        other: Field::line("patient", words.t("office-patient-number")).hint(words.t("erasures-other-hint")),
        problems: Vec::new(),
        next: None,
    })
}

fn order(look: &Look, check: bool, wrong: bool) -> Page {
    let words = look.words;
    let held = words.t("order-is-held");
    let question = |name, key, choices| Question {
        name,
        legend: words.t(key),
        hint: String::new(),
        many: false,
        choices,
    };
    let lift = words.say("order-lift").with("order", look.own("A court", "Un tribunal")).plain();
    Box::new(ErasureOrder {
        frame: look.sized(Frame::officer(words, Tab::Office)),
        title: words.t("erasures-whole"),
        facts: about(look),
        carried: carried(),
        questions: vec![question(
            "order",
            "order-what",
            vec![
                Choice::new("erase", words.t("order-erase")).hint(words.t("order-erase-hint")).chosen(true),
                Choice::new("hold", words.t("order-hold")).hint(words.t("order-hold-hint")),
                Choice::new("lift:1", lift),
            ],
        )],
        fields: vec![
            Field::line("authority", words.t("order-authority")).hint(words.t("order-authority-hint")),
            Field::line("reason", words.t("order-reason")).hint(words.t("order-reason-hint")),
        ],
        retention: vec![
            Field::of("date", "born", words.t("person-birth-date")),
            Field::of("date", "served", words.t("order-served")),
        ],
        rules: Some(question(
            "rule",
            "order-rule",
            vec![Choice::new("US-NJ", "US-NJ"), Choice::new("US-NY", "US-NY")],
        )),
        check,
        problems: if wrong { vec![Problem { field: "order".to_owned(), text: held }] } else { Vec::new() },
    })
}
