//! The note of a session: a signed text with start, stop and kind.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, FixedOffset};

use super::build::{Fields, coded, instant, period, reference, references};
use super::{Named, Span};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionNote {
    pub id: String,
    pub kind: NoteKind,
    /// One line for lists, such as `Speech therapy, individual`.
    pub title: String,
    pub text: String,
    /// The session: start and stop.
    pub session: Span,
    /// When it was written, which is not when the session was.
    pub written: DateTime<FixedOffset>,
    pub author: Named,
    /// Who signs with the author.
    pub authenticator: Option<Named>,
    pub custodian: Option<Named>,
    /// Goals and data that the note speaks of.
    pub related: Vec<Named>,
    /// The visit.
    pub encounter: Option<Named>,
}

/// By LOINC; behavioural therapy writes progress notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    Progress,
    OccupationalTherapy,
    PhysicalTherapy,
    SpeechTherapy,
    Psychology,
    DischargeSummary,
}

impl NoteKind {
    const fn loinc(self) -> (&'static str, &'static str) {
        match self {
            Self::Progress => ("11506-3", "Progress note"),
            Self::OccupationalTherapy => ("11507-1", "Occupational therapy note"),
            Self::PhysicalTherapy => ("11508-9", "Physical therapy note"),
            Self::SpeechTherapy => ("11512-1", "Speech therapy note"),
            Self::Psychology => ("11510-5", "Psychology note"),
            Self::DischargeSummary => ("18842-5", "Discharge summary"),
        }
    }
}

#[must_use]
pub fn session_note(note: &SessionNote) -> Vec<u8> {
    let (code, display) = note.kind.loinc();
    let clinical = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category";
    let attachment = Fields::default()
        .text("contentType", "text/plain; charset=utf-8")
        .text("data", &STANDARD.encode(&note.text))
        .text("title", &note.title)
        .set("creation", instant(&note.written))
        .done();
    let context = Fields::default()
        .set("period", period(&note.session))
        .many("encounter", note.encounter.iter().map(reference).collect())
        .many("related", references(&note.related))
        .done();
    Fields::resource("DocumentReference", &note.id, "subject")
        .text("status", "current")
        .text("docStatus", "final")
        .set("type", coded("http://loinc.org", code, display))
        .many("category", vec![coded(clinical, "clinical-note", "Clinical Note")])
        .text("description", &note.title)
        .set("date", instant(&note.written))
        .many("author", vec![reference(&note.author)])
        .maybe("authenticator", note.authenticator.as_ref().map(reference))
        .maybe("custodian", note.custodian.as_ref().map(reference))
        .many("content", vec![Fields::default().set("attachment", attachment).done()])
        .set("context", context)
        .bytes()
}
