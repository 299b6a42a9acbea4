//! What a link gives out: a FHIR R4 document whose first resource says in words what is in it, room by room, for whoever has no program
//! that reads the rest.
use crate::{pages::parts::When, visitor::local, words::Words};
use askama::Template;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use holdfast_proto::{
    documents::v1::Document,
    records::v1::{Demographics, Item, Patient},
    time,
};
use holdfast_types::Category;
use prost_types::Timestamp;
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

const XHTML: &str = "http://www.w3.org/1999/xhtml";

pub(super) struct Content {
    pub words: Words,
    pub now: DateTime<Utc>,
    pub link: String,
    pub until: Option<Timestamp>,
    pub person: Option<Patient>,
    pub rooms: Vec<Room>,
    pub papers: Vec<Paper>,
    /// Whether there is more than this.
    pub left_out: bool,
}

pub(super) struct Room {
    pub room: Category,
    pub items: Vec<Item>,
}

pub(super) struct Paper {
    pub document: Document,
    /// None: its title is all.
    pub content: Option<Vec<u8>>,
}

/// What a person reads of a room, as XHTML.
#[derive(Debug, Template)]
#[template(path = "shl/room.html")]
struct Narrative {
    xhtml: &'static str,
    rows: Vec<Row>,
    /// What stands below.
    note: String,
}

#[derive(Debug)]
struct Row {
    day: String,
    title: String,
    summary: String,
}

#[derive(Serialize)]
struct Entry {
    #[serde(rename = "fullUrl")]
    full_url: String,
    resource: Box<RawValue>,
}

#[derive(Serialize)]
struct Bundle {
    #[serde(rename = "resourceType")]
    resource_type: &'static str,
    identifier: Value,
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    entry: Vec<Entry>,
}

impl Content {
    /// The bytes of the document.
    pub(super) fn document(&self) -> Result<Vec<u8>, serde_json::Error> {
        let (mut sections, mut entries) = (Vec::new(), Vec::new());
        if let Some(person) = &self.person {
            sections.push(self.of_person(person));
            entries.push(Entry::new(&person.patient_id, &patient(person))?);
        }
        for room in self.rooms.iter().filter(|room| !room.items.is_empty()) {
            let mut named = Vec::new();
            for item in &room.items {
                // A body that is none is named in words alone.
                if let Ok(entry) = Entry::raw(&item.item_id, &item.fhir_json) {
                    named.push(json!({ "reference": entry.full_url }));
                    entries.push(entry);
                }
            }
            sections.push(self.section(self.words.category(room.room), self.rows(&room.items), named));
        }
        if !self.papers.is_empty() {
            let mut named = Vec::new();
            for paper in &self.papers {
                let entry = Entry::new(&paper.document.document_id, &self.reference(paper))?;
                named.push(json!({ "reference": entry.full_url }));
                entries.push(entry);
            }
            let rows = self.papers.iter().map(|paper| self.of_paper(&paper.document)).collect();
            sections.push(self.section(self.words.category(Category::Documents), rows, named));
        }
        let first = Entry::new(&self.link, &self.composition(sections))?;
        entries.insert(0, first);
        serde_json::to_vec(&Bundle {
            resource_type: "Bundle",
            identifier: json!({ "system": "urn:ietf:rfc:3986", "value": urn(&self.link) }),
            kind: "document",
            timestamp: self.now.to_rfc3339(),
            entry: entries,
        })
    }

    fn composition(&self, sections: Vec<Value>) -> Value {
        let mut composition = json!({
            "resourceType": "Composition",
            "status": "final",
            "language": self.words.lang.code(),
            "type": {
                "coding": [{ "system": "http://loinc.org", "code": "60591-5", "display": "Patient summary Document" }],
            },
            "date": self.now.to_rfc3339(),
            "author": [{ "display": "Holdfast" }],
            "title": self.words.t("shl-shared"),
            "section": sections,
        });
        if let (Some(person), Some(fields)) = (&self.person, composition.as_object_mut()) {
            fields.insert(
                "subject".into(),
                json!({ "reference": urn(&person.patient_id), "display": name(person) }),
            );
        }
        if let (Some(until), Some(fields)) =
            (self.until.as_ref().and_then(|at| time(at).ok()), composition.as_object_mut())
        {
            // What the link is good for; what somebody saved stays saved.
            fields.insert("event".into(), json!([{ "period": { "end": until.to_rfc3339() } }]));
        }
        composition
    }

