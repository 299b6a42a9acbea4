//! Turns lived visits into appointments and sessions.

use crate::attendance::{Fate, Visit};
use crate::calendar::SlotKind;
use crate::dice::Dice;
use crate::model::{
    Appointment, Attendance, Discipline, Group, Key, Note, NoteKind, Person, Session, Setting, Telehealth,
};
use crate::progress::Occasion;
use crate::roster::{Blueprint, Service};
use crate::{billing, clinical, place};
use chrono::Duration;

pub(crate) fn key(visit: &Visit<'_>) -> Key {
    visit.slot.key.child(visit.date.format("%Y%m%d"))
}

pub(crate) fn setting(seed: u64, blueprint: &Blueprint, service: &Service, visit: &Visit<'_>) -> Setting {
    let mut place = Dice::new(seed, format!("setting {}", service.key));
    let mut day = Dice::new(seed, format!("setting {}", key(visit)));
    match visit.slot.kind {
        SlotKind::Caregiver if day.chance(0.4) => Setting::Telehealth,
        SlotKind::Direct | SlotKind::Protocol if place.chance(0.3) => Setting::Home,
        SlotKind::Treatment
            if service.group.is_none() && blueprint.school_age() && day.chance(service.telehealth) =>
        {
            Setting::Telehealth
        }
        _ => Setting::Clinic,
    }
}

pub(crate) fn occasion(
    seed: u64,
    blueprint: &Blueprint,
    service: &Service,
    visit: &Visit<'_>,
) -> Option<Occasion> {
    let (start, end) = visit.held()?;
    Some(Occasion {
        start,
        end,
        observer: visit.staff.clone(),
        setting: setting(seed, blueprint, service, visit),
        session: (visit.date >= service.listed_from).then(|| key(visit)),
    })
}

const fn what(visit: &Visit<'_>, discipline: Discipline) -> &'static str {
    match (visit.slot.kind, discipline) {
        (SlotKind::Direct, _) => "ABA session",
        (SlotKind::Protocol, _) => "ABA with the analyst",
        (SlotKind::Caregiver, _) => "Family training",
        (_, Discipline::Speech) if visit.slot.group.is_some() => "Speech group",
        (_, Discipline::Speech) => "Speech therapy",
        (_, Discipline::Occupational) => "Occupational therapy",
        (_, Discipline::Physical) => "Physical therapy",
        (_, Discipline::Aba) => "ABA",
    }
}

pub(crate) fn appointment(
    seed: u64,
    blueprint: &Blueprint,
    service: &Service,
    visit: &Visit<'_>,
) -> Appointment {
    let mut dice = Dice::new(seed, format!("appointment {}", key(visit)));
    let offer = *dice.pick(&[
        "Make-up offered for next week.",
        "Make-up offered, family will say.",
        "No make-up slot free this week.",
        "Make-up by video offered.",
    ]);
    let attendance = match &visit.fate {
        Fate::Booked => Attendance::Booked,
        Fate::Held { .. } => Attendance::Held { session: key(visit) },
        Fate::FamilyCancelled { reason, told } => Attendance::CancelledByFamily {
            reason: *reason,
            told: *told,
            note: format!(
                "{}: {}. {offer}",
                dice.pick(&["Parent called", "Message from the family", "Parent left a voice message"]),
                reason.words()
            ),
        },
        Fate::PracticeCancelled { reason, told } => Attendance::CancelledByPractice {
            reason: *reason,
            told: *told,
            note: format!(
                "{}: {}. {offer}",
                dice.pick(&["Family called by the front desk", "Family told by text and call"]),
                reason.words()
            ),
        },
        Fate::NoShow { reason } => Attendance::NoShow {
            reason: *reason,
            note: format!("Called after {} minutes: {}. {offer}", dice.between(12, 19), reason.words()),
        },
    };
    Appointment {
        key: key(visit).child("appointment"),
        practice: service.practice.clone(),
        discipline: service.discipline,
        with: visit.staff.clone(),
        what: what(visit, service.discipline),
        start: visit.planned.0,
        end: visit.planned.1,
        setting: setting(seed, blueprint, service, visit),
        // Slots repeat weekly and are booked a month or more ahead.
        booked: place::at(
            place::open_day(visit.date - Duration::days(dice.between(33, 58))),
            dice.between(8 * 60 + 1, 16 * 60 + 58),
        ),
        attendance,
    }
}

/// `supervisors` are the analysts who joined this visit.
pub(crate) fn session(
    seed: u64,
    blueprint: &Blueprint,
    service: &Service,
    visit: &Visit<'_>,
    staff: &Person,
    joined: Option<&Key>,
) -> Option<Session> {
    let (start, end) = visit.held()?;
    let mut dice = Dice::new(seed, format!("session {}", key(visit)));
    let setting = setting(seed, blueprint, service, visit);
    let credential = staff.credential()?;
    let length = u32::try_from((end - start).num_minutes()).unwrap_or(0);
    let break_minutes =
        if visit.slot.kind == SlotKind::Direct && length > 150 { dice.between(8, 17) as u32 } else { 0 };
    let client_present = visit.slot.kind != SlotKind::Caregiver || dice.chance(0.35);
    let guardians: Vec<Key> = blueprint.family.iter().map(|member| member.account.clone()).collect();
    let adult =
        if blueprint.households.len() > 1 && dice.chance(0.4) { guardians.get(1) } else { guardians.first() };
    let watches = match visit.slot.kind {
        SlotKind::Caregiver => true,
        SlotKind::Direct | SlotKind::Protocol => setting == Setting::Home,
        SlotKind::Treatment => blueprint.months < 60 && dice.chance(0.7),
    };
    Some(Session {
        key: key(visit),
        practice: service.practice.clone(),
        discipline: service.discipline,
        rendering: visit.staff.clone(),
        supervised_by: joined.cloned(),
        client_present,
        present: adult.filter(|_| watches).cloned().into_iter().collect(),
        group: visit
            .slot
            .group
            .as_ref()
            .filter(|_| visit.group_size > 1)
            .map(|group| Group { key: group.child(visit.date.format("%Y%m%d")), clients: visit.group_size }),
        start,
        end,
        break_minutes,
        setting,
        place_of_service: match setting {
            Setting::Clinic => "11",
            Setting::Home => "12",
            Setting::Telehealth => "10",
            Setting::Community => "99",
        },
        telehealth: (setting == Setting::Telehealth).then_some(Telehealth {
            platform: "Holdfast video",
            client_at: "home, Arizona",
            clinician_at: "practice office, Arizona",
            consent_on_file: true,
        }),
        diagnoses: clinical::billed(blueprint, service.discipline),
        lines: billing::lines(
            &mut dice,
            blueprint,
            service,
            visit,
            credential,
            setting,
            length - break_minutes,
        ),
        rounding: billing::rounding(blueprint.payer, service.discipline),
        confidential: blueprint.cast == Some(crate::model::Cast::E) && dice.chance(0.2),
        note: Note {
            key: key(visit).child("note"),
            kind: match visit.slot.kind {
                SlotKind::Direct => NoteKind::Technician,
                SlotKind::Protocol => NoteKind::ProtocolChange,
                SlotKind::Caregiver => NoteKind::CaregiverTraining,
                SlotKind::Treatment if blueprint.cast == Some(crate::model::Cast::E) => NoteKind::Dap,
                SlotKind::Treatment => NoteKind::Soap,
            },
            author: visit.staff.clone(),
            sections: Vec::new(),
            goals: Vec::new(),
            data: Vec::new(),
            written: end,
            signatures: Vec::new(),
            addendum: None,
        },
    })
}
