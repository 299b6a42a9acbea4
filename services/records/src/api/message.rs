//! What the use cases answer, as the contracts write it.
use crate::{
    app::{Imported, NamedVersion, Names, PatientAfter, Unresolved},
    domain::{
        content::{Attested, Named, Proposed, Source},
        demographics::Demographics,
        import::DirectoryTally,
    },
    views::{CategorySummary, ShownPatient, SourceSummary},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use holdfast_fhir::{
    FhirDateTime, PATIENT_REFERENCE, Warning, WarningKind,
    summary::{self, RowValue},
};
use holdfast_host::mask;
use holdfast_proto::{Word, records::v1 as pb, timestamp};
use holdfast_types::{Actor, Category, PatientId};
use std::collections::BTreeMap;

const WARNINGS_MAX: usize = 100;

impl From<ShownPatient> for pb::Patient {
    fn from(shown: ShownPatient) -> Self {
        let tenant = shown.tenant.uuid();
        Self {
            patient_id: shown.patient.to_string(),
            // A record that stands free of any tenant has the nil one.
            tenant_id: if tenant.is_nil() { String::new() } else { tenant.to_string() },
            demographics: Some(shown.demographics.into()),
            create_time: Some(timestamp(shown.created)),
            update_time: Some(timestamp(shown.updated)),
            revision: shown.revision,
            etag: mask::etag(shown.revision),
        }
    }
}

/// Who may write but not read learns the revision alone.
pub(super) fn patient_after(patient: PatientId, after: PatientAfter) -> pb::Patient {
    after.shown.map_or_else(
        || pb::Patient {
            patient_id: patient.to_string(),
            revision: after.revision,
            etag: mask::etag(after.revision),
            ..pb::Patient::default()
        },
        Into::into,
    )
}

impl From<Demographics> for pb::Demographics {
    fn from(known: Demographics) -> Self {
        Self {
            family_name: known.family_name,
            given_name: known.given_name,
            preferred_name: known.preferred_name,
            birth_date: known.birth_date,
            gender: known.gender,
            address: known.address,
            phone: known.phone,
            email: known.email,
            languages: known.languages,
            identity_language: known.identity_language,
            identifiers: known.identifiers,
        }
    }
}

pub(super) fn item_in_list(named: &NamedVersion, with_resource: bool) -> pb::Item {
    let version = &named.version;
    let content = &version.body.content;
    let status = match version.body.retraction {
        Some(_) => "entered-in-error".to_owned(),
        None => content.status.clone().unwrap_or_default(),
    };
    pb::Item {
        item_id: version.item.to_string(),
        patient_id: version.patient.to_string(),
        category: version.category.to_proto(),
        resource_type: content.resource_type.clone(),
        title: content.title.clone(),
        summary: content.summary.clone().unwrap_or_default(),
        status,
        occurred_time: content.occurred.map(timestamp),
        recorded_time: Some(timestamp(version.recorded)),
        source: Some(source(content.source.clone(), version.read)),
        recorded_by: version.actor.clone(),
        retraction_reason: version.body.retraction.clone().unwrap_or_default(),
        revision: version.revision,
        etag: mask::etag(version.revision),
        details: Vec::new(),
        fhir_json: if with_resource { resource(named) } else { Bytes::new() },
        performers: content.performers.iter().filter_map(|performer| named.names.of(performer)).collect(),
        proposed_by: version.body.proposed.map(proposer).unwrap_or_default(),
        proposal_id: version.body.proposed.map(|proposed| proposed.proposal.to_string()).unwrap_or_default(),
    }
}

pub(super) fn proposer(proposed: Proposed) -> String {
    Actor::Account(proposed.by).to_string()
}

fn source(source: Source, read: DateTime<Utc>) -> pb::Source {
    pb::Source {
        kind: source.kind.as_str().to_owned(),
        name: source.name,
        key: source.key,
        read_time: Some(timestamp(read)),
        source_id: source.id.to_string(),
    }
}

impl From<SourceSummary> for pb::SourceSummary {
    fn from(summary: SourceSummary) -> Self {
        Self {
            source: Some(source(summary.source, summary.read)),
            count: i32::try_from(summary.count).unwrap_or(i32::MAX),
            recorded_by: summary.actor,
        }
    }
}

pub(super) fn item_in_full(named: &NamedVersion) -> pb::Item {
    pb::Item { details: details(named), ..item_in_list(named, true) }
}

/// The patient is called by id outside.
fn resource(named: &NamedVersion) -> Bytes {
    let written = format!("\"reference\":\"{PATIENT_REFERENCE}\"");
    let called = format!("\"reference\":\"Patient/{}\"", named.version.patient);
    named.version.body.content.resource.as_str().replace(&written, &called).into()
}

fn details(named: &NamedVersion) -> Vec<pb::Detail> {
    let content = &named.version.body.content;
    let mut details = Vec::new();
    let mut say = |label: &str, value: String| {
        if !value.is_empty() {
            details.push(pb::Detail { label: label.to_owned(), value });
        }
    };
    if let Ok(said) = summary::of(content.resource.as_str().as_bytes()) {
        for row in said.rows {
            say(&row.label, row_value(&row.value, &named.names));
        }
        say("Expected range", said.reference_range.unwrap_or_default());
        say(
            "Compared with the expected range",
            said.flag.map(|flag| flag.words().to_owned()).unwrap_or_default(),
        );
        say("Text", said.text.unwrap_or_default());
    }
    for attested in &content.attested {
        say("Written down", attested.recorded.clone().unwrap_or_default());
        for (role, who) in agents(attested, &named.names) {
            say(role.as_deref().unwrap_or("Recorded by"), who);
        }
    }
    details
}

fn row_value(value: &RowValue, names: &Names) -> String {
    let text =
        |time: &Option<FhirDateTime>| time.as_ref().map(|time| time.as_str().to_owned()).unwrap_or_default();
    match value {
        RowValue::Text(text) => text.clone(),
        RowValue::When(time) => time.as_str().to_owned(),
        RowValue::Span { start, end } => format!("{} – {}", text(start), text(end)).trim().to_owned(),
        RowValue::Reference(reference) => names.of(&Named::of(reference)).unwrap_or_default(),
    }
}

fn agents<'a>(
    attested: &'a Attested,
    names: &'a Names,
) -> impl Iterator<Item = (Option<String>, String)> + 'a {
    attested.by.iter().filter_map(|by| {
        let who = names.of(&by.who)?;
        let behalf = by.on_behalf_of.as_ref().and_then(|named| names.of(named));
        Some((by.role.clone(), behalf.map_or_else(|| who.clone(), |behalf| format!("{who}, for {behalf}"))))
    })
}

