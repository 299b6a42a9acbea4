//! Lives through the calendar: who came, who did not and why, and when a visit really began and ended.

use crate::calendar::{Slot, SlotKind};
use crate::dice::Dice;
use crate::model::{AbsenceReason, Key, Moment};
use crate::place;
use crate::roster::Blueprint;
use chrono::{Datelike, Duration, NaiveDate, Timelike};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub(crate) struct Visit<'a> {
    pub(crate) slot: &'a Slot,
    pub(crate) staff: Key,
    pub(crate) date: NaiveDate,
    pub(crate) planned: (Moment, Moment),
    pub(crate) fate: Fate,
    /// Members of the group who came, this child included.
    pub(crate) group_size: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fate {
    Booked,
    Held { start: Moment, end: Moment },
    FamilyCancelled { reason: AbsenceReason, told: Moment },
    PracticeCancelled { reason: AbsenceReason, told: Moment },
    NoShow { reason: AbsenceReason },
}

impl Visit<'_> {
    pub(crate) fn held(&self) -> Option<(Moment, Moment)> {
        match self.fate {
            Fate::Held { start, end } => Some((start, end)),
            _ => None,
        }
    }
}

/// How far ahead the calendar is filled; what happens daily is shown for a week only.
const DAYS_AHEAD: i64 = 16;
const DAYS_AHEAD_DAILY: i64 = 6;

/// Each patient's visits in time order, past and booked.
pub(crate) fn live<'a>(
    seed: u64,
    today: NaiveDate,
    blueprints: &[Blueprint],
    slots: &'a [Slot],
) -> Vec<Vec<Visit<'a>>> {
    let mut all: Vec<Vec<Visit<'a>>> = blueprints
        .iter()
        .enumerate()
        .map(|(patient, blueprint)| {
            let own: Vec<&Slot> = slots.iter().filter(|slot| slot.patient == patient).collect();
            let mut visits = one(seed, today, blueprint, &own);
            visits.sort_by_key(|visit| (visit.planned.0, visit.slot.key.clone()));
            visits
        })
        .collect();
    let mut present: BTreeMap<(Key, NaiveDate), u32> = BTreeMap::new();
    for visit in all.iter().flatten().filter(|visit| visit.held().is_some()) {
        if let Some(group) = &visit.slot.group {
            *present.entry((group.clone(), visit.date)).or_default() += 1;
        }
    }
    for visit in all.iter_mut().flatten() {
        if let Some(group) = &visit.slot.group {
            visit.group_size = present.get(&(group.clone(), visit.date)).copied().unwrap_or(1);
        }
    }
    all
}

fn one<'a>(seed: u64, today: NaiveDate, blueprint: &Blueprint, slots: &[&'a Slot]) -> Vec<Visit<'a>> {
    let away = week_away(seed, today, blueprint);
    let mut visits: Vec<Visit<'a>> = Vec::new();
    for date in blueprint.from.iter_days().take_while(|day| *day < today + Duration::days(DAYS_AHEAD)) {
        if place::is_closed(date) {
            continue;
        }
        let ill = child_day(seed, blueprint, date, away);
        let mut held_blocks: Vec<(Key, Moment, Moment)> = Vec::new();
        let mut lost_block = false;
        for slot in
            slots.iter().filter(|slot| slot.weekday == i64::from(date.weekday().num_days_from_monday()))
        {
            if slot.every_weeks == 2 && date.iso_week().week() % 2 == 1 {
                continue;
            }
            if slot.kind != SlotKind::Treatment
                && slot.every_weeks == 1
                && date >= today + Duration::days(DAYS_AHEAD_DAILY)
            {
                continue;
            }
            let planned = (place::at(date, slot.start), place::at(date, slot.start + slot.minutes));
            let staff = staff_on(blueprint, slot, date);
            let fate = if date >= today {
                Fate::Booked
            } else if let Some((reason, told)) = ill {
                Fate::FamilyCancelled { reason, told }
            } else if let Some(told) = staff_day(seed, &staff, date) {
                Fate::PracticeCancelled { reason: AbsenceReason::StaffIll, told }
            } else if let Some(block) = &slot.inside {
                match held_blocks.iter().find(|(key, ..)| key == block) {
                    Some((_, start, end)) => inside(seed, slot, date, planned, (*start, *end)),
                    None => Fate::PracticeCancelled {
                        reason: AbsenceReason::TechnicianOut,
                        told: planned.0 - Duration::minutes(25),
                    },
                }
            } else if lost_block && slot.kind == SlotKind::Direct {
                Fate::FamilyCancelled {
                    reason: AbsenceReason::ChildIll,
                    told: planned.0 - Duration::minutes(95),
                }
            } else {
                slot_day(seed, blueprint, slot, date, planned)
            };
            if let Fate::Held { start, end } = fate {
                held_blocks.push((slot.key.clone(), start, end));
            }
            lost_block |= slot.kind == SlotKind::Direct && matches!(fate, Fate::NoShow { .. });
            visits.push(Visit { slot, staff, date, planned, fate, group_size: 1 });
        }
    }
    visits
}

fn staff_on(blueprint: &Blueprint, slot: &Slot, date: NaiveDate) -> Key {
    match blueprint.services.get(slot.service).and_then(|service| service.former.as_ref()) {
        Some((last, former)) if slot.kind == SlotKind::Direct && date <= *last => former.clone(),
        _ => slot.staff.clone(),
    }
}

