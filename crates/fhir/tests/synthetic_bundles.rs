//! Every synthetic bundle of the independent test data is read whole.
mod support;

use std::collections::BTreeMap;

use holdfast_fhir::{BundleKind, Limits, Target, UnknownCodes, read_bundle, summary};
use holdfast_types::Category;

#[test]
fn every_entry_of_every_bundle_is_accounted_for() {
    let mut counts: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut warned: BTreeMap<String, usize> = BTreeMap::new();
    for folder in
        ["synthea-uscore-2021", "synthea-r4-2019"].iter().filter_map(|name| support::data_folder(name))
    {
        for (name, bytes) in support::unpacked(&folder) {
            let bundle =
                read_bundle(&bytes, &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
            let entries = std::str::from_utf8(&bytes).unwrap().matches("\"fullUrl\"").count();
            let kept = bundle.items.len()
                + bundle.provenance.len()
                + bundle.directory.len()
                + usize::from(bundle.patient.is_some());
            assert_eq!(kept, entries, "{name}");
            assert_eq!(bundle.patient.is_some(), bundle.kind == BundleKind::Transaction, "{name}");
            assert_eq!(
                bundle.unknown_codes,
                UnknownCodes::default(),
                "{name}: it is taken without a question"
            );
            for warning in &bundle.warnings {
                *warned.entry(format!("{:?}", warning.kind)).or_default() += warning.count;
            }
            for item in &bundle.items {
                assert!(!item.title.is_empty());
                let rendered = summary::of(&item.json).unwrap();
                assert_eq!((&rendered.title, &rendered.value), (&item.title, &item.value_summary));
                *counts.entry((item.resource_type.to_string(), item.category.as_str())).or_default() += 1;
                assert!(item.category != Category::Other, "{}", item.resource_type);
            }
        }
    }
    println!("{counts:#?}\n{warned:#?}");
}

#[test]
fn references_between_the_items_of_a_bundle_lead_to_items() {
    let Some(folder) = support::data_folder("synthea-r4-2019") else { return };
    for (name, bytes) in support::unpacked(&folder) {
        let bundle = read_bundle(&bytes, &Limits::default()).unwrap();
        let keys: std::collections::HashSet<&str> =
            (bundle.items.iter().map(|item| item.source_key.as_str()))
                .chain(bundle.directory.iter().map(|entry| entry.source_key.as_str()))
                .collect();
        assert_eq!(keys.len(), bundle.items.len() + bundle.directory.len(), "{name}: each has its own key");
        let references = bundle.items.iter().flat_map(|item| item.encounter.iter().chain(&item.performers));
        for reference in references {
            match &reference.target {
                Target::Resource { source_key } => {
                    assert!(keys.contains(source_key.as_str()), "{name}: {source_key}")
                }
                other => panic!("{name}: {other:?}"),
            }
            assert!(reference.display.is_some(), "{name}");
        }
    }
}

#[test]
fn reading_a_bundle_twice_gives_the_same_bytes() {
    let Some(folder) = support::data_folder("synthea-uscore-2021") else { return };
    let (_, bytes) = support::unpacked(&folder).into_iter().min_by_key(|(_, bytes)| bytes.len()).unwrap();
    let read = || read_bundle(&bytes, &Limits::default()).unwrap();
    assert_eq!(read(), read());
}
