//! Whatever arrives, the reader answers; and what it accepted, it accepts again.
use holdfast_fhir::{Limits, read_bundle, read_resource, summary};
use proptest::prelude::*;

const SMALL: &str = include_str!("fixtures/small_transaction.json");

/// One value somewhere in the bundle, exchanged for another.
fn exchange(value: &mut serde_json::Value, steps: &[usize], replacement: &serde_json::Value) {
    let Some((step, rest)) = steps.split_first() else {
        *value = replacement.clone();
        return;
    };
    match value {
        serde_json::Value::Array(members) if !members.is_empty() => {
            let at = step % members.len();
            members.iter_mut().skip(at).take(1).for_each(|member| exchange(member, rest, replacement));
        }
        serde_json::Value::Object(members) if !members.is_empty() => {
            let at = step % members.len();
            members.values_mut().skip(at).take(1).for_each(|member| exchange(member, rest, replacement));
        }
        leaf => *leaf = replacement.clone(),
    }
}

fn strange() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
        "[A-Za-z]{0,12}[/?#:|=]{0,2}[a-z0-9]{0,6}".prop_map(Into::into),
        prop::sample::select(vec![
            "",
            "#",
            "urn:uuid:",
            "Patient/",
            "Patient/self",
            "9999-99-99",
            "2021-02-30T",
            "http://"
        ])
        .prop_map(Into::into),
        Just(serde_json::json!([])),
        Just(serde_json::json!({})),
        Just(serde_json::json!([[]])),
        Just(serde_json::json!({"reference": "Patient?identifier=a|b|c"})),
        Just(serde_json::json!({"resourceType": "Bundle", "contained": [{}]})),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_bundle_with_strange_values_is_read_or_refused(
        changes in prop::collection::vec((prop::collection::vec(any::<usize>(), 1..9), strange()), 1..4),
    ) {
        let mut bundle: serde_json::Value = serde_json::from_str(SMALL).unwrap();
        for (steps, replacement) in &changes {
            exchange(&mut bundle, steps, replacement);
        }
        match read_bundle(bundle.to_string().as_bytes(), &Limits::default()) {
            Ok(read) => {
                let entries = bundle["entry"].as_array().map_or(0, Vec::len);
                let kept = read.items.len() + read.provenance.len() + read.directory.len();
                prop_assert_eq!(kept + usize::from(read.patient.is_some()), entries);
                for item in &read.items {
                    prop_assert_eq!(&summary::of(&item.json).unwrap().title, &item.title);
                }
            }
            Err(error) => prop_assert!(error.place().starts_with("Bundle")),
        }
    }

    #[test]
    fn a_bundle_with_broken_bytes_is_read_or_refused(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), keep in any::<prop::sample::Index>(),
    ) {
        let mut bytes = SMALL.as_bytes().to_vec();
        for (at, byte) in cuts {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _answer = read_bundle(&bytes, &Limits::default());
        bytes.truncate(keep.index(SMALL.len()));
        prop_assert!(read_bundle(&bytes, &Limits::default()).is_err());
    }

    #[test]
    fn any_bytes_at_all_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read_bundle(&bytes, &Limits::default()).is_err());
        let _answer = summary::of(&bytes);
    }
}

#[test]
fn what_was_stored_passes_the_same_checks_and_stays_the_same() {
    for item in read_bundle(SMALL.as_bytes(), &Limits::default()).unwrap().items {
        let again = read_resource(&item.json, &Limits::default()).unwrap();
        assert_eq!((again.json, again.category), (item.json, item.category));
    }
}
