//! Appointments and insurance cover.
use chrono::{DateTime, FixedOffset};

use super::build::{Fields, coded, instant, number, patient, period, reference, said};
use super::{Named, Span};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appointment {
    pub id: String,
    pub status: AppointmentStatus,
    /// Such as `Occupational therapy`.
    pub service: String,
    pub description: Option<String>,
    pub start: DateTime<FixedOffset>,
    pub end: DateTime<FixedOffset>,
    /// The therapist, and where.
    pub with: Vec<Named>,
    pub instructions: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppointmentStatus {
    Proposed,
    Booked,
    Arrived,
    Fulfilled,
    Cancelled,
    Missed,
}

impl AppointmentStatus {
    const fn code(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Booked => "booked",
            Self::Arrived => "arrived",
            Self::Fulfilled => "fulfilled",
            Self::Cancelled => "cancelled",
            Self::Missed => "noshow",
        }
    }
}

#[must_use]
pub fn appointment(appointment: &Appointment) -> Vec<u8> {
    let attends = |actor| Fields::default().set("actor", actor).text("status", "accepted").done();
    let actors = appointment.with.iter().map(reference).chain([patient()]);
    // An appointment has no subject: the patient is one of those who come.
    Fields::default()
        .text("resourceType", "Appointment")
        .text("id", &appointment.id)
        .text("status", appointment.status.code())
        .many("serviceType", vec![said(&appointment.service)])
        .text("description", appointment.description.as_deref().unwrap_or_default())
        .set("start", instant(&appointment.start))
        .set("end", instant(&appointment.end))
        .text("patientInstruction", appointment.instructions.as_deref().unwrap_or_default())
        .many("participant", actors.map(attends).collect())
        .bytes()
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    pub id: String,
    pub payor: Named,
    pub plan: Option<String>,
    pub member_number: String,
    /// Such as `child`, `self`: HL7 subscriber-relationship.
    pub relationship: String,
    pub period: Span,
    /// 1 is asked to pay first.
    pub order: u32,
}

#[must_use]
pub fn coverage(coverage: &Coverage) -> Vec<u8> {
    let plan = coverage.plan.as_ref().map(|plan| {
        let kind = coded("http://terminology.hl7.org/CodeSystem/coverage-class", "plan", "plan");
        Fields::default().set("type", kind).text("value", plan).text("name", plan).done()
    });
    let relationship = "http://terminology.hl7.org/CodeSystem/subscriber-relationship";
    Fields::resource("Coverage", &coverage.id, "beneficiary")
        .text("status", "active")
        .text("subscriberId", &coverage.member_number)
        .set("relationship", coded(relationship, &coverage.relationship, ""))
        .set("period", period(&coverage.period))
        .many("payor", vec![reference(&coverage.payor)])
        .many("class", plan.into_iter().collect())
        .set("order", number(coverage.order))
        .bytes()
}
