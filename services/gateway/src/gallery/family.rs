//! Pages for a family.

use askama::DynTemplate;
use holdfast_types::{Action, Category, Purpose};

use super::{Draw, Look};
use crate::pages::details::Details;
use crate::pages::home::{Fresh, Home, Need, NextVisit};
use crate::pages::import::{FileTrouble, Import, Imported, Tally};
use crate::pages::item::{Item, OwnText, Seer, Version};
use crate::pages::looked::{Day, Look as LookLine, LookKind, WhoLooked};
use crate::pages::me::{Me, Session};
use crate::pages::messages::{Bubble, NewThread, Thread, ThreadRow, Threads};
use crate::pages::papers::{AddPaper, Paper, PaperRow, Papers, Withdraw};
use crate::pages::parts::{
    Badge, Choice, Fact, Field, Filter, Icon, Link, Notice, Pager, Person, Problem, Tone,
};
use crate::pages::people::{AddPerson, People, PersonCard};
use crate::pages::record::{GROUPS, ItemRow, Record, Room, RoomGroup, RoomList, Source, icon};
use crate::pages::sharing::{Answer, Carried, Grant, GrantCard, Question, Share, Sharing, Step, StopSharing};
use crate::pages::{Frame, Tab};

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("home", |look| home(look, false)),
    ("home-empty", |look| home(look, true)),
    ("people", |look| people(look, false)),
    ("people-empty", |look| people(look, true)),
    ("add-person", |look| add_person(look, false)),
    ("add-person-wrong", |look| add_person(look, true)),
    ("record", |look| record(look, false)),
    ("record-empty", |look| record(look, true)),
    ("room", |look| room(look, "", false)),
    ("room-empty", |look| room(look, "", true)),
    ("room-found-none", |look| room(look, "zebra", true)),
    ("item", |look| item(look, false)),
    ("item-withdrawn", |look| item(look, true)),
    ("import", |look| import(look, false)),
    ("import-trouble", |look| import(look, true)),
    ("imported", |look| imported(look, false)),
    ("imported-same", |look| imported(look, true)),
    ("details", |look| details(look, false)),
    ("details-conflict", |look| details(look, true)),
    ("papers", |look| papers(look, false)),
    ("papers-empty", |look| papers(look, true)),
    ("add-paper", |look| add_paper(look, false)),
    ("add-paper-wrong", |look| add_paper(look, true)),
    ("paper", paper),
    ("messages", |look| messages(look, false)),
    ("messages-empty", |look| messages(look, true)),
    ("thread", |look| thread(look, false)),
    ("thread-closed", |look| thread(look, true)),
    ("new-thread", |look| new_thread(look, false)),
    ("new-thread-wrong", |look| new_thread(look, true)),
    ("sharing", |look| sharing(look, false)),
    ("sharing-empty", |look| sharing(look, true)),
    ("grant", grant),
    ("stop-sharing", stop_sharing),
    ("share-who", |look| share(look, Step::Who)),
    ("share-what", |look| share(look, Step::What)),
    ("share-why", |look| share(look, Step::Why)),
    ("share-until", |look| share(look, Step::Until)),
    ("share-check", |look| share(look, Step::Check)),
    ("looked", |look| looked(look, false)),
    ("looked-empty", |look| looked(look, true)),
    ("me", me),
];

type Page = Box<dyn DynTemplate>;

fn home(look: &Look, empty: bool) -> Page {
    let words = look.words;
    let need = |title, detail, icon, badge| Need {
        href: "/r/k7m2q/messages/5d".to_owned(),
        title,
        detail,
        icon,
        badge,
    };
    let fresh = |title, detail, badges| Fresh { href: "/r/k7m2q/i/9f".to_owned(), title, detail, badges };
    Box::new(Home {
        frame: look.family(Tab::Home),
        greeting: words.say("home-evening").with("name", "Rosa"),
        needs: if empty {
            Vec::new()
        } else {
            vec![
                need(
                    look.own("Answer Dana", "Responder a Dana"),
                    look.own("Is Tuesday at 4:00 OK?", "¿Le queda bien el martes a las 4:00?"),
                    Icon::Messages,
                    None,
                ),
                need(
                    look.own("Add page 2 of a paper", "Agregar la página 2 de un papel"),
                    look.own("Hearing test", "Prueba de audición"),
                    Icon::Papers,
                    Some(Badge::new(Tone::Warn, look.own("sent back", "devuelto"))),
                ),
            ]
        },
        next: (!empty).then(|| NextVisit {
            href: "/r/k7m2q/i/1a".to_owned(),
            title: look.own("Speech with Dana K.", "Habla con Dana K."),
            when: look.day(-2),
            place: "Bright Path, 12 Elm Street".to_owned(),
        }),
        since: (!empty).then(|| look.day(3)),
        fresh: if empty {
            Vec::new()
        } else {
            vec![
                fresh(
                    look.own("Visit note", "Nota de visita"),
                    look.own("Speech, Dana K., Nov 17", "Habla, Dana K., 17 nov"),
                    vec![look.practice(), look.fresh()],
                ),
                fresh(
                    look.own("School report", "Informe escolar"),
                    look.own("A paper from you", "Un papel de usted"),
                    vec![Badge::new(Tone::Good, words.t("paper-ready"))],
                ),
            ]
        },
        looks: Some(if empty { 0 } else { 5 }),
    })
}

