//! Papers, adding one, and one with its history.

use super::{Draw, Look, Page};
use crate::pages::Tab;
use crate::pages::item::Version;
use crate::pages::papers::{AddPaper, Paper, PaperRow, Papers, Withdraw};
use crate::pages::parts::{Badge, Choice, Fact, Field, Filter, Pager, Problem, Tone};

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("papers", |look| papers(look, false)),
    ("papers-empty", |look| papers(look, true)),
    ("add-paper", |look| add_paper(look, false)),
    ("add-paper-wrong", |look| add_paper(look, true)),
    ("paper", paper),
];

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
            href: None,
        }],
        seers: look.seers(),
        never: Some(look.never()),
        withdrawn: None,
        withdraw: Some(Withdraw {
            path: "/r/k7m2q/papers/3c/withdraw".to_owned(),
            etag: "1".to_owned(),
            reason: Field::line("reason", words.t("paper-withdraw-reason")),
        }),
        erasure_href: Some("/r/k7m2q/papers/3c/erasure".to_owned()),
        problems: Vec::new(),
    })
}
