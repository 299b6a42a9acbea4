//! What people enter here is valid R4, lands in its category and reads well.
#![expect(clippy::unwrap_used, reason = "a test may stop where it fails")]
use chrono::DateTime;
use holdfast_fhir::authored::{
    Achievement, Amount, Appointment, AppointmentStatus, Baseline, CarePlan, Comparison, Coverage, Criterion,
    Goal, GoalStatus, Named, NoteKind, ProgressObservation, SessionNote, Span, Trials, appointment,
    care_plan, coverage, goal, observation, session_note,
};
use holdfast_fhir::{FhirDateTime, Item, Limits, read_resource, summary};
use holdfast_types::Category;

fn when(text: &str) -> FhirDateTime {
    FhirDateTime::parse(text).unwrap()
}

fn named(key: &str, display: &str) -> Named {
    Named { key: Some(key.to_owned()), display: display.to_owned() }
}

fn session() -> Span {
    Span { start: when("2025-03-04T15:02:00-08:00"), end: Some(when("2025-03-04T15:51:00-08:00")) }
}

fn kept(json: &[u8]) -> Item {
    let item = read_resource(json, &Limits::default()).unwrap();
    assert_eq!(item.json, json, "written in canonical form");
    item
}

fn rows(json: &[u8]) -> Vec<(String, String)> {
    let text = |value: &summary::RowValue| match value {
        summary::RowValue::Text(text) => text.clone(),
        summary::RowValue::When(when) => when.to_string(),
        summary::RowValue::Reference(reference) => reference.display.clone().unwrap_or_default(),
        summary::RowValue::Span { .. } => "span".to_owned(),
    };
    summary::of(json).unwrap().rows.iter().map(|row| (row.label.to_string(), text(&row.value))).collect()
}

#[test]
fn a_goal_keeps_its_baseline_criterion_and_direction() {
    let json = goal(&Goal {
        id: "g1".to_owned(),
        description: "When a wanted item is in sight, asks for it by word, sign or device".to_owned(),
        plain_words: Some("Juniper asks for what she wants".to_owned()),
        domain: Some("Communication".to_owned()),
        status: GoalStatus::Active,
        achievement: Some(Achievement::Improving),
        start: when("2025-01-06"),
        baseline: Some(Baseline {
            amount: Amount::parse("15", "%").unwrap(),
            measured: when("2025-01-06"),
            conditions: Some("clinic, one adult".to_owned()),
        }),
        criterion: Criterion {
            measure: "Independent requests".to_owned(),
            comparison: Comparison::AtLeast,
            amount: Amount::parse("90", "%").unwrap(),
            mastery_rule: Some("3 sessions in a row, 2 adults, 2 rooms".to_owned()),
            due: Some(when("2025-07-01")),
        },
        expressed_by: Some(Named { key: None, display: "Mother".to_owned() }),
    });
    let item = kept(&json);
    assert_eq!((item.category, item.status.as_deref()), (Category::Goals, Some("active")));
    assert_eq!(item.value_summary.as_deref(), Some("Improving"));
    let rows = rows(&json);
    for (label, value) in [
        ("To reach", "90 % or more"),
        ("By when", "2025-07-01"),
        ("Note", "Baseline 2025-01-06: 15 %, clinic, one adult"),
        ("Whose goal", "Mother"),
    ] {
        assert!(rows.contains(&(label.to_owned(), value.to_owned())), "{label}: {rows:#?}");
    }
}

#[test]
fn a_session_note_is_a_note_with_its_text() {
    let json = session_note(&SessionNote {
        id: "n1".to_owned(),
        kind: NoteKind::SpeechTherapy,
        title: "Speech therapy, individual".to_owned(),
        text: "S: tired today.\nO: 8 of 10 with a model.\nA: steady.\nP: phrases next.".to_owned(),
        session: session(),
        written: DateTime::parse_from_rfc3339("2025-03-04T16:30:00-08:00").unwrap(),
        author: named("Practitioner/robin", "Robin Sedgebrook, CCC-SLP"),
        authenticator: None,
        custodian: None,
        related: vec![named("Goal/g1", "Asks for what she wants")],
        encounter: None,
    });
    let item = kept(&json);
    assert_eq!((item.category, item.title.as_str()), (Category::Notes, "Speech therapy, individual"));
    assert!(summary::of(&json).unwrap().text.unwrap().ends_with("P: phrases next."));
}

#[test]
fn a_progress_value_keeps_its_trials_and_its_digits() {
    let json = observation(&ProgressObservation {
        id: "o1".to_owned(),
        measure: "Independent requests".to_owned(),
        value: Amount::parse("80.0", "%").unwrap(),
        session: session(),
        performers: vec![named("Practitioner/robin", "Robin Sedgebrook")],
        encounter: None,
        goals: vec![named("Goal/g1", "Asks for what she wants")],
        trials: Some(Trials { correct: 8, opportunities: 10, prompt: Some("Model".to_owned()) }),
        phase: Some("Intervention".to_owned()),
        comment: None,
    });
    let item = kept(&json);
    assert_eq!((item.category, item.value_summary.as_deref()), (Category::Observations, Some("80.0 %")));
    assert!(rows(&json).contains(&("Opportunities".to_owned(), "10".to_owned())));
    assert!(Amount::parse("8 of 10", "%").is_err());
}

#[test]
fn plans_appointments_and_cover_land_in_their_rooms() {
    let plan = care_plan(&CarePlan {
        id: "p1".to_owned(),
        title: "Speech therapy plan".to_owned(),
        description: None,
        period: Span { start: when("2025-01-06"), end: Some(when("2025-07-01")) },
        created: when("2025-01-06"),
        author: named("Practitioner/robin", "Robin Sedgebrook"),
        goals: vec![named("Goal/g1", "Asks for what she wants")],
        addresses: Vec::new(),
        activities: vec!["Speech therapy, 2 times 45 minutes a week".to_owned()],
        completed: false,
    });
    assert_eq!(
        (kept(&plan).category, kept(&plan).title.as_str()),
        (Category::CarePlans, "Speech therapy plan")
    );
    let at = |text| DateTime::parse_from_rfc3339(text).unwrap();
    let visit = appointment(&Appointment {
        id: "a1".to_owned(),
        status: AppointmentStatus::Missed,
        service: "Occupational therapy".to_owned(),
        description: None,
        start: at("2025-03-06T10:00:00-08:00"),
        end: at("2025-03-06T10:45:00-08:00"),
        with: vec![named("Practitioner/robin", "Robin Sedgebrook")],
        instructions: None,
    });
    let item = kept(&visit);
    assert_eq!((item.category, item.title.as_str()), (Category::Appointments, "Occupational therapy"));
    assert_eq!(item.ended.unwrap().as_str(), "2025-03-06T10:45:00-08:00");
    assert_eq!(item.performers.len(), 1, "the patient is not a performer");
    assert_eq!(summary::of(&visit).unwrap().status.as_deref(), Some("Missed"));
    let cover = coverage(&Coverage {
        id: "c1".to_owned(),
        payor: Named { key: None, display: "Example Health".to_owned() },
        plan: Some("Family plan".to_owned()),
        member_number: "M-1".to_owned(),
        relationship: "child".to_owned(),
        period: Span { start: when("2025-01-01"), end: None },
        order: 1,
    });
    assert_eq!(
        (kept(&cover).category, kept(&cover).title.as_str()),
        (Category::Coverage, "Example Health, Family plan")
    );
}
