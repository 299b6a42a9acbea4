//! Prints one patient of the demo network as a therapist would leaf through it: `show <seed> [patient key]`.

use chrono::NaiveDate;
use holdfast_demo::{Attendance, GoalLevel, Network, Patient, network};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let seed = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    let wanted = arguments.next().unwrap_or_else(|| "patient-cast-a".to_owned());
    let Some(today) = NaiveDate::from_ymd_opt(2026, 11, 22) else { return };
    let network = network(seed, today);
    for patient in &network.patients {
        println!(
            "{:18} {:34} {:3} items",
            patient.key,
            patient.demographics.name.to_string(),
            patient.item_count()
        );
    }
    if let Some(patient) = network.patients.iter().find(|patient| patient.key.as_str() == wanted) {
        show(&network, patient);
    }
}

fn show(network: &Network, patient: &Patient) {
    let name = |key| network.person(key).map_or_else(String::new, |person| person.name.to_string());
    println!(
        "\n{:?}\n{:?} language {:?}",
        patient.demographics.name, patient.demographics.birth_date, patient.demographics.languages
    );
    for member in &patient.family {
        println!("  {:?} {} ({:?})", member.relationship, name(&member.account), member.authority);
    }
    for household in &patient.demographics.households {
        println!("  home: {} ({})", household.address.line, household.days);
    }
    for enrolment in &patient.enrolments {
        println!(
            "  {:?} at {}: {}, lead {}",
            enrolment.discipline,
            enrolment.practice,
            enrolment.dose,
            name(&enrolment.lead)
        );
    }
    for condition in &patient.conditions {
        println!("  {} {} ({})", condition.code, condition.text, condition.recorded);
    }
    for medicine in &patient.medications {
        println!("  {} {} from {}", medicine.name, medicine.dose, medicine.from);
    }
    for score in &patient.scores {
        println!("  {} {}: {:?} {}", score.instrument, score.part, score.value, score.time.date_naive());
    }
    for one in &patient.authorisations {
        println!(
            "  {} {}–{}: {} authorised, {} delivered, {} scheduled, {} left",
            one.code, one.from, one.until, one.authorised, one.delivered, one.scheduled, one.left
        );
    }
    println!("\nGOALS");
    for goal in &patient.goals {
        let indent = if goal.level == GoalLevel::LongTerm { "" } else { "   " };
        println!(
            "{indent}{}\n{indent}   {:?}, asked by {:?}; {}",
            goal.statement, goal.status, goal.asked_by, goal.plain
        );
        let mut phase = None;
        let mut line = String::new();
        for datum in patient.series(&goal.key) {
            if phase != Some(datum.phase) {
                line.push_str("| ");
                phase = Some(datum.phase);
            }
            line.push_str(&format!("{:.1} ", datum.value.value()));
        }
        for phase in &goal.phases {
            println!("{indent}   {:?} {}: {}", phase.kind, phase.from, phase.reason);
        }
        println!("{indent}   {line}");
    }
    println!("\nVISITS");
    for appointment in &patient.appointments {
        let fate = match &appointment.attendance {
            Attendance::Booked => "booked".to_owned(),
            Attendance::Held { .. } => "held".to_owned(),
            Attendance::CancelledByFamily { note, .. }
            | Attendance::CancelledByPractice { note, .. }
            | Attendance::NoShow { note, .. } => note.clone(),
        };
        println!(
            "  {} {} {}: {fate}",
            appointment.start.format("%a %b %d %H:%M"),
            appointment.what,
            name(&appointment.with)
        );
    }
    println!("\nNOTES (last twelve)");
    for session in patient.sessions.iter().rev().take(12) {
        let lines: Vec<String> = session
            .lines
            .iter()
            .map(|line| format!("{}×{} {:?}", line.code, line.units, line.modifiers))
            .collect();
        println!(
            "— {} to {} {} {:?} {}",
            session.start.format("%b %d %H:%M"),
            session.end.format("%H:%M"),
            name(&session.rendering),
            session.setting,
            lines.join(" + ")
        );
        for section in &session.note.sections {
            println!("   {}: {}", section.heading, section.text);
        }
        for signature in &session.note.signatures {
            println!(
                "   signed {} {:?} {}",
                name(&signature.person),
                signature.role,
                signature.time.format("%b %d %H:%M")
            );
        }
    }
    println!("\nMESSAGES");
    for thread in &patient.threads {
        println!("— {} {:?}", thread.subject, thread.waiting);
        for message in &thread.messages {
            println!("   {} {}: {}", message.sent.format("%b %d %H:%M"), name(&message.author), message.body);
        }
    }
    println!("\nPAPERS");
    for document in &patient.documents {
        println!(
            "  {} {} {} {} bytes",
            document.date,
            document.title,
            document.media_type,
            document.bytes.len()
        );
    }
    println!("\nAT HOME");
    for activity in &patient.home_activities {
        println!("  {} ({}): {}", activity.name, activity.dose, activity.steps.join(" / "));
    }
    for log in &patient.home_logs {
        println!(
            "  {} {:?} {:?} {}",
            log.day,
            log.done,
            log.difficulty,
            log.note.clone().unwrap_or_default()
        );
    }
}
