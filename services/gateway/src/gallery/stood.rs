//! Looking back beyond the rooms: the papers and the messages of then.

use holdfast_types::Category;

use super::then::{THEN, moment};
use super::{Draw, Look, Page};
use crate::pages::Tab;
use crate::pages::item::Version;
use crate::pages::messages::Bubble;
use crate::pages::parts::{Badge, Fact, Link, Pager, Tone};
use crate::pages::record::ItemRow;
use crate::pages::then::{ItemThen, RoomThen, ThreadThen};

pub(super) const PAGES: &[(&str, Draw)] =
    &[("then-papers", papers), ("then-paper", paper), ("then-messages", threads), ("then-thread", thread)];

fn papers(look: &Look) -> Page {
    let row = |title: String, detail: String, days| ItemRow {
        href: format!("{THEN}/papers/3c"),
        title,
        detail,
        when: Some(look.day(days)),
        badges: Vec::new(),
        withdrawn: false,
    };
    let from_you = look.own("PDF, 1.1 MB, from you", "PDF, 1.1 MB, de usted");
    let rows = vec![
        row(look.own("School report", "Informe escolar"), from_you.clone(), 12),
        row(look.own("Letter from school", "Carta de la escuela"), from_you, 40),
    ];
    list(look, "papers-title", rows)
}

fn threads(look: &Look) -> Page {
    let row = |subject: String, days, closed: bool| ItemRow {
        href: format!("{THEN}/messages/5d"),
        title: subject,
        detail: "Bright Path Speech".to_owned(),
        when: Some(look.day(days)),
        badges: closed.then(|| Badge::new(Tone::Plain, look.words.t("then-closed"))).into_iter().collect(),
        withdrawn: false,
    };
    let rows = vec![
        row(look.own("Home practice", "Práctica en casa"), 3, false),
        row(look.own("Summer break", "Vacaciones"), 60, true),
    ];
    list(look, "messages-title", rows)
}

fn list(look: &Look, title: &str, rows: Vec<ItemRow>) -> Page {
    Box::new(RoomThen {
        frame: look.family(Tab::Record),
        back: Link::new(THEN, look.words.t("then-back")),
        label: look.words.t(title),
        moment: moment(look, "then-known", "then-as-happened"),
        pager: Pager { shown: rows.len(), total: rows.len(), ..Pager::default() },
        rows,
        printed: look.ago(0),
    })
}

fn paper(look: &Look) -> Page {
    let words = look.words;
    let version = |number, hours, key: &str| Version {
        number,
        when: look.ago(hours),
        who: look.you(),
        what: words.t(key),
        current: false,
        href: None,
    };
    Box::new(ItemThen {
        frame: look.family(Tab::Record),
        back: Link::new(THEN, words.t("then-back")),
        title: look.own("Letter from school", "Carta de la escuela"),
        badges: Vec::new(),
        moment: moment(look, "then-known", "then-as-happened"),
        withdrawn: Some(look.own("It belongs to his sister.", "Es de su hermana.")),
        facts: vec![
            Fact::new(words.t("paper-type"), "PDF, 1.1 MB"),
            Fact::new(words.t("paper-room"), words.category(Category::Documents)),
        ],
        provenance: vec![
            Fact::new(words.t("paper-from"), look.you().name),
            Fact::new(words.t("from-when"), look.ago(300).text),
        ],
        history: vec![version(2, 30, "badge-withdrawn"), version(1, 300, "change-first")],
        save: Some(Link::new("/r/k7m2q/papers/3c/file", words.t("then-paper-save"))),
    })
}

fn thread(look: &Look) -> Page {
    let bubble = |id: &str, mine: bool, hours, text| {
        let who = if mine { look.you() } else { look.dana() };
        Bubble {
            id: id.to_owned(),
            who: who.name,
            role: who.role,
            mine,
            when: look.ago(hours),
            text,
            lang: look.words.lang.code().to_owned(),
            attached: Vec::new(),
            seen: None,
        }
    };
    Box::new(ThreadThen {
        frame: look.family(Tab::Record),
        back: Link::new(THEN, look.words.t("then-back")),
        subject: look.own("Home practice", "Práctica en casa"),
        with: "Bright Path Speech".to_owned(),
        moment: moment(look, "then-known", "then-as-happened"),
        bubbles: vec![
            bubble(
                "b1",
                true,
                60,
                look.own("Is Tuesday at 4:00 OK?", "¿Le queda bien el martes a las 4:00?"),
            ),
            bubble("b2", false, 52, look.own("Yes, see you then.", "Sí, nos vemos entonces.")),
        ],
        closed: true,
    })
}
