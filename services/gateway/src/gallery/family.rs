//! Home, people, adding one, and the account's own settings.

use super::{Draw, Look, Page};
use crate::pages::home::{Fresh, Home, Need, NextVisit};
use crate::pages::import::FileTrouble;
use crate::pages::me::{Me, Session, Welcome};
use crate::pages::parts::{Badge, Choice, Field, Icon, Notice, Problem, Tone};
use crate::pages::people::{AddPerson, People, PersonCard};
use crate::pages::{Frame, Tab};

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("home", |look| home(look, false)),
    ("home-empty", |look| home(look, true)),
    ("home-emergency", home_in_emergency),
    ("people", |look| people(look, false)),
    ("people-empty", |look| people(look, true)),
    ("add-person", |look| add_person(look, false, false)),
    ("add-person-wrong-file", |look| add_person(look, false, true)),
    ("add-person-wrong", |look| add_person(look, true, false)),
    ("me", |look| me(look, false)),
    ("me-invited", |look| me(look, true)),
    ("welcome", |look| welcome(look, false)),
    ("welcome-wrong", |look| welcome(look, true)),
];

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
        looks: if empty {
            words.say("home-look-none")
        } else {
            words.say("home-look-last").with("name", "Dana K.").with("when", look.ago(2).text)
        },
    })
}

fn home_in_emergency(look: &Look) -> Page {
    let words = look.words;
    let until = words.say("work-shared-until").with("when", look.ago(-3).text).plain();
    let said = look
        .own("Seizure in the gym, no family reached", "Convulsión en el gimnasio, sin hallar a la familia");
    Box::new(Home {
        frame: look.family(Tab::Home),
        greeting: words.say("home-evening").with("name", "Rosa"),
        needs: vec![Need {
            href: "/r/k7m2q/sharing/7d".to_owned(),
            title: words.say("emergency-by").with("name", "Sam W.").plain(),
            detail: format!("{said} · {until}"),
            icon: Icon::Alert,
            badge: Some(Badge::new(Tone::Stop, words.t("emergency-badge"))),
        }],
        next: None,
        fresh: Vec::new(),
        looks: words.say("home-look-none"),
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

fn add_person(look: &Look, wrong: bool, wrong_file: bool) -> Page {
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
        trouble: wrong_file.then(|| FileTrouble {
            what: words.t("import-broken-link"),
            place: "Bundle.entry[14].resource.subject".to_owned(),
            number: "R-7K2M-QX4D".to_owned(),
            codes: None,
        }),
    })
}

fn welcome(look: &Look, wrong: bool) -> Page {
    let words = look.words;
    let name = Field::line("name", words.t("me-name")).autocomplete("name");
    let text = words.t("person-name-wrong");
    Box::new(Welcome {
        frame: look.sized(Frame::family(words, None, Tab::None, 0)),
        name: if wrong { name.wrong(text.clone()) } else { name },
        problems: wrong.then(|| Problem { field: "name".to_owned(), text }).into_iter().collect(),
    })
}

fn me(look: &Look, invited: bool) -> Page {
    let words = look.words;
    let mut frame = look.sized(Frame::family(words, None, Tab::Me, 0));
    frame.notice = Some(Notice { tone: Tone::Good, text: words.t("me-saved"), link: None });
    Box::new(Me {
        frame,
        name: Field::line("name", words.t("me-name")).value("Rosa R.").autocomplete("name"),
        email: "rosa@mail.example".to_owned(),
        number: "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0003".to_owned(),
        has_second_factor: !invited,
        invited,
        sessions: vec![
            Session {
                device: "Chrome, Android".to_owned(),
                since: look.ago(2),
                last: look.ago(0),
                network: "192.0.2.0/24".to_owned(),
                current: true,
                end_href: None,
            },
            Session {
                device: "Firefox, Windows".to_owned(),
                since: look.ago(90),
                last: look.ago(30),
                network: String::new(),
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
