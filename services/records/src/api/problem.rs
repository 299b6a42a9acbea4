//! Which reason each refusal leaves with.
use crate::{
    app::{Failure, Unfit},
    domain::{item, locks::chosen, patient, proposal},
    views::ViewsError,
};
use holdfast_eventlog::KeyError;
use holdfast_fhir::{BundleError, Problem as Fault, UnknownCodes};
use holdfast_host::{Problem, Reason, catalogue};

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Denied(refused) => refused.into(),
            Failure::Patient(refusal) => of_patient(refusal),
            Failure::Item(refusal) => of_item(refusal),
            Failure::Locks(refusal) => of_locks(&refusal),
            Failure::Proposal(refusal) => of_proposal(refusal),
            Failure::Bundle(error) => of_file(reason_of(error.problem()), &error, error.place()),
            Failure::Resource(error) => {
                of_file(catalogue::RESOURCE_MALFORMED, &error, &of_entry(error.place()))
            }
            Failure::UnknownCodes(unknown) => of_unknown_codes(unknown),
            Failure::Unfit(unfit) => of_unfit(&unfit),
            Failure::Append(error) => error.into(),
            Failure::Read(error) => error.into(),
            Failure::Views(error) => of_views(&error),
            Failure::Interrupted => Self::internal(&failure),
        }
    }
}

fn of_patient(refusal: patient::Refusal) -> Problem {
    use patient::Refusal;
    let (reason, field) = match refusal {
        Refusal::AlreadyRegistered => (catalogue::PATIENT_REGISTERED, "patient_id"),
        Refusal::NotRegistered => (catalogue::PATIENT_UNKNOWN, "patient_id"),
        Refusal::NotAsSeen => (catalogue::ETAG_MISMATCH, "etag"),
        Refusal::Locked(ref field) => return locked(field),
    };
    Problem::of_field(reason, field, refusal.to_string())
}

fn of_item(refusal: item::Refusal) -> Problem {
    use item::Refusal;
    let (reason, field) = match refusal {
        Refusal::Unknown => (catalogue::ITEM_UNKNOWN, "item_id"),
        Refusal::AlreadyRetracted => (catalogue::ALREADY_RETRACTED, "item_id"),
        Refusal::NotAsSeen => (catalogue::ETAG_MISMATCH, "etag"),
        Refusal::Locked(ref field) => return locked(field),
        Refusal::OtherType => {
            return Problem::new(catalogue::RESOURCE_MALFORMED, refusal.to_string())
                .with("place", "resource.resourceType");
        }
    };
    Problem::of_field(reason, field, refusal.to_string())
}

fn locked(field: &str) -> Problem {
    let message = format!("`{field}` is locked for families: propose the change");
    Problem::new(catalogue::FIELD_LOCKED, message).with("field", field)
}

fn of_locks(refusal: &chosen::Refusal) -> Problem {
    match refusal {
        chosen::Refusal::Required(lock) => {
            Problem::new(catalogue::LOCK_REQUIRED, refusal.to_string()).with("field", lock.place())
        }
        chosen::Refusal::NotAsSeen => {
            Problem::of_field(catalogue::ETAG_MISMATCH, "etag", refusal.to_string())
        }
    }
}

fn of_proposal(refusal: proposal::Refusal) -> Problem {
    use proposal::Refusal;
    let (reason, field) = match refusal {
        Refusal::Unknown => (catalogue::PROPOSAL_UNKNOWN, "proposal_id"),
        Refusal::Decided => (catalogue::PROPOSAL_DECIDED, "proposal_id"),
        Refusal::OfAnother => (catalogue::PROPOSAL_OF_ANOTHER, "proposal_id"),
        Refusal::Own => (catalogue::SECOND_PERSON_NEEDED, "proposal_id"),
        Refusal::NoReason => (catalogue::FIELD_MISSING, "answer"),
        Refusal::NotAsSeen => (catalogue::ETAG_MISMATCH, "etag"),
        Refusal::Nothing => (catalogue::NOTHING_PROPOSED, "change"),
        Refusal::TooMany => (catalogue::TOO_MANY_PROPOSALS, "patient_id"),
    };
    Problem::of_field(reason, field, refusal.to_string())
}

