//! Practices that treat: the family's list and its questions, and the practice's own desk.

use holdfast_types::{Action, Category, Role};

use super::{Draw, Look, Page};
use crate::pages::parts::{Badge, Choice, Fact, Field, Filter, Link, Problem, Tone};
use crate::pages::sharing::Question;
use crate::pages::treatment::{
    Care, ChoosePractice, Desk, DeskPolicy, DeskRow, EndTreating, InvitationCard, Invitations, Invited,
    OfRole, PracticeCard,
};
use crate::pages::{Frame, Tab};

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("treating-who", |look| choose(look, true)),
    ("treating-nowhere", |look| choose(look, false)),
    ("treating-care", |look| care(look, true, false)),
    ("treating-care-wrong", |look| care(look, true, true)),
    ("treating-nothing", |look| care(look, false, false)),
    ("treating-end", end),
    ("desk", |look| desk(look, false)),
    ("desk-empty", |look| desk(look, true)),
    ("desk-policy", policy),
    ("invitations", |look| invitations(look, false)),
    ("invitations-empty", |look| invitations(look, true)),
    ("invited", |look| invited(look, true)),
    ("invited-no-record", |look| invited(look, false)),
];

const PATH: &str = "/r/k7m2q/sharing/practices";
const ROOMS: [Category; 3] = [Category::Goals, Category::Notes, Category::Visits];

fn seen(look: &Look) -> Vec<Fact> {
    let words = look.words;
    let rooms = ROOMS.map(|room| words.category(room)).join(", ");
    vec![
        Fact::new(words.t("treating-therapists"), rooms),
        Fact::new(words.t("treating-desk"), words.category(Category::Appointments)),
        Fact::new(words.t("grant-from"), look.day(20).text),
    ]
}

pub(super) fn cards(look: &Look) -> Vec<PracticeCard> {
    let words = look.words;
    let card = |name: &str, tone, badge: &str, open: Option<&str>, end: &str| PracticeCard {
        name: name.to_owned(),
        badge: Badge::new(tone, words.t(badge)),
        facts: seen(look),
        open: open.map(|key| Link::new(format!("{PATH}/4c"), words.t(key))),
        end: Some(Link::new(format!("{PATH}/4c/end"), words.t(end))),
    };
    vec![
        card("Stride Therapy", Tone::Warn, "treating-asks", Some("treating-decide"), "treating-decline"),
        card("Oak Clinic", Tone::Info, "treating-waits", None, "treating-take-back"),
        card("Little Steps", Tone::Good, "treating-now", Some("treating-change"), "treating-end"),
    ]
}

fn choose(look: &Look, any: bool) -> Page {
    let choices = vec![Choice::new("4c", "Little Steps"), Choice::new("4d", "Stride Therapy")];
    let question = Question {
        name: "practice",
        legend: look.words.t("treating-who"),
        hint: String::new(),
        many: false,
        choices,
    };
    Box::new(ChoosePractice {
        frame: look.family(Tab::Sharing),
        path: PATH.to_owned(),
        back: "/r/k7m2q/sharing".to_owned(),
        question: any.then_some(question),
        problems: Vec::new(),
    })
}

fn care(look: &Look, any: bool, wrong: bool) -> Page {
    let words = look.words;
    let may = words.action(Action::Read);
    let choice = |room: Category| Choice::new(room.as_str(), words.category(room)).hint(&may).chosen(!wrong);
    let question = |name, key: &str, rooms: &[Category]| Question {
        name,
        legend: words.t(key),
        hint: String::new(),
        many: true,
        choices: rooms.iter().copied().map(choice).collect(),
    };
    let questions = vec![
        question("therapist", "treating-therapists", &ROOMS),
        question("front-desk", "treating-desk", &[Category::Appointments]),
    ];
    let nothing = words.t("treating-nothing-wrong");
    Box::new(Care {
        frame: look.family(Tab::Sharing),
        path: format!("{PATH}/4c"),
        back: "/r/k7m2q/sharing".to_owned(),
        title: words.say("treating-agree-title").with("name", "Little Steps").plain(),
        lead: words.t("treating-care-lead"),
        carried: Vec::new(),
        questions: if any { questions } else { Vec::new() },
        fields: vec![
            Field::line("introduction", words.t("treating-introduction"))
                .hint(words.t("treating-introduction-hint"))
                .optional(),
        ],
        agree: words.t("treating-agree"),
        decline: Some(Link::new(format!("{PATH}/4c/end"), words.t("treating-decline"))),
        problems: if wrong {
            vec![Problem { field: "therapist".to_owned(), text: nothing }]
        } else {
            Vec::new()
        },
    })
}

