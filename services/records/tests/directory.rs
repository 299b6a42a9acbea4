//! The tenant's directory: files of it taken in, and whom the records' references then lead to.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails loudly")]
mod common;
use common::*;
use holdfast_fhir::{Limits, read_bundle};
use holdfast_testkit::shared_data;
use holdfast_types::*;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// Takes their words from all references by an identifier, so that nothing but the directory names whom they mean. Answers with how many
/// there are, of each type.
fn without_words(json: &mut Value, counts: &mut BTreeMap<String, i32>) {
    match json {
        Value::Array(members) => members.iter_mut().for_each(|member| without_words(member, counts)),
        Value::Object(object) => {
            let sought =
                object.get("reference").and_then(Value::as_str).and_then(|text| text.split_once('?'));
            if let Some((resource_type, _)) = sought {
                *counts.entry(resource_type.to_owned()).or_default() += 1;
                object.remove("display");
            }
            object.values_mut().for_each(|value| without_words(value, counts));
        }
        _ => {}
    }
}

impl World {
    /// How often the record's items say one of the names.
    async fn named(&self, names: &HashSet<String>) -> usize {
        let mut count = 0;
        for item in self.everything(&parent()).await {
            let details = self.get(&parent(), &item.item_id).await.unwrap().details;
            let said = details.iter().map(|detail| &detail.value).chain(&item.performers);
            count += said.filter(|said| names.contains(*said)).count();
        }
        count
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_real_file_names_is_told_as_not_found_until_the_real_directory_is_brought_in() {
    let real = |name: &str| Some(unpack(&shared_data(&format!("synthea-uscore-2021/{name}.json.bz2"))?));
    let directory =
        ["0-hospitalInformation1625911868739", "0-practitionerInformation1625911868739"].map(real);
    let [Some(hospitals), Some(practitioners)] = directory else { return };
    let Some(bundle) = real("8a4c9c04-1524-9f1c-d65b-9b17e4520fef") else { return };
    let (mut bundle, mut counts) = (serde_json::from_slice(&bundle).unwrap(), BTreeMap::new());
    without_words(&mut bundle, &mut counts);
    let bundle = serde_json::to_vec(&bundle).unwrap();
    let world = world().await;
    let read = |file: &[u8]| read_bundle(file, &Limits::default()).unwrap();
    let entries: Vec<_> =
        [&hospitals, &practitioners].into_iter().flat_map(|file| read(file).directory).collect();
    let names: HashSet<String> = entries.iter().map(|entry| entry.name.clone()).collect();

    let before = world.import(&parent(), &bundle).await.unwrap().unresolved;
    let told: BTreeMap<_, _> =
        before.iter().map(|one| (one.resource_type.clone(), one.reference_count)).collect();
    assert_eq!(told, counts, "each reference of the file");
    assert!(before.iter().all(|one| (1..=one.reference_count).contains(&one.target_count)), "{before:?}");
    assert_eq!(world.named(&names).await, 0);

    let imported =
        world.import_directory(&administrator(), SystemIds.next(), &hospitals).await.unwrap().added_count;
    let left = world.import(&parent(), &bundle).await.unwrap().unresolved;
    let types: Vec<_> = left.iter().map(|one| one.resource_type.as_str()).collect();
    assert_eq!(types, ["Practitioner"], "clinics and places are there");
    let some = world.named(&names).await;
    let imported = imported
        + world
            .import_directory(&administrator(), SystemIds.next(), &practitioners)
            .await
            .unwrap()
            .added_count;
    assert_eq!(usize::try_from(imported).unwrap(), entries.len());
    assert_eq!(world.import(&parent(), &bundle).await.unwrap().unresolved, []);
    let all = world.named(&names).await;
    assert!(0 < some && some < all, "{some} of {all}");
}
