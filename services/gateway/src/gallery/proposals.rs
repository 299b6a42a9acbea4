//! What a family proposes: the forms, the list, one proposal as its proposer and as whoever decides sees it; and what is locked.

use holdfast_types::Category;

use super::{Draw, Look, Page};
use crate::pages::Tab;
use crate::pages::locks::Locks;
use crate::pages::parts::{Badge, Choice, Fact, Field, Link, Problem, Tone};
use crate::pages::proposals::{Deciding, Proposal, ProposalRow, Proposals, Propose};
use crate::pages::sharing::Question;
use crate::pages::then::Difference;
use crate::pages::work::{Work, WorkRow};

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("propose", |look| propose(look, false)),
    ("propose-wrong", |look| propose(look, true)),
    ("proposals", |look| proposals(look, false)),
    ("proposals-empty", |look| proposals(look, true)),
    ("proposal", |look| proposal(look, "waiting")),
    ("proposal-rejected", |look| proposal(look, "rejected")),
    ("proposal-decide", |look| proposal(look, "decide")),
    ("proposal-outdated", |look| proposal(look, "outdated")),
    ("work-proposed", work),
    ("locks", |look| locks(look, false)),
    ("locks-conflict", |look| locks(look, true)),
];

fn goal(look: &Look) -> String {
    look.own("Asks for help with words", "Pide ayuda con palabras")
}

fn propose(look: &Look, wrong: bool) -> Page {
    let words = look.words;
    let said = words.t("propose-reason-wrong");
    let reason = Field::text("reason", words.t("propose-reason")).hint(words.t("propose-reason-hint"));
    Box::new(Propose {
        frame: look.family(Tab::Record),
        path: "/r/k7m2q/i/9f/propose".to_owned(),
        back: Link::new("/r/k7m2q/i/9f", goal(look)),
        title: goal(look),
        facts: vec![Fact::new(look.own("Now", "Ahora"), look.own("8 of 10", "8 de 10"))],
        fields: vec![
            Field::line("text", words.t("propose-text")).value(goal(look)),
            Field::text("note", words.t("propose-note")).optional(),
            if wrong { reason.wrong(said.clone()) } else { reason },
        ],
        may_retract: true,
        etag: "\"3\"".to_owned(),
        problems: if wrong { vec![Problem { field: "reason".to_owned(), text: said }] } else { Vec::new() },
    })
}

fn badge(look: &Look, tone: Tone, state: &str) -> Badge {
    Badge::new(tone, look.words.t(&format!("proposal-state-{state}")))
}

fn proposals(look: &Look, empty: bool) -> Page {
    let row = |title: String, hours, tone, state| ProposalRow {
        href: "/r/k7m2q/proposals/7c".to_owned(),
        title,
        detail: format!("{} · {}", look.you().name, look.ago(hours).text),
        badge: badge(look, tone, state),
    };
    let rows = || {
        vec![
            row(goal(look), 2, Tone::Warn, "waiting"),
            row(look.words.t("record-details"), 50, Tone::Good, "accepted"),
            row(look.own("Eczema", "Eccema"), 300, Tone::Stop, "rejected"),
            row(look.own("Weight", "Peso"), 900, Tone::Plain, "withdrawn"),
        ]
    };
    Box::new(Proposals {
        frame: look.family(Tab::Record),
        rows: if empty { Vec::new() } else { rows() },
        next: (!empty).then(|| "/r/k7m2q/proposals?page=made-up".to_owned()),
    })
}