fn people(look: &Look, empty: bool) -> Page {
    let words = look.words;
    let card = |name: &str, detail, badge, stripe| PersonCard {
        href: "/r/k7m2q".to_owned(),
        name: name.to_owned(),
        detail,
        badge,
        stripe,
    };
    let needs =
        |count: u32| Some(Badge::new(Tone::Info, words.say("person-needs").with("count", count).plain()));
    Box::new(People {
        frame: look.sized(Frame::family(words, None, Tab::People, 0)),
        people: if empty {
            Vec::new()
        } else {
            vec![
                card(
                    "Mateo R.",
                    look.own(
                        "6 years · you are his mother · all, until Mar 3, 2038",
                        "6 años · usted es su madre · todo, hasta el 3 mar 2038",
                    ),
                    needs(2),
                    1,
                ),
                card(
                    "Lucía R.",
                    look.own(
                        "13 years · you are her mother · in part",
                        "13 años · usted es su madre · en parte",
                    ),
                    needs(1),
                    2,
                ),
                card("Rosa R.", look.own("you", "usted"), None, 3),
            ]
        },
    })
}

fn add_person(look: &Look, wrong: bool) -> Page {
    let words = look.words;
    let mut birth = Field::line("birth_date", words.t("person-birth-date"))
        .hint(words.t("person-birth-date-hint"))
        .autocomplete("off");
    let mut problems = Vec::new();
    if wrong {
        birth = birth.value("the third").wrong(words.t("person-birth-date-wrong"));
        problems.push(Problem { field: "birth_date".to_owned(), text: words.t("person-birth-date-wrong") });
    }
    Box::new(AddPerson {
        frame: look.sized(Frame::family(words, None, Tab::People, 0)),
        relations: vec![
            Choice::new("parent", words.t("person-relation-child")).chosen(true),
            Choice::new("patient", words.t("person-relation-me")),
        ],
        fields: vec![
            Field::line("given_name", words.t("person-given-name")),
            Field::line("family_name", words.t("person-family-name")),
            birth,
        ],
        problems,
        size_max: "20 MB".to_owned(),
    })
}

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
        groups: groups.collect(),
        sources: if empty {
            Vec::new()
        } else {
            vec![
                Source {
                    name: "Bright Path Speech".to_owned(),
                    detail: look.own("312 entries", "312 datos"),
                    badge: look.fresh(),
                },
                Source {
                    name: "Elm Street Pediatrics".to_owned(),
                    detail: look.own("48 entries, brought in by you", "48 datos, traídos por usted"),
                    badge: Badge::new(
                        Tone::Warn,
                        words.say("badge-late").with("when", look.day(6).text).plain(),
                    ),
                },
            ]
        },
        total: if empty { 0 } else { 360 },
        may_edit: true,
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
            Filter::new(path, words.t("papers-all"), true),
            Filter::new(format!("{path}?kind=speech"), look.own("Speech", "Habla"), false),
            Filter::new(format!("{path}?kind=aba"), "ABA", false),
        ],
        find: find.to_owned(),
        pager: if empty {
            Pager::default()
        } else {
            Pager { shown: rows.len(), total: 48, next: Some(format!("{path}?page=2")), previous: None }
        },
        rows: if empty { Vec::new() } else { rows },
        printed: look.ago(0),
    })
}

