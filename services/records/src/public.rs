//! What the other services hear of each private event.
use crate::domain::{item, patient};
use holdfast_eventlog::{DecodeError, Header, Opened};
use holdfast_proto::{Word, records::v1 as pb};
use holdfast_types::Category;
use prost::Name;
use prost_types::Any;

pub fn publish(opened: &Opened) -> Result<Option<Any>, DecodeError> {
    if let Some(access) = holdfast_access::publish(opened) {
        return access.map(Some);
    }
    if opened.is::<patient::Event>() {
        return Ok(of_patient(&opened.header, &opened.decode()?));
    }
    if opened.is::<item::Event>() {
        return Ok(Some(of_item(&opened.header, &opened.decode()?)));
    }
    // The directory, the taking in of files, what is locked and what is only proposed matter here alone.
    Ok(None)
}

fn of_patient(header: &Header, event: &patient::Event) -> Option<Any> {
    match event {
        patient::Event::Registered(_) => {
            Some(any(&pb::PatientRegistered { patient_id: header.stream.id().to_string() }))
        }
        patient::Event::Changed { .. } => None,
    }
}

fn of_item(header: &Header, event: &item::Event) -> Any {
    match event {
        item::Event::Recorded(content) | item::Event::Changed(content) => {
            let (patient_id, item_id, category, revision) = told(header, content.category);
            any(&pb::ItemRecorded { patient_id, item_id, category, revision })
        }
        item::Event::Retracted { category, .. } => {
            let (patient_id, item_id, category, revision) = told(header, *category);
            any(&pb::ItemRetracted { patient_id, item_id, category, revision })
        }
    }
}

fn told(header: &Header, category: Category) -> (String, String, i32, u64) {
    (header.subject.to_string(), header.stream.id().to_string(), category.to_proto(), header.revision)
}

fn any<M: Name>(message: &M) -> Any {
    // Encoding into a growing buffer cannot fail.
    Any::from_msg(message).unwrap_or_default()
}
