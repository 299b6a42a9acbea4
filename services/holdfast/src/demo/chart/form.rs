//! Times, numbers and small pieces of JSON as FHIR writes them.
use super::item;
use anyhow::Result;
use chrono::{NaiveDate, SecondsFormat};
use holdfast_demo::{Discipline, Key, Moment};
use holdfast_fhir::{
    FhirDateTime, PATIENT_REFERENCE,
    authored::{Amount, Named, Span},
};
use serde_json::{Map, Value, json};

pub(super) fn text(moment: Moment) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub(super) fn moment(moment: Moment) -> Result<FhirDateTime> {
    Ok(FhirDateTime::parse(&text(moment))?)
}

pub(super) fn day(day: NaiveDate) -> Result<FhirDateTime> {
    Ok(FhirDateTime::parse(&day.to_string())?)
}

pub(super) fn span(start: Moment, end: Moment) -> Result<Span> {
    Ok(Span { start: moment(start)?, end: Some(moment(end)?) })
}

/// Two decimals at most: no more was measured.
pub(super) fn amount(value: f64, unit: &str) -> Result<Amount> {
    Ok(Amount::parse(&((value * 100.0).round() / 100.0).to_string(), unit)?)
}

pub(super) fn therapy(discipline: Discipline) -> &'static str {
    match discipline {
        Discipline::Aba => "Behaviour therapy (ABA)",
        Discipline::Speech => "Speech therapy",
        Discipline::Occupational => "Occupational therapy",
        Discipline::Physical => "Physical therapy",
    }
}

pub(super) fn patient() -> Value {
    json!({ "reference": PATIENT_REFERENCE })
}

pub(super) fn reference(named: &Named) -> Value {
    match &named.key {
        Some(key) => json!({ "reference": key, "display": named.display }),
        None => json!({ "display": named.display }),
    }
}

pub(super) fn coded(system: &str, code: &str, words: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code }], "text": words })
}

/// With HL7's mark of test data, so that no program takes it for somebody's.
pub(super) fn made_up(resource: &[u8]) -> Result<Vec<u8>> {
    let mut fields: Map<String, Value> = serde_json::from_slice(resource)?;
    let tag = json!({ "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST", "display": "test health data" });
    fields.insert("meta".to_owned(), json!({ "tag": [tag] }));
    Ok(serde_json::to_vec(&fields)?)
}

/// A resource with its type and id; what has no value is left out.
pub(super) fn resource(resource_type: &str, key: &Key, mut fields: Value) -> Vec<u8> {
    if let Some(fields) = fields.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
        fields.insert("resourceType".to_owned(), resource_type.into());
        fields.insert("id".to_owned(), item(key).into());
    }
    fields.to_string().into_bytes()
}
