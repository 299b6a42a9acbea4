//! Codes of lists that nobody here knows: refused at their places unless whoever brings them says so, and then kept as they were written.
#![cfg(test)]
mod common;
use common::*;
use holdfast_proto::records::v1 as pb;
use holdfast_types::*;
use tonic::Code;
use tonic_types::StatusExt as _;

const OWN: &str = "https://codes.example/unheard-of";

/// The result and its panel by codes of a list that nobody here knows.
fn of_own_codes() -> Vec<u8> {
    std::str::from_utf8(SMALL).unwrap().replace("http://loinc.org", OWN).into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_code_system_is_refused_at_its_places_and_changes_nothing() {
    let world = world().await;
    let refused = world.import(&parent(), &of_own_codes()).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::InvalidArgument, "BUNDLE_CODE_SYSTEM_UNKNOWN"));
    let place = "Bundle.entry[3].resource.code.coding[0].system";
    assert_eq!(metadata(&refused, "place"), place);
    assert_eq!(metadata(&refused, "system"), OWN);
    assert_eq!(metadata(&refused, "place_count"), "3");
    let violations = refused.get_details_bad_request().unwrap().field_violations;
    let named: Vec<_> = violations.iter().map(|one| (one.field.as_str(), one.description.as_str())).collect();
    assert_eq!(named, [(place, OWN)], "each system once");

    let two = String::from_utf8(of_own_codes()).unwrap();
    let two = two.replacen(OWN, "urn:oid:1.2.3.4.5", 1);
    let refused = world.import(&parent(), two.as_bytes()).await.unwrap_err();
    let violations = refused.get_details_bad_request().unwrap().field_violations;
    let systems: Vec<_> = violations.iter().map(|one| one.description.as_str()).collect();
    assert_eq!(systems, ["urn:oid:1.2.3.4.5", OWN]);
    let many =
        (0..30).map(|at| format!("{{\"resource\":{}}}", own_condition(at))).collect::<Vec<_>>().join(",");
    let many = format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{many}]}}"#);
    let refused = world.import(&parent(), many.as_bytes()).await.unwrap_err();
    assert_eq!(refused.get_details_bad_request().unwrap().field_violations.len(), 10, "{refused:?}");
    assert_eq!(metadata(&refused, "place_count"), "30");

    assert!(world.everything(&parent()).await.is_empty());
    let asked = pb::GetPatientRequest { patient_id: patient().to_string(), as_of_time: None };
    assert_eq!(reason(&world.client(&parent()).get_patient(asked).await.unwrap_err()), "PATIENT_UNKNOWN");
}

fn own_condition(at: usize) -> String {
    format!(
        r#"{{"resourceType":"Condition","id":"c{at}","subject":{{"reference":"Patient/self"}},"code":{{"coding":[{{"system":"https://codes.example/{at}{}","code":"{at}"}}]}}}}"#,
        "ü".repeat(300)
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_that_was_told_brings_unknown_codes_in_as_they_are() {
    let world = world().await;
    let start = pb::ImportStart {
        request_id: SystemIds.next().to_string(),
        patient_id: patient().to_string(),
        source_name: "Hospital portal".to_owned(),
        accept_unknown_code_systems: true,
    };
    let imported = world.import_from(&parent(), start, &of_own_codes()).await.unwrap();
    assert_eq!(count(&imported.added), 10);
    let unheard = |warning: &&pb::Warning| warning.text.contains(OWN);
    let warning = imported.warnings.iter().find(unheard).unwrap();
    assert!(warning.place.starts_with("Bundle.entry[3].resource"), "{warning:?}");
    let items = world.everything(&parent()).await;
    let result = items.iter().find(|item| item.title == "Ferritin").unwrap();
    let json = world.get(&parent(), &result.item_id).await.unwrap().fhir_json;
    let json = std::str::from_utf8(&json).unwrap();
    assert!(json.contains(&format!(r#""system":"{OWN}""#)), "as the source wrote it: {json}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_translation_beside_a_known_code_and_words_alone_are_taken() {
    let world = world().await;
    let condition = |id: &str, code: &str| {
        format!(
            r#"{{"resource":{{"resourceType":"Condition","id":"{id}","subject":{{"reference":"Patient/self"}},"code":{code}}}}}"#
        )
    };
    let own = format!(r#"{{"system":"{OWN}","code":"7"}}"#);
    let known = r#"{"system":"http://snomed.info/sct","code":"229721007"}"#;
    let entries = [
        condition("translated", &format!(r#"{{"coding":[{own},{known}]}}"#)),
        condition("said", r#"{"text":"Late to talk"}"#),
        condition("bare", r#"{"coding":[{"code":"7"}],"text":"Late to talk"}"#),
    ];
    let bundle =
        format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#, entries.join(","));
    assert_eq!(count(&world.import(&parent(), bundle.as_bytes()).await.unwrap().added), 3);
}
