//! Turns the outlines into children with names, birthdays, families and services.

mod family;
mod outline;

pub(crate) use outline::{Dose, Need};

use crate::dice::Dice;
use crate::model::{
    Authority, Cast, ConditionKind, Discipline, FamilyMember, Household, Key, Language, Name, PayerKind,
    Person, Role, SelfReference, Sex, Sibling,
};
use crate::{names, place, staff};
use chrono::{Duration, NaiveDate};
use family::Family;
use outline::{Home, OUTLINES, Outline};
use std::collections::BTreeMap;

pub(crate) struct Blueprint {
    pub(crate) key: Key,
    pub(crate) cast: Option<Cast>,
    pub(crate) name: Name,
    pub(crate) birth_date: NaiveDate,
    pub(crate) months: i64,
    pub(crate) sex: Sex,
    pub(crate) self_reference: SelfReference,
    pub(crate) family_key: Key,
    pub(crate) family: Vec<FamilyMember>,
    pub(crate) households: Vec<Household>,
    pub(crate) language: Language,
    pub(crate) interpreter: Option<Language>,
    pub(crate) payer: PayerKind,
    pub(crate) account: Option<Key>,
    pub(crate) siblings: Vec<Sibling>,
    pub(crate) services: Vec<Service>,
    pub(crate) conditions: &'static [(&'static str, &'static str, ConditionKind)],
    /// Share of days on which this family cannot come.
    pub(crate) absence: f64,
    /// First day of the record.
    pub(crate) from: NaiveDate,
}

impl Blueprint {
    pub(crate) fn school_age(&self) -> bool {
        self.months >= 60
    }

    pub(crate) fn guardian(&self) -> Option<&FamilyMember> {
        self.family.first()
    }
}

pub(crate) struct Service {
    pub(crate) key: Key,
    pub(crate) practice: Key,
    pub(crate) discipline: Discipline,
    pub(crate) dose: Dose,
    pub(crate) lead: Key,
    pub(crate) by: Key,
    /// Who treated up to this day, if it was somebody else.
    pub(crate) former: Option<(NaiveDate, Key)>,
    pub(crate) needs: &'static [Need],
    pub(crate) goals: usize,
    pub(crate) group: Option<Key>,
    pub(crate) listed_from: NaiveDate,
    pub(crate) telehealth: f64,
}

pub(crate) struct Roster {
    pub(crate) blueprints: Vec<Blueprint>,
    /// Family members and clients with a sign-in.
    pub(crate) people: Vec<Person>,
}

pub(crate) fn roster(seed: u64, today: NaiveDate) -> Roster {
    let mut dice = Dice::new(seed, "roster");
    let (mut girls, mut boys) =
        (dice.shuffled(&names::GIRLS).into_iter().cycle(), dice.shuffled(&names::BOYS).into_iter().cycle());
    let mut families: BTreeMap<u32, Family> = BTreeMap::new();
    let mut people = Vec::new();
    let mut blueprints: Vec<Blueprint> = Vec::new();
    let mut names_left = family::Surnames::new(&mut dice);
    for (index, outline) in OUTLINES.iter().enumerate() {
        let family = families.entry(outline.family).or_insert_with(|| {
            Family::found(seed, today, outline, &mut names_left, people.len(), &mut people)
        });
        let mut dice = Dice::new(seed, format!("child {index}"));
        let (birth_date, months) = birthday(&mut dice, today, outline, &blueprints, &family.key);
        let sex = if dice.chance(outline.boys) { Sex::Male } else { Sex::Female };
        let given = match sex {
            Sex::Female => girls.next(),
            Sex::Male => boys.next(),
        };
        let name = Name { given: given.unwrap_or("Sam").into(), family: family.surname.into() };
        let key = Key::new(match outline.cast {
            Some(letter) => format!("patient-cast-{}", format!("{letter:?}").to_lowercase()),
            None => format!("patient-{:02}", index + 1),
        });
        let account = (months >= 13 * 12).then(|| {
            let own = key.child("account");
            people.push(Person {
                key: own.clone(),
                email: format!(
                    "{}.{}@families.example",
                    names::plain(&name.given),
                    names::plain(family.surname)
                ),
                name: name.clone(),
                phone: place::phone(people.len()),
                languages: vec![Language::English],
                role: Role::Client,
                left: None,
            });
            own
        });
        let weeks = if outline.cast.is_some() { 34 } else { 17 };
        let from = place::monday_of(today) - Duration::weeks(weeks);
        blueprints.push(Blueprint {
            cast: outline.cast,
            name,
            birth_date,
            months,
            sex,
            self_reference: self_reference(&mut dice, outline),
            family_key: family.key.clone(),
            family: family.members.clone(),
            households: family.households.clone(),
            language: family.language,
            interpreter: family.interpreter,
            payer: family.payer,
            account,
            siblings: Vec::new(),
            services: services(&key, outline, today),
            conditions: outline.conditions,
            absence: family.absence,
            from,
            key,
        });
    }
    link_siblings(&mut blueprints);
    Roster { blueprints, people }
}