fn end(look: &Look) -> Page {
    let words = look.words;
    Box::new(EndTreating {
        frame: look.family(Tab::Sharing),
        path: format!("{PATH}/4c/end"),
        back: "/r/k7m2q/sharing".to_owned(),
        title: words.say("treating-end-title").with("name", "Little Steps").plain(),
        lead: words.t("treating-end-lead"),
        end: words.t("treating-end-now"),
    })
}

fn desk(look: &Look, empty: bool) -> Page {
    let words = look.words;
    let said =
        Fact::new(words.t("desk-said"), look.own("Mateo, speech on Tuesdays", "Mateo, habla los martes"));
    let row = |name: &str, id: &str, tone, badge: &str, waits, end: &str| DeskRow {
        id: id.to_owned(),
        name: name.to_owned(),
        badge: Badge::new(tone, words.t(badge)),
        facts: if waits { std::iter::once(said.clone()).chain(seen(look)).collect() } else { seen(look) },
        waits,
        end: Some(words.t(end)),
    };
    let rows = vec![
        row("Rosa R.", "t-4c", Tone::Warn, "desk-waits", true, "desk-decline"),
        row("Ana L.", "t-4d", Tone::Good, "desk-treated", false, "desk-end-open"),
    ];
    Box::new(Desk {
        frame: look.therapist(false, Tab::Work),
        practice: "Little Steps".to_owned(),
        practice_id: "4c".to_owned(),
        practices: vec![
            Filter::new("/desk?practice=4c", "Little Steps", true),
            Filter::new("/desk?practice=4d", "Stride Therapy", false),
        ],
        waiting: usize::from(!empty),
        rows: if empty { Vec::new() } else { rows },
        next: (!empty).then(|| "/desk?page=2".to_owned()),
        policy: Some("/desk/policy".to_owned()),
        ask: Field::line("patient", words.t("emergency-patient")),
        problems: Vec::new(),
    })
}

fn policy(look: &Look) -> Page {
    let words = look.words;
    let question = |name, key: &str| Question {
        name,
        legend: words.t(key),
        hint: String::new(),
        many: true,
        choices: Category::ALL
            .iter()
            .map(|room| Choice::new(room.as_str(), words.category(*room)).chosen(ROOMS.contains(room)))
            .collect(),
    };
    Box::new(DeskPolicy {
        frame: look.therapist(false, Tab::Work),
        practice: "Little Steps".to_owned(),
        back: "/desk".to_owned(),
        carried: Vec::new(),
        said: words.t("desk-policy-usual"),
        team: vec![
            OfRole {
                role: words.everybody(Role::Therapist),
                is_open: true,
                questions: vec![question("therapist-read", "desk-therapists-read")],
            },
            OfRole {
                role: words.everybody(Role::Billing),
                is_open: false,
                questions: vec![question("billing-read", "desk-billing-read")],
            },
        ],
        problems: Vec::new(),
    })
}

fn invitations(look: &Look, empty: bool) -> Page {
    let words = look.words;
    let card = |name: &str, tone, badge: &str, waits| InvitationCard {
        id: format!("i-{badge}"),
        name: name.to_owned(),
        badge: Badge::new(tone, words.t(badge)),
        facts: vec![
            Fact::new(words.t("invited-when"), look.day(3).text),
            Fact::new(words.t("invited-until"), look.day(-11).text),
        ],
        waits,
    };
    let cards = vec![
        card("rosa@mail.example", Tone::Info, "invited-waiting", true),
        card("luis@mail.example", Tone::Good, "invited-accepted", false),
    ];
    Box::new(Invitations {
        frame: look.therapist(false, Tab::Work),
        practice: "Little Steps".to_owned(),
        practice_id: "4c".to_owned(),
        back: "/desk".to_owned(),
        cards: if empty { Vec::new() } else { cards },
        next: None,
        email: Field::of("email", "email", words.t("invited-email")).hint(words.t("invited-email-hint")),
        lang: Question {
            name: "lang",
            legend: words.t("invited-lang"),
            hint: String::new(),
            many: false,
            choices: vec![Choice::new("en", "English").chosen(true), Choice::new("es", "Español")],
        },
        problems: Vec::new(),
    })
}

fn invited(look: &Look, any: bool) -> Page {
    let words = look.words;
    let card = InvitationCard {
        id: "i-1".to_owned(),
        name: "Little Steps".to_owned(),
        badge: Badge::new(Tone::Warn, words.t("invited-badge")),
        facts: vec![Fact::new(words.t("invited-until"), look.day(-11).text)],
        waits: true,
    };
    let choices = vec![Choice::new("k7m2q", "Mateo R.").chosen(true), Choice::new("k7m2r", "Ana R.")];
    let records = Question {
        name: "record",
        legend: words.t("invited-record"),
        hint: String::new(),
        many: false,
        choices: if any { choices } else { Vec::new() },
    };
    let frame = look.sized(Frame::family(words, None, Tab::People, 0));
    Box::new(Invited { frame, cards: vec![card], records, problems: Vec::new() })
}
