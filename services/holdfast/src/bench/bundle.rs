//! A large FHIR bundle, plain and plausible: years of visits of one synthetic patient with what was measured and done at each.
use serde_json::{Value, json};

pub(crate) const ENTRIES: usize = 3_000;
const PER_VISIT: usize = 10;

/// A transaction of so many entries, the patient being the first.
pub(crate) fn of_entries(count: usize) -> Value {
    let patient = json!({
        "resourceType": "Patient", "id": "bench-patient", "gender": "female", "birthDate": "2017-03-09",
        "identifier": [{ "system": "urn:holdfast:bench", "value": "bench-patient" }],
        "name": [{ "use": "official", "family": "Synthetic", "given": ["Bench"] }],
    });
    let rest = (1..count).map(|number| {
        let visit = number - (number - 1) % PER_VISIT;
        entry(number, resource(number, visit))
    });
    let entries: Vec<Value> = std::iter::once(entry(0, patient)).chain(rest).collect();
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries })
}

fn urn(number: usize) -> String {
    format!("urn:uuid:00000000-0000-4000-8000-{number:012}")
}

fn entry(number: usize, resource: Value) -> Value {
    let url = resource.get("resourceType").cloned().unwrap_or_default();
    json!({ "fullUrl": urn(number), "resource": resource, "request": { "method": "POST", "url": url } })
}

fn resource(number: usize, visit: usize) -> Value {
    let time = format!(
        "20{:02}-{:02}-{:02}T09:{:02}:00Z",
        18 + visit / PER_VISIT / 40 % 8,
        visit / PER_VISIT % 12 + 1,
        visit % 28 + 1,
        number % 60
    );
    let (patient, encounter) = (json!({ "reference": urn(0) }), json!({ "reference": urn(visit) }));
    let coded = |system: &str, code: &str, display: &str| json!({ "coding": [{ "system": system, "code": code, "display": display }], "text": display });
    const LOINC: &str = "http://loinc.org";
    const SNOMED: &str = "http://snomed.info/sct";
    if number == visit {
        return json!({
            "resourceType": "Encounter", "id": format!("bench-{number}"), "status": "finished",
            "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB" },
            "type": [coded(SNOMED, "185349003", "Encounter for check up")],
            "subject": patient, "period": { "start": time, "end": time },
            "participant": [{ "individual": { "display": "A practitioner of the bench" } }],
        });
    }
    match number % PER_VISIT {
        0 | 5 => json!({
            "resourceType": "Procedure", "id": format!("bench-{number}"), "status": "completed",
            "code": coded(SNOMED, "311555007", "Speech and language therapy regime"),
            "subject": patient, "encounter": encounter, "performedPeriod": { "start": time, "end": time },
            "note": [{ "text": NOTE }],
        }),
        3 => json!({
            "resourceType": "Condition", "id": format!("bench-{number}"),
            "clinicalStatus": coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active", "Active"),
            "verificationStatus": coded("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed", "Confirmed"),
            "category": [coded("http://terminology.hl7.org/CodeSystem/condition-category", "encounter-diagnosis", "Encounter Diagnosis")],
            "code": coded(SNOMED, "280032002", "Developmental language disorder"),
            "subject": patient, "encounter": encounter, "onsetDateTime": time, "recordedDate": time, "note": [{ "text": NOTE }],
        }),
        _ => json!({
            "resourceType": "Observation", "id": format!("bench-{number}"), "status": "final",
            "category": [coded("http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs", "Vital signs")],
            "code": coded(LOINC, "8302-2", "Body height"),
            "subject": patient, "encounter": encounter, "effectiveDateTime": time, "issued": time,
            "valueQuantity": { "value": 90 + number % 80, "unit": "cm", "system": "http://unitsofmeasure.org", "code": "cm" },
            "note": [{ "text": NOTE }],
        }),
    }
}

const NOTE: &str = "Measured standing, without shoes, at the beginning of the visit; taken twice, the second value kept. The child was calm, \
    came willingly and asked what the number was. Nothing to add to what was agreed at the last visit; the family continues at home.";
