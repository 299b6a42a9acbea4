//! Who looked.

use holdfast_types::{Category, Purpose};

use super::{Draw, Look, Page};
use crate::pages::Tab;
use crate::pages::looked::{Check, Day, Look as LookLine, LookKind, WhoLooked};
use crate::pages::parts::{Filter, Notice, Pager, Person, Tone};

pub(super) const PAGES: &[(&str, Draw)] =
    &[("looked", |look| looked(look, false)), ("looked-empty", |look| looked(look, true))];

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
        events: Vec::new(),
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
        whose: vec![
            Filter::new(path, words.t("looked-others"), true),
            Filter::new(format!("{path}?who=me"), words.t("looked-me"), false),
            Filter::new(format!("{path}?who=all"), words.t("looked-everyone"), false),
        ],
        none: words.t("looked-none-others"),
        whole: false,
        pager: if empty {
            Pager::default()
        } else {
            Pager { shown: 5, total: 212, next: Some(format!("{path}?page=2")), previous: None }
        },
        check: Check {
            proof_href: format!("{path}/proof"),
            patient: "00000000-0000-7000-8000-0000000000a1".to_owned(),
            log_href: "/log/",
        },
        days: if empty { Vec::new() } else { days },
    })
}