    fn section(&self, title: String, rows: Vec<Row>, entry: Vec<Value>) -> Value {
        let note = if self.left_out { self.words.t("shl-newest-only") } else { String::new() };
        let text = Narrative { xhtml: XHTML, rows, note }.render().unwrap_or_default();
        let mut section = json!({ "title": title, "text": { "status": "generated", "div": text.trim() } });
        if let (false, Some(fields)) = (entry.is_empty(), section.as_object_mut()) {
            fields.insert("entry".into(), entry.into());
        }
        section
    }

    fn rows(&self, items: &[Item]) -> Vec<Row> {
        let row = |item: &Item| Row {
            day: self.day(item.occurred_time.as_ref()),
            title: item.title.clone(),
            summary: item.summary.clone(),
        };
        items.iter().map(row).collect()
    }

    fn of_paper(&self, document: &Document) -> Row {
        let day = self.day(document.create_time.as_ref());
        Row { day, title: document.title.clone(), summary: String::new() }
    }

    fn of_person(&self, person: &Patient) -> Value {
        let told = person.demographics.clone().unwrap_or_default();
        let row = |key: &str, summary: String| Row { day: String::new(), title: self.words.t(key), summary };
        let rows = [
            row("shl-name", name(person)),
            row("shl-birth", told.birth_date),
            row("shl-address", told.address),
            row("shl-phone", told.phone),
        ];
        let rows = rows.into_iter().filter(|row| !row.summary.is_empty()).collect();
        let named = vec![json!({ "reference": urn(&person.patient_id) })];
        self.section(self.words.category(Category::Demographics), rows, named)
    }

    fn reference(&self, paper: &Paper) -> Value {
        let document = &paper.document;
        let mut attachment = json!({
            "contentType": document.media_type,
            "title": document.title,
            "size": document.size_bytes,
        });
        if let (Some(content), Some(fields)) = (&paper.content, attachment.as_object_mut()) {
            fields.insert("data".into(), BASE64_STANDARD.encode(content).into());
        }
        let made = document.create_time.as_ref().and_then(|at| time(at).ok()).unwrap_or(self.now);
        json!({
            "resourceType": "DocumentReference",
            "status": "current",
            "date": made.to_rfc3339(),
            "description": document.title,
            "content": [{ "attachment": attachment }],
        })
    }

    fn day(&self, at: Option<&Timestamp>) -> String {
        let day = |at: &Timestamp| Some(local(time(at).ok()?).date_naive());
        let today = local(self.now).date_naive();
        at.and_then(day).map_or_else(String::new, |day| When::day(self.words, day, today).text)
    }
}

impl Entry {
    fn new(id: &str, resource: &Value) -> Result<Self, serde_json::Error> {
        Ok(Self { full_url: urn(id), resource: serde_json::value::to_raw_value(resource)? })
    }

    fn raw(id: &str, resource: &[u8]) -> Result<Self, serde_json::Error> {
        Ok(Self { full_url: urn(id), resource: serde_json::from_slice(resource)? })
    }
}

fn urn(id: &str) -> String {
    format!("urn:uuid:{id}")
}

fn name(person: &Patient) -> String {
    let told = person.demographics.clone().unwrap_or_default();
    format!("{} {}", told.given_name, told.family_name).trim().to_owned()
}

fn patient(person: &Patient) -> Value {
    let Demographics { family_name, given_name, birth_date, gender, address, phone, email, .. } =
        person.demographics.clone().unwrap_or_default();
    let given: Vec<&str> = given_name.split_whitespace().collect();
    let telecom = [("phone", phone), ("email", email)];
    let telecom = telecom.into_iter().filter(|(_, value)| !value.is_empty());
    let said = [
        ("name", json!([strip(json!({ "family": family_name, "given": given }))])),
        ("birthDate", birth_date.into()),
        ("gender", gender.into()),
        ("address", json!([strip(json!({ "text": address }))])),
        ("telecom", telecom.map(|(system, value)| json!({ "system": system, "value": value })).collect()),
    ];
    let mut resource = json!({ "resourceType": "Patient" });
    if let Some(fields) = resource.as_object_mut() {
        fields.extend(said.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    strip(resource)
}

/// Without what is empty: FHIR has no empty texts, lists or objects.
fn strip(value: Value) -> Value {
    let empty = |value: &Value| match value {
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.iter().all(|one| one.as_object().is_some_and(serde_json::Map::is_empty)),
        _ => false,
    };
    match value {
        Value::Object(fields) => fields.into_iter().filter(|(_, value)| !empty(value)).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests;