fn history(look: &Look) -> Vec<Version> {
    let words = look.words;
    vec![
        Version {
            number: 2,
            when: look.ago(26),
            who: look.dana(),
            what: words.say("change-value").with("old", "7 / 10").with("new", "8 / 10").plain(),
            current: true,
        },
        Version {
            number: 1,
            when: look.ago(122),
            who: look.dana(),
            what: words.t("change-first"),
            current: false,
        },
    ]
}

fn seers(look: &Look) -> Vec<Seer> {
    let grant = look.words.say("by-grant").with("when", look.day(322).text).plain();
    vec![
        Seer { who: Person::new("Bright Path Speech", look.words.category(Category::CareTeam)), why: grant },
        Seer { who: look.you(), why: look.words.t("by-parent") },
    ]
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
        history: history(look),
        as_of: Field::of("date", "date", words.t("item-as-of-day")),
        shown_as_of: None,
        seers: seers(look),
        ask_href: Some("/r/k7m2q/messages/new".to_owned()),
        retract: (!withdrawn).then(|| Field::line("reason", words.t("retract-reason"))),
        problems: Vec::new(),
    })
}

fn import(look: &Look, wrong: bool) -> Page {
    Box::new(Import {
        frame: look.family(Tab::Record),
        size_max: "20 MB".to_owned(),
        trouble: wrong.then(|| FileTrouble {
            what: look.own(
                "One entry points to another that is not in the file.",
                "Un dato señala a otro que no está en el archivo.",
            ),
            place: "entry 14, Observation.subject".to_owned(),
            number: "R-22-9MX4".to_owned(),
        }),
    })
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
    Box::new(Imported { frame: look.family(Tab::Record), tallies })
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
        etag: "7".to_owned(),
        problems: Vec::new(),
        conflict,
    })
}

fn papers(look: &Look, empty: bool) -> Page {
    let words = look.words;
    let row = |title: String, detail, hours, tone, key: &str| PaperRow {
        href: "/r/k7m2q/papers/3c".to_owned(),
        title,
        detail,
        when: look.ago(hours),
        badge: Some(Badge::new(tone, words.t(key))),
    };
    let rows = vec![
        row(
            look.own("School support plan (IEP)", "Plan de apoyo escolar (IEP)"),
            look.own("PDF, 2.4 MB, from you", "PDF, 2.4 MB, de usted"),
            2,
            Tone::Info,
            "paper-sending",
        ),
        row(
            look.own("Hearing test", "Prueba de audición"),
            look.own("PDF, 240 KB, from Bright Path", "PDF, 240 KB, de Bright Path"),
            140,
            Tone::Warn,
            "paper-waiting",
        ),
        row(
            look.own("School report", "Informe escolar"),
            look.own("PDF, 1.1 MB, from you", "PDF, 1.1 MB, de usted"),
            260,
            Tone::Good,
            "paper-ready",
        ),
    ];
    let shown = if empty { 0 } else { rows.len() };
    Box::new(Papers {
        frame: look.family(Tab::Papers),
        filters: vec![
            Filter::new("/r/k7m2q/papers", words.t("papers-all"), true),
            Filter::new("/r/k7m2q/papers?kind=school", words.t("paper-kind-school"), false),
            Filter::new("/r/k7m2q/papers?kind=insurance", words.t("paper-kind-insurance"), false),
        ],
        rows: if empty { Vec::new() } else { rows },
        pager: Pager { shown, total: shown, ..Pager::default() },
        may_add: true,
    })
}

fn add_paper(look: &Look, wrong: bool) -> Page {
    let words = look.words;
    let mut title = Field::line("title", words.t("paper-title"));
    let mut problems = Vec::new();
    if wrong {
        title = title.wrong(words.t("add-paper-title-wrong"));
        problems.push(Problem { field: "file".to_owned(), text: words.t("add-paper-file-wrong") });
        problems.push(Problem { field: "title".to_owned(), text: words.t("add-paper-title-wrong") });
    }
    let kind = |code: &str| Choice::new(code, words.t(&format!("paper-kind-{code}")));
    Box::new(AddPaper {
        frame: look.family(Tab::Papers),
        title,
        kinds: vec![
            kind("school"),
            kind("insurance"),
            kind("report"),
            kind("video"),
            kind("other").chosen(true),
        ],
        problems,
        plain_size_max: "20 MB".to_owned(),
        size_max: "200 MB".to_owned(),
        size_bytes_max: 200 << 20,
    })
}

