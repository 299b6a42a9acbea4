//! Conditions, allergies, medicines, equipment, scores and the care team.
use super::{
    Chart, Entry,
    form::{coded, patient, reference, resource, text, therapy},
};
use holdfast_demo::{
    Allergy, Condition, ConditionKind, Enrolment, Equipment, Key, Medication, Score, ScoreValue,
};
use serde_json::{Value, json};

const ICD_10_CM: &str = "http://hl7.org/fhir/sid/icd-10-cm";
const TERMINOLOGY: &str = "http://terminology.hl7.org/CodeSystem";

/// Medicines and allergies are the family's to say; the rest is written by who treats first.
pub(super) fn entries(chart: Chart<'_>) -> Vec<Entry> {
    let known = chart.patient;
    let Some(lead) = known.enrolments.first().map(|enrolment| &enrolment.lead) else { return Vec::new() };
    let family = known.family.first().map_or(lead, |member| &member.account);
    let conditions =
        known.conditions.iter().map(|one| Entry::new(lead, "Condition", &one.key, condition(one)));
    let allergies =
        known.allergies.iter().map(|one| Entry::new(family, "AllergyIntolerance", &one.key, allergy(one)));
    let medicines = known
        .medications
        .iter()
        .map(|one| Entry::new(family, "MedicationStatement", &one.key, medicine(one)));
    let devices = known.equipment.iter().map(|one| Entry::new(lead, "Device", &one.key, device(one)));
    // Holders read every item: what a teenager answered in confidence would not stay so.
    let scores = known.scores.iter().filter(|one| !one.confidential);
    let scores = scores.map(|one| Entry::new(&one.scorer, "Observation", &one.key, score(chart, one)));
    let teams =
        known.enrolments.iter().map(|one| Entry::new(&one.lead, "CareTeam", &one.key, team(chart, one)));
    conditions.chain(allergies).chain(medicines).chain(devices).chain(scores).chain(teams).collect()
}

fn condition(known: &Condition) -> Vec<u8> {
    let (code, words) = match known.kind {
        ConditionKind::Medical => ("problem-list-item", "Problem list item"),
        ConditionKind::Treatment => ("encounter-diagnosis", "Treatment diagnosis"),
    };
    resource(
        "Condition",
        &known.key,
        json!({
            "clinicalStatus": coded(&format!("{TERMINOLOGY}/condition-clinical"), "active", "Active"),
            "verificationStatus": coded(&format!("{TERMINOLOGY}/condition-ver-status"), "confirmed", "Confirmed"),
            "category": [coded(&format!("{TERMINOLOGY}/condition-category"), code, words)],
            "code": coded(ICD_10_CM, known.code, known.text),
            "subject": patient(),
            "recordedDate": known.recorded.to_string(),
            "asserter": { "display": known.diagnosed_by },
        }),
    )
}

fn allergy(known: &Allergy) -> Vec<u8> {
    resource(
        "AllergyIntolerance",
        &known.key,
        json!({
            "clinicalStatus": coded(&format!("{TERMINOLOGY}/allergyintolerance-clinical"), "active", "Active"),
            "criticality": if known.severe { "high" } else { "low" },
            "code": { "text": known.substance },
            "patient": patient(),
            "recordedDate": known.recorded.to_string(),
            "reaction": [{ "manifestation": [{ "text": known.reaction }] }],
        }),
    )
}

fn medicine(known: &Medication) -> Vec<u8> {
    let mut period = json!({ "start": known.from.to_string() });
    if let (Some(until), Some(period)) = (known.until, period.as_object_mut()) {
        period.insert("end".to_owned(), until.to_string().into());
    }
    resource(
        "MedicationStatement",
        &known.key,
        json!({
            "status": if known.until.is_some() { "completed" } else { "active" },
            "medicationCodeableConcept": { "text": known.name },
            "subject": patient(),
            "effectivePeriod": period,
            "reasonCode": [{ "text": known.reason }],
            "informationSource": { "display": known.prescriber },
            "dosage": [{ "text": known.dose }],
            "note": [{ "text": format!("Given: {}", known.given_at) }],
        }),
    )
}

fn device(known: &Equipment) -> Vec<u8> {
    let note = format!("In use since {}; {}", known.from, known.note);
    resource(
        "Device",
        &known.key,
        json!({
            "status": "active",
            "type": { "text": known.what },
            "patient": patient(),
            "note": [{ "text": note.trim_end_matches([';', ' ']) }],
        }),
    )
}

fn score(chart: Chart<'_>, known: &Score) -> Vec<u8> {
    let value = match known.value {
        ScoreValue::Standard { score, .. }
        | ScoreValue::Scaled { score }
        | ScoreValue::Total { score, .. } => score,
    };
    let note = match known.value {
        ScoreValue::Standard { low, high, .. } => {
            format!("Standard score, mean 100; 90 % interval {low} to {high}")
        }
        ScoreValue::Scaled { .. } => "Scaled score, mean 10".to_owned(),
        ScoreValue::Total { of, .. } => format!("Total of {of}"),
    };
    resource(
        "Observation",
        &known.key,
        json!({
            "status": "final",
            "category": [coded(&format!("{TERMINOLOGY}/observation-category"), "survey", "Survey")],
            "code": { "text": format!("{} ({}), {}", known.instrument, known.edition, known.part) },
            "subject": patient(),
            "effectiveDateTime": text(known.time),
            "performer": [reference(&chart.person(&known.scorer))],
            "valueQuantity": { "value": value, "unit": "score", "system": "http://unitsofmeasure.org", "code": "{score}" },
            "note": [{ "text": note }],
        }),
    )
}

/// The people of one service: its practice's part of the care team.
fn team(chart: Chart<'_>, enrolment: &Enrolment) -> Vec<u8> {
    let works_there = |key: &Key| {
        chart.network.person(key).and_then(|person| person.practice()) == Some(&enrolment.practice)
    };
    let members = chart
        .patient
        .care_team
        .iter()
        .filter(|member| member.person == enrolment.lead || works_there(&member.person));
    let participants: Vec<Value> = members
        .map(|member| {
            let mut period = json!({ "start": member.since.to_string() });
            if let (Some(until), Some(period)) = (member.until, period.as_object_mut()) {
                period.insert("end".to_owned(), until.to_string().into());
            }
            json!({ "role": [{ "text": member.part }], "member": reference(&chart.person(&member.person)), "period": period })
        })
        .collect();
    let practice = chart.practice(&enrolment.practice);
    resource(
        "CareTeam",
        &enrolment.key,
        json!({
            "status": "active",
            "name": format!("{}, {}", therapy(enrolment.discipline), practice.display),
            "subject": patient(),
            "period": { "start": enrolment.started.to_string() },
            "participant": if participants.is_empty() { Value::Null } else { participants.into() },
            "managingOrganization": [reference(&practice)],
        }),
    )
}