/// Half of the families are away for a week at some time.
fn week_away(seed: u64, today: NaiveDate, blueprint: &Blueprint) -> Option<NaiveDate> {
    let mut dice = Dice::new(seed, format!("away {}", blueprint.family_key));
    let weeks = (today - blueprint.from).num_days() / 7;
    let back = dice.between(2, weeks.min(15));
    dice.chance(0.5).then(|| place::monday_of(today) - Duration::weeks(back))
}

/// A whole day lost: travel, or an illness in the house (which brothers and sisters may share).
fn child_day(
    seed: u64,
    blueprint: &Blueprint,
    date: NaiveDate,
    away: Option<NaiveDate>,
) -> Option<(AbsenceReason, Moment)> {
    let mut dice = Dice::new(seed, format!("day {} {date}", blueprint.key));
    if away.is_some_and(|monday| (monday..monday + Duration::days(5)).contains(&date)) {
        return Some((
            AbsenceReason::FamilyTravel,
            place::at(away.unwrap_or(date) - Duration::days(6), 9 * 60 + dice.between(3, 400)),
        ));
    }
    let season = if matches!(date.month(), 11 | 12 | 1 | 2) { 1.5 } else { 1.0 };
    let monday = if date.weekday() == chrono::Weekday::Mon { 1.35 } else { 1.0 };
    let told = place::at(date, dice.between(372, 466));
    if dice.chance(0.4 * blueprint.absence * season * monday) {
        return Some((AbsenceReason::ChildIll, told));
    }
    let sibling_ill = blueprint.siblings.iter().any(|sibling| {
        let mut dice = Dice::new(seed, format!("day {} {date}", sibling.patient));
        let _ = dice.between(372, 466);
        dice.chance(0.4 * blueprint.absence * season * monday)
    });
    (sibling_ill && dice.chance(0.3)).then_some((AbsenceReason::SiblingIll, told))
}

fn staff_day(seed: u64, staff: &Key, date: NaiveDate) -> Option<Moment> {
    let mut dice = Dice::new(seed, format!("staff {staff} {date}"));
    dice.chance(0.022).then(|| place::at(date, dice.between(361, 412)))
}

fn slot_day(
    seed: u64,
    blueprint: &Blueprint,
    slot: &Slot,
    date: NaiveDate,
    planned: (Moment, Moment),
) -> Fate {
    use AbsenceReason::{Forgot, OtherMedicalVisit, ParentWork, SchoolEvent, Transport, Unknown};
    let mut dice = Dice::new(seed, format!("slot {} {date}", slot.key));
    // A technician's block on four or five days a week is missed less often than a weekly visit.
    let rate = if slot.kind == SlotKind::Direct { 0.25 } else { 0.75 } * blueprint.absence;
    if dice.chance(rate * 0.5) {
        let reason = *dice.pick(&[Forgot, Forgot, Transport, Unknown, Unknown, ParentWork]);
        return Fate::NoShow { reason };
    }
    if dice.chance(rate * 0.6) {
        let reasons: &[AbsenceReason] = if blueprint.school_age() {
            &[SchoolEvent, ParentWork, OtherMedicalVisit, Transport]
        } else {
            &[ParentWork, OtherMedicalVisit, Transport]
        };
        let told = planned.0 - Duration::minutes(dice.between(47, 2_950));
        return Fate::FamilyCancelled { reason: *dice.pick(reasons), told: waking(told) };
    }
    if slot.group.is_none() && dice.chance(0.008) {
        return Fate::PracticeCancelled {
            reason: AbsenceReason::StaffTraining,
            told: waking(planned.0 - Duration::minutes(dice.between(4_000, 9_000))),
        };
    }
    let shared = slot.group.as_ref().map(|group| Dice::new(seed, format!("group {group} {date}")));
    let mut dice = shared.unwrap_or(dice);
    let start = planned.0 + Duration::minutes(dice.between(-3, 8));
    let end = planned.1 + Duration::minutes(dice.between(-7, 5));
    Fate::Held { start: unround(&mut dice, start), end: unround(&mut dice, end) }
}

/// The analyst comes after the technician has begun and leaves before the end.
fn inside(
    seed: u64,
    slot: &Slot,
    date: NaiveDate,
    planned: (Moment, Moment),
    block: (Moment, Moment),
) -> Fate {
    let mut dice = Dice::new(seed, format!("slot {} {date}", slot.key));
    let start = (planned.0 + Duration::minutes(dice.between(-9, 12))).max(block.0 + Duration::minutes(4));
    let end = (planned.1 + Duration::minutes(dice.between(-12, 6))).min(block.1 - Duration::minutes(3));
    Fate::Held { start: unround(&mut dice, start), end: unround(&mut dice, end) }
}

/// Nobody starts or stops on the quarter hour.
fn unround(dice: &mut Dice, time: Moment) -> Moment {
    if time.minute().is_multiple_of(15) {
        time + Duration::minutes(if dice.chance(0.5) { 1 } else { -1 })
    } else {
        time
    }
}

/// People call between seven and nine in the evening at the latest.
fn waking(time: Moment) -> Moment {
    match time.hour() {
        0..=6 => time - Duration::hours(i64::from(time.hour()) + 4),
        22..=23 => time - Duration::hours(3),
        _ => time,
    }
}
