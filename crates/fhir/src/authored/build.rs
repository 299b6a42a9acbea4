//! Small pieces of JSON, named as FHIR names them.
use std::borrow::Cow;

use chrono::{DateTime, FixedOffset, SecondsFormat};

use super::{Amount, Named, Span};
use crate::json::{Json, Object};
use crate::reference::PATIENT_REFERENCE;
use crate::time::FhirDateTime;

type Owned = Json<'static>;

/// An object under construction: what has no value is left out.
#[derive(Default)]
pub(super) struct Fields(Object<'static>);

impl Fields {
    /// A resource with its id, about the patient by the named element.
    pub(super) fn resource(resource_type: &str, id: &str, subject: &'static str) -> Self {
        Self::default().text("resourceType", resource_type).text("id", id).set(subject, patient())
    }

    pub(super) fn set(mut self, name: &'static str, value: Owned) -> Self {
        self.0.set(name, value);
        self
    }

    pub(super) fn maybe(self, name: &'static str, value: Option<Owned>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// An empty text is no text.
    pub(super) fn text(self, name: &'static str, value: &str) -> Self {
        if value.is_empty() { self } else { self.set(name, text(value)) }
    }

    pub(super) fn many(self, name: &'static str, values: Vec<Owned>) -> Self {
        if values.is_empty() { self } else { self.set(name, Json::List(values)) }
    }

    pub(super) fn done(self) -> Owned {
        Json::Object(self.0)
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.done().to_bytes()
    }
}

pub(super) fn text(value: &str) -> Owned {
    Json::Text(Cow::Owned(value.to_owned()))
}

pub(super) fn number(value: u32) -> Owned {
    Json::Number(Cow::Owned(value.to_string()))
}

pub(super) fn moment(value: &FhirDateTime) -> Owned {
    text(value.as_str())
}

/// With its zone, as FHIR wants an instant.
pub(super) fn instant(value: &DateTime<FixedOffset>) -> Owned {
    text(&value.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// Only words: most skills of therapy have no code, and none is invented.
pub(super) fn said(words: &str) -> Owned {
    Fields::default().text("text", words).done()
}

pub(super) fn coded(system: &str, code: &str, display: &str) -> Owned {
    let coding = Fields::default().text("system", system).text("code", code).text("display", display).done();
    Fields::default().many("coding", vec![coding]).text("text", display).done()
}

pub(super) fn quantity(amount: &Amount) -> Owned {
    let value = Json::Number(Cow::Owned(amount.decimal.clone()));
    let bare = Fields::default().set("value", value).text("unit", &amount.unit);
    if amount.unit.is_empty() {
        return bare.done();
    }
    bare.text("system", "http://unitsofmeasure.org").text("code", &amount.unit).done()
}

pub(super) fn patient() -> Owned {
    Fields::default().text("reference", PATIENT_REFERENCE).done()
}

pub(super) fn reference(named: &Named) -> Owned {
    let key = named.key.as_deref().unwrap_or_default();
    Fields::default().text("reference", key).text("display", &named.display).done()
}

pub(super) fn references(all: &[Named]) -> Vec<Owned> {
    all.iter().map(reference).collect()
}

pub(super) fn period(span: &Span) -> Owned {
    Fields::default().set("start", moment(&span.start)).maybe("end", span.end.as_ref().map(moment)).done()
}

pub(super) fn note(words: &str) -> Owned {
    Fields::default().text("text", words).done()
}
