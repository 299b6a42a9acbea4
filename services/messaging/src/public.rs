//! What the other services hear of each private event: ids, never words.
use crate::domain::thread::Event;
use holdfast_eventlog::{DecodeError, Header, Opened};
use holdfast_proto::messaging::v1 as pb;
use prost::Name;
use prost_types::Any;

pub fn publish(opened: &Opened) -> Result<Option<Any>, DecodeError> {
    if let Some(access) = holdfast_access::publish(opened) {
        return access.map(Some);
    }
    if opened.is::<Event>() {
        return Ok(of_thread(&opened.header, &opened.decode()?));
    }
    Ok(None)
}

fn of_thread(header: &Header, event: &Event) -> Option<Any> {
    let patient_id = header.patient.map(|id| id.to_string()).unwrap_or_default();
    let thread_id = header.stream.id().to_string();
    match event {
        Event::Started { practice, .. } => {
            any(&pb::ThreadStarted { patient_id, thread_id, practice_id: practice.to_string() })
        }
        Event::MessagePosted(message) => {
            any(&pb::MessagePosted { patient_id, thread_id, message_id: message.id.to_string() })
        }
        Event::Closed {} => any(&pb::ThreadClosed { patient_id, thread_id }),
        // Who has read what is the reader's and the writer's business; the envelope says that it was done.
        Event::Read { .. } => None,
    }
}

fn any<M: Name>(message: &M) -> Option<Any> {
    Any::from_msg(message).ok()
}
