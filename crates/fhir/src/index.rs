//! Who is who in a bundle: every entry by the names others may call it by, and the one patient.
use rayon::prelude::*;
use std::collections::HashMap;

use crate::entry::{BUNDLE, Entry};
use crate::error::{BundleError, Problem};
use crate::json::Json;
use crate::place::Place;
use crate::reference::{Identifier, Written};
use crate::summary;

pub(crate) struct Index {
    by_full_url: HashMap<String, usize>,
    by_key: HashMap<String, usize>,
    heads: Vec<Head>,
    patient: Option<PatientHead>,
    /// How a bundle without a Patient calls the patient, and where it did so first.
    outside_patient: Option<(String, String)>,
}

/// What a reference to an entry needs to know of it.
pub(crate) struct Head {
    pub(crate) resource_type: crate::ResourceType,
    pub(crate) source_key: String,
    pub(crate) condition: Option<(String, String)>,
    pub(crate) title: String,
    pub(crate) is_patient: bool,
}

struct PatientHead {
    position: usize,
    identifiers: Vec<Identifier>,
}

pub(crate) fn entry_place<T>(position: usize, then: impl FnOnce(&Place<'_>) -> T) -> T {
    then(&BUNDLE.field("entry").index(position))
}

impl Index {
    pub(crate) fn build(entries: &[Entry<'_>]) -> Result<Self, BundleError> {
        let mut index = Self {
            by_full_url: HashMap::with_capacity(entries.len()),
            by_key: HashMap::with_capacity(entries.len()),
            heads: Vec::with_capacity(entries.len()),
            patient: None,
            outside_patient: None,
        };
        let titles: Vec<String> =
            entries.par_iter().map(|entry| summary::title_of(entry.resource_type, &entry.resource)).collect();
        for (position, (entry, title)) in entries.iter().zip(titles).enumerate() {
            entry_place(position, |place| index.add(position, entry, title, place))?;
        }
        for (position, entry) in entries.iter().enumerate() {
            entry_place(position, |place| index.check_subject(entry, &place.field("resource")))?;
        }
        Ok(index)
    }

    fn add(
        &mut self,
        position: usize,
        entry: &Entry<'_>,
        title: String,
        place: &Place<'_>,
    ) -> Result<(), BundleError> {
        let is_patient = entry.resource_type.as_str() == "Patient";
        if is_patient {
            if let Some(first) = &self.patient {
                let first = first.place();
                return Err(BundleError::at(&place.field("resource"), Problem::SeveralPatients { first }));
            }
            self.patient = Some(PatientHead { position, identifiers: Identifier::all(&entry.resource) });
        }
        if let Some(url) = &entry.full_url
            && let Some(first) = self.by_full_url.insert(url.clone(), position)
        {
            let first = entry_place(first, |place| place.field("fullUrl").to_string());
            return Err(BundleError::at(&place.field("fullUrl"), Problem::DuplicateFullUrl { first }));
        }
        let also = entry.local.iter().filter(|local| **local != entry.source_key);
        for key in also.chain([&entry.source_key]) {
            if let Some(first) = self.by_key.insert(key.clone(), position) {
                let first = entry_place(first, |place| place.field("resource").to_string());
                return Err(BundleError::at(&place.field("resource"), Problem::DuplicateResource { first }));
            }
        }
        self.heads.push(Head {
            resource_type: entry.resource_type,
            source_key: entry.source_key.clone(),
            condition: entry.condition.clone(),
            title,
            is_patient,
        });
        Ok(())
    }

    /// The entry that has this `urn:` or URL as its fullUrl.
    pub(crate) fn by_full_url(&self, url: &str) -> Option<&Head> {
        self.by_full_url.get(url).and_then(|at| self.heads.get(*at))
    }

    /// The entry called `Type/id`, or `Type?identifier=system|value`.
    pub(crate) fn by_key(&self, key: &str) -> Option<&Head> {
        self.by_key.get(key).and_then(|at| self.heads.get(*at))
    }

    /// Is this how the bundle calls its patient, although no Patient of that name is in it?
    pub(crate) fn is_patient_called(&self, written: &str) -> bool {
        self.outside_patient.as_ref().is_some_and(|(name, _)| name == written)
    }

    pub(crate) fn patient_has(&self, system: &str, value: &str) -> bool {
        self.patient.as_ref().is_some_and(|patient| {
            patient
                .identifiers
                .iter()
                .any(|known| known.system.as_deref() == Some(system) && known.value == value)
        })
    }

    /// How a bundle that holds no Patient calls the patient it is about.
    pub(crate) fn outside_patient(&self) -> Option<&str> {
        self.outside_patient.as_ref().map(|(name, _)| name.as_str())
    }

    /// Everything that goes into a record is about the one patient of the bundle.
    fn check_subject(&mut self, entry: &Entry<'_>, place: &Place<'_>) -> Result<(), BundleError> {
        if entry.resource_type.is_directory()
            || matches!(entry.resource_type.as_str(), "Patient" | "Provenance")
        {
            return Ok(());
        }
        let Some(element) = entry.resource_type.subject_element() else { return Ok(()) };
        let Some(written) = entry.resource.get(element).and_then(|subject| subject.text_at("reference"))
        else {
            return Ok(());
        };
        let place = place.field(element);
        let other = |first| Err(BundleError::at(&place, Problem::OtherPatient { first }));
        let inside = match Written::parse(written) {
            // What is not a reference is named when references are resolved.
            Err(_) | Ok(Written::Contained(_) | Written::Container) => return Ok(()),
            Ok(Written::Urn(url) | Written::Url(url)) => self.by_full_url(url),
            Ok(Written::Relative { resource_type, id }) => self.by_key(&format!("{resource_type}/{id}")),
            Ok(Written::Conditional { system, value, .. }) if self.patient_has(system, value) => {
                return Ok(());
            }
            Ok(Written::Conditional { .. }) => self.by_key(written),
        };
        match (inside, type_called(written)) {
            (Some(head), _) if head.is_patient => Ok(()),
            (Some(_), _) => Err(BundleError::at(&place, Problem::SubjectNotPatient)),
            (None, Some("Patient")) => match (&self.patient, &self.outside_patient) {
                (Some(patient), _) => other(patient.place()),
                (None, Some((name, first))) if name != written => other(first.clone()),
                (None, Some(_)) => Ok(()),
                (None, None) => {
                    self.outside_patient = Some((written.to_owned(), place.to_string()));
                    Ok(())
                }
            },
            (None, Some(_)) => Err(BundleError::at(&place, Problem::SubjectNotPatient)),
            (None, None) => Ok(()),
        }
    }
}

impl PatientHead {
    fn place(&self) -> String {
        entry_place(self.position, |place| place.field("resource").to_string())
    }
}

/// The type that a written reference names: in `Type/id`, `Type?…` and at the end of a URL.
fn type_called(written: &str) -> Option<&str> {
    let path = written.split(['?']).next().unwrap_or(written);
    let mut parts = path.rsplit('/').filter(|part| crate::ResourceType::parse(part).is_some());
    parts.next()
}

/// The ids of the contained resources, each once.
pub(crate) fn contained_ids(resource: &Json<'_>, place: &Place<'_>) -> Result<Vec<String>, BundleError> {
    let place = place.field("contained");
    let mut ids: Vec<String> = Vec::new();
    for (position, inner) in resource.each("contained").enumerate() {
        let place = place.index(position);
        let missing = || BundleError::at(&place, Problem::Missing { element: "id".to_owned() });
        let id = inner.text_at("id").ok_or_else(missing)?.to_owned();
        if ids.contains(&id) {
            return Err(BundleError::at(&place, Problem::DuplicateContained));
        }
        ids.push(id);
    }
    Ok(ids)
}
