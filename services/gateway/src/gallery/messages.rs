//! Threads, one open and one closed, and writing a new message.

use super::{Draw, Look, Page};
use crate::pages::Tab;
use crate::pages::messages::{Bubble, NewThread, Thread, ThreadRow, Threads};
use crate::pages::parts::{Choice, Field, Link, Problem};

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("messages", |look| messages(look, false)),
    ("messages-empty", |look| messages(look, true)),
    ("thread", |look| thread(look, false)),
    ("thread-closed", |look| thread(look, true)),
    ("new-thread", |look| new_thread(look, false)),
    ("new-thread-wrong", |look| new_thread(look, true)),
];

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
