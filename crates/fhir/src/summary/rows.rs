//! The rows of an item's page.
use std::borrow::Cow;

use super::labels::{rows_for, spaced, status_words};
use super::value::{dosage, money, observed, quantity, range, range_of, ratio};
use super::{Row, RowValue};
use crate::category::ResourceType;
use crate::concept::words;
use crate::json::Json;
use crate::reference::Reference;
use crate::time::FhirDateTime;

/// A page shows this many; the whole stays in the stored resource.
const ROWS_MAX: usize = 200;

pub(super) fn rows_of(resource_type: ResourceType, resource: &Json<'_>) -> Vec<Row> {
    let mut rows = own_rows(resource_type, resource);
    let title = super::title_of(resource_type, resource);
    for (label, path) in rows_for(resource_type.as_str()) {
        for found in at_path(resource, path) {
            let row = shown(found, path).map(|value| Row { label: Cow::Borrowed(label), value });
            let news = |row: &Row| row.value != RowValue::Text(title.clone()) && !rows.contains(row);
            rows.extend(row.filter(news));
        }
    }
    rows.truncate(ROWS_MAX);
    rows
}

/// What only one type has: the parts of a measurement, the target of a goal, the answers of a form.
fn own_rows(resource_type: ResourceType, resource: &Json<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    match resource_type.as_str() {
        "Observation" => resource.each("component").for_each(|part| component(part, &mut rows)),
        "Goal" => {
            let note = resource.each("note").filter_map(|note| note.text_at("text"));
            rows.extend(note.map(|note| text("Note", note)));
            resource.each("target").for_each(|target| goal_target(target, &mut rows));
        }
        "QuestionnaireResponse" => resource.each("item").for_each(|item| answers(item, &mut rows)),
        "MedicationRequest" | "MedicationDispense" => {
            let taken = resource.each("dosageInstruction").filter_map(dosage);
            rows.extend(taken.map(|taken| text("How to take it", &taken)));
        }
        "MedicationStatement" => {
            rows.extend(
                resource.each("dosage").filter_map(dosage).map(|taken| text("How it is taken", &taken)),
            );
        }
        "MedicationAdministration" => {
            let dose = resource.get("dosage").and_then(|given| given.get("dose")).and_then(quantity);
            rows.extend(dose.map(|dose| text("Dose", &dose)));
        }
        _ => {}
    }
    rows
}

fn component(part: &Json<'_>, rows: &mut Vec<Row>) {
    if let (Some(label), Some(value)) = (part.get("code").and_then(words), observed(part)) {
        let expected = range_of(part).map(|range| format!(" (expected {range})")).unwrap_or_default();
        rows.push(Row { label: Cow::Owned(label), value: RowValue::Text(format!("{value}{expected}")) });
    }
}

fn goal_target(target: &Json<'_>, rows: &mut Vec<Row>) {
    let detail = target
        .get("detailQuantity")
        .and_then(quantity)
        .or_else(|| target.get("detailRange").and_then(range))
        .or_else(|| target.get("detailCodeableConcept").and_then(words))
        .or_else(|| target.text_at("detailString").map(str::to_owned))
        .or_else(|| target.get("detailInteger").and_then(Json::number).map(str::to_owned));
    let measure = target.get("measure").and_then(words);
    rows.extend(measure.map(|measure| text("Measured by", &measure)));
    rows.extend(detail.map(|detail| text("To reach", &detail)));
    let due = target.text_at("dueDate").and_then(|due| FhirDateTime::parse(due).ok());
    rows.extend(due.map(|due| Row { label: Cow::Borrowed("By when"), value: RowValue::When(due) }));
}

