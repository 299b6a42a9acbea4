//! Looking back: choosing a moment, the record as it was, one step of it, a room and an item of then.

use holdfast_types::{Category, Role};

use super::{Draw, Look, Page};
use crate::pages::Tab;
use crate::pages::parts::{Badge, Choice, Fact, Field, Link, Pager, Problem, Tone};
use crate::pages::record::{GROUPS, ItemRow, Room, RoomGroup, icon};
use crate::pages::sharing::Question;
use crate::pages::then::{
    Beside, Change, Choose, ChooseReader, Difference, Eyes, ItemThen, Moment, MomentForm, Reason, RecordThen,
    RoomThen, Step,
};

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("then", |look| choose(look, false, true)),
    ("then-wrong", |look| choose(look, true, true)),
    ("then-empty", |look| choose(look, false, false)),
    ("then-record", |look| record(look, true, false, false)),
    ("then-record-import", |look| record(look, true, true, false)),
    ("then-record-before", |look| record(look, false, false, false)),
    ("then-record-happened", happened),
    ("then-record-happened-known", happened_as_known),
    ("then-room", |look| room(look, false)),
    ("then-room-empty", |look| room(look, true)),
    ("then-item", item),
    ("then-record-elsewhere", |look| record(look, true, false, true)),
    ("then-record-as", with_eyes),
    ("then-as", |look| readers(look, true, false)),
    ("then-as-wrong", |look| readers(look, true, true)),
    ("then-as-none", |look| readers(look, false, false)),
];

pub(super) const THEN: &str = "/r/k7m2q/then/0000000000000000000000aa";

fn choose(look: &Look, wrong: bool, filled: bool) -> Page {
    let words = look.words;
    let mut date = Field::of("date", "date", words.t("then-day"));
    if wrong {
        date = date.value("2031-01-01").wrong(words.t("then-day-wrong"));
    }
    let way = |code: &str, chosen| {
        let key = format!("then-way-{code}");
        Choice::new(code, words.t(&key)).hint(words.t(&format!("{key}-hint"))).chosen(chosen)
    };
    let known = |kind, name, key| Field::of(kind, name, words.t(key)).optional();
    let problem = Problem { field: "date".to_owned(), text: words.t("then-day-wrong") };
    Box::new(Choose {
        frame: look.family(Tab::Record),
        form: MomentForm {
            path: "/r/k7m2q/then".to_owned(),
            date,
            time: Field::of("time", "time", words.t("then-time")).hint(words.t("then-time-hint")).optional(),
            way: Question {
                name: "way",
                legend: words.t("then-way"),
                hint: String::new(),
                many: false,
                choices: vec![way("known", true), way("happened", false)],
            },
            known_date: known("date", "known-date", "then-known-day").hint(words.t("then-known-day-hint")),
            known_time: known("time", "known-time", "then-known-time").hint(words.t("then-time-hint")),
        },
        problems: wrong.then_some(problem).into_iter().collect(),
        newest: filled.then(|| (Link::new(THEN, words.t("then-newest-open")), look.ago(26))),
        may_import: true,
    })
}

pub(super) fn moment(look: &Look, key: &str, other: &str) -> Moment {
    let words = look.words;
    Moment {
        text: words.say(key).with("when", look.ago(26).text).plain(),
        ways: vec![Link::new("/r/k7m2q", words.t("then-now")), Link::new(THEN, words.t(other))],
    }
}

fn difference(look: &Look, label: (&str, &str), before: &str, after: &str) -> Difference {
    Difference { label: look.own(label.0, label.1), before: before.to_owned(), after: after.to_owned() }
}

