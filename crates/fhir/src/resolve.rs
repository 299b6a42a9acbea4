//! Walks a whole resource once: references become what the store understands, code systems are absolute, nothing is empty.
//!
//! After it, a reference is `Patient/self`, the `source_key` of an entry, a business identifier, `#contained`, or an
//! address outside. One into the bundle that has no words gets the title of what it leads to, so that an item can be
//! shown alone.
use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::concept::is_absolute_uri;
use crate::error::{BundleError, Problem, WarningKind, Warnings};
use crate::index::{Head, Index, contained_ids};
use crate::json::{Json, Object};
use crate::place::Place;
use crate::reference::{PATIENT_REFERENCE, Written, WrittenError};
use crate::terminology::is_known_system;

/// Whom references name by an identifier (`Type?identifier=system|value`) and the bundle does not hold, each with how many do.
pub type Sought = BTreeMap<String, usize>;

pub(crate) fn resolve_resource(
    resource: &mut Json<'_>,
    index: &Index,
    place: &Place<'_>,
    warnings: &mut Warnings,
    sought: &mut Sought,
) -> Result<(), BundleError> {
    let contained = contained_ids(resource, place)?;
    Walk { index, contained, warnings, sought }.value(resource, place)
}

struct Walk<'w> {
    index: &'w Index,
    contained: Vec<String>,
    warnings: &'w mut Warnings,
    sought: &'w mut Sought,
}

impl Walk<'_> {
    fn value(&mut self, json: &mut Json<'_>, place: &Place<'_>) -> Result<(), BundleError> {
        match json {
            Json::Null => Err(BundleError::at(place, Problem::Empty)),
            // Only what was escaped can hold one: the parser takes none as it is.
            Json::Text(Cow::Owned(text))
                if text.bytes().any(|byte| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) =>
            {
                Err(BundleError::at(place, Problem::TextNotAllowed))
            }
            Json::Bool(_) | Json::Number(_) | Json::Text(_) => Ok(()),
            Json::List(members) if members.is_empty() => Err(BundleError::at(place, Problem::Empty)),
            Json::List(members) => {
                members.iter_mut().enumerate().try_for_each(|(position, member)| match member {
                    // Keeps the place of a primitive that has only an extension.
                    Json::Null => Ok(()),
                    member => self.value(member, &place.index(position)),
                })
            }
            Json::Object(object) if object.is_empty() => Err(BundleError::at(place, Problem::Empty)),
            Json::Object(object) => {
                object.iter_mut().try_for_each(|(name, value)| self.value(value, &place.field(name)))?;
                self.code_system(object, place)?;
                self.reference(object, place)
            }
        }
    }

    /// Codings and coded quantities: a system beside a code. (A telephone has a system too, and no code.)
    fn code_system(&mut self, object: &Object<'_>, place: &Place<'_>) -> Result<(), BundleError> {
        let in_coding = matches!(place, Place::Index(Place::Field(_, "coding"), _));
        let Some(system) = object.get("system").and_then(Json::text) else { return Ok(()) };
        if object.get("code").is_none() && !in_coding {
            return Ok(());
        }
        if !is_absolute_uri(system) {
            return Err(BundleError::at(&place.field("system"), Problem::CodeSystemNotAbsolute));
        }
        if !is_known_system(system) {
            let system = system.chars().take(200).collect();
            self.warnings.add(&place.field("system"), WarningKind::UnknownCodeSystem { system });
        }
        Ok(())
    }

    fn reference(&mut self, object: &mut Object<'_>, place: &Place<'_>) -> Result<(), BundleError> {
        let Some(text) = object.get("reference").and_then(Json::text).map(str::to_owned) else {
            return Ok(());
        };
        let place = place.field("reference");
        let broken = || BundleError::at(&place, Problem::ReferenceBroken);
        let written = Written::parse(&text).map_err(|error| {
            BundleError::at(
                &place,
                match error {
                    WrittenError::Malformed => Problem::ReferenceMalformed,
                    WrittenError::Ambiguous => Problem::ReferenceAmbiguous,
                },
            )
        })?;
        if self.index.is_patient_called(&text) {
            set_text(object, "reference", PATIENT_REFERENCE);
            return Ok(());
        }
        let outside = |walk: &mut Self, resource_type: &str| {
            let resource_type = resource_type.to_owned();
            walk.warnings.add(&place, WarningKind::OutsideReference { resource_type });
        };
        match written {
            Written::Container => {}
            Written::Contained(id) if self.contained.iter().any(|known| known == id) => {}
            Written::Contained(_) => return Err(broken()),
            Written::Urn(url) => lead_to(self.index.by_full_url(url).ok_or_else(broken)?, object),
            Written::Url(url) => match self.index.by_full_url(url) {
                Some(head) => lead_to(head, object),
                None => outside(self, "URL"),
            },
            Written::Relative { resource_type, id } => {
                match self.index.by_key(&format!("{resource_type}/{id}")) {
                    Some(head) => lead_to(head, object),
                    None => {
                        // A version is of no use where only the newest is kept under its key.
                        set_text(object, "reference", &format!("{resource_type}/{id}"));
                        outside(self, resource_type);
                    }
                }
            }
            Written::Conditional { resource_type, system, value } => {
                if resource_type == "Patient" && self.index.patient_has(system, value) {
                    set_text(object, "reference", PATIENT_REFERENCE);
                } else if let Some(head) = self.index.by_key(&text) {
                    lead_to(head, object);
                } else {
                    become_logical(object, resource_type, system, value);
                    *self.sought.entry(text).or_default() += 1;
                }
            }
        }
        Ok(())
    }
}

fn lead_to(head: &Head, object: &mut Object<'_>) {
    if head.is_patient {
        set_text(object, "reference", PATIENT_REFERENCE);
        return;
    }
    match &head.condition {
        Some((system, value)) if head.resource_type.is_directory() => {
            become_logical(object, head.resource_type.as_str(), system, value);
        }
        _ => set_text(object, "reference", &head.source_key),
    }
    if object.get("display").is_none() {
        set_text(object, "display", &head.title);
    }
}

fn become_logical(object: &mut Object<'_>, resource_type: &str, system: &str, value: &str) {
    let _replaced = object.take("reference");
    set_text(object, "type", resource_type);
    let mut identifier = Object::default();
    set_text(&mut identifier, "system", system);
    set_text(&mut identifier, "value", value);
    object.set("identifier", Json::Object(identifier));
}

fn set_text(object: &mut Object<'_>, name: &'static str, text: &str) {
    object.set(name, Json::Text(Cow::Owned(text.to_owned())));
}
