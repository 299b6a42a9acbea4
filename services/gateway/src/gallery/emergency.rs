//! Pages of emergencies: opening a record, the record that is open, the officer's review.

use holdfast_types::Category;

use super::{Draw, Look, Page};
use crate::pages::emergency::{Emergencies, Emergency, Opened};
use crate::pages::parts::{Badge, Choice, Fact, Field, Notice, Person, Problem, Tone};
use crate::pages::record::{Record, Room, RoomGroup, icon};
use crate::pages::sharing::Carried;
use crate::pages::work::{Work, WorkRow};
use crate::pages::{Frame, OpenRecord, Tab};

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("emergency", |look| form(look, false, false)),
    ("emergency-known", |look| form(look, true, false)),
    ("emergency-wrong", |look| form(look, false, true)),
    ("work-emergency", work),
    ("patient-emergency", patient),
    ("emergencies", |look| emergencies(look, false)),
    ("emergencies-empty", |look| emergencies(look, true)),
];

fn form(look: &Look, known: bool, wrong: bool) -> Page {
    let words = look.words;
    let refused = words.t("emergency-refused");
    let mut patient =
        Field::line("patient", words.t("emergency-patient")).hint(words.t("emergency-patient-hint"));
    if wrong {
        patient = patient.wrong(refused.clone());
    }
    let reason = Field::line("reason", words.t("emergency-why")).hint(words.t("emergency-why-hint"));
    Box::new(Emergency {
        frame: look.therapist(false, Tab::Work),
        patient: known.then(|| carried("patient")),
        name: "Mateo R.".to_owned(),
        fields: if known { vec![reason] } else { vec![patient, reason] },
        problems: if wrong {
            vec![Problem { field: "patient".to_owned(), text: refused }]
        } else {
            Vec::new()
        },
    })
}

fn carried(name: &str) -> Carried {
    Carried { name: name.to_owned(), value: "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0002".to_owned() }
}

fn until(look: &Look) -> String {
    look.words.say("emergency-until").with("when", look.ago(-3).text).plain()
}

fn work(look: &Look) -> Page {
    let opened = WorkRow {
        href: "/r/e5t8w".to_owned(),
        name: "Mateo R.".to_owned(),
        detail: until(look),
        changed: String::new(),
        badges: vec![Badge::new(Tone::Stop, look.words.t("emergency-badge"))],
        stripe: 1,
    };
    Box::new(Work {
        frame: look.therapist(false, Tab::Work),
        filters: Vec::new(),
        rows: Vec::new(),
        opened: vec![opened],
        proposed: Vec::new(),
        may_open: true,
        attests: false,
        keeps: false,
        looks_after: false,
        administers: false,
        pager: Default::default(),
    })
}

fn patient(look: &Look) -> Page {
    let words = look.words;
    let text = format!("{}. {}", until(look), words.t("emergency-watched"));
    let record = OpenRecord {
        alias: "e5t8w".to_owned(),
        label: "M".to_owned(),
        name: "Mateo R.".to_owned(),
        acting: Some(until(look)),
        stripe: 1,
    };
    let frame = look.sized(Frame::staff(words, Some(record), Tab::Record, 0));
    let room = |category, count| Room {
        href: format!("/r/e5t8w/c/{category}"),
        label: words.category(category),
        icon: icon(category),
        count,
        newest: words.say("room-newest").with("when", look.day(5).text).plain(),
    };
    Box::new(Record {
        frame: Frame { notice: Some(Notice { tone: Tone::Stop, text, link: None }), ..frame },
        name: "Mateo R.".to_owned(),
        about: look.own("6 years, born Mar 3, 2020", "6 años, nació el 3 mar 2020"),
        badges: Vec::new(),
        groups: vec![RoomGroup {
            title: words.t("group-health"),
            rooms: vec![room(Category::Allergies, 2), room(Category::Medications, 3)],
        }],
        sources: Vec::new(),
        total: 5,
        may_edit: false,
        emergency_href: None,
    })
}

fn emergencies(look: &Look, empty: bool) -> Page {
    let words = look.words;
    let facts = |hours: i64| {
        vec![
            Fact::new(words.t("emergencies-patient"), "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0002"),
            Fact::new(words.t("emergencies-from"), look.ago(hours).text),
            Fact::new(words.t("emergencies-until"), look.ago(hours - 4).text),
        ]
    };
    let choices = ["justified", "not-justified"];
    let choices = choices.map(|code| Choice::new(code, words.t(&format!("emergencies-{code}"))));
    let waits = Opened {
        id: "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0003".to_owned(),
        who: Person::new("Sam W.", words.t("role-therapist")),
        reason: look.own(
            "Seizure in the gym, no family reached",
            "Convulsión en el gimnasio, sin hallar a la familia",
        ),
        badge: Badge::new(Tone::Warn, words.t("emergencies-waits")),
        facts: facts(1),
        search: vec![carried("patient"), carried("actor")],
        findings: Some(choices.into()),
    };
    let mut done = facts(30);
    done.push(Fact::new(words.t("emergencies-stopped"), look.ago(29).text));
    done.push(Fact::new(words.t("emergencies-signed"), format!("Lee M., {}", look.ago(5).text)));
    let signed = Opened {
        id: "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0004".to_owned(),
        who: look.dana(),
        reason: look.own("Fell from the swing, unconscious", "Se cayó del columpio, sin conocimiento"),
        badge: Badge::new(Tone::Good, words.t("emergencies-justified")),
        facts: done,
        search: vec![carried("patient"), carried("actor")],
        findings: None,
    };
    Box::new(Emergencies {
        frame: look.sized(Frame::officer(words, Tab::Office)),
        waiting: usize::from(!empty),
        opened: if empty { Vec::new() } else { vec![waits, signed] },
        note: Field::line("note", words.t("emergencies-note")).hint(words.t("emergencies-note-hint")),
        problems: Vec::new(),
        next: None,
    })
}
