//! Pages of reviews of roles: all of them, one under way, one that only waits for its sign-off.

use holdfast_types::Role;

use super::{Draw, Look, Page};
use crate::pages::parts::{Badge, Filter, Link, Pager, Problem, Tone};
use crate::pages::reviews::{Added, Review, ReviewCard, ReviewLine, Reviews};
use crate::pages::{Frame, Tab};

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("reviews", |look| reviews(look, false)),
    ("reviews-none", |look| reviews(look, true)),
    ("review", |look| review(look, false, false)),
    ("review-wrong", |look| review(look, false, true)),
    ("review-decided", |look| review(look, true, false)),
];

fn frame(look: &Look) -> Frame {
    look.sized(Frame::officer(look.words, Tab::Office))
}

fn title(look: &Look, days: i64) -> String {
    look.words.say("review-of").with("day", look.day(days).text).plain()
}

fn progress(look: &Look, done: usize) -> Badge {
    Badge::new(Tone::Warn, look.words.say("review-progress").with("done", done).with("all", 37_usize).plain())
}

fn reviews(look: &Look, none: bool) -> Page {
    let words = look.words;
    let detail = words.say("review-by").with("name", "Rosa R.").plain();
    let signed = words.say("review-signed").with("day", look.day(92).text).plain();
    let card = |title, badge| ReviewCard {
        href: "/reviews/0193f0c2-8f10-7d11-9a5e-0c7f2b1d0003".to_owned(),
        title,
        detail: detail.clone(),
        badge,
    };
    let cards =
        vec![card(title(look, 1), progress(look, 12)), card(title(look, 95), Badge::new(Tone::Good, signed))];
    Box::new(Reviews {
        frame: frame(look),
        back: Link::new("/office", words.t("office-title")),
        may_begin: none,
        late: true,
        due: (!none).then(|| look.day(2).text),
        reviews: if none { Vec::new() } else { cards },
        problems: Vec::new(),
        next: None,
    })
}

fn line(look: &Look, who: &str, role: Role, own: bool) -> ReviewLine {
    let words = look.words;
    ReviewLine {
        value: (!own).then(|| format!("{who}/1")),
        own,
        who: who.to_owned(),
        role: words.role(role),
        place: if own { words.t("review-whole-network") } else { "Little Steps".to_owned() },
        since: look.day(420).text,
        last_used: if own { look.day(0).text } else { words.t("review-never-used") },
        badge: Badge::new(Tone::Warn, words.t("review-waits")),
        decided: String::new(),
    }
}

fn review(look: &Look, decided: bool, wrong: bool) -> Page {
    let words = look.words;
    let mut kept = line(look, "Mateo R.", Role::FrontDesk, false);
    kept.badge = Badge::new(Tone::Good, words.t("review-keeps"));
    kept.decided = format!("Rosa R., {}", look.day(1).text);
    let lines = vec![
        line(look, "Dana K.", Role::Therapist, false),
        line(look, "Rosa R.", Role::ComplianceOfficer, true),
        kept,
    ];
    let problem = Problem { field: "lines".to_owned(), text: words.t("review-none-chosen") };
    let done = if decided { 37 } else { 12 };
    Box::new(Review {
        frame: frame(look),
        path: "/reviews/0193f0c2-8f10-7d11-9a5e-0c7f2b1d0003".to_owned(),
        title: title(look, 1),
        opened: words.say("review-by").with("name", "Rosa R.").plain(),
        badge: progress(look, done),
        done,
        all: 37,
        filters: vec![
            Filter::new("/reviews/3", words.t("review-waiting"), true),
            Filter::new("/reviews/3?show=all", words.t("review-all"), false),
        ],
        pager: if decided { Pager::default() } else { Pager { shown: 3, total: 25, ..Pager::default() } },
        lines: if decided { Vec::new() } else { lines },
        withdraws: wrong,
        open: true,
        may_sign: decided,
        waits_for_other: false,
        added: vec![Added {
            who: "Jonah T.".to_owned(),
            role: words.role(Role::Billing),
            place: "Little Steps".to_owned(),
            since: look.day(0).text,
        }],
        problems: if wrong { vec![problem] } else { Vec::new() },
    })
}
