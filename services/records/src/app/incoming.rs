//! From a read bundle to what a record keeps of it: every entry as an item, the person as demographics.
use super::{Failure, Unfit, recording::Draft};
use crate::domain::{
    content::{Attested, Content, Source, SourceKind, cut},
    demographics::Demographics,
    item::{SourceIdentity, id_of, source_id},
};
use crate::views::EarlierImport;
use holdfast_fhir::{
    Address, Bundle, DirectoryEntry, HumanName, MatchKey, PatientResource, Telecom, summary,
};
use holdfast_types::{Category, PatientId};
use rayon::prelude::*;
use serde_json::Value;
use std::sync::Arc;
use uuid::Uuid;

/// Largest resource that one item holds: it goes into one event of 1 MiB, with what is said beside it.
pub(crate) const RESOURCE_BYTES_MAX: usize = 896 * 1024;

/// The system that a file comes from.
pub(super) struct System<'a> {
    pub(super) id: Uuid,
    name: &'a str,
}

impl<'a> System<'a> {
    /// The same whatever its files are called, where they tell where they come from; the same file is the same, too.
    pub(super) fn of(
        patient: PatientId,
        origin: Option<&str>,
        earlier: Option<EarlierImport>,
        name: &'a str,
    ) -> Self {
        let identity = origin.map_or(SourceIdentity::System(name), SourceIdentity::Origin);
        Self { id: earlier.map_or_else(|| source_id(patient, &identity), |earlier| earlier.source), name }
    }

    fn says(&self, key: &str) -> Source {
        Source { id: self.id, kind: SourceKind::Import, name: self.name.to_owned(), key: key.to_owned() }
    }
}

/// Everything in the bundle, entry by entry.
pub(super) fn drafts(
    patient: PatientId,
    system: &System<'_>,
    mut bundle: Bundle,
) -> Result<Vec<Draft>, Failure> {
    let items = std::mem::take(&mut bundle.items);
    let mut contents = Vec::with_capacity(items.len() + bundle.directory.len() + 1);
    contents.extend(bundle.patient.take().map(|read| of_patient(system, read)));
    contents.par_extend(items.into_par_iter().map(|item| {
        let attested = bundle.provenance_of(&item).map(Attested::of).collect();
        let source = system.says(&item.source_key);
        Content::of(item, source, attested).map_err(Failure::from)
    }));
    contents
        .extend(std::mem::take(&mut bundle.directory).into_iter().map(|entry| of_directory(system, entry)));
    let drafts = contents.into_iter().map(|content| draft(patient, content?));
    let mut drafts = drafts.collect::<Result<Vec<_>, Failure>>()?;
    // In the order of the indexes: neighbours go onto the same page.
    drafts.par_sort_unstable_by_key(|draft| draft.item);
    Ok(drafts)
}

pub(super) fn draft(patient: PatientId, content: Content) -> Result<Draft, Failure> {
    if content.resource.as_str().len() > RESOURCE_BYTES_MAX {
        return Err(Failure::Unfit(Unfit::EntryTooLarge));
    }
    let item = id_of(patient, content.source.id, &content.source.key);
    Ok(Draft { item, content: Arc::new(content) })
}

/// The Patient as its source wrote it, beside the demographics that are kept here.
fn of_patient(system: &System<'_>, read: PatientResource) -> Result<Content, Failure> {
    let said = summary::of(&read.json).ok();
    let title = said.map(|said| said.title).unwrap_or_default();
    let source = system.says(&read.source_key);
    Ok(Content::plain(source, Category::Demographics, "Patient", &title, read.json)?)
}

/// Who gave care, as this one file has it: the tenant's directory is not for patients to write.
fn of_directory(system: &System<'_>, entry: DirectoryEntry) -> Result<Content, Failure> {
    let source = system.says(&entry.source_key);
    Ok(Content::plain(source, Category::Other, entry.kind.as_str(), &entry.name, entry.json)?)
}

/// What every category in the bundle is that somebody must be allowed to contribute to.
pub(super) fn categories(bundle: &Bundle) -> Vec<Category> {
    let mut categories: Vec<Category> = bundle.items.iter().map(|item| item.category).collect();
    categories.extend(bundle.patient.iter().map(|_| Category::Demographics));
    categories.extend(bundle.directory.first().map(|_| Category::Other));
    categories.sort_unstable();
    categories.dedup();
    categories
}

/// Whether the bundle's person can be the record's: what is not known of either does not speak against it.
pub(super) fn may_be(known: &Demographics, read: &PatientResource) -> bool {
    let known = known.match_keys();
    let read: Vec<MatchKey> = read.names.iter().flat_map(|name| named(name, read).match_keys()).collect();
    known.is_empty() || read.is_empty() || known.iter().any(|key| read.contains(key))
}

fn named(name: &HumanName, read: &PatientResource) -> Demographics {
    Demographics {
        family_name: name.family.clone().unwrap_or_default(),
        given_name: name.given.join(" "),
        birth_date: read.birth_date.as_ref().map(|date| date.as_str().to_owned()).unwrap_or_default(),
        ..Demographics::default()
    }
}

/// What a source says of the person, cut to the lengths that are kept.
pub(super) fn demographics(read: &PatientResource) -> Demographics {
    let names = HumanName::current(&read.names).map(|name| named(name, read)).unwrap_or_default();
    let contact = |system| Telecom::first(&read.telecoms, system).unwrap_or_default();
    let identifiers = read.identifiers.iter().filter_map(|identifier| {
        identifier.system.as_ref().map(|system| format!("{system}|{}", identifier.value))
    });
    Demographics {
        family_name: cut(&names.family_name, 100),
        given_name: cut(&names.given_name, 100),
        preferred_name: read
            .names
            .iter()
            .find(|name| matches!(name.use_code.as_deref(), Some("usual" | "nickname")))
            .map(|name| cut(&name.given.join(" "), 100))
            .unwrap_or_default(),
        birth_date: read.birth_date.as_ref().map(|date| date.as_str().to_owned()).unwrap_or_default(),
        gender: read.sex.clone().unwrap_or_default(),
        address: read.addresses.first().map(|address| cut(&on_lines(address), 500)).unwrap_or_default(),
        phone: cut(contact("phone"), 100),
        email: cut(contact("email"), 100),
        languages: languages(&read.json),
        identity_language: String::new(),
        identifiers: identifiers.filter(|text| text.chars().count() <= 300).take(20).collect(),
    }
}

fn on_lines(address: &Address) -> String {
    let place = [address.city.as_deref(), address.state.as_deref(), address.postal_code.as_deref()];
    let place = place.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let lines =
        address.lines.iter().map(String::as_str).chain([place.as_str()]).chain(address.country.as_deref());
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// BCP 47 tags of the resource, the preferred one first.
fn languages(patient: &[u8]) -> Vec<String> {
    let patient: Value = serde_json::from_slice(patient).unwrap_or_default();
    let spoken =
        patient.get("communication").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let preferred = |entry: &&Value| entry.get("preferred").and_then(Value::as_bool) == Some(true);
    let (first, rest): (Vec<&Value>, Vec<&Value>) = spoken.iter().partition(preferred);
    let code = |entry: &Value| {
        entry.pointer("/language/coding/0/code").and_then(Value::as_str).map(|tag| cut(tag, 35))
    };
    first.into_iter().chain(rest).filter_map(code).take(10).collect()
}
