//! Insurance and the ledger of authorised units.

use crate::attendance::{Fate, Visit};
use crate::calendar::SlotKind;
use crate::dice::Dice;
use crate::model::{
    Authorisation, Cast, CountedIn, Coverage, Discipline, Key, NoteKind, PayerDecision, PayerKind,
    PayerOutcome, Session,
};
use crate::roster::{Blueprint, Service};
use crate::{billing, place};
use chrono::{Duration, NaiveDate};

const WEEKS: i64 = 26;

pub(crate) fn coverages(seed: u64, blueprint: &Blueprint) -> Vec<Coverage> {
    let mut dice = Dice::new(seed, format!("coverage {}", blueprint.key));
    let subscriber = match blueprint.payer {
        // Medicaid insures the child itself; the guardian's account stands for it.
        PayerKind::Medicaid => blueprint.family.first(),
        PayerKind::Commercial => {
            blueprint.family.get(1).filter(|_| dice.chance(0.5)).or(blueprint.family.first())
        }
    };
    let Some(subscriber) = subscriber else { return Vec::new() };
    let (payer, plan) = match blueprint.payer {
        PayerKind::Medicaid => ("State Medicaid (demo)", "Child health plan"),
        PayerKind::Commercial => *dice.pick(&[
            ("Copper Basin Health (demo)", "PPO 1500"),
            ("Saguaro Mutual (demo)", "HMO Family"),
            ("Employers Plan Nine (demo)", "Self-funded Choice"),
        ]),
    };
    vec![Coverage {
        key: blueprint.key.child("coverage-1"),
        payer,
        plan,
        kind: blueprint.payer,
        member_id: format!("DEMO{:07}", dice.between(1_000_000, 9_999_999)),
        subscriber: subscriber.account.clone(),
        from: blueprint.from - Duration::days(dice.between(60, 500)),
        until: None,
        order: 1,
        copay_cents: if blueprint.payer == PayerKind::Medicaid {
            0
        } else {
            *dice.pick(&[2_000, 2_500, 3_500, 4_000])
        },
        rounding: billing::rounding(blueprint.payer, Discipline::Speech),
    }]
}

/// The code a request is filed under.
const fn filed(kind: SlotKind, discipline: Discipline) -> &'static str {
    match (kind, discipline) {
        (SlotKind::Direct, _) => "97153",
        (SlotKind::Protocol, _) => "97155",
        (SlotKind::Caregiver, _) => "97156",
        (_, Discipline::Speech) => "92507",
        (_, Discipline::Occupational) => "97530",
        (_, Discipline::Physical) => "97110",
        (_, Discipline::Aba) => "97153",
    }
}

const fn written_for(note: NoteKind) -> SlotKind {
    match note {
        NoteKind::Technician => SlotKind::Direct,
        NoteKind::ProtocolChange => SlotKind::Protocol,
        NoteKind::CaregiverTraining => SlotKind::Caregiver,
        NoteKind::Soap | NoteKind::Dap => SlotKind::Treatment,
    }
}

/// `delivered` holds all sessions of the service, also those that are no longer listed.
pub(crate) fn authorisations(
    seed: u64,
    today: NaiveDate,
    blueprint: &Blueprint,
    service: &Service,
    visits: &[&Visit<'_>],
    delivered: &[Session],
) -> Vec<Authorisation> {
    let mut all = Vec::new();
    for kind in [SlotKind::Direct, SlotKind::Protocol, SlotKind::Caregiver, SlotKind::Treatment] {
        let own: Vec<&&Visit<'_>> = visits.iter().filter(|visit| visit.slot.kind == kind).collect();
        if own.is_empty() {
            continue;
        }
        let code = filed(kind, service.discipline);
        let mut slots: Vec<(&Key, i64, i64)> =
            own.iter().map(|visit| (&visit.slot.key, visit.slot.minutes, visit.slot.every_weeks)).collect();
        slots.sort();
        slots.dedup();
        let counted_in =
            if service.discipline == Discipline::Speech { CountedIn::Visits } else { CountedIn::Units };
        let per_visit = |minutes: i64| {
            if counted_in == CountedIn::Visits { 1 } else { u32::try_from(minutes / 15).unwrap_or(0) }
        };
        let authorised: u32 = slots
            .iter()
            .map(|(_, minutes, every)| per_visit(*minutes) * u32::try_from(WEEKS / every).unwrap_or(0))
            .sum();
        let week_limit = slots.iter().map(|(_, minutes, _)| per_visit(*minutes)).sum();
        let mut from = blueprint.from;
        while from <= today {
            let until = from + Duration::weeks(WEEKS) - Duration::days(1);
            let within = |date: NaiveDate| (from..=until).contains(&date);
            let used: u32 = delivered
                .iter()
                .filter(|session| {
                    within(session.start.date_naive()) && written_for(session.note.kind) == kind
                })
                .flat_map(|session| &session.lines)
                .map(|line| line.units)
                .sum();
            let booked = own
                .iter()
                .filter(|visit| visit.fate == Fate::Booked && within(visit.date))
                .map(|visit| per_visit(visit.slot.minutes))
                .sum();
            let mut dice = Dice::new(seed, format!("authorisation {} {code} {from}", service.key));
            all.push(Authorisation {
                key: service.key.child(format!("auth-{code}-{}", from.format("%Y%m%d"))),
                coverage: blueprint.key.child("coverage-1"),
                practice: service.practice.clone(),
                number: format!("DEMO-A{:06}", dice.between(100_000, 999_999)),
                code,
                words: billing::words(code),
                counted_in,
                from,
                until,
                authorised,
                delivered: used.min(authorised),
                scheduled: booked,
                left: authorised.saturating_sub(used),
                week_limit,
            });
            from = until + Duration::days(1);
        }
    }
    all
}

/// Record F: occupational therapy denied as not necessary, appealed with data, overturned.
pub(crate) fn decisions(
    today: NaiveDate,
    blueprint: &Blueprint,
    authorisations: &[Authorisation],
) -> Vec<PayerDecision> {
    let of = |code: &str| {
        authorisations
            .iter()
            .rfind(|authorisation| authorisation.code == code)
            .map(|authorisation| authorisation.key.clone())
    };
    let decision = |n: u32, code, days_back: i64, outcome, text| PayerDecision {
        key: blueprint.key.child(format!("decision-{n}")),
        authorisation: of(code),
        code,
        on: place::open_day(today - Duration::days(days_back)),
        outcome,
        text,
    };
    match blueprint.cast {
        Some(Cast::F) => vec![
            decision(
                1,
                "97530",
                74,
                PayerOutcome::Denied { reason: 50 },
                "Continued occupational therapy not considered medically necessary.",
            ),
            decision(
                2,
                "97530",
                61,
                PayerOutcome::AppealSent,
                "Appeal with goal graphs, weight chart and letter of the pediatrician; peer-to-peer call asked for.",
            ),
            decision(
                3,
                "97530",
                39,
                PayerOutcome::Overturned,
                "Denial withdrawn after the peer-to-peer call; units granted from the first day.",
            ),
        ],
        Some(Cast::A) => vec![decision(
            1,
            "97153",
            50,
            PayerOutcome::Approved,
            "Renewal approved as asked, 100 units a week.",
        )],
        _ => Vec::new(),
    }
}
