//! Who works where, under whom.

use crate::dice::Dice;
use crate::model::{Credential, Key, Language, Name, Person, Role};
use crate::{names, place};
use chrono::{Duration, NaiveDate};

/// The technician who left half-way through cast record B.
pub(crate) const FORMER_TECHNICIAN: &str = "staff-aba-rbt-former";

/// (practice, slug, credential (front desk has none), supervisor slug, speaks Spanish)
type Post = (fn() -> Key, &'static str, Option<Credential>, Option<&'static str>, bool);

const POSTS: [Post; 33] = [
    (place::speech, "staff-speech-director", Some(Credential::Slp), None, false),
    (place::speech, "staff-speech-slp-1", Some(Credential::Slp), None, true),
    (place::speech, "staff-speech-slp-2", Some(Credential::Slp), None, false),
    (place::speech, "staff-speech-cf", Some(Credential::CfSlp), Some("staff-speech-director"), false),
    (place::speech, "staff-speech-slpa", Some(Credential::Slpa), Some("staff-speech-slp-2"), false),
    (place::aba, "staff-aba-director", Some(Credential::BcbaD), None, false),
    (place::aba, "staff-aba-bcba-1", Some(Credential::Bcba), None, true),
    (place::aba, "staff-aba-bcba-2", Some(Credential::Bcba), None, false),
    (place::aba, "staff-aba-bcba-3", Some(Credential::Bcba), None, false),
    (place::aba, "staff-aba-bcaba", Some(Credential::Bcaba), Some("staff-aba-director"), false),
    (place::aba, "staff-aba-rbt-1", Some(Credential::Rbt), Some("staff-aba-bcba-1"), true),
    (place::aba, "staff-aba-rbt-2", Some(Credential::Rbt), Some("staff-aba-bcba-2"), false),
    (place::aba, "staff-aba-rbt-3", Some(Credential::Rbt), Some("staff-aba-bcba-2"), false),
    (place::aba, "staff-aba-rbt-4", Some(Credential::Rbt), Some("staff-aba-bcba-1"), false),
    (place::aba, "staff-aba-rbt-5", Some(Credential::Rbt), Some("staff-aba-bcba-1"), true),
    (place::aba, "staff-aba-rbt-6", Some(Credential::Rbt), Some("staff-aba-bcba-3"), false),
    (place::aba, "staff-aba-rbt-7", Some(Credential::Rbt), Some("staff-aba-bcba-3"), false),
    (place::aba, "staff-aba-rbt-8", Some(Credential::Rbt), Some("staff-aba-bcba-3"), false),
    (place::aba, "staff-aba-rbt-9", Some(Credential::Rbt), Some("staff-aba-director"), false),
    (place::aba, "staff-aba-rbt-10", Some(Credential::Rbt), Some("staff-aba-bcba-2"), false),
    (place::aba, FORMER_TECHNICIAN, Some(Credential::Rbt), Some("staff-aba-bcba-2"), false),
    (place::multi, "staff-rivers-director", Some(Credential::Ot), None, false),
    (place::multi, "staff-rivers-ot", Some(Credential::Ot), None, false),
    (place::multi, "staff-rivers-cota", Some(Credential::Cota), Some("staff-rivers-director"), false),
    (place::multi, "staff-rivers-pt-1", Some(Credential::Pt), None, false),
    (place::multi, "staff-rivers-pt-2", Some(Credential::Pt), None, true),
    (place::multi, "staff-rivers-pta", Some(Credential::Pta), Some("staff-rivers-pt-1"), false),
    (place::multi, "staff-rivers-slp-1", Some(Credential::Slp), None, false),
    (place::multi, "staff-rivers-slp-2", Some(Credential::Slp), None, true),
    (place::speech, "desk-speech", None, None, true),
    (place::aba, "desk-aba", None, None, true),
    (place::multi, "desk-rivers", None, None, false),
    (place::aba, "desk-aba-2", None, None, false),
];

pub(crate) fn roster(seed: u64, today: NaiveDate) -> Vec<Person> {
    let mut dice = Dice::new(seed, "staff");
    let mut families = dice.shuffled(&names::STAFF).into_iter();
    let mut women = dice.shuffled(&names::WOMEN).into_iter().cycle();
    let mut men = dice.shuffled(&names::MEN).into_iter().cycle();
    let mut people = Vec::new();
    let mut person = |slug: &str, host: &str, role: Role, languages: Vec<Language>, left| {
        let given = if dice.chance(0.82) { women.next() } else { men.next() }.unwrap_or("Alex");
        let family = families.next().unwrap_or("Demo");
        people.push(Person {
            key: Key::new(slug),
            name: Name { given: given.into(), family: family.into() },
            email: format!("{}.{}@{host}", names::plain(given), names::plain(family)),
            phone: place::phone(300 + people.len()),
            languages,
            role,
            left,
        });
    };
    for (practice, slug, credential, supervisor, spanish) in POSTS {
        let practice = practice();
        let host = place::mail_host(&practice);
        let role = match credential {
            None => Role::FrontDesk { practice },
            Some(credential) => Role::Clinician {
                practice,
                credential,
                supervisor: supervisor.map(Key::new),
                director: slug.ends_with("director"),
            },
        };
        let languages =
            if spanish { vec![Language::English, Language::Spanish] } else { vec![Language::English] };
        let left = (slug == FORMER_TECHNICIAN).then(|| last_day_of_former(today));
        person(slug, host, role, languages, left);
    }
    let office = "holdfast-network.example";
    person("office-compliance", office, Role::ComplianceOfficer, vec![Language::English], None);
    person("office-admin", office, Role::NetworkAdministrator, vec![Language::English], None);
    person(
        "outside-orthotist",
        "orthotics-demo.example",
        Role::Outside { what: "orthotist" },
        vec![Language::English],
        None,
    );
    person(
        "outside-pediatrician",
        "pediatrics-demo.example",
        Role::Outside { what: "pediatrician" },
        vec![Language::English],
        None,
    );
    let practice = place::aba();
    let host = place::mail_host(&practice);
    person("billing-aba", host, Role::Biller { practice }, vec![Language::English], None);
    let coordinator = Role::SchoolCoordinator { school: place::school() };
    person("school-coordinator", "quail-run-school.example", coordinator, vec![Language::English], None);
    let reviewer = Role::PayerReviewer { insurer: place::insurer() };
    person("payer-reviewer", "copper-basin.example", reviewer, vec![Language::English], None);
    people
}

/// A Friday, eleven weeks back.
pub(crate) fn last_day_of_former(today: NaiveDate) -> NaiveDate {
    place::monday_of(today) - Duration::days(77 - 4)
}
