//! Books every service into weekly slots so that no therapist and no child is ever in two places.

use crate::dice::Dice;
use crate::model::Key;
use crate::roster::{Blueprint, Dose, Service};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SlotKind {
    /// ABA by the technician.
    Direct,
    /// The analyst inside the technician's block, client present.
    Protocol,
    /// The analyst with the family.
    Caregiver,
    Treatment,
}

#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) key: Key,
    pub(crate) patient: usize,
    pub(crate) service: usize,
    pub(crate) kind: SlotKind,
    /// 0 is Monday.
    pub(crate) weekday: i64,
    /// Minutes from midnight.
    pub(crate) start: i64,
    pub(crate) minutes: i64,
    pub(crate) staff: Key,
    pub(crate) every_weeks: i64,
    /// The technician's slot that an analyst joins.
    pub(crate) inside: Option<Key>,
    pub(crate) group: Option<Key>,
}

/// Between two bookings of one therapist; actual times stray by less.
const GAP_STAFF: i64 = 15;
/// Between two bookings of one child: time to travel.
const GAP_CHILD: i64 = 30;

#[derive(Default)]
struct Diary {
    taken: BTreeMap<(Key, i64), Vec<(i64, i64)>>,
}

impl Diary {
    fn free(&self, who: &Key, day: i64, start: i64, minutes: i64, gap: i64) -> bool {
        self.taken.get(&(who.clone(), day)).is_none_or(|all| {
            all.iter().all(|(from, to)| start >= to + gap || start + minutes + gap <= *from)
        })
    }

    fn take(&mut self, who: &Key, day: i64, start: i64, minutes: i64) {
        self.taken.entry((who.clone(), day)).or_default().push((start, start + minutes));
    }

    fn count(&self, who: &Key, day: i64) -> usize {
        self.taken.get(&(who.clone(), day)).map_or(0, Vec::len)
    }
}

const HOUR: i64 = 60;
const BLOCK_MORNING: (i64, i64) = (8 * HOUR + 45, 180);
const BLOCK_NOON: (i64, i64) = (12 * HOUR + 45, 120);
const BLOCK_AFTERNOON: (i64, i64) = (15 * HOUR + 15, 180);

/// All slots of the network, per patient in order of booking.
pub(crate) fn book(seed: u64, blueprints: &[Blueprint]) -> Vec<Slot> {
    let mut diary = Diary::default();
    let mut slots = Vec::new();
    // Fixed blocks first, then groups, then what can be placed around them.
    for (patient, blueprint) in blueprints.iter().enumerate() {
        for (service, care) in blueprint.services.iter().enumerate() {
            let mut dice = Dice::new(seed, format!("blocks {}", care.key));
            for (day, (start, minutes)) in blocks(&mut dice, care.dose) {
                push(
                    &mut slots,
                    &mut diary,
                    Booking {
                        patient,
                        service,
                        care,
                        kind: SlotKind::Direct,
                        by: &care.by,
                        day,
                        start,
                        minutes,
                    },
                );
            }
        }
    }
    book_groups(&mut slots, &mut diary, blueprints);
    for (patient, blueprint) in blueprints.iter().enumerate() {
        for (service, care) in blueprint.services.iter().enumerate() {
            book_analyst(&mut slots, &mut diary, patient, service, care);
        }
    }
    for (patient, blueprint) in blueprints.iter().enumerate() {
        for (service, care) in blueprint.services.iter().enumerate().filter(|(_, care)| care.group.is_none())
        {
            let mut dice = Dice::new(seed, format!("slots {}", care.key));
            let Dose::Visits(times, minutes) = care.dose else { continue };
            let mut days = dice.shuffled(&[0, 1, 2, 3, 4]);
            // Twice a week is best with a day between.
            days.sort_by_key(|day| diary.count(&blueprint.key, *day));
            for _ in 0..times {
                let starts = starts(&mut dice, blueprint.school_age());
                let found = days.iter().flat_map(|day| starts.iter().map(move |start| (*day, *start))).find(
                    |(day, start)| {
                        diary.free(&care.by, *day, *start, minutes, GAP_STAFF)
                            && diary.free(&blueprint.key, *day, *start, minutes, GAP_CHILD)
                    },
                );
                if let Some((day, start)) = found {
                    push(
                        &mut slots,
                        &mut diary,
                        Booking {
                            patient,
                            service,
                            care,
                            kind: SlotKind::Treatment,
                            by: &care.by,
                            day,
                            start,
                            minutes,
                        },
                    );
                    days.retain(|other| (other - day).abs() > 1);
                }
            }
        }
    }
    slots
}

struct Booking<'a> {
    patient: usize,
    service: usize,
    care: &'a Service,
    kind: SlotKind,
    by: &'a Key,
    day: i64,
    start: i64,
    minutes: i64,
}

fn push(slots: &mut Vec<Slot>, diary: &mut Diary, booking: Booking<'_>) {
    let Booking { patient, service, care, kind, by, day, start, minutes } = booking;
    diary.take(by, day, start, minutes);
    diary.take(&child_of(care), day, start, minutes);
    let suffix = match kind {
        SlotKind::Protocol => "-protocol",
        SlotKind::Caregiver => "-family",
        SlotKind::Direct | SlotKind::Treatment => "",
    };
    slots.push(Slot {
        key: care.key.child(format!("{day}{start}{suffix}")),
        patient,
        service,
        kind,
        weekday: day,
        start,
        minutes,
        staff: by.clone(),
        every_weeks: 1,
        inside: None,
        group: care.group.clone(),
    });
}

