//! The examples of the R4 specification: those of the types we map are valid here too, and none makes the reader stumble.
#![expect(clippy::unwrap_used, reason = "a test may stop where it fails")]
mod support;

use std::io::Read as _;

use holdfast_fhir::{Limits, Problem, read_bundle, read_resource, summary};

fn examples() -> Option<Vec<(String, Vec<u8>)>> {
    let folder = support::data_folder("fhir-r4")?;
    let archive = support::unpack(&folder.join("official-r4-examples-4.0.1.tar.xz"));
    let mut read = Vec::new();
    for entry in tar::Archive::new(archive.as_slice()).entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        if name.contains('-') && !name.starts_with("package") {
            read.push((name, bytes));
        }
    }
    Some(read)
}

#[test]
fn each_example_is_valid_or_names_what_it_is_not() {
    let Some(examples) = examples() else { return };
    assert!(examples.len() > 600);
    let mut refused = Vec::new();
    for (name, bytes) in &examples {
        match read_resource(bytes, &Limits::default()) {
            Ok(item) => assert!(!summary::of(&item.json).unwrap().title.is_empty(), "{name}"),
            Err(error)
                if matches!(error.problem(), Problem::ResourceNotKept { .. } | Problem::NoIdentity) => {}
            Err(error) => refused.push(format!("{name}: {error}")),
        }
    }
    assert!(refused.is_empty(), "{} of {}: {refused:#?}", refused.len(), examples.len());
}

#[test]
fn each_example_in_a_collection_of_its_own_is_read_or_refused() {
    let Some(examples) = examples() else { return };
    let mut read = 0;
    for (name, bytes) in &examples {
        let mut bundle = br#"{"resourceType":"Bundle","type":"collection","entry":[{"resource":"#.to_vec();
        bundle.extend_from_slice(bytes);
        bundle.extend_from_slice(b"}]}");
        match read_bundle(&bundle, &Limits::default()) {
            Ok(bundle) => {
                read += 1;
                let kept = bundle.items.len() + bundle.provenance.len() + bundle.directory.len();
                assert_eq!(kept + usize::from(bundle.patient.is_some()), 1, "{name}");
            }
            Err(error) => assert!(error.place().starts_with("Bundle.entry[0]"), "{name}: {error}"),
        }
    }
    println!("{read} of {} read", examples.len());
    assert!(read > 400, "{read}");
}
