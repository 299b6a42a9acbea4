//! What would make a therapist laugh or wince, as rules over the whole network for several seeds.

mod goals;
mod records;
mod visits;

use chrono::NaiveDate;
use holdfast_demo::*;
use std::sync::LazyLock;

#[expect(clippy::unwrap_used, reason = "a literal day")]
fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
}

static NETWORKS: LazyLock<Vec<Network>> =
    LazyLock::new(|| [1, 7, 2026, 42].map(|seed| network(seed, today())).into());

fn patients() -> impl Iterator<Item = (&'static Network, &'static Patient)> {
    NETWORKS.iter().flat_map(|network| network.patients.iter().map(move |patient| (network, patient)))
}

fn sessions() -> impl Iterator<Item = (&'static Network, &'static Patient, &'static Session)> {
    patients().flat_map(|(network, patient)| {
        patient.sessions.iter().map(move |session| (network, patient, session))
    })
}

fn text(note: &Note) -> String {
    note.sections.iter().map(|section| section.text.as_str()).collect::<Vec<_>>().join(" ")
}
