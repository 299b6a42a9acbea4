//! The record: its rooms, one item, bringing a file in, correcting details.

use holdfast_types::Category;

use super::{Draw, Look, Page};
use crate::pages::Tab;
use crate::pages::details::Details;
use crate::pages::import::{FileTrouble, Import, Imported, Tally, UnknownCode, UnknownCodes};
use crate::pages::item::{Item, OwnText};
use crate::pages::parts::{Badge, Fact, Field, Filter, Link, Pager, Tone};
use crate::pages::record::{GROUPS, ItemRow, Record, Room, RoomGroup, RoomList, Source, icon};

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("record", |look| record(look, false)),
    ("record-empty", |look| record(look, true)),
    ("room", |look| room(look, "", false)),
    ("room-empty", |look| room(look, "", true)),
    ("room-found-none", |look| room(look, "zebra", true)),
    ("item", |look| item(look, false)),
    ("item-withdrawn", |look| item(look, true)),
    ("import", |look| import(look, None)),
    ("import-trouble", |look| import(look, Some(broken(look)))),
    ("import-codes", |look| import(look, Some(unknown_codes(look)))),
    ("imported", |look| imported(look, false)),
    ("imported-same", |look| imported(look, true)),
    ("details", |look| details(look, false)),
    ("details-conflict", |look| details(look, true)),
];

fn record(look: &Look, empty: bool) -> Page {
    let words = look.words;
    let groups = GROUPS.iter().map(|(key, categories)| RoomGroup {
        title: words.t(key),
        rooms: categories
            .iter()
            .enumerate()
            .map(|(at, category)| {
                let count = if empty || at == 5 { 0 } else { (at * 17 + 4) % 53 };
                Room {
                    href: format!("/r/k7m2q/c/{category}"),
                    label: words.category(*category),
                    icon: icon(*category),
                    count,
                    newest: if count == 0 {
                        words.t("room-none")
                    } else {
                        words.say("room-newest").with("when", look.day(5).text).plain()
                    },
                }
            })
            .collect(),
    });
    Box::new(Record {
        frame: look.family(Tab::Record),
        name: "Mateo R.".to_owned(),
        about: look.own("6 years, born Mar 3, 2020", "6 años, nació el 3 mar 2020"),
        badges: Vec::new(),
        groups: groups.collect(),
        sources: if empty {
            Vec::new()
        } else {
            vec![
                Source {
                    name: "Bright Path Speech".to_owned(),
                    detail: look.own("312 entries", "312 datos"),
                    badge: Some(look.fresh()),
                },
                Source {
                    name: "Elm Street Pediatrics".to_owned(),
                    detail: look.own("48 entries, brought in by you", "48 datos, traídos por usted"),
                    badge: Some(Badge::new(
                        Tone::Warn,
                        words.say("badge-late").with("when", look.day(6).text).plain(),
                    )),
                },
            ]
        },
        total: if empty { 0 } else { 360 },
        may_edit: true,
        emergency_href: None,
    })
}

fn room(look: &Look, find: &str, empty: bool) -> Page {
    let words = look.words;
    let row = |title: String, detail, days, withdrawn| ItemRow {
        href: "/r/k7m2q/i/9f".to_owned(),
        title,
        detail,
        when: Some(look.day(days)),
        badges: if withdrawn {
            vec![Badge::new(Tone::Stop, words.t("badge-withdrawn"))]
        } else {
            vec![look.practice(), look.fresh()]
        },
        withdrawn,
    };
    let visit = || look.own("Speech visit", "Visita de habla");
    let rows = vec![
        row(
            visit(),
            look.own(
                "Asks for help with words, 8 of 10. He liked the bubbles.",
                "Pide ayuda con palabras, 8 de 10. Le gustaron las burbujas.",
            ),
            5,
            false,
        ),
        row(
            visit(),
            look.own("First time with two words in a row.", "Primera vez con dos palabras seguidas."),
            12,
            false,
        ),
        row(
            look.own("ABA visit", "Visita de ABA"),
            look.own("Written for another child by mistake.", "Se escribió por error para otro niño."),
            19,
            true,
        ),
    ];
    let path = "/r/k7m2q/c/notes";
    Box::new(RoomList {
        frame: look.family(Tab::Record),
        label: words.category(Category::Notes),
        path: path.to_owned(),
        filters: vec![
            Filter::new(path, words.t("list-all"), true),
            Filter::new(format!("{path}?since=month"), words.t("list-month"), false),
            Filter::new(format!("{path}?since=year"), words.t("list-year"), false),
        ],
        sources: vec![
            Filter::new(path, words.t("list-sources-all"), true),
            Filter::new(format!("{path}?source=speech"), "Bright Path Speech", false),
            Filter::new(format!("{path}?source=file"), "Elm Street Pediatrics", false),
        ],
        find: find.to_owned(),
        propose_href: Some(format!("{path}/propose")),
        waiting: usize::from(find.is_empty()),
        pager: if empty {
            Pager::default()
        } else {
            Pager { shown: rows.len(), total: 48, next: Some(format!("{path}?page=2")), previous: None }
        },
        rows: if empty { Vec::new() } else { rows },
        printed: look.ago(0),
    })
}