fn changes(look: &Look) -> Vec<Change> {
    let words = look.words;
    let change = |tone, key: &str, title: String, category: Category| Change {
        badge: Badge::new(tone, words.t(key)),
        title,
        href: Some(format!("{THEN}/i/9f")),
        room: words.category(category),
        detail: String::new(),
        reason: String::new(),
        differences: Vec::new(),
    };
    let asks = look.own("Asks for help with words", "Pide ayuda con palabras");
    let visit = look.own("ABA visit", "Visita de ABA");
    vec![
        Change {
            differences: vec![
                difference(look, ("Now", "Ahora"), "7 / 10", "8 / 10"),
                difference(look, ("A hint", "Una ayuda"), &look.own("picture", "una imagen"), ""),
                Difference {
                    label: words.t("field-status"),
                    before: String::new(),
                    after: look.own("in progress", "en curso"),
                },
            ],
            ..change(Tone::Info, "then-change", asks, Category::Goals)
        },
        Change {
            reason: look
                .own("Written for another child by mistake.", "Se escribió por error para otro niño."),
            ..change(Tone::Stop, "then-retracted", visit, Category::Visits)
        },
        Change {
            href: None,
            differences: vec![difference(look, ("Phone", "Teléfono"), "555-0142", "555-0177")],
            ..change(Tone::Info, "then-change", words.t("record-details"), Category::Demographics)
        },
    ]
}

fn imported(look: &Look) -> Vec<Change> {
    let words = look.words;
    let new = |title: String, detail: &str, category: Category| Change {
        badge: Badge::new(Tone::Good, words.t("then-added")),
        title,
        href: Some(format!("{THEN}/i/9f")),
        room: words.category(category),
        detail: detail.to_owned(),
        reason: String::new(),
        differences: Vec::new(),
    };
    vec![
        new(look.own("Hearing test", "Prueba de audición"), "20 dB", Category::Results),
        new(look.own("Melatonin", "Melatonina"), "1 mg", Category::Medications),
    ]
}

fn step(look: &Look, import: bool) -> Step {
    let words = look.words;
    let dana = look.dana();
    Step {
        number: words.say("then-number").with("number", 12_u32).with("count", 48_u32).plain(),
        when: look.ago(26),
        who: if import { look.you().name } else { format!("{}, {}", dana.name, dana.role) },
        why: if import {
            vec![words.say("then-why-import").with("name", "Elm Street Pediatrics").plain()]
        } else {
            vec![words.t("then-why-practice"), words.t("then-why-person")]
        },
        by: vec![words.t(if import { "rule-parent-holds-record" } else { "rule-granted-to-account" })],
        changes: if import { imported(look) } else { changes(look) },
        pager: if import {
            Pager { shown: 25, total: 212, next: Some(format!("{THEN}?page=a")), previous: None }
        } else {
            Pager::default()
        },
    }
}

fn groups(look: &Look, empty: bool) -> Vec<RoomGroup> {
    let words = look.words;
    let room = |(at, category): (usize, &Category)| {
        let count = if empty || at == 3 { 0 } else { (at * 11 + 3) % 29 };
        let newest = words.say("room-newest").with("when", look.day(9).text).plain();
        Room {
            href: format!("{THEN}/c/{category}"),
            label: words.category(*category),
            icon: icon(*category),
            count,
            newest: if count == 0 { words.t("room-none") } else { newest },
        }
    };
    let group = |(key, categories): &(&str, &[Category])| RoomGroup {
        title: words.t(key),
        rooms: categories.iter().enumerate().map(room).collect(),
    };
    GROUPS.iter().map(group).collect()
}

