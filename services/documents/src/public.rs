//! What the other services hear of each private event: ids, never titles. Of uploads they hear that they were, no more.
use crate::domain::{document::Event, upload};
use holdfast_eventlog::{DecodeError, Header, Opened};
use holdfast_proto::{Word, documents::v1 as pb};
use prost::Name;
use prost_types::Any;

pub fn publish(opened: &Opened) -> Result<Option<Any>, DecodeError> {
    if let Some(access) = holdfast_access::publish(opened) {
        return access.map(Some);
    }
    if opened.is::<Event>() {
        return Ok(of_document(&opened.header, &opened.decode()?));
    }
    if opened.is::<upload::Event>() {
        return Ok(of_upload(&opened.decode()?));
    }
    Ok(None)
}

fn of_document(header: &Header, event: &Event) -> Option<Any> {
    let patient_id = header.patient.map(|id| id.to_string()).unwrap_or_default();
    let document_id = header.stream.id().to_string();
    match event {
        Event::Added(paper) => {
            any(&pb::DocumentAdded { patient_id, document_id, category: paper.category.to_proto() })
        }
        Event::Withdrawn { category, .. } => {
            any(&pb::DocumentWithdrawn { patient_id, document_id, category: category.to_proto() })
        }
    }
}

const fn of_upload(event: &upload::Event) -> Option<Any> {
    match event {
        upload::Event::Started(_) | upload::Event::Completed { .. } | upload::Event::Abandoned { .. } => None,
    }
}

fn any<M: Name>(message: &M) -> Option<Any> {
    Any::from_msg(message).ok()
}
