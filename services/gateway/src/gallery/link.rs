//! Sharing by a link: the form, what it makes, and where whoever has it looks.
use super::{Draw, Look, Page};
use crate::pages::{
    Frame, Tab,
    factors::Picture,
    link::{LinkMade, LinkViewer, ShareLink},
    parts::{Choice, Fact, Field, Problem},
    sharing::Question,
};
use holdfast_types::Category;

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("share-link", |look| form(look, false)),
    ("share-link-wrong", |look| form(look, true)),
    ("link-made", made),
    ("link-viewer", viewer),
];

fn form(look: &Look, wrong: bool) -> Page {
    let words = look.words;
    let question = |name, key: &str, many, choices| Question {
        name,
        legend: words.t(key),
        hint: String::new(),
        many,
        choices,
    };
    let rooms = [Category::Allergies, Category::Medications, Category::CarePlans];
    let rooms = rooms.map(|room| Choice::new(room.as_str(), words.category(room)));
    let until = ["link-day", "link-week", "link-month", "link-year"];
    let until = until.map(|key| Choice::new(key, words.t(key)).chosen(key == "link-week"));
    let times = [1_i64, 5, 20, 100].map(|count| {
        let label = words.say("link-times").with("count", count).plain();
        Choice::new(count.to_string(), label).chosen(count == 5)
    });
    let passcode = Field::line("passcode", words.t("link-passcode")).hint(words.t("link-passcode-hint"));
    let problem = wrong.then(|| words.t("link-passcode-wrong"));
    Box::new(ShareLink {
        frame: look.family(Tab::Sharing),
        label: Field::line("label", words.t("link-label"))
            .hint(words.t("link-label-hint"))
            .value(look.own("School nurse", "Enfermera de la escuela")),
        questions: vec![
            question("category", "share-kinds", true, rooms.into()),
            question("download", "link-papers", true, vec![Choice::new("yes", words.t("link-download"))]),
            question("until", "share-until", false, until.into()),
            question("times", "link-how-often", false, times.into()),
        ],
        passcode: Field { wrong: problem.clone(), ..passcode.optional() },
        problems: problem.map(|text| Problem { field: "passcode".to_owned(), text }).into_iter().collect(),
    })
}

fn made(look: &Look) -> Page {
    let words = look.words;
    let text =
        format!("https://holdfast.example/shl#shlink:/{}", "eyJ1cmwiOiJodHRwczovL2hvbGRmYXN0".repeat(7));
    let room = |room| words.category(room);
    Box::new(LinkMade {
        frame: look.family(Tab::Sharing),
        picture: Picture::of(&text).unwrap_or_default(),
        text,
        label: look.own("School nurse", "Enfermera de la escuela"),
        has_passcode: true,
        facts: vec![
            Fact::new(
                words.t("grant-what"),
                format!("{}, {}", room(Category::Allergies), room(Category::Medications)),
            ),
            Fact::new(words.t("grant-until"), look.day(-7).text),
            Fact::new(words.t("link-how-often"), words.say("link-times").with("count", 5_i64).plain()),
        ],
    })
}

/// As it is for whoever comes without a link: what is in one is decrypted in the browser.
fn viewer(look: &Look) -> Page {
    Box::new(LinkViewer { frame: Frame { here: "/shl".to_owned(), ..look.outside() } })
}