fn item(look: &Look, withdrawn: bool) -> Page {
    let words = look.words;
    let fact = |english, spanish, value: String| Fact::new(look.own(english, spanish), value);
    Box::new(Item {
        frame: look.family(Tab::Record),
        path: "/r/k7m2q/i/9f".to_owned(),
        room: Link::new("/r/k7m2q/c/goals", words.category(Category::Goals)),
        title: look.own("Asks for help with words", "Pide ayuda con palabras"),
        clinical: look.own("mand training", "entrenamiento de mandos"),
        badges: vec![look.practice(), look.fresh(), Badge::new(Tone::Acting, words.say("badge-shared").with("count", 2_u32).plain())],
        withdrawn: withdrawn.then(|| look.own("Written for another child by mistake.", "Se escribió por error para otro niño.")),
        facts: vec![
            fact("Now", "Ahora", look.own("8 of 10", "8 de 10")),
            fact("When we call it learned", "Cuándo decimos que ya lo aprendió", look.own("9 of 10 on three days in a row", "9 de 10 en tres días seguidos")),
            fact("A hint", "Una ayuda", look.own("picture, then only a look", "una imagen, luego solo una mirada")),
        ],
        own_text: Some(OwnText {
            author: "Dana K.".to_owned(),
            text: "Pt. mands for assistance with vocal approximations, 80% independent across 10 trials.\nFading picture prompt.".to_owned(),
            lang: "en".to_owned(),
        }),
        provenance: vec![
            Fact::new(words.t("from-source"), "Bright Path Speech"),
            Fact::new(words.t("from-author"), "Dana K."),
            Fact::new(words.t("from-when"), look.ago(26).text),
        ],
        history: look.history(),
        as_of: Field::of("date", "date", words.t("item-as-of-day")),
        shown_as_of: None,
        seers: look.seers(),
        never: Some(look.never()),
        propose_href: Some("/r/k7m2q/i/9f/propose".to_owned()),
        waits_href: None,
        ask_href: Some("/r/k7m2q/messages/new".to_owned()),
        retract: (!withdrawn).then(|| Field::line("reason", words.t("retract-reason"))),
        problems: Vec::new(),
    })
}

fn import(look: &Look, trouble: Option<FileTrouble>) -> Page {
    Box::new(Import { frame: look.family(Tab::Record), size_max: "20 MB".to_owned(), trouble })
}

fn broken(look: &Look) -> FileTrouble {
    FileTrouble {
        what: look.words.t("import-broken-link"),
        place: "Bundle.entry[14].resource.subject".to_owned(),
        number: "R-22-9MX4".to_owned(),
        codes: None,
    }
}

fn unknown_codes(look: &Look) -> FileTrouble {
    let code = |entry: usize, system: &str| UnknownCode {
        place: format!("Bundle.entry[{entry}].resource.code.coding[0].system"),
        system: system.to_owned(),
    };
    let places = vec![
        code(3, "https://codes.hospital.example/laboratory/2019/panels-and-single-tests"),
        code(27, "urn:oid:1.2.36.1.2001.1001.101"),
    ];
    let (action, relation) = ("/r/k7m2q/import".to_owned(), String::new());
    FileTrouble {
        what: look.words.t("import-codes"),
        place: String::new(),
        number: "R-22-9MX4".to_owned(),
        codes: Some(UnknownCodes { places, action, relation }),
    }
}

fn imported(look: &Look, same: bool) -> Page {
    let tally = |category, count| Tally {
        label: look.words.category(category),
        href: format!("/r/k7m2q/c/{category}"),
        added: if same { 0 } else { count },
        changed: 0,
        unchanged: if same { count } else { 0 },
    };
    let tallies = vec![
        tally(Category::Conditions, 12),
        tally(Category::Medications, 7),
        tally(Category::Results, 104),
        tally(Category::Visits, 31),
    ];
    let before = same.then(|| look.day(5).text);
    let unknown = [("imported-unknown-people", 3_usize), ("imported-unknown-clinics", 1)];
    let unknown = unknown.map(|(key, count)| look.words.say(key).with("count", count).plain()).to_vec();
    Box::new(Imported { frame: look.family(Tab::Record), tallies, before, unknown })
}

fn details(look: &Look, conflict: bool) -> Page {
    let words = look.words;
    Box::new(Details {
        frame: look.family(Tab::Record),
        fields: vec![
            Field::line("name", words.t("person-name")).value("Mateo R."),
            Field::line("birth_date", words.t("person-birth-date"))
                .hint(words.t("person-birth-date-hint"))
                .value("3 3 2020"),
            Field::line("address", words.t("person-address")).value("12 Elm Street, Springfield"),
            Field::of("tel", "phone", words.t("person-phone")).value("555-0142").optional(),
        ],
        locked: vec![
            Fact::new(words.t("person-given-name"), "Mateo"),
            Fact::new(words.t("person-family-name"), "R."),
        ],
        propose_href: "/r/k7m2q/details/propose".to_owned(),
        proposals_href: "/r/k7m2q/proposals".to_owned(),
        etag: "7".to_owned(),
        problems: Vec::new(),
        conflict,
        erasure_href: Some("/r/k7m2q/erasure".to_owned()),
    })
}