/// Twins share the day; brothers and sisters are at least a year apart by their outlines.
fn birthday(
    dice: &mut Dice,
    today: NaiveDate,
    outline: &Outline,
    before: &[Blueprint],
    family: &Key,
) -> (NaiveDate, i64) {
    if outline.twin
        && let Some(twin) = before.iter().find(|blueprint| blueprint.family_key == *family)
    {
        return (twin.birth_date, twin.months);
    }
    let days = dice.between(outline.months.0 * 30 + 16, outline.months.1 * 30 + 16) * 365 / 360;
    let born = today - Duration::days(days);
    (born, days * 12 / 365)
}

fn self_reference(dice: &mut Dice, outline: &Outline) -> SelfReference {
    let autistic = outline.conditions.iter().any(|(code, ..)| *code == "F84.0");
    match dice.between(0, 9) {
        0..=3 if autistic => SelfReference::IdentityFirst,
        4..=5 => SelfReference::NotYetAsked,
        _ => SelfReference::PersonFirst,
    }
}

fn services(patient: &Key, outline: &Outline, today: NaiveDate) -> Vec<Service> {
    let this_week = place::monday_of(today);
    outline
        .services
        .iter()
        .map(|service| {
            let listed_weeks = match (service.dose, outline.cast.is_some()) {
                (Dose::Comprehensive, cast) => {
                    if cast {
                        2
                    } else {
                        1
                    }
                }
                (Dose::FocusedAfternoons | Dose::FocusedMornings, cast) => {
                    if cast {
                        6
                    } else {
                        2
                    }
                }
                (Dose::Visits(2, _), true) => 6,
                (Dose::Visits(..), true) if outline.services.len() > 1 => 13,
                (Dose::Visits(..), true) => 26,
                (Dose::Visits(..), false) if outline.services.len() > 1 => 7,
                (Dose::Visits(2, _), false) => 8,
                (Dose::Visits(..), false) => 14,
            };
            let practice = match service.lead {
                lead if lead.starts_with("staff-aba") => place::aba(),
                lead if lead.starts_with("staff-speech") => place::speech(),
                _ => place::multi(),
            };
            let slug = match service.discipline {
                Discipline::Aba => "aba",
                Discipline::Speech if service.group.is_some() => "slp-group",
                Discipline::Speech => "slp",
                Discipline::Occupational => "ot",
                Discipline::Physical => "pt",
            };
            Service {
                key: patient.child(slug),
                practice,
                discipline: service.discipline,
                dose: service.dose,
                lead: Key::new(service.lead),
                by: Key::new(service.by),
                former: (outline.cast == Some(Cast::B))
                    .then(|| (staff::last_day_of_former(today), Key::new(staff::FORMER_TECHNICIAN))),
                needs: service.needs,
                goals: service.goals,
                group: service.group.map(|name| Key::new(format!("group-{name}"))),
                listed_from: this_week - Duration::weeks(listed_weeks),
                telehealth: if matches!(service.discipline, Discipline::Speech) && outline.months.0 > 80 {
                    0.15
                } else {
                    0.0
                },
            }
        })
        .collect()
}

fn link_siblings(blueprints: &mut [Blueprint]) {
    let all: Vec<(Key, Key, NaiveDate)> = blueprints
        .iter()
        .map(|blueprint| (blueprint.family_key.clone(), blueprint.key.clone(), blueprint.birth_date))
        .collect();
    for blueprint in blueprints {
        blueprint.siblings = all
            .iter()
            .filter(|(family, key, _)| *family == blueprint.family_key && *key != blueprint.key)
            .map(|(_, key, born)| Sibling { patient: key.clone(), twin: *born == blueprint.birth_date })
            .collect();
    }
}
