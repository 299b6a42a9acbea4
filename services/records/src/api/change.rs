//! A step's changes, as the contract writes them: each value before and after.
use super::message;
use crate::{
    app::{DemographicsChanged, NamedChange, NamedVersion, Step},
    domain::{
        change::{self, Difference, Said},
        content::Content,
        demographics::{Demographics, Field},
    },
};
use holdfast_eventlog::Right;
use holdfast_proto::{Word, records::v1 as pb, time, timestamp};
use holdfast_types::{Category, PatientId};
use serde_json::Value;
use std::sync::Arc;

impl From<Step> for pb::ListStepChangesResponse {
    fn from(step: Step) -> Self {
        let count = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
        let demographics = step.demographics.into_iter().map(of_demographics);
        Self {
            step_time: step.moments.step.map(timestamp),
            changes: demographics.chain(step.changes.iter().map(of_item)).collect(),
            next_page_token: String::new(),
            total_size: count(step.total),
            previous_time: step.moments.previous.map(timestamp),
            following_time: step.moments.following.map(timestamp),
            step_number: count(step.moments.number),
            step_count: count(step.moments.count),
        }
    }
}

fn of_item(change: &NamedChange) -> pb::RecordChange {
    let is = message::item_in_full(&change.version);
    let kind = match &change.before {
        _ if is.revision <= 1 => pb::ChangeKind::Added,
        _ if !is.retraction_reason.is_empty() => pb::ChangeKind::Retracted,
        _ => pb::ChangeKind::Changed,
    };
    let fields = match &change.before {
        Some(before) if kind == pb::ChangeKind::Changed => differences(before, &is),
        _ => Vec::new(),
    };
    pb::RecordChange {
        kind: kind.into(),
        category: is.category,
        item_id: is.item_id,
        title: is.title,
        summary: is.summary,
        occurred_time: is.occurred_time,
        recorded_time: is.recorded_time,
        recorded_by: is.recorded_by,
        source: is.source,
        retraction_reason: is.retraction_reason,
        revision: is.revision,
        fields: fields.into_iter().map(Into::into).collect(),
        rule_ids: rules(change.by_right.as_ref()),
        proposed_by: is.proposed_by,
    }
}

/// What a proposal would make of an item, or all that a new one says.
pub(super) fn of_contents(
    patient: PatientId,
    before: Option<&Arc<Content>>,
    after: &Arc<Content>,
) -> Vec<pb::FieldChange> {
    let after = NamedVersion::proposed(patient, after);
    let is = message::item_in_full(&after);
    let told = match before {
        Some(before) => differences(&NamedVersion::proposed(patient, before), &is),
        None => change::between(&[], &said(&is)),
    };
    told.into_iter().map(Into::into).collect()
}

/// The same of demographics.
pub(super) fn of_person(before: &Demographics, after: &Demographics) -> Vec<pb::FieldChange> {
    change::between(&person(before), &person(after)).into_iter().map(Into::into).collect()
}

fn rules(right: Option<&Right>) -> Vec<String> {
    right.into_iter().flat_map(Right::rules).map(str::to_owned).collect()
}

/// What a reader of the item's page sees to be otherwise; where that is nothing, what is otherwise beneath it.
fn differences(before: &NamedVersion, is: &pb::Item) -> Vec<Difference> {
    let was = message::item_in_full(before);
    let told = change::between(&said(&was), &said(is));
    if !told.is_empty() {
        return told;
    }
    let json = |item: &pb::Item| serde_json::from_slice(&item.fhir_json).unwrap_or(Value::Null);
    change::of_places(&json(&was), &json(is))
}

/// Labelled rows first: they say it best.
fn said(item: &pb::Item) -> Vec<Said> {
    let details = item.details.iter();
    let rows =
        details.map(|row| Said { path: "details", label: row.label.clone(), value: row.value.clone() });
    let occurred = item.occurred_time.as_ref().and_then(|at| time(at).ok());
    let own = [
        ("summary", "In short", item.summary.clone()),
        ("title", "Title", item.title.clone()),
        ("status", "Status", item.status.clone()),
        ("occurred_time", "When", occurred.map(|at| at.to_rfc3339()).unwrap_or_default()),
    ];
    let own = own.into_iter().map(|(path, label, value)| Said { path, label: label.to_owned(), value });
    rows.chain(own).filter(|said| !said.value.is_empty()).collect()
}

fn of_demographics(change: DemographicsChanged) -> pb::RecordChange {
    let DemographicsChanged { version, before } = change;
    let kind = if before.is_some() { pb::ChangeKind::Changed } else { pb::ChangeKind::Added };
    let fields = before.map(|before| change::between(&person(&before), &person(&version.demographics)));
    pb::RecordChange {
        kind: kind.into(),
        category: Category::Demographics.to_proto(),
        recorded_time: Some(timestamp(version.recorded)),
        recorded_by: version.actor,
        revision: version.revision,
        fields: fields.into_iter().flatten().map(Into::into).collect(),
        rule_ids: rules(version.by_right.as_ref()),
        proposed_by: version.proposed.map(message::proposer).unwrap_or_default(),
        ..pb::RecordChange::default()
    }
}

fn person(known: &Demographics) -> Vec<Said> {
    let said = |field: &Field| {
        let (label, values) = match field {
            Field::FamilyName => ("Family name", vec![known.family_name.clone()]),
            Field::GivenName => ("Given name", vec![known.given_name.clone()]),
            Field::PreferredName => ("Goes by", vec![known.preferred_name.clone()]),
            Field::BirthDate => ("Birth date", vec![known.birth_date.clone()]),
            Field::Gender => ("Gender", vec![known.gender.clone()]),
            Field::Address => ("Address", vec![known.address.clone()]),
            Field::Phone => ("Phone", vec![known.phone.clone()]),
            Field::Email => ("E-mail", vec![known.email.clone()]),
            Field::Languages => ("Languages", known.languages.clone()),
            Field::IdentityLanguage => ("How to speak of the person", vec![known.identity_language.clone()]),
            Field::Identifiers => ("Numbers", known.identifiers.clone()),
        };
        let said = |value| Said { path: field.path(), label: label.to_owned(), value };
        values.into_iter().filter(|value| !value.is_empty()).map(said).collect::<Vec<_>>()
    };
    Field::ALL.iter().flat_map(said).collect()
}

impl From<Difference> for pb::FieldChange {
    fn from(difference: Difference) -> Self {
        let Difference { path, label, before, after } = difference;
        Self { path, label, before, after }
    }
}