fn answers(item: &Json<'_>, rows: &mut Vec<Row>) {
    let question = item.text_at("text").or_else(|| item.text_at("linkId")).unwrap_or_default().to_owned();
    for answer in item.each("answer") {
        let plain = observed(answer)
            .or_else(|| answer.get("valueCoding").and_then(words))
            .or_else(|| answer.get("valueDecimal").and_then(Json::number).map(str::to_owned))
            .or_else(|| {
                answer.text_at("valueDate").or_else(|| answer.text_at("valueUri")).map(str::to_owned)
            });
        let value = plain
            .map(RowValue::Text)
            .or_else(|| answer.get("valueReference").and_then(Reference::from_json).map(RowValue::Reference));
        rows.extend(value.map(|value| Row { label: Cow::Owned(question.clone()), value }));
        answer.each("item").for_each(|item| answers(item, rows));
    }
    item.each("item").for_each(|item| answers(item, rows));
}

fn text(label: &'static str, value: &str) -> Row {
    Row { label: Cow::Borrowed(label), value: RowValue::Text(value.to_owned()) }
}

fn at_path<'r, 'j>(resource: &'r Json<'j>, path: &str) -> Vec<&'r Json<'j>> {
    path.split('.')
        .fold(vec![resource], |found, name| found.into_iter().flat_map(|json| json.each(name)).collect())
}

/// By what stands there: a moment, a period, a reference, an amount, a concept, a code.
fn shown(json: &Json<'_>, path: &str) -> Option<RowValue> {
    let name = path.rsplit('.').next().unwrap_or(path);
    match json {
        Json::Text(text) if is_moment(name) => FhirDateTime::parse(text).ok().map(RowValue::When),
        Json::Text(media_type) if name == "contentType" => file_kind(media_type).map(RowValue::Text),
        Json::Text(code) if is_code(name) => Some(RowValue::Text(spaced(code))),
        Json::Text(text) => Some(RowValue::Text(text.to_string())),
        Json::Number(number) => Some(RowValue::Text(number.to_string())),
        Json::Bool(value) => Some(RowValue::Text(if *value { "Yes" } else { "No" }.to_owned())),
        Json::Object(_) if json.get("currency").is_some() => money(json).map(RowValue::Text),
        Json::Object(_) if json.get("value").is_some_and(|value| value.number().is_some()) => {
            quantity(json).map(RowValue::Text)
        }
        Json::Object(_) if json.get("numerator").is_some() => ratio(json).map(RowValue::Text),
        Json::Object(_) if json.get("reference").is_some() || json.get("identifier").is_some() => {
            Reference::from_json(json).map(RowValue::Reference)
        }
        Json::Object(_) if json.get("start").is_some() || json.get("end").is_some() => {
            let at = |name| json.text_at(name).and_then(|text| FhirDateTime::parse(text).ok());
            Some(RowValue::Span { start: at("start"), end: at("end") })
        }
        Json::Object(_) if name == "verificationStatus" => {
            words(json).map(|code| RowValue::Text(status_words(&code)))
        }
        Json::Object(_) => {
            words(json).map(|said| RowValue::Text(if is_code_like(&said) { spaced(&said) } else { said }))
        }
        Json::Null | Json::List(_) => None,
    }
}

fn is_moment(name: &str) -> bool {
    ["Date", "DateTime", "On", "Time", "Occurrence"].iter().any(|end| name.ends_with(end))
        || matches!(
            name,
            "date" | "issued" | "created" | "authored" | "recorded" | "started" | "start" | "end"
        )
}

fn is_code(name: &str) -> bool {
    matches!(name, "type" | "category" | "criticality" | "severity" | "priority" | "status" | "intent")
}

/// A text is shown itself; of other files the kind.
fn file_kind(media_type: &str) -> Option<String> {
    match media_type.split_once('/') {
        Some(("text", _)) => None,
        Some(("image", _)) => Some("Picture".to_owned()),
        Some(("audio", _)) => Some("Sound".to_owned()),
        Some(("video", _)) => Some("Film".to_owned()),
        _ if media_type == "application/pdf" => Some("PDF".to_owned()),
        _ => Some(media_type.to_owned()),
    }
}

/// A bare code such as `vital-signs`, where a source sent no words.
fn is_code_like(said: &str) -> bool {
    said.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}
