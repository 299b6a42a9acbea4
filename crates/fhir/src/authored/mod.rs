//! Resources that people enter here, written as valid R4: typed values in, canonical JSON out.
//!
//! Each is about the patient of the record (`Patient/self`) and passes the same checks as an imported one.
mod build;
mod measured;
mod note;
mod paper;
mod plan;

use crate::time::FhirDateTime;

pub use measured::{ProgressObservation, Trials, observation};
pub use note::{NoteKind, SessionNote, session_note};
pub use paper::{Appointment, AppointmentStatus, Coverage, appointment, coverage};
pub use plan::{Achievement, Baseline, CarePlan, Comparison, Criterion, Goal, GoalStatus, care_plan, goal};

/// A person or organization as a resource names it: by key in the store, with the words to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// `Practitioner/…`, `Organization/…`, `Goal/…`; none, when only the words are known.
    pub key: Option<String>,
    pub display: String,
}

/// A number as it was written, and its unit: UCUM where one exists (`%`, `s`, `/h`, `{steps}`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    decimal: String,
    unit: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number")]
pub struct NotADecimal;

impl Amount {
    pub fn parse(decimal: &str, unit: &str) -> Result<Self, NotADecimal> {
        match crate::json::parse(decimal, 1) {
            Ok(crate::json::Json::Number(text)) => {
                Ok(Self { decimal: text.into_owned(), unit: unit.to_owned() })
            }
            _ => Err(NotADecimal),
        }
    }
}

/// From when to when; open where it still lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub start: FhirDateTime,
    pub end: Option<FhirDateTime>,
}
