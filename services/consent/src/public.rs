//! What the other services hear of each private event.
use crate::domain::{
    authority::Event as AuthorityEvent,
    erasure::Event as ErasureEvent,
    grant::{Event as GrantEvent, ShownGrant},
    mark::Event as MarkEvent,
    record::{Event as RecordEvent, FREE_STANDING},
    visit::Event as VisitEvent,
};
use crate::message::{mark_of, span_of};
use holdfast_eventlog::{DecodeError, Header, Opened};
use holdfast_proto::{Word, consent::v1 as pb, timestamp};
use holdfast_types::{GrantId, PatientId};
use prost::Name;
use prost_types::Any;

pub fn publish(opened: &Opened) -> Result<Option<Any>, DecodeError> {
    if let Some(access) = holdfast_access::publish(opened) {
        return access.map(Some);
    }
    if opened.is::<RecordEvent>() {
        return Ok(Some(of_record(&opened.header, &opened.decode()?)));
    }
    if opened.is::<GrantEvent>() {
        return Ok(Some(of_grant(&opened.header, opened.decode()?)));
    }
    if opened.is::<VisitEvent>() {
        return Ok(Some(of_visit(&opened.header, &opened.decode()?)));
    }
    if opened.is::<MarkEvent>() {
        return Ok(Some(of_mark(&opened.header, &opened.decode()?)));
    }
    if opened.is::<AuthorityEvent>() {
        return Ok(Some(of_authority(&opened.header, &opened.decode()?)));
    }
    if opened.is::<ErasureEvent>() {
        return Ok(of_erasure(&opened.header, &opened.decode()?));
    }
    Ok(None)
}

fn of_record(header: &Header, event: &RecordEvent) -> Any {
    let patient_id = header.stream.id().to_string();
    match event {
        RecordEvent::Opened { tenant } => {
            let tenant_id = if *tenant == FREE_STANDING { String::new() } else { tenant.to_string() };
            any(&pb::RecordOpened { patient_id, tenant_id })
        }
        RecordEvent::HolderAdded(holder) => any(&pb::HolderAdded {
            patient_id,
            account_id: holder.account.to_string(),
            relationship: holder.relationship.to_proto(),
        }),
    }
}

fn of_grant(header: &Header, event: GrantEvent) -> Any {
    let (id, revision) = (GrantId::new(header.stream.id()), header.revision);
    match event {
        GrantEvent::Given(terms) => {
            let (in_part, for_visits) = (terms.narrowing.is_some(), terms.uses_max.is_some());
            let grant = Some((&ShownGrant::as_given(id, terms)).into());
            match (for_visits, in_part) {
                (true, _) => any(&pb::GrantGivenForVisits { grant }),
                (false, true) => any(&pb::GrantGivenInPart { grant }),
                (false, false) => any(&pb::GrantGiven { grant }),
            }
        }
        GrantEvent::Taken(terms) => {
            let grant = Some((&ShownGrant::as_given(id, terms)).into());
            any(&pb::GrantTaken { grant })
        }
        GrantEvent::Revoked { patient, revoked, replaced_by } => any(&pb::GrantRevoked {
            grant_id: id.to_string(),
            patient_id: patient.to_string(),
            revoked_time: Some(timestamp(revoked)),
            revision,
            replaced_by_grant_id: replaced_by.map(|id| id.to_string()).unwrap_or_default(),
        }),
    }
}

fn of_visit(header: &Header, event: &VisitEvent) -> Any {
    let VisitEvent::Begun(visit) = event;
    any(&pb::VisitBegun {
        grant_id: header.stream.id().to_string(),
        patient_id: visit.patient.to_string(),
        account_id: visit.account.to_string(),
        use_count: i32::try_from(visit.number).unwrap_or(i32::MAX),
        until_time: Some(timestamp(visit.until)),
    })
}

fn of_mark(header: &Header, event: &MarkEvent) -> Any {
    let patient = PatientId::new(header.stream.id());
    match event {
        MarkEvent::Set(mark) => any(&pb::MarkSet { mark: Some(mark_of(patient, mark)) }),
        MarkEvent::Lifted { mark, lifted, .. } => any(&pb::MarkLifted {
            mark_id: mark.to_string(),
            patient_id: patient.to_string(),
            lifted_time: Some(timestamp(*lifted)),
        }),
    }
}

/// Who holds what; what it follows from is for the record's holders and its officers.
fn of_authority(header: &Header, event: &AuthorityEvent) -> Any {
    let AuthorityEvent::Settled { spans, .. } = event;
    any(&pb::AuthoritySettled {
        patient_id: header.stream.id().to_string(),
        spans: spans.iter().map(span_of).collect(),
        revision: header.revision,
        tells_protected_rooms_apart: true,
    })
}

/// Who must act on it: nobody, until the content is to be destroyed.
fn of_erasure(header: &Header, event: &ErasureEvent) -> Option<Any> {
    let destroyed = event.destroyed()?;
    let (patient_id, erased_time) = (header.stream.id().to_string(), Some(timestamp(destroyed.erased)));
    Some(match destroyed.document {
        None => any(&pb::RecordErased { patient_id, erased_time }),
        Some(document) => {
            any(&pb::DocumentErased { patient_id, document_id: document.to_string(), erased_time })
        }
    })
}

fn any<M: Name>(message: &M) -> Any {
    // Encoding into a growing buffer cannot fail.
    Any::from_msg(message).unwrap_or_default()
}
