//! Sharing, one grant, stopping it, and the five questions of a new one.

use holdfast_types::{Action, Category, Purpose};

use super::{Draw, Look, Page};
use crate::pages::Tab;
use crate::pages::never::{LiftMark, MarkCard, NeverShare, Rehearsal};
use crate::pages::parts::{Badge, Choice, Fact, Field, Person, Tone};
use crate::pages::sharing::{Answer, Carried, Grant, GrantCard, Question, Share, Sharing, Step, StopSharing};

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("sharing", |look| sharing(look, false)),
    ("sharing-empty", |look| sharing(look, true)),
    ("sharing-emergency", emergency),
    ("grant", grant),
    ("stop-sharing", stop_sharing),
    ("never-share", |look| never(look, false)),
    ("never-check", |look| never(look, true)),
    ("lift-mark", lift),
    ("share-who", |look| share(look, Step::Who, false)),
    ("share-what", |look| share(look, Step::What, false)),
    ("share-why", |look| share(look, Step::Why, false)),
    ("share-until", |look| share(look, Step::Until, false)),
    ("share-check", |look| share(look, Step::Check, false)),
    ("share-change", |look| share(look, Step::Check, true)),
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
            visits: String::new(),
            why: String::new(),
            because: String::new(),
            badge: Some(Badge::new(Tone::Good, words.t("grant-now"))),
        },
        GrantCard {
            href: "/r/k7m2q/sharing/7b".to_owned(),
            stop_href: Some("/r/k7m2q/sharing/7b/stop".to_owned()),
            who: Person::new("Lincoln School", look.own("Ms. Ortiz", "Sra. Ortiz")),
            what: look.own("3 papers", "3 papeles"),
            until: look.day(-6).text,
            last_look: words.t("grant-no-look"),
            visits: words.say("grant-visits-none").with("max", 3_u32).plain(),
            why: String::new(),
            because: String::new(),
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
        visits: String::new(),
        why: String::new(),
        because: String::new(),
        badge: Some(Badge::new(Tone::Plain, look.words.t("grant-ended"))),
    };
    Box::new(Sharing {
        frame: look.family(Tab::Sharing),
        now: if empty { Vec::new() } else { grants(look) },
        practices: if empty { Vec::new() } else { super::treatment::cards(look) },
        never: if empty { Vec::new() } else { vec![mark(look)] },
        ended: if empty { Vec::new() } else { vec![ended] },
        whole: true,
    })
}

/// What nobody was asked about comes first.
fn emergency(look: &Look) -> Page {
    let taken = GrantCard {
        href: "/r/k7m2q/sharing/7d".to_owned(),
        stop_href: Some("/r/k7m2q/sharing/7d/stop".to_owned()),
        who: Person::new("Sam W.", look.words.t("role-therapist")),
        what: look.own(
            "Name and address, Conditions, Medicines, Allergies and 15 more",
            "Nombre y dirección, Problemas, Medicinas, Alergias y 15 más",
        ),
        until: look.ago(-3).text,
        last_look: look.ago(0).text,
        visits: String::new(),
        why: look.own(
            "Seizure in the gym, no family reached",
            "Convulsión en el gimnasio, sin hallar a la familia",
        ),
        because: String::new(),
        badge: Some(Badge::new(Tone::Stop, look.words.t("emergency-badge"))),
    };
    Box::new(Sharing {
        frame: look.family(Tab::Sharing),
        now: std::iter::once(taken).chain(grants(look)).collect(),
        practices: Vec::new(),
        never: Vec::new(),
        ended: Vec::new(),
        whole: true,
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
            Fact::new(
                words.t("grant-part"),
                words.say("part-authors").with("names", look.dana().name).plain(),
            ),
            Fact::new(words.t("grant-may"), words.action(Action::Read)),
            Fact::new(words.t("grant-for"), words.purpose(Purpose::Treatment)),
            Fact::new(words.t("grant-from"), look.day(322).text),
            Fact::new(words.t("grant-until"), look.day(-92).text),
        ],
        change_href: Some("/r/k7m2q/sharing/7a/change".to_owned()),
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
        rehearsal: Some(rehearsal(look)),
    })
}

fn mark(look: &Look) -> MarkCard {
    MarkCard {
        href: "/r/k7m2q/sharing/never/5d".to_owned(),
        what: look.words.category(Category::Notes),
        from: look.words.t("never-everybody"),
        why: look.own("These are ours.", "Son nuestras."),
        since: look.day(20).text,
    }
}

