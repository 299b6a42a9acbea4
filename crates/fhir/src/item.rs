//! One entry of a record: what it is, when it was, who wrote it, and its JSON in canonical form.
use holdfast_types::Category;

use crate::category::{ResourceType, category_of};
use crate::concept::Coding;
use crate::json::Json;
use crate::reference::{Reference, Target};
use crate::summary;
use crate::terminology::what_it_is;
use crate::time::FhirDateTime;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// `Type/id`, `Type?identifier=system|value` or a URL: the same whenever the same source sends it again.
    pub source_key: String,
    pub resource_type: ResourceType,
    pub category: Category,
    pub title: String,
    /// The code of its status, such as `final` or `active`.
    pub status: Option<String>,
    pub occurred: Option<FhirDateTime>,
    pub ended: Option<FhirDateTime>,
    pub codes: Vec<Coding>,
    pub encounter: Option<Reference>,
    /// Who did, wrote or asked for it, the patient left out.
    pub performers: Vec<Reference>,
    /// One line such as `7.2 %`.
    pub value_summary: Option<String>,
    /// Positions in `Bundle::provenance`.
    pub provenance: Vec<usize>,
    pub json: Vec<u8>,
}

impl Item {
    pub(crate) fn read(source_key: String, resource_type: ResourceType, resource: &Json<'_>) -> Self {
        let json = resource.to_bytes();
        let (occurred, ended) = period_of(resource);
        Self {
            source_key,
            resource_type,
            category: category_of(resource_type, resource),
            title: summary::title_of(resource_type, resource),
            status: status_of(resource),
            occurred,
            ended,
            codes: codes_of(resource),
            encounter: encounter_of(resource),
            performers: performers_of(resource),
            value_summary: summary::value_of(resource_type, resource),
            provenance: Vec::new(),
            json,
        }
    }
}

pub(crate) fn status_of(resource: &Json<'_>) -> Option<String> {
    let verification = crate::concept::code_of(resource, "verificationStatus");
    verification
        .filter(|code| matches!(*code, "entered-in-error" | "refuted"))
        .or_else(|| resource.text_at("status"))
        .or_else(|| resource.text_at("lifecycleStatus"))
        .or_else(|| crate::concept::code_of(resource, "clinicalStatus"))
        .map(str::to_owned)
}

/// In the order in which they say best when it happened.
const WHEN: &[&str] = &[
    "effectiveDateTime",
    "effectivePeriod",
    "effectiveInstant",
    "performedDateTime",
    "performedPeriod",
    "occurrenceDateTime",
    "occurrencePeriod",
    "onsetDateTime",
    "onsetPeriod",
    "period",
    "billablePeriod",
    "started",
    "start",
    "startDate",
    "whenHandedOver",
    "whenPrepared",
    "authoredOn",
    "authored",
    "dateTime",
    "createdDateTime",
    "createdPeriod",
    "created",
    "date",
    "recordedDate",
    "issued",
    "statusDate",
];

/// When it was, and when it ended if it lasted.
pub(crate) fn period_of(resource: &Json<'_>) -> (Option<FhirDateTime>, Option<FhirDateTime>) {
    let at = |json: &Json<'_>, name: &str| json.text_at(name).and_then(|text| FhirDateTime::parse(text).ok());
    let end = at(resource, "end").or_else(|| at(resource, "abatementDateTime"));
    for value in WHEN.iter().filter_map(|name| resource.get(name)) {
        let (start, closed) = match value.text() {
            Some(text) => (FhirDateTime::parse(text).ok(), None),
            None => (at(value, "start"), at(value, "end")),
        };
        if start.is_some() || closed.is_some() {
            return (start, closed.or(end));
        }
    }
    (None, end)
}

fn codes_of(resource: &Json<'_>) -> Vec<Coding> {
    let what = what_it_is(resource).map_or(&[][..], |what| what.element.members());
    what.iter().flat_map(Coding::all).collect()
}

fn encounter_of(resource: &Json<'_>) -> Option<Reference> {
    let context = resource.get("context");
    resource
        .get("encounter")
        .or_else(|| context.and_then(|context| context.first("encounter")))
        .or_else(|| context.filter(|context| context.get("reference").is_some()))
        .or_else(|| resource.first("item").and_then(|item| item.first("encounter")))
        .and_then(Reference::from_json)
}

fn performers_of(resource: &Json<'_>) -> Vec<Reference> {
    const WHO: &[&str] = &[
        "performer",
        "participant",
        "author",
        "requester",
        "recorder",
        "asserter",
        "informationSource",
        "assessor",
        "operator",
        "provider",
        "supplier",
        "expressedBy",
        "payor",
    ];
    let mut all: Vec<Reference> = Vec::new();
    for named in WHO.iter().flat_map(|element| resource.each(element)) {
        let inner = ["actor", "individual", "member"].iter().find_map(|name| named.get(name));
        match Reference::from_json(inner.unwrap_or(named)) {
            Some(reference) if reference.target != Target::Patient && !all.contains(&reference) => {
                all.push(reference)
            }
            _ => {}
        }
    }
    all
}