/// A service's key is its patient's with one part more (two for a group).
fn child_of(care: &Service) -> Key {
    let text = care.key.as_str();
    let cut = text.trim_end_matches("-group").rfind('-').unwrap_or(text.len());
    Key::new(text.get(..cut).unwrap_or(text))
}

fn blocks(dice: &mut Dice, dose: Dose) -> Vec<(i64, (i64, i64))> {
    match dose {
        Dose::Comprehensive => (0..5).flat_map(|day| [(day, BLOCK_MORNING), (day, BLOCK_NOON)]).collect(),
        Dose::FocusedAfternoons | Dose::FocusedMornings => {
            let block = if dose == Dose::FocusedMornings { BLOCK_MORNING } else { BLOCK_AFTERNOON };
            let off = dice.between(0, 4);
            (0..5).filter(|day| *day != off).map(|day| (day, block)).collect()
        }
        Dose::Visits(..) => Vec::new(),
    }
}

/// A group meets once for all its members.
fn book_groups(slots: &mut Vec<Slot>, diary: &mut Diary, blueprints: &[Blueprint]) {
    let mut groups: BTreeMap<Key, Vec<(usize, usize)>> = BTreeMap::new();
    for (patient, blueprint) in blueprints.iter().enumerate() {
        for (service, care) in blueprint.services.iter().enumerate() {
            if let Some(group) = &care.group {
                groups.entry(group.clone()).or_default().push((patient, service));
            }
        }
    }
    for members in groups.into_values() {
        for (patient, service) in members {
            let Some(care) = blueprints.get(patient).and_then(|blueprint| blueprint.services.get(service))
            else {
                continue;
            };
            let Dose::Visits(_, minutes) = care.dose else { continue };
            let (day, start) = (2, 16 * HOUR);
            push(
                slots,
                diary,
                Booking {
                    patient,
                    service,
                    care,
                    kind: SlotKind::Treatment,
                    by: &care.by,
                    day,
                    start,
                    minutes,
                },
            );
        }
    }
}

/// Two hours of protocol work a week (four for a comprehensive plan) and an hour with the family every second week.
fn book_analyst(slots: &mut Vec<Slot>, diary: &mut Diary, patient: usize, service: usize, care: &Service) {
    let wanted = match care.dose {
        Dose::Comprehensive => 2,
        Dose::FocusedAfternoons | Dose::FocusedMornings => 1,
        Dose::Visits(..) => return,
    };
    let (minutes, lead) = (120, &care.lead);
    let blocks: Vec<Slot> = slots
        .iter()
        .filter(|slot| {
            slot.patient == patient
                && slot.service == service
                && slot.kind == SlotKind::Direct
                && slot.minutes >= 180
        })
        .cloned()
        .collect();
    let mut booked = 0;
    for block in blocks.iter().step_by(2).chain(blocks.iter().skip(1).step_by(2)) {
        let start = block.start + 30;
        if booked < wanted && diary.free(lead, block.weekday, start, minutes, GAP_STAFF) {
            push(
                slots,
                diary,
                Booking {
                    patient,
                    service,
                    care,
                    kind: SlotKind::Protocol,
                    by: lead,
                    day: block.weekday,
                    start,
                    minutes,
                },
            );
            if let Some(slot) = slots.last_mut() {
                slot.inside = Some(block.key.clone());
            }
            booked += 1;
        }
    }
    let child = child_of(care);
    let hours = [11 * HOUR + 45, 13 * HOUR, 14 * HOUR, 10 * HOUR + 30, 18 * HOUR + 30, 9 * HOUR];
    let found = hours.iter().flat_map(|start| (0..5).map(move |day| (day, *start))).find(|(day, start)| {
        diary.free(lead, *day, *start, 60, GAP_STAFF) && diary.free(&child, *day, *start, 60, GAP_STAFF)
    });
    if let Some((day, start)) = found {
        push(
            slots,
            diary,
            Booking { patient, service, care, kind: SlotKind::Caregiver, by: lead, day, start, minutes: 60 },
        );
        if let Some(slot) = slots.last_mut() {
            slot.every_weeks = 2;
        }
    }
}

/// Start times in order of preference: school-age children come after school.
fn starts(dice: &mut Dice, school_age: bool) -> Vec<i64> {
    let mut morning: Vec<i64> = (0..13).map(|n| 8 * HOUR + 30 + n * 15).collect();
    let after: Vec<i64> = (0..13).map(|n| 14 * HOUR + 45 + n * 15).collect();
    let noon: Vec<i64> = (0..6).map(|n| 12 * HOUR + 30 + n * 15).collect();
    morning = dice.shuffled(&morning);
    let after = dice.shuffled(&after);
    let early = vec![7 * HOUR + 30];
    if school_age { [after, early, noon, morning].concat() } else { [morning, noon, after].concat() }
}