fn rehearsal(look: &Look) -> Rehearsal {
    let words = look.words;
    let notes = words.category(Category::Notes);
    let seen = words.say("rehearsal-look").with("name", "Dana K.").with("when", look.ago(2).text);
    Rehearsal {
        away: false,
        stopped: words.say("rehearsal-stopped").with("count", 1_usize).plain(),
        stopped_looks: vec![seen.with("what", &notes).plain()],
        allowed: words.say("rehearsal-allowed").with("count", 0_usize).plain(),
        allowed_looks: Vec::new(),
        whole: false,
        reaches: vec![words.say("rehearsal-loses").with("name", "Dana K.").with("rooms", &notes).plain()],
    }
}

fn facts(look: &Look) -> Vec<Fact> {
    let (words, mark) = (look.words, mark(look));
    vec![
        Fact::new(words.t("never-what"), mark.what),
        Fact::new(words.t("never-from"), mark.from),
        Fact::new(words.t("never-why"), mark.why),
    ]
}

fn never(look: &Look, checking: bool) -> Page {
    let words = look.words;
    let question = |name, key: &str, choices| Question {
        name,
        legend: words.t(key),
        hint: String::new(),
        many: false,
        choices,
    };
    let room = |room: &Category| Choice::new(format!("room:{room}"), words.category(*room));
    let everybody =
        Choice::new("everybody", words.t("never-everybody")).hint(words.t("never-everybody-hint"));
    Box::new(NeverShare {
        frame: look.family(Tab::Sharing),
        path: "/r/k7m2q/sharing/never".to_owned(),
        back: "/r/k7m2q/sharing".to_owned(),
        carried: Vec::new(),
        questions: vec![
            question("what", "never-what", Category::ALL.iter().map(room).collect()),
            question("from", "never-from", vec![everybody.chosen(true), Choice::new("account:d", "Dana K.")]),
        ],
        fields: vec![Field::line("reason", words.t("never-why")).hint(words.t("never-why-hint")).optional()],
        facts: facts(look),
        rehearsal: checking.then(|| rehearsal(look)),
        problems: Vec::new(),
    })
}

fn lift(look: &Look) -> Page {
    Box::new(LiftMark {
        frame: look.family(Tab::Sharing),
        path: "/r/k7m2q/sharing/never/5d".to_owned(),
        back: "/r/k7m2q/sharing".to_owned(),
        facts: facts(look),
        rehearsal: Some(rehearsal(look)),
    })
}

fn share(look: &Look, step: Step, changing: bool) -> Page {
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
        Step::Until => {
            let ends = ["until-month", "until-half-year", "until-year", "until-date"];
            let end = |key: &&str| Choice::new(*key, words.t(key)).chosen(*key == "until-month");
            let times = |count: usize| {
                Choice::new(count.to_string(), words.say("share-uses-number").with("count", count).plain())
            };
            let any = Choice::new("any", words.t("share-uses-any")).chosen(true);
            vec![
                question("until", "share-until", false, ends.iter().map(end).collect()),
                question("uses", "share-uses", false, vec![any, times(1), times(3), times(10)]),
            ]
        }
        Step::Check => Vec::new(),
    };
    let answer = |step: Step, value: String| Answer { label: words.t(step.short_key()), value, step };
    Box::new(Share {
        frame: look.family(Tab::Sharing),
        step,
        changing,
        carried: vec![Carried { name: "grantee".to_owned(), value: "d".to_owned() }],
        questions,
        fold: (step == Step::What).then_some(true),
        fields: match step {
            Step::Until => vec![
                Field::of("date", "until_date", words.t("share-until-date"))
                    .hint(words.t("share-until-date-hint"))
                    .optional(),
            ],
            Step::What => ["span_from", "span_until"]
                .map(|name| Field::of("date", name, words.t(name)).hint(words.t("part-span-hint")).optional())
                .into(),
            Step::Who | Step::Why | Step::Check => Vec::new(),
        },
        answers: vec![
            answer(Step::Who, "Dana K.".to_owned()),
            answer(Step::What, look.own("Goals, visit notes", "Metas, notas de visita")),
            answer(Step::Why, words.purpose(Purpose::Treatment)),
            answer(Step::Until, look.day(-92).text),
        ],
        rehearsal: (step == Step::Check).then(|| rehearsal(look)),
        problems: Vec::new(),
    })
}