/// A paper that was handed in, one that was taken back, and a message.
fn beyond_rooms(look: &Look) -> Vec<Change> {
    let words = look.words;
    let change = |tone, key: &str, title: String, detail: String, room| Change {
        badge: Badge::new(tone, words.t(key)),
        title,
        href: Some(format!("{THEN}/papers/3c")),
        room: words.category(room),
        detail,
        reason: String::new(),
        differences: Vec::new(),
    };
    let report = look.own("School report", "Informe escolar");
    let letter = look.own("Letter from school", "Carta de la escuela");
    let practice = look.own("Home practice", "Práctica en casa");
    let question = look.own("Is Tuesday at 4:00 OK?", "¿Le queda bien el martes a las 4:00?");
    let back = change(Tone::Stop, "then-retracted", letter, String::new(), Category::Documents);
    let reason = look.own("It belongs to his sister.", "Es de su hermana.");
    vec![
        change(Tone::Good, "then-added", report, "PDF, 1.1 MB".to_owned(), Category::Documents),
        Change { reason, ..back },
        Change {
            href: Some(format!("{THEN}/messages/5d")),
            ..change(Tone::Good, "then-added", practice, question, Category::Messages)
        },
    ]
}

fn elsewhere(look: &Look) -> Vec<Link> {
    ["papers", "messages"]
        .map(|place| Link::new(format!("{THEN}/{place}"), look.words.t(&format!("then-{place}"))))
        .into()
}

fn record(look: &Look, filled: bool, import: bool, beyond: bool) -> Page {
    let words = look.words;
    let mut shown = step(look, import);
    if beyond {
        shown.why =
            ["then-why-paper", "then-why-paper-back", "then-why-message"].map(|key| words.t(key)).into();
        shown.changes = beyond_rooms(look);
    }
    Box::new(RecordThen {
        frame: look.family(Tab::Record),
        name: "Mateo R.".to_owned(),
        about: look.own("6 years, born Mar 3, 2020", "6 años, nació el 3 mar 2020"),
        moment: moment(look, "then-known", "then-as-happened"),
        step: filled.then_some(shown),
        beside: Some(Beside {
            previous: filled.then(|| THEN.to_owned()),
            following: (!import).then(|| THEN.to_owned()),
        }),
        person: if filled {
            vec![
                Fact::new(look.words.t("field-given-name"), "Mateo"),
                Fact::new(look.words.t("field-phone"), "555-0142"),
            ]
        } else {
            Vec::new()
        },
        groups: groups(look, !filled),
        total: if filled { 61 } else { 0 },
        nothing: !filled,
        elsewhere: elsewhere(look),
        eyes: own_eyes(look),
    })
}

fn happened(look: &Look) -> Page {
    Box::new(what_had_happened(look, moment(look, "then-happened", "then-as-known")))
}

/// As it was known on another day.
fn happened_as_known(look: &Look) -> Page {
    let (when, known) = (look.ago(60).text, look.ago(26).text);
    let text = look.words.say("then-happened-known").with("when", when).with("known", known).plain();
    Box::new(what_had_happened(look, Moment { text, ..moment(look, "then-happened", "then-as-happened") }))
}

fn what_had_happened(look: &Look, moment: Moment) -> RecordThen {
    RecordThen {
        frame: look.therapist(true, Tab::Record),
        name: "Mateo R.".to_owned(),
        about: String::new(),
        moment,
        step: None,
        beside: None,
        person: Vec::new(),
        groups: groups(look, false),
        total: 61,
        nothing: false,
        elsewhere: elsewhere(look),
        eyes: own_eyes(look),
    }
}

fn own_eyes(look: &Look) -> Eyes {
    Eyes { note: look.words.t("then-shared"), ..Eyes::default() }
}

