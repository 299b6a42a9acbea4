//! Codes, units and modifiers of a session, each payer's rounding its own.

use crate::attendance::Visit;
use crate::calendar::SlotKind;
use crate::dice::Dice;
use crate::model::{BillingLine, Credential, Discipline, PayerKind, Rounding, Setting};
use crate::roster::{Blueprint, Need, Service};

pub(crate) fn rounding(payer: PayerKind, discipline: Discipline) -> Rounding {
    if payer == PayerKind::Commercial || discipline == Discipline::Aba {
        Rounding::Midpoint
    } else {
        Rounding::EightMinute
    }
}

/// Units of timed codes, in the order given.
pub fn units(rounding: Rounding, minutes: &[u32]) -> Vec<u32> {
    match rounding {
        Rounding::Midpoint => minutes.iter().map(|each| each / 15 + u32::from(each % 15 >= 8)).collect(),
        Rounding::EightMinute => {
            let total: u32 = minutes.iter().sum();
            let mut units: Vec<u32> = minutes.iter().map(|each| each / 15).collect();
            let due = if total < 8 { 0 } else { (total + 7) / 15 };
            // Full quarters first, left-over units to the largest remainders.
            let mut order: Vec<usize> = (0..minutes.len()).collect();
            order.sort_by_key(|at| std::cmp::Reverse(minutes.get(*at).map_or(0, |each| each % 15)));
            let missing = due.saturating_sub(units.iter().sum());
            for at in order.into_iter().cycle().take(usize::try_from(missing).unwrap_or(0)) {
                if let Some(unit) = units.get_mut(at) {
                    *unit += 1;
                }
            }
            units
        }
    }
}

pub(crate) const fn words(code: &str) -> &'static str {
    match code.as_bytes() {
        b"97153" => "one-to-one behaviour treatment by the technician",
        b"97155" => "analyst changes the protocol, client present",
        b"97156" => "guidance for the family",
        b"92508" => "speech-language treatment in a group",
        b"92526" => "treatment of feeding and swallowing",
        b"92609" => "speech-device training",
        b"97530" => "functional activities",
        b"97535" => "self-care training",
        b"97110" => "exercise",
        b"97112" => "movement re-education",
        b"97116" => "gait training",
        b"97533" => "sensory integration",
        _ => "speech-language treatment, one to one",
    }
}

/// The codes of a visit: one, or two timed ones sharing the minutes.
fn codes(dice: &mut Dice, service: &Service, visit: &Visit<'_>) -> Vec<&'static str> {
    match (visit.slot.kind, service.discipline) {
        (SlotKind::Direct, _) => vec!["97153"],
        (SlotKind::Protocol, _) => vec!["97155"],
        (SlotKind::Caregiver, _) => vec!["97156"],
        (_, Discipline::Speech) => vec![match service.needs.first() {
            _ if visit.group_size > 1 => "92508",
            Some(Need::Feeding) => "92526",
            Some(Need::Aac) if dice.chance(0.35) => "92609",
            _ => "92507",
        }],
        (_, Discipline::Occupational) => {
            let second = if service.needs.contains(&Need::Regulation) { "97533" } else { "97535" };
            if dice.chance(0.75) { vec!["97530", second] } else { vec!["97530"] }
        }
        (_, Discipline::Physical) => {
            let second = if service.needs.contains(&Need::Gait) { "97116" } else { "97112" };
            if dice.chance(0.75) { vec!["97110", second] } else { vec!["97530"] }
        }
        (_, Discipline::Aba) => Vec::new(),
    }
}

pub(crate) fn lines(
    dice: &mut Dice,
    blueprint: &Blueprint,
    service: &Service,
    visit: &Visit<'_>,
    credential: Credential,
    setting: Setting,
    minutes: u32,
) -> Vec<BillingLine> {
    let codes = codes(dice, service, visit);
    let timed = codes.iter().all(|code| code.starts_with("97"));
    let shares: Vec<u32> = match codes.len() {
        2 => {
            let first = (f64::from(minutes) * dice.real(0.38, 0.62)).round() as u32;
            vec![first, minutes - first]
        }
        _ => vec![minutes],
    };
    let rounded = if timed { units(rounding(blueprint.payer, service.discipline), &shares) } else { vec![1] };
    let modifiers = modifiers(blueprint.payer, service.discipline, credential, setting);
    codes
        .into_iter()
        .zip(shares)
        .zip(rounded)
        .filter(|(_, units)| *units > 0)
        .map(|((code, minutes), units)| BillingLine {
            code,
            words: words(code),
            minutes: timed.then_some(minutes),
            units,
            modifiers: modifiers.clone(),
        })
        .collect()
}

fn modifiers(
    payer: PayerKind,
    discipline: Discipline,
    credential: Credential,
    setting: Setting,
) -> Vec<&'static str> {
    let mut all = match discipline {
        Discipline::Speech => vec!["GN"],
        Discipline::Occupational => vec!["GO"],
        Discipline::Physical => vec!["GP"],
        Discipline::Aba => Vec::new(),
    };
    match credential {
        Credential::Cota => all.push("CO"),
        Credential::Pta => all.push("CQ"),
        Credential::Rbt if payer == PayerKind::Medicaid => all.push("HM"),
        Credential::Bcaba if payer == PayerKind::Medicaid => all.push("HN"),
        Credential::Bcba | Credential::BcbaD if payer == PayerKind::Medicaid => all.push("HO"),
        _ => {}
    }
    if setting == Setting::Telehealth {
        all.push("95");
    }
    all
}