fn proposal(look: &Look, how: &str) -> Page {
    let words = look.words;
    let decides = matches!(how, "decide" | "outdated");
    let rejected = how == "rejected";
    let mut facts = vec![
        Fact::new(words.t("proposal-room"), words.category(Category::Goals)),
        Fact::new(words.t("proposal-by"), if decides { "Rosa R.".to_owned() } else { look.you().name }),
        Fact::new(words.t("proposal-when"), look.ago(50).text),
    ];
    if rejected {
        facts.push(Fact::new(words.t("proposal-decided-by"), look.dana().name));
        facts.push(Fact::new(words.t("proposal-decided-when"), look.ago(2).text));
    }
    Box::new(Proposal {
        frame: if decides { look.therapist(true, Tab::Record) } else { look.family(Tab::Record) },
        path: "/r/k7m2q/proposals/7c".to_owned(),
        title: goal(look),
        about: Some(Link::new("/r/k7m2q/i/9f", words.t("proposal-about"))),
        badge: if rejected {
            badge(look, Tone::Stop, "rejected")
        } else {
            badge(look, Tone::Warn, "waiting")
        },
        facts,
        reason: look.own("At home he asks with signs, too.", "En casa también pide con señas."),
        answer: if rejected {
            look.own("We look at words alone in this goal.", "En esta meta vemos solo las palabras.")
        } else {
            String::new()
        },
        retracts: false,
        differences: vec![Difference {
            label: look.own("Goal", "Meta"),
            before: goal(look),
            after: look.own("Asks for help with words or signs", "Pide ayuda con palabras o señas"),
        }],
        outdated: how == "outdated",
        may_withdraw: how == "waiting",
        deciding: decides.then(|| Deciding {
            answer: Field::text("answer", words.t("proposal-say")).hint(words.t("proposal-say-hint")),
            outdated: how == "outdated",
        }),
        etag: "\"1\"".to_owned(),
        problems: Vec::new(),
    })
}

fn work(look: &Look) -> Page {
    let since = look.words.say("proposal-since").with("when", look.ago(50).text).plain();
    let row = |name: &str, detail: String, stripe| WorkRow {
        href: "/r/p4x9d/proposals/7c".to_owned(),
        name: name.to_owned(),
        detail,
        changed: since.clone(),
        badges: Vec::new(),
        stripe,
    };
    Box::new(Work {
        frame: look.therapist(false, Tab::Work),
        filters: Vec::new(),
        rows: Vec::new(),
        opened: Vec::new(),
        proposed: vec![row("Mateo R.", goal(look), 1), row("Ana L.", look.words.t("record-details"), 2)],
        may_open: true,
        attests: false,
        looks_after: false,
        administers: false,
        keeps: false,
        pager: crate::pages::parts::Pager::default(),
    })
}

fn locks(look: &Look, conflict: bool) -> Page {
    let words = look.words;
    let rooms = [Category::Goals, Category::Notes, Category::Conditions, Category::Allergies];
    let question = |name, key: &str, choices: Vec<Choice>| Question {
        name,
        legend: words.t(key),
        hint: words.t(&format!("{key}-hint")),
        many: true,
        choices,
    };
    let of_rooms = |chosen: usize| {
        let choice = |(at, room): (usize, &Category)| {
            Choice::new(room.as_str(), words.category(*room)).chosen(at < chosen)
        };
        rooms.iter().enumerate().map(choice).collect::<Vec<_>>()
    };
    let person = ["given-name", "family-name", "birth-date", "phone"];
    let person =
        person.map(|field| Choice::new(field, words.t(&format!("field-{field}"))).chosen(field != "phone"));
    let text = words.t("locks-conflict");
    Box::new(Locks {
        frame: look.therapist(false, Tab::Work),
        required: vec![
            Fact::new(words.category(Category::Conditions), words.t("locks-code")),
            Fact::new(words.category(Category::Demographics), words.t("field-identifiers")),
        ],
        questions: vec![
            question("person", "locks-person", person.into()),
            question("room", "locks-room", of_rooms(4)),
            question("reviewed", "locks-reviewed", of_rooms(0)),
        ],
        etag: "\"2\"".to_owned(),
        problems: if conflict { vec![Problem { field: "person".to_owned(), text }] } else { Vec::new() },
    })
}