impl From<Imported> for pb::ImportBundleResponse {
    fn from(imported: Imported) -> Self {
        let nameless = imported.nameless.then(|| pb::Warning {
            place: "Bundle".to_owned(),
            text: "no Patient is in it, so it could not be checked whom it is about".to_owned(),
        });
        Self {
            added: counts(&imported.tally.added),
            changed: counts(&imported.tally.changed),
            unchanged: counts(&imported.tally.unchanged),
            warnings: nameless
                .into_iter()
                .chain(imported.warnings.into_iter().map(warning))
                .take(WARNINGS_MAX)
                .collect(),
            position: imported.position.map(Into::into),
            earlier_import_time: imported.before.map(timestamp),
            unresolved: imported.unresolved.into_iter().map(unresolved).collect(),
        }
    }
}

fn counts(counts: &BTreeMap<Category, u32>) -> Vec<pb::CategoryCount> {
    let count = |(category, count): (&Category, &u32)| pb::CategoryCount {
        category: category.to_proto(),
        count: i32::try_from(*count).unwrap_or(i32::MAX),
    };
    counts.iter().map(count).collect()
}

fn unresolved((resource_type, of_type): (String, Unresolved)) -> pb::UnresolvedReferences {
    let count = |count| i32::try_from(count).unwrap_or(i32::MAX);
    pb::UnresolvedReferences {
        resource_type,
        target_count: count(of_type.targets),
        reference_count: count(of_type.references),
    }
}

fn warning(warning: Warning) -> pb::Warning {
    let what = match warning.kind {
        WarningKind::UnknownCodeSystem { system } => {
            format!("the code system `{system}` is not known here; its codes are kept as they are")
        }
        WarningKind::UnknownElement { element } => {
            format!("FHIR R4 has no element `{element}`; it is kept and not understood")
        }
        WarningKind::OutsideReference { resource_type } => {
            format!("a reference to a {resource_type} that is not in the bundle is kept as it is")
        }
    };
    let text = if warning.count > 1 { format!("{what} ({} times)", warning.count) } else { what };
    pb::Warning { place: warning.place, text }
}

impl From<DirectoryTally> for pb::ImportDirectoryResponse {
    fn from(tally: DirectoryTally) -> Self {
        let count = |count| i32::try_from(count).unwrap_or(i32::MAX);
        Self {
            added_count: count(tally.added),
            changed_count: count(tally.changed),
            unchanged_count: count(tally.unchanged),
        }
    }
}

impl From<CategorySummary> for pb::CategorySummary {
    fn from(summary: CategorySummary) -> Self {
        Self {
            category: summary.category.to_proto(),
            count: i32::try_from(summary.count).unwrap_or(i32::MAX),
            newest_time: summary.newest.map(timestamp),
            read_time: Some(timestamp(summary.read)),
        }
    }
}
