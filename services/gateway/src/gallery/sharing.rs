//! Sharing, one grant, stopping it, and the five questions of a new one.

use holdfast_types::{Action, Category, Purpose};

use super::{Draw, Look, Page};
use crate::pages::Tab;
use crate::pages::parts::{Badge, Choice, Fact, Field, Person, Tone};
use crate::pages::sharing::{Answer, Carried, Grant, GrantCard, Question, Share, Sharing, Step, StopSharing};

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("sharing", |look| sharing(look, false)),
    ("sharing-empty", |look| sharing(look, true)),
    ("grant", grant),
    ("stop-sharing", stop_sharing),
    ("share-who", |look| share(look, Step::Who)),
    ("share-what", |look| share(look, Step::What)),
    ("share-why", |look| share(look, Step::Why)),
    ("share-until", |look| share(look, Step::Until)),
    ("share-check", |look| share(look, Step::Check)),
];

fn grants(look: &Look) -> Vec<GrantCard> {
    let words = look.words;
    vec![
        GrantCard {
            href: "/r/k7m2q/sharing/7a".to_owned(),
            stop_href: Some("/r/k7m2q/sharing/7a/stop".to_owned()),
            who: look.dana(),
            what: look.own("Goals, visit notes", "Metas, notas de visita"),
            until: look.day(-92).text,
            last_look: look.ago(2).text,
            badge: Some(Badge::new(Tone::Good, words.t("grant-now"))),
        },
        GrantCard {
            href: "/r/k7m2q/sharing/7b".to_owned(),
            stop_href: Some("/r/k7m2q/sharing/7b/stop".to_owned()),
            who: Person::new("Lincoln School", look.own("Ms. Ortiz", "Sra. Ortiz")),
            what: look.own("3 papers", "3 papeles"),
            until: look.day(-6).text,
            last_look: words.t("grant-no-look"),
            badge: Some(Badge::new(Tone::Warn, words.t("grant-soon"))),
        },
    ]
}

fn sharing(look: &Look, empty: bool) -> Page {
    let ended = GrantCard {
        href: "/r/k7m2q/sharing/7c".to_owned(),
        stop_href: None,
        who: Person::new("Oak Clinic", look.own("clinic", "clínica")),
        what: look.own("Test results", "Resultados"),
        until: look.day(140).text,
        last_look: look.day(160).text,
        badge: Some(Badge::new(Tone::Plain, look.words.t("grant-ended"))),
    };
    Box::new(Sharing {
        frame: look.family(Tab::Sharing),
        now: if empty { Vec::new() } else { grants(look) },
        ended: if empty { Vec::new() } else { vec![ended] },
    })
}

fn grant(look: &Look) -> Page {
    let words = look.words;
    Box::new(Grant {
        frame: look.family(Tab::Sharing),
        who: look.dana(),
        badge: Badge::new(Tone::Good, words.t("grant-now")),
        facts: vec![
            Fact::new(words.t("grant-what"), look.own("Goals, visit notes", "Metas, notas de visita")),
            Fact::new(words.t("grant-may"), words.action(Action::Read)),
            Fact::new(words.t("grant-for"), words.purpose(Purpose::Treatment)),
            Fact::new(words.t("grant-from"), look.day(322).text),
            Fact::new(words.t("grant-until"), look.day(-92).text),
        ],
        stop_href: Some("/r/k7m2q/sharing/7a/stop".to_owned()),
    })
}

fn stop_sharing(look: &Look) -> Page {
    Box::new(StopSharing {
        frame: look.family(Tab::Sharing),
        path: "/r/k7m2q/sharing/7a/stop".to_owned(),
        back: "/r/k7m2q/sharing".to_owned(),
        who: Person::new("Lincoln School", ""),
        what: look.own("3 papers", "3 papeles"),
        saved: vec![
            look.own("School report", "Informe escolar"),
            look.own("Hearing test", "Prueba de audición"),
        ],
        saved_whole: true,
    })
}

fn share(look: &Look, step: Step) -> Page {
    let words = look.words;
    let question = |name, key: &str, many, choices| Question {
        name,
        legend: words.t(key),
        hint: String::new(),
        many,
        choices,
    };
    let category = |category: &Category| {
        Choice::new(category.as_str(), words.category(*category)).chosen(*category == Category::Goals)
    };
    let questions = match step {
        Step::Who => vec![question(
            "grantee",
            "share-who",
            false,
            vec![
                Choice::new("d", "Dana K.").hint(look.dana().role).chosen(true),
                Choice::new("l", "Lincoln School").hint(look.own("Ms. Ortiz", "Sra. Ortiz")),
            ],
        )],
        Step::What => {
            vec![question("category", "share-kinds", true, Category::ALL.iter().map(category).collect())]
        }
        Step::Why => vec![
            question(
                "action",
                "share-may",
                true,
                [Action::Read, Action::Contribute, Action::Download]
                    .iter()
                    .map(|action| {
                        Choice::new(action.as_str(), words.action(*action)).chosen(*action == Action::Read)
                    })
                    .collect(),
            ),
            question(
                "purpose",
                "share-for",
                false,
                [Purpose::Treatment, Purpose::FamilyRequest]
                    .iter()
                    .map(|purpose| {
                        Choice::new(purpose.as_str(), words.purpose(*purpose))
                            .chosen(*purpose == Purpose::Treatment)
                    })
                    .collect(),
            ),
        ],
        Step::Until => vec![question(
            "until",
            "share-until",
            false,
            ["until-month", "until-half-year", "until-year", "until-date"]
                .iter()
                .map(|key| Choice::new(*key, words.t(key)).chosen(*key == "until-month"))
                .collect(),
        )],
        Step::Check => Vec::new(),
    };
    let answer = |step: Step, value: String| Answer { label: words.t(step.short_key()), value, step };
    Box::new(Share {
        frame: look.family(Tab::Sharing),
        step,
        carried: vec![Carried { name: "grantee".to_owned(), value: "d".to_owned() }],
        questions,
        fields: if step == Step::Until {
            vec![
                Field::of("date", "until_date", words.t("share-until-date"))
                    .hint(words.t("share-until-date-hint"))
                    .optional(),
            ]
        } else {
            Vec::new()
        },
        answers: vec![
            answer(Step::Who, "Dana K.".to_owned()),
            answer(Step::What, look.own("Goals, visit notes", "Metas, notas de visita")),
            answer(Step::Why, words.purpose(Purpose::Treatment)),
            answer(Step::Until, look.day(-92).text),
        ],
        problems: Vec::new(),
    })
}