fn paper(look: &Look) -> Page {
    let words = look.words;
    Box::new(Paper {
        frame: look.family(Tab::Papers),
        title: look.own("School report", "Informe escolar"),
        badges: vec![Badge::new(Tone::Good, words.t("paper-ready"))],
        facts: vec![
            Fact::new(words.t("paper-from"), "Rosa R."),
            Fact::new(words.t("from-when"), look.ago(260).text),
            Fact::new(words.t("paper-type"), "PDF, 1.1 MB"),
        ],
        file_href: Some("/r/k7m2q/papers/3c/file".to_owned()),
        file_size: "1.1 MB".to_owned(),
        history: vec![Version {
            number: 1,
            when: look.ago(260),
            who: look.you(),
            what: words.t("change-first"),
            current: true,
        }],
        seers: seers(look),
        withdrawn: None,
        withdraw: Some(Withdraw {
            path: "/r/k7m2q/papers/3c/withdraw".to_owned(),
            etag: "1".to_owned(),
            reason: Field::line("reason", words.t("paper-withdraw-reason")),
        }),
        problems: Vec::new(),
    })
}

fn messages(look: &Look, empty: bool) -> Page {
    let row = |subject, last, hours, unread| ThreadRow {
        href: "/r/k7m2q/messages/5d".to_owned(),
        subject,
        with: look.own("Dana K. and the speech team", "Dana K. y el equipo de habla"),
        last,
        when: look.ago(hours),
        unread,
    };
    Box::new(Threads {
        frame: look.family(Tab::Messages),
        rows: if empty {
            Vec::new()
        } else {
            vec![
                row(
                    look.own("Home practice", "Práctica en casa"),
                    look.own("Is Tuesday at 4:00 OK?", "¿Le queda bien el martes a las 4:00?"),
                    3,
                    2,
                ),
                row(
                    look.own("Summer break", "Vacaciones"),
                    look.own("Thank you, see you then.", "Gracias, nos vemos entonces."),
                    400,
                    0,
                ),
            ]
        },
        earlier: None,
    })
}

fn thread(look: &Look, closed: bool) -> Page {
    let words = look.words;
    let bubble = |id: &str, mine: bool, hours, text, attached, seen| {
        let who = if mine { look.you() } else { look.dana() };
        Bubble {
            id: id.to_owned(),
            who: who.name,
            role: who.role,
            mine,
            when: look.ago(hours),
            text,
            lang: words.lang.code().to_owned(),
            attached,
            seen,
        }
    };
    let sheet =
        vec![Link::new("/r/k7m2q/papers/3c", look.own("Bubbles: how to play", "Burbujas: cómo jugar"))];
    Box::new(Thread {
        frame: look.family(Tab::Messages),
        path: "/r/k7m2q/messages/5d".to_owned(),
        subject: look.own("Home practice", "Práctica en casa"),
        with: look.own("You, Dana K. and the speech team", "Usted, Dana K. y el equipo de habla"),
        bubbles: vec![
            bubble(
                "b1",
                false,
                50,
                look.own(
                    "A new exercise for this week.\nBlow, wait, and let him ask for more.",
                    "Un ejercicio nuevo para esta semana.\nSople, espere y deje que él pida más.",
                ),
                sheet,
                None,
            ),
            bubble(
                "b2",
                true,
                28,
                look.own("He did it!", "¡Lo logró!"),
                Vec::new(),
                Some(words.say("thread-seen").with("when", look.ago(9).text).plain()),
            ),
            bubble(
                "b3",
                false,
                3,
                look.own("Great. Is Tuesday at 4:00 OK?", "Qué bien. ¿Le queda bien el martes a las 4:00?"),
                Vec::new(),
                None,
            ),
        ],
        owed: (!closed)
            .then(|| words.say("thread-owed").with("name", "Rosa").with("when", look.day(-4).text).plain()),
        reply: Field::text("text", words.t("message-text")),
        papers: paper_choices(look),
        problems: Vec::new(),
        closed,
        may_close: !closed,
        earlier: None,
    })
}

fn paper_choices(look: &Look) -> Vec<Choice> {
    vec![Choice::new("3c", look.own("School report", "Informe escolar")).hint("PDF, 1.1 MB")]
}

