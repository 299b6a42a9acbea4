//! Conditions, medicines, allergies, equipment and test scores, and the dated events that bend a curve.

use crate::dice::Dice;
use crate::model::{
    Allergy, Cast, Condition, ConditionKind, Discipline, Equipment, Key, Medication, Score, ScoreValue,
};
use crate::place;
use crate::roster::{Blueprint, Service};
use chrono::{Duration, NaiveDate};

/// A labelled change that the data of a discipline feel.
pub(crate) struct TurningPoint {
    pub(crate) date: NaiveDate,
    pub(crate) reason: &'static str,
    /// Added to progress from that day on.
    pub(crate) effect: f64,
}

pub(crate) fn turning_points(blueprint: &Blueprint, service: &Service) -> Vec<TurningPoint> {
    let day = |weeks: i64| place::open_day(blueprint.from + Duration::weeks(weeks) + Duration::days(2));
    let point = |date, reason, effect| TurningPoint { date, reason, effect };
    match (blueprint.cast, service.discipline) {
        (Some(Cast::A), Discipline::Speech) => vec![point(day(6), "own speech device arrived", 0.05)],
        (Some(Cast::B), Discipline::Aba) => {
            let mut points = vec![point(day(15), "stimulant medicine started (methylphenidate)", 0.1)];
            if let Some((last, _)) = &service.former {
                let change = place::open_day(*last + Duration::days(1));
                points.push(point(change, "new technician", -0.16));
                points.push(point(change + Duration::weeks(3), "settled with the new technician", 0.14));
            }
            points
        }
        (Some(Cast::D), Discipline::Physical) => vec![
            point(day(13), "botulinum toxin to both calves; new baseline for range", -0.06),
            point(day(16), "night splints and stretching block", 0.16),
        ],
        (Some(Cast::F), Discipline::Speech | Discipline::Occupational) => {
            vec![point(day(17), "joint sessions of OT and SLP on the same afternoon", 0.06)]
        }
        _ => Vec::new(),
    }
}

pub(crate) fn conditions(blueprint: &Blueprint) -> Vec<Condition> {
    blueprint
        .conditions
        .iter()
        .enumerate()
        .map(|(n, (code, text, kind))| {
            let age_at = match *code {
                "Q90.9" | "G80.1" | "G80.2" => 0.06,
                "M43.6" => 0.4,
                _ => 0.72,
            };
            let days = (blueprint.from - blueprint.birth_date).num_days().max(40) as f64;
            Condition {
                key: blueprint.key.child(format!("condition-{}", n + 1)),
                code,
                text,
                kind: *kind,
                recorded: blueprint.birth_date + Duration::days((days * age_at) as i64),
                diagnosed_by: match (*code, kind) {
                    ("F84.0" | "F90.2" | "F41.9" | "F70", _) => "developmental psychologist, outside",
                    (_, ConditionKind::Medical) => "pediatrician, outside",
                    (_, ConditionKind::Treatment) => "treating therapist",
                },
            }
        })
        .collect()
}

/// The codes a discipline bills with, treatment diagnosis first.
pub(crate) fn billed(blueprint: &Blueprint, discipline: Discipline) -> Vec<&'static str> {
    let fits = |code: &str| match discipline {
        Discipline::Aba => code == "F84.0",
        Discipline::Speech => code.starts_with("F80") || matches!(code, "R48.2" | "R63.32"),
        Discipline::Occupational => matches!(code, "F82" | "R27.8" | "R63.32"),
        Discipline::Physical => matches!(code, "R26.89" | "M62.81" | "M43.6"),
    };
    let first = blueprint.conditions.iter().filter(|(code, ..)| fits(code)).map(|(code, ..)| *code);
    let medical = blueprint
        .conditions
        .iter()
        .filter(|(code, _, kind)| {
            *kind == ConditionKind::Medical && !fits(code) && discipline != Discipline::Aba
        })
        .map(|(code, ..)| *code);
    first.chain(medical).take(3).collect()
}

pub(crate) fn allergies(seed: u64, blueprint: &Blueprint) -> Vec<Allergy> {
    let mut dice = Dice::new(seed, format!("allergies {}", blueprint.key));
    let all = [
        ("peanut", "hives, swelling of the lips", true),
        ("cow's milk", "hives, vomiting", false),
        ("amoxicillin", "rash", false),
        ("latex", "redness and itching of the skin", false),
        ("egg", "hives", false),
    ];
    if !dice.chance(0.28) {
        return Vec::new();
    }
    let (substance, reaction, severe) = *dice.pick(&all);
    vec![Allergy {
        key: blueprint.key.child("allergy-1"),
        substance,
        reaction,
        severe,
        recorded: blueprint.from - Duration::days(dice.between(20, 400)),
    }]
}

