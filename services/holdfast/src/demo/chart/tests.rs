//! What the demo network makes of its charts stands up to the checks of real imports.
use super::*;
use chrono::NaiveDate;
use holdfast_fhir::{Limits, read_resource};
use holdfast_types::Category;
use std::collections::BTreeSet;

fn network() -> Network {
    holdfast_demo::network(1, NaiveDate::from_ymd_opt(2026, 11, 22).unwrap())
}

#[test]
fn every_item_of_the_demo_network_passes_the_checks_of_an_imported_one() {
    let network = network();
    let people = People::intended(&network);
    let (mut keys, mut categories) = (BTreeSet::new(), BTreeSet::new());
    for patient in &network.patients {
        for entry in (Chart { network: &network, people: &people, patient }).entries().unwrap() {
            let read = read_resource(&entry.json, &Limits::default());
            let read =
                read.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&entry.json)));
            assert_eq!(read.source_key, entry.key);
            let said: serde_json::Value = serde_json::from_slice(&entry.json).unwrap();
            assert_eq!(said.pointer("/meta/tag/0/code").unwrap(), "HTEST", "marked as made up");
            assert!(!read.title.is_empty());
            assert!(network.person(&entry.author).is_some(), "{}", entry.author);
            categories.insert(read.category);
            assert!(keys.insert(entry.key));
        }
    }
    use Category::*;
    for category in [
        Conditions,
        Medications,
        Allergies,
        Observations,
        Visits,
        Notes,
        CarePlans,
        CareTeam,
        Goals,
        Devices,
        Coverage,
        Claims,
        Appointments,
        Forms,
    ] {
        assert!(categories.contains(&category), "{category}");
    }
}

#[test]
fn what_was_told_in_confidence_is_not_written_where_parents_read() {
    let network = network();
    let people = People::intended(&network);
    let mut kept_back = 0;
    for patient in &network.patients {
        let chart = Chart { network: &network, people: &people, patient };
        let keys: BTreeSet<String> = chart.entries().unwrap().into_iter().map(|entry| entry.key).collect();
        for score in patient.scores.iter().filter(|score| score.confidential) {
            kept_back += 1;
            assert!(!keys.contains(&format!("Observation/{}", item(&score.key))));
        }
        for session in patient.sessions.iter().filter(|session| session.confidential) {
            kept_back += 1;
            assert!(!keys.contains(&format!("DocumentReference/{}", item(&session.note.key))));
            for datum in patient.data.iter().filter(|datum| datum.session.as_ref() == Some(&session.key)) {
                assert!(!keys.contains(&format!("Observation/{}", item(&datum.key))));
            }
        }
    }
    assert!(kept_back > 0);
}