/// The message names the place and the remedy, never a value.
fn of_file(reason: &'static Reason, error: &BundleError, place: &str) -> Problem {
    Problem::new(reason, format!("`{place}`: {}", error.problem()))
        .with("place", place)
        .with("fhir_reason", error.problem().reason())
        .with("remedy", error.problem().remedy())
}

/// Where it is in the request, for resources that were sent as a list.
fn of_entry(place: &str) -> String {
    place.replace("Bundle.entry[", "items[").replacen("].resource", "].fhir_json", 1)
}

fn reason_of(fault: &Fault) -> &'static Reason {
    match fault {
        Fault::TooLarge { .. } | Fault::TooManyEntries { .. } => catalogue::BUNDLE_TOO_LARGE,
        Fault::ReferenceBroken
        | Fault::ReferenceMalformed
        | Fault::ReferenceAmbiguous
        | Fault::ReferenceWrongType { .. } => catalogue::BUNDLE_REFERENCE_BROKEN,
        Fault::CodeSystemNotAbsolute => catalogue::BUNDLE_CODE_SYSTEM_MALFORMED,
        Fault::SeveralPatients { .. } | Fault::OtherPatient { .. } => catalogue::BUNDLE_PATIENT_MISMATCH,
        Fault::BundleKindNotSupported
        | Fault::MethodNotSupported { .. }
        | Fault::ConditionNotSupported
        | Fault::ResourceNotKept { .. }
        | Fault::SubjectNotPatient => catalogue::BUNDLE_UNSUPPORTED,
        // Everything else is a fault in how the bundle is written; `fhir_reason` says which.
        _ => catalogue::BUNDLE_MALFORMED,
    }
}

/// The first is named like every other place; a violation names the place, and is described by the system.
fn of_unknown_codes(unknown: UnknownCodes) -> Problem {
    let UnknownCodes { systems, count } = unknown;
    let first = systems.first().map(|first| (first.place.clone(), first.system.clone()));
    let (place, system) = first.unwrap_or_default();
    let message =
        format!("`{place}`: {count} entries say what they are by codes of systems that are not known");
    let problem = Problem::new(catalogue::BUNDLE_CODE_SYSTEM_UNKNOWN, message)
        .with("place", place)
        .with("system", system)
        .with("place_count", count);
    systems.into_iter().fold(problem, |problem, unknown| problem.field(unknown.place, unknown.system))
}

fn of_unfit(unfit: &Unfit) -> Problem {
    let (reason, place) = match unfit {
        Unfit::OtherPatient => (catalogue::BUNDLE_PATIENT_MISMATCH, "Bundle.entry.resource(Patient)"),
        Unfit::NothingOfAPatient | Unfit::OfAPatient => (catalogue::BUNDLE_UNSUPPORTED, "Bundle"),
        Unfit::EntryTooLarge => (catalogue::BUNDLE_TOO_LARGE, "Bundle.entry"),
        Unfit::NotAnItem { place } => (catalogue::RESOURCE_MALFORMED, place.as_str()),
    };
    Problem::new(reason, unfit.to_string()).with("place", place)
}

fn of_views(error: &ViewsError) -> Problem {
    match error {
        ViewsError::Key(KeyError::Destroyed) => {
            Problem::new(catalogue::CONTENT_ERASED, "the content was erased")
        }
        ViewsError::Database(_) | ViewsError::Key(KeyError::Unavailable(_)) => {
            tracing::warn!(error = error as &dyn std::error::Error, "the read models cannot be reached");
            Problem::new(catalogue::LOG_UNAVAILABLE, "the read models cannot be reached")
        }
        ViewsError::Key(_) | ViewsError::Log(_) | ViewsError::Malformed(_) => Problem::internal(error),
    }
}