/// As a therapist would have seen it, to whom one room was open and a part of another.
fn with_eyes(look: &Look) -> Page {
    let words = look.words;
    let reason = |category, tone, key: &str, outcome: &str, rules: &str| Reason {
        label: words.category(category),
        badge: Badge::new(tone, words.t(key)),
        facts: vec![
            Fact::new(words.t("decision-outcome"), words.t(outcome)),
            Fact::new(words.t("decision-rules"), words.t(rules)),
            Fact::new(words.t("decision-grants"), "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0001, 1"),
        ],
    };
    let (yes, no) = ("decision-permitted", "decision-refused");
    let mut groups = groups(look, false);
    groups.truncate(1);
    let when = look.ago(26).text;
    let seen = words.say("then-as-known-by").with("when", when).with("name", look.dana().name).plain();
    let shown = Moment { text: seen, ..moment(look, "then-known", "then-as-own") };
    Box::new(RecordThen {
        frame: look.family(Tab::Record),
        name: "Mateo R.".to_owned(),
        about: String::new(),
        moment: shown,
        step: Some(Step {
            changes: Vec::new(),
            who: String::new(),
            why: Vec::new(),
            by: Vec::new(),
            ..step(look, false)
        }),
        beside: Some(Beside { previous: Some(THEN.to_owned()), following: None }),
        person: Vec::new(),
        groups,
        total: 12,
        nothing: false,
        elsewhere: elsewhere(look),
        eyes: Eyes {
            note: words.t("then-as-note"),
            standing: vec![Fact::new(words.t("then-as-roles"), words.role(Role::Therapist))],
            reasons: vec![
                reason(Category::Goals, Tone::Good, "then-room-open", yes, "rule-granted-to-account"),
                reason(Category::Notes, Tone::Warn, "then-room-part", yes, "rule-granted-to-account"),
                reason(Category::Results, Tone::Stop, "then-room-closed", no, "decision-rules-none"),
            ],
        },
    })
}

fn readers(look: &Look, filled: bool, wrong: bool) -> Page {
    let words = look.words;
    let dana = look.dana();
    let choices = vec![
        Choice::new("a", dana.name).hint(format!("{}: {}", dana.role, words.t("then-as-granted"))),
        Choice::new("b", "Ana R.").hint(words.t("then-as-holder")),
    ];
    let problem = Problem { field: "reader".to_owned(), text: words.t("then-as-wrong") };
    Box::new(ChooseReader {
        frame: look.family(Tab::Record),
        back: Link::new(THEN, words.t("then-back")),
        moment: moment(look, "then-known", "then-as-happened"),
        path: format!("{THEN}/as"),
        question: Question {
            name: "reader",
            legend: words.t("then-as-who"),
            hint: String::new(),
            many: false,
            choices: if filled { choices } else { Vec::new() },
        },
        problems: wrong.then_some(problem).into_iter().collect(),
    })
}

fn room(look: &Look, empty: bool) -> Page {
    let row = |title: String, days, withdrawn| ItemRow {
        href: format!("{THEN}/i/9f"),
        title,
        detail: "8 / 10".to_owned(),
        when: Some(look.day(days)),
        badges: vec![look.practice()],
        withdrawn,
    };
    let asks = look.own("Asks for help with words", "Pide ayuda con palabras");
    let rows = if empty { Vec::new() } else { vec![row(asks.clone(), 12, false), row(asks, 40, true)] };
    Box::new(RoomThen {
        frame: look.family(Tab::Record),
        back: Link::new(THEN, look.words.t("then-back")),
        label: look.words.category(Category::Goals),
        moment: moment(look, "then-known", "then-as-happened"),
        pager: Pager { shown: rows.len(), total: rows.len(), ..Pager::default() },
        rows,
        printed: look.ago(0),
    })
}

fn item(look: &Look) -> Page {
    let words = look.words;
    let mut history = look.history();
    for version in &mut history {
        version.href = Some(THEN.to_owned());
        version.current = false;
    }
    Box::new(ItemThen {
        frame: look.family(Tab::Record),
        back: Link::new(THEN, words.t("then-back")),
        title: look.own("Asks for help with words", "Pide ayuda con palabras"),
        badges: vec![look.practice()],
        moment: moment(look, "then-known", "then-as-happened"),
        withdrawn: None,
        facts: vec![Fact::new(look.own("Now", "Ahora"), look.own("8 of 10", "8 de 10"))],
        provenance: vec![
            Fact::new(words.t("from-source"), "Bright Path Speech"),
            Fact::new(words.t("from-when"), look.ago(26).text),
        ],
        history,
        save: None,
    })
}
