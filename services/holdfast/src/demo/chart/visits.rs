//! Appointments, the visits that came of them, and their notes.
use super::{
    Chart, Entry,
    form::{coded, patient, reference, resource, span, text, therapy},
    item,
};
use anyhow::Result;
use holdfast_demo::{
    Appointment, Attendance, Discipline, Key, NoteKind, Role, Session, Setting, SignatureRole,
};
use holdfast_fhir::authored::{self, AppointmentStatus, Named, SessionNote, appointment, session_note};
use serde_json::{Value, json};

const ICD_10_CM: &str = "http://hl7.org/fhir/sid/icd-10-cm";
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

pub(super) fn entries(chart: Chart<'_>) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for one in &chart.patient.appointments {
        entries.push(Entry::new(
            desk(chart, &one.practice).unwrap_or(&one.with),
            "Appointment",
            &one.key,
            booked(chart, one),
        ));
    }
    // Holders read every note: what a teenager told in confidence would not stay so.
    for one in chart.patient.sessions.iter().filter(|session| !session.confidential) {
        entries.push(Entry::new(&one.rendering, "Encounter", &one.key, visit(chart, one)));
        entries.push(Entry::new(&one.note.author, "DocumentReference", &one.note.key, note(chart, one)?));
    }
    Ok(entries)
}

/// Who books and bills at a practice.
pub(super) fn desk<'a>(chart: Chart<'a>, practice: &Key) -> Option<&'a Key> {
    let people = chart.network.people.iter();
    let mut desks =
        people.filter(|person| matches!(&person.role, Role::FrontDesk { practice: own } if own == practice));
    desks.next().map(|person| &person.key)
}

pub(super) fn title(session: &Session) -> String {
    let with = match &session.group {
        Some(group) => format!("group of {}", group.clients),
        None if !session.client_present => "with the family".to_owned(),
        None => "individual".to_owned(),
    };
    format!("{}, {with}", therapy(session.discipline))
}

fn booked(chart: Chart<'_>, known: &Appointment) -> Vec<u8> {
    let (status, note) = match &known.attendance {
        Attendance::Booked => (AppointmentStatus::Booked, None),
        Attendance::Held { .. } => (AppointmentStatus::Fulfilled, None),
        Attendance::CancelledByFamily { reason, .. } => {
            (AppointmentStatus::Cancelled, Some(format!("Cancelled by the family: {}", reason.words())))
        }
        Attendance::CancelledByPractice { reason, .. } => {
            (AppointmentStatus::Cancelled, Some(format!("Cancelled by the practice: {}", reason.words())))
        }
        Attendance::NoShow { reason, .. } => {
            (AppointmentStatus::Missed, Some(format!("Missed: {}", reason.words())))
        }
    };
    appointment(&authored::Appointment {
        id: item(&known.key),
        status,
        service: therapy(known.discipline).to_owned(),
        description: Some(match note {
            Some(note) => format!("{}. {note}", known.what),
            None => known.what.to_owned(),
        }),
        start: known.start,
        end: known.end,
        with: vec![chart.person(&known.with)],
        instructions: None,
    })
}

fn visit(chart: Chart<'_>, session: &Session) -> Vec<u8> {
    let (code, words) = match session.setting {
        Setting::Clinic => ("AMB", "ambulatory"),
        Setting::Home => ("HH", "home health"),
        Setting::Community => ("FLD", "field"),
        Setting::Telehealth => ("VR", "virtual"),
    };
    let staff = [Some(&session.rendering), session.supervised_by.as_ref()];
    let staff: Vec<Value> = staff
        .into_iter()
        .flatten()
        .map(|key| json!({ "individual": reference(&chart.person(key)) }))
        .collect();
    let reasons =
        chart.patient.conditions.iter().filter(|condition| session.diagnoses.contains(&condition.code));
    let reasons: Vec<Value> =
        reasons.map(|condition| coded(ICD_10_CM, condition.code, condition.text)).collect();
    resource(
        "Encounter",
        &session.key,
        json!({
            "status": "finished",
            "class": { "system": ACT_CODE, "code": code, "display": words },
            "type": [{ "text": title(session) }],
            "subject": patient(),
            "participant": staff,
            "period": { "start": text(session.start), "end": text(session.end) },
            "reasonCode": if reasons.is_empty() { Value::Null } else { reasons.into() },
            "serviceProvider": reference(&chart.practice(&session.practice)),
        }),
    )
}

fn note(chart: Chart<'_>, session: &Session) -> Result<Vec<u8>> {
    let note = &session.note;
    let other = note.signatures.iter().find(|signature| signature.role != SignatureRole::Author);
    Ok(session_note(&SessionNote {
        id: item(&note.key),
        kind: match session.discipline {
            Discipline::Aba => authored::NoteKind::Progress,
            Discipline::Speech => authored::NoteKind::SpeechTherapy,
            Discipline::Occupational => authored::NoteKind::OccupationalTherapy,
            Discipline::Physical => authored::NoteKind::PhysicalTherapy,
        },
        title: match note.kind {
            NoteKind::ProtocolChange => format!("{}: change of programme", therapy(session.discipline)),
            NoteKind::CaregiverTraining => format!("{}: time with the family", therapy(session.discipline)),
            NoteKind::Technician | NoteKind::Soap | NoteKind::Dap => title(session),
        },
        text: words(chart, session),
        session: span(session.start, session.end)?,
        written: note.written,
        author: chart.person(&note.author),
        authenticator: other.map(|signature| chart.person(&signature.person)),
        custodian: Some(chart.practice(&session.practice)),
        related: note.goals.iter().map(|key| chart.goal(key)).collect(),
        encounter: Some(Named {
            key: Some(format!("Encounter/{}", item(&session.key))),
            display: title(session),
        }),
    }))
}

/// The note as it is read: its sections, what was billed, who signed, and what was added later.
fn words(chart: Chart<'_>, session: &Session) -> String {
    let note = &session.note;
    let mut parts: Vec<String> =
        note.sections.iter().map(|section| format!("{}\n{}", section.heading, section.text)).collect();
    let billed: Vec<String> = session
        .lines
        .iter()
        .map(|line| {
            let minutes = line.minutes.map(|minutes| format!(", {minutes} min")).unwrap_or_default();
            format!("{} {} ×{}{minutes}", line.code, line.words, line.units)
        })
        .collect();
    if !billed.is_empty() {
        parts.push(format!("Billed\n{}", billed.join("\n")));
    }
    for signature in &note.signatures {
        let role = match signature.role {
            SignatureRole::Author => "Signed",
            SignatureRole::CoSigner => "Co-signed",
            SignatureRole::SupervisorPresent => "Supervisor present",
        };
        let name = chart.person(&signature.person).display;
        parts.push(format!("{role}: {name}, {}", signature.time.format("%Y-%m-%d %H:%M")));
    }
    if let Some(addendum) = &note.addendum {
        let name = chart.person(&addendum.author).display;
        parts.push(format!(
            "Added later by {name}, {}\n{}",
            addendum.time.format("%Y-%m-%d %H:%M"),
            addendum.text
        ));
    }
    parts.join("\n\n")
}