fn new_thread(look: &Look, wrong: bool) -> Page {
    let words = look.words;
    let mut text = Field::text("text", words.t("message-text"));
    let mut problems = Vec::new();
    if wrong {
        text = text.wrong(words.t("message-text-wrong"));
        problems.push(Problem { field: "text".to_owned(), text: words.t("message-text-wrong") });
    }
    Box::new(NewThread {
        frame: look.family(Tab::Messages),
        to: vec![
            Choice::new("a", "Bright Path Speech")
                .hint(look.own("Dana K. and the speech team", "Dana K. y el equipo de habla"))
                .chosen(true),
            Choice::new("b", "Elm Street ABA").hint(look.own("The ABA team", "El equipo de ABA")),
        ],
        subject: Field::line("subject", words.t("message-subject")),
        text,
        papers: paper_choices(look),
        problems,
    })
}

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

fn looked(look: &Look, empty: bool) -> Page {
    let words = look.words;
    let line = |kind, hours, who, did, by, number: &str| LookLine {
        kind,
        when: look.ago(hours),
        who,
        did,
        by,
        by_href: Some("/r/k7m2q/sharing/7a".to_owned()),
        number: number.to_owned(),
        times: 1,
    };
    let notes = words.category(Category::Notes);
    let grant = words.say("by-grant").with("when", look.day(322).text).plain();
    let days = vec![
        Day {
            label: look.day(0).text,
            looks: vec![
                line(
                    LookKind::Read,
                    2,
                    look.dana(),
                    words.say("did-read").with("room", &notes).plain(),
                    grant.clone(),
                    "212",
                ),
                line(
                    LookKind::Change,
                    3,
                    look.you(),
                    words.t("did-paper-added"),
                    words.t("by-parent"),
                    "211",
                ),
            ],
        },
        Day {
            label: look.day(5).text,
            looks: vec![
                line(
                    LookKind::Refused,
                    122,
                    Person::new("Priya S.", words.t("role-front-desk")),
                    words.say("did-tried").with("room", &notes).plain(),
                    words.t("by-none"),
                    "208",
                ),
                line(
                    LookKind::Sharing,
                    124,
                    look.you(),
                    words.say("did-shared").with("room", &notes).with("name", "Dana K.").plain(),
                    words.t("by-parent"),
                    "207",
                ),
                line(
                    LookKind::Emergency,
                    126,
                    Person::new("Oak Clinic", look.own("clinic", "clínica")),
                    words.t("did-record"),
                    words.purpose(Purpose::EmergencyTreatment),
                    "206",
                ),
            ],
        },
    ];
    let path = "/r/k7m2q/looked";
    Box::new(WhoLooked {
        frame: look.family(Tab::Looked),
        verdict: Notice { tone: Tone::Good, text: words.t("looked-current"), link: None },
        filters: std::iter::once(Filter::new(path, words.t("looked-all"), true))
            .chain(
                LookKind::OF_RECORD.map(|kind| {
                    Filter::new(format!("{path}?kind={}", kind.code()), words.t(kind.key()), false)
                }),
            )
            .collect(),
        pager: if empty {
            Pager::default()
        } else {
            Pager { shown: 5, total: 212, next: Some(format!("{path}?page=2")), previous: None }
        },
        days: if empty { Vec::new() } else { days },
    })
}

fn me(look: &Look) -> Page {
    let words = look.words;
    let mut frame = look.sized(Frame::family(words, None, Tab::Me, 0));
    frame.notice = Some(Notice { tone: Tone::Good, text: words.t("me-saved"), link: None });
    Box::new(Me {
        frame,
        name: Field::line("name", words.t("me-name")).value("Rosa R.").autocomplete("name"),
        email: "rosa@mail.example".to_owned(),
        sessions: vec![
            Session {
                device: "Chrome, Android".to_owned(),
                since: look.ago(2),
                current: true,
                end_href: None,
            },
            Session {
                device: "Firefox, Windows".to_owned(),
                since: look.ago(90),
                current: false,
                end_href: Some("/me/sessions/2b/end".to_owned()),
            },
        ],
        langs: crate::words::Lang::ALL
            .map(|lang| Choice::new(lang.code(), lang.own_name()).chosen(lang == words.lang))
            .into(),
        sizes: vec![
            Choice::new("usual", words.t("me-size-usual")).chosen(!look.large),
            Choice::new("large", words.t("me-size-large"))
                .hint(words.t("me-size-large-hint"))
                .chosen(look.large),
        ],
    })
}