pub(crate) fn medications(seed: u64, blueprint: &Blueprint) -> Vec<Medication> {
    let mut dice = Dice::new(seed, format!("medicines {}", blueprint.key));
    let mut all = Vec::new();
    let mut add = |name, dose, reason, from, given_at, prescriber| {
        let key = blueprint.key.child(format!("medicine-{}", all.len() + 1));
        all.push(Medication { key, name, dose, reason, from, until: None, given_at, prescriber });
    };
    let long_ago = blueprint.from - Duration::days(dice.between(30, 300));
    match blueprint.cast {
        Some(Cast::B) => {
            let start = place::open_day(blueprint.from + Duration::weeks(15) + Duration::days(2));
            add(
                "methylphenidate extended release",
                "18 mg once each morning",
                "ADHD",
                start,
                "home, 7 am, by the parent of the day",
                "pediatrician",
            );
            add("melatonin", "1 mg at bedtime", "sleep onset", long_ago, "home", "pediatrician");
        }
        Some(Cast::D) => {
            let injected = place::open_day(blueprint.from + Duration::weeks(13) + Duration::days(2));
            add(
                "botulinum toxin A",
                "single treatment, both calves",
                "spasticity",
                injected,
                "hospital clinic",
                "physical medicine clinic",
            );
            add(
                "baclofen",
                "5 mg three times a day",
                "spasticity",
                long_ago,
                "home and school nurse",
                "physical medicine clinic",
            );
        }
        Some(Cast::F) => add(
            "omeprazole",
            "10 mg once each morning",
            "reflux",
            long_ago,
            "home",
            "gastroenterology clinic",
        ),
        Some(Cast::E) => add(
            "sertraline",
            "25 mg once a day",
            "anxiety",
            long_ago,
            "home, takes it himself",
            "pediatrician",
        ),
        _ => {
            if blueprint.conditions.iter().any(|(code, ..)| *code == "F84.0") && dice.chance(0.4) {
                add("melatonin", "1 mg at bedtime", "sleep onset", long_ago, "home", "pediatrician");
            } else if dice.chance(0.18) {
                add(
                    "polyethylene glycol 3350",
                    "8.5 g once a day in juice",
                    "constipation",
                    long_ago,
                    "home",
                    "pediatrician",
                );
            } else if dice.chance(0.12) {
                add(
                    "albuterol inhaler",
                    "2 puffs with spacer when needed",
                    "asthma",
                    long_ago,
                    "home and school nurse",
                    "pediatrician",
                );
            }
        }
    }
    all
}

pub(crate) fn equipment(blueprint: &Blueprint) -> Vec<Equipment> {
    let list: &[(&'static str, i64, &'static str)] = match blueprint.cast {
        Some(Cast::A) => &[(
            "speech device, 36-symbol page set, Spanish and English",
            6,
            "funded by Medicaid; strap and keyguard",
        )],
        Some(Cast::D) => &[
            (
                "ankle-foot orthoses, hinged, both sides",
                2,
                "checked by the orthotist; skin check after 30 minutes",
            ),
            ("night splints, both sides", 16, "evening wear, building up to 6 hours"),
            ("posterior walker", 0, "for outings over 200 m"),
        ],
        _ => &[],
    };
    list.iter()
        .enumerate()
        .map(|(n, (what, week, note))| Equipment {
            key: blueprint.key.child(format!("equipment-{}", n + 1)),
            what,
            from: blueprint.from + Duration::weeks(*week) + Duration::days(3),
            note,
        })
        .collect()
}

/// (instrument, edition, part) per discipline; no two closer than six months.
pub(crate) fn scores(seed: u64, today: NaiveDate, blueprint: &Blueprint) -> Vec<Score> {
    let mut all = Vec::new();
    for service in &blueprint.services {
        let mut dice = Dice::new(seed, format!("scores {}", service.key));
        if service.group.is_some() || blueprint.months < 14 {
            continue;
        }
        let (instrument, edition, part) = match service.discipline {
            Discipline::Aba => (
                "Vineland Adaptive Behavior Scales",
                "3rd edition, interview form",
                "Adaptive Behavior Composite",
            ),
            Discipline::Speech if blueprint.months >= 84 => {
                ("Clinical Evaluation of Language Fundamentals", "5th edition", "Core Language")
            }
            Discipline::Speech => ("Preschool Language Scales", "5th edition", "Total Language"),
            Discipline::Occupational => {
                ("Bruininks-Oseretsky Test of Motor Proficiency", "2nd edition", "Fine Manual Control")
            }
            Discipline::Physical if blueprint.months >= 60 => {
                ("Bruininks-Oseretsky Test of Motor Proficiency", "2nd edition", "Strength and Agility")
            }
            Discipline::Physical => {
                ("Peabody Developmental Motor Scales", "2nd edition", "Gross Motor Quotient")
            }
        };
        let typical = if service.discipline == Discipline::Aba { (62, 78) } else { (68, 86) };
        let first = dice.between(typical.0, typical.1);
        let mut add = |back: i64, score: i64, n: u32| {
            let score = score.clamp(50, 120) as u32;
            let date = place::open_day(today - Duration::days(back));
            all.push(Score {
                key: service.key.child(format!("score-{n}")),
                instrument,
                edition,
                part,
                value: ScoreValue::Standard { score, low: score - 5, high: score + 5 },
                time: place::at(date, 9 * 60 + 37),
                scorer: service.lead.clone(),
                confidential: false,
            });
        };
        let back = (today - blueprint.from).num_days() + dice.between(3, 12);
        add(back, first, 1);
        if blueprint.cast.is_some() && back > 200 {
            // Half a year moves a standard score little; some fall as peers grow.
            add(back - 196, first + dice.between(-3, 5), 2);
        }
    }
    if blueprint.cast == Some(Cast::E)
        && let Some(service) = blueprint.services.first()
    {
        for (n, (back, score)) in [(150, 11), (88, 9), (24, 6)].into_iter().enumerate() {
            all.push(Score {
                key: service.key.child(format!("phq-a-{}", n + 1)),
                instrument: "PHQ-A",
                edition: "modified for teens",
                part: "total",
                value: ScoreValue::Total { score, of: 27 },
                time: place::at(place::open_day(today - Duration::days(back)), 15 * 60 + 52),
                scorer: service.lead.clone(),
                confidential: true,
            });
        }
    }
    all
}

/// The key of a patient's pediatrician is the same for all: one practice in town.
pub(crate) fn outside_partners(blueprint: &Blueprint) -> Vec<(Key, &'static str)> {
    let mut all = vec![(Key::new("outside-pediatrician"), "pediatrician, referred")];
    if blueprint.cast == Some(Cast::D) {
        all.push((Key::new("outside-orthotist"), "orthotist"));
    }
    all
}
