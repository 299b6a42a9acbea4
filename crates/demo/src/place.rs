//! The invented town, its practices, its calendar and its clock.

use crate::model::{Address, Key, Moment, Partner, PartnerKind, Practice, PracticeKind, Team};
use chrono::{Datelike, Duration, FixedOffset, NaiveDate, NaiveDateTime, TimeZone, Weekday};

pub(crate) const ZONE: &str = "America/Phoenix";
pub(crate) const CITY: &str = "Mesquite Bend";
pub(crate) const STREETS: [&str; 14] = [
    "Palo Verde Lane",
    "Quail Run",
    "Ironwood Street",
    "Acacia Court",
    "Saltbush Road",
    "Ocotillo Way",
    "Desert Willow Drive",
    "Agave Terrace",
    "Roadrunner Loop",
    "Sandstone Street",
    "Juniper Place",
    "Creosote Avenue",
    "Mill Wash Road",
    "Cholla Circle",
];

pub(crate) fn speech() -> Key {
    Key::new("practice-speech")
}
pub(crate) fn aba() -> Key {
    Key::new("practice-aba")
}
pub(crate) fn multi() -> Key {
    Key::new("practice-rivers")
}

pub(crate) fn practices() -> Vec<Practice> {
    [
        (
            speech(),
            "Little Quail Speech (demo)",
            PracticeKind::PaediatricSpeech,
            "12 Ocotillo Way",
            "little-quail.example",
            1,
        ),
        (aba(), "Open Gate ABA (demo)", PracticeKind::Aba, "480 Saltbush Road", "open-gate.example", 2),
        (
            multi(),
            "Three Rivers Therapy (demo)",
            PracticeKind::Multidisciplinary,
            "77 Mill Wash Road",
            "three-rivers.example",
            3,
        ),
    ]
    .into_iter()
    .map(|(key, name, kind, line, host, n)| Practice {
        key,
        name: name.into(),
        kind,
        address: address(line),
        phone: format!("+1-520-555-010{n}"),
        email: format!("hello@{host}"),
        time_zone: ZONE,
    })
    .collect()
}

pub(crate) fn school() -> Key {
    Key::new("school-quail-run")
}
pub(crate) fn insurer() -> Key {
    Key::new("insurer-copper-basin")
}

/// The youngest children's analyst and technicians.
pub(crate) fn teams() -> Vec<Team> {
    let members = ["staff-aba-bcba-1", "staff-aba-rbt-1", "staff-aba-rbt-4", "staff-aba-rbt-5"];
    vec![Team {
        key: Key::new("team-early-years"),
        name: "Early Years Team (demo)".into(),
        practice: aba(),
        members: members.map(Key::new).into(),
    }]
}

pub(crate) fn partners() -> Vec<Partner> {
    [
        (school(), "Quail Run Elementary (demo)", PartnerKind::School),
        (insurer(), "Copper Basin Health (demo)", PartnerKind::Insurer),
    ]
    .map(|(key, name, kind)| Partner { key, name: name.into(), kind })
    .into()
}

pub(crate) fn mail_host(practice: &Key) -> &'static str {
    match practice.as_str() {
        "practice-speech" => "little-quail.example",
        "practice-aba" => "open-gate.example",
        _ => "three-rivers.example",
    }
}

pub(crate) fn address(line: impl Into<String>) -> Address {
    Address { line: line.into(), city: CITY, state: "AZ", postal_code: "85000" }
}

/// The n-th fictional number: 555-0100 … 555-0199 in five area codes.
pub(crate) fn phone(n: usize) -> String {
    let area = ["520", "480", "602", "623", "928"].get(n / 99 % 5).copied().unwrap_or("520");
    format!("+1-{area}-555-01{:02}", n % 99 + 1)
}

/// A local moment, from midnight's minutes.
pub(crate) fn at(date: NaiveDate, minute: i64) -> Moment {
    local(date.and_time(chrono::NaiveTime::MIN) + Duration::minutes(minute))
}

/// Mountain Standard Time all year: the zone has no summer time.
fn local(time: NaiveDateTime) -> Moment {
    let offset = FixedOffset::west_opt(7 * 3600).unwrap_or_else(|| chrono::Offset::fix(&chrono::Utc));
    offset.from_utc_datetime(&(time - Duration::seconds(i64::from(offset.local_minus_utc()))))
}

pub(crate) fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Days on which all practices are closed.
pub(crate) fn is_closed(date: NaiveDate) -> bool {
    let nth = |n: u32| (date.day() - 1) / 7 + 1 == n;
    let last_week = date.day() + 7 > 31;
    is_weekend(date)
        || match (date.month(), date.weekday()) {
            (11, Weekday::Thu) => nth(4),
            (11, Weekday::Fri) => (23..=29).contains(&date.day()),
            (9, Weekday::Mon) => nth(1),
            (5, Weekday::Mon) => last_week,
            _ => matches!((date.month(), date.day()), (7, 4) | (12, 24..=26) | (1, 1)),
        }
}

/// The next day on which a practice is open, `date` included.
pub(crate) fn open_day(date: NaiveDate) -> NaiveDate {
    date.iter_days().take(10).find(|day| !is_closed(*day)).unwrap_or(date)
}

pub(crate) fn monday_of(date: NaiveDate) -> NaiveDate {
    date - Duration::days(i64::from(date.weekday().num_days_from_monday()))
}
