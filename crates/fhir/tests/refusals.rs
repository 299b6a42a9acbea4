//! Every kind of bad bundle is refused with its own reason, at its own place, and nothing of it is kept.
#![expect(clippy::unwrap_used, reason = "a test may stop where it fails")]
use holdfast_fhir::{BundleError, Limits, Problem, UnknownCodes, UnknownSystem, WarningKind, read_bundle};

const SMALL: &str = include_str!("fixtures/small_transaction.json");

fn refused(bundle: &str) -> BundleError {
    read_bundle(bundle.as_bytes(), &Limits::default()).unwrap_err()
}

/// The small bundle with one passage replaced.
fn changed(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "{from}");
    SMALL.replacen(from, to, 1)
}

#[track_caller]
fn assert_refused(bundle: &str, reason: &str, place: &str) {
    let error = refused(bundle);
    assert_eq!((error.problem().reason(), error.place()), (reason, place), "{error}");
}

#[test]
fn what_is_not_a_bundle_is_refused() {
    for text in ["", "{", "null", "[]", "{}", r#"{"resourceType":"Patient"}"#] {
        assert_eq!(refused(text).place(), "Bundle");
    }
    assert_refused(r#"{"resourceType":"Bundle"}"#, "ELEMENT_MISSING", "Bundle");
    assert_refused(
        r#"{"resourceType":"Bundle","type":"searchset"}"#,
        "BUNDLE_KIND_NOT_SUPPORTED",
        "Bundle.type",
    );
    assert_refused(
        r#"{"resourceType":"Bundle","type":"batch","entry":{}}"#,
        "ELEMENT_WRONG_SHAPE",
        "Bundle.entry",
    );
}

#[test]
fn broken_text_is_refused_at_its_byte_and_line() {
    let mut bytes = SMALL.as_bytes().to_vec();
    let at = SMALL.find("Exampleton").unwrap();
    bytes[at] = 0xff;
    let error = read_bundle(&bytes, &Limits::default()).unwrap_err();
    assert_eq!(error.problem(), &Problem::NotUtf8 { byte: at });
    let error = refused(&changed("\"type\": \"transaction\",", "\"type\": \"transaction\""));
    assert!(matches!(error.problem(), Problem::NotJson { line: 4, column: 3, .. }), "{error}");
    assert_refused(
        &changed("\"id\": \"juniper\",", "\"id\": \"juniper\", \"id\": \"x\","),
        "BUNDLE_DUPLICATE_PROPERTY",
        "Bundle",
    );
}

#[test]
fn limits_are_kept() {
    let limits = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        read_bundle(SMALL.as_bytes(), &limits).unwrap_err().problem().reason()
    };
    assert_eq!(limits(|limits| limits.size_bytes_max = 100), "BUNDLE_TOO_LARGE");
    assert_eq!(limits(|limits| limits.entries_max = 10), "BUNDLE_TOO_MANY_ENTRIES");
    assert_eq!(limits(|limits| limits.depth_max = 5), "BUNDLE_TOO_DEEP");
    let deep = "[".repeat(100_000);
    assert_refused(&deep, "BUNDLE_TOO_DEEP", "Bundle");
}

#[test]
fn the_elements_of_a_resource_are_checked_where_they_stand() {
    let observation = "Bundle.entry[3].resource";
    for (from, to, reason, place) in [
        (
            "\"id\": \"lab-1\",\n        \"status\": \"final\",",
            "\"id\": \"lab-1\",",
            "ELEMENT_MISSING",
            observation.to_owned(),
        ),
        (
            "\"status\": \"final\"",
            "\"status\": \"finished\"",
            "CODE_NOT_ALLOWED",
            format!("{observation}.status"),
        ),
        ("\"status\": \"final\"", "\"status\": null", "ELEMENT_EMPTY", format!("{observation}.status")),
        (
            "\"status\": \"final\"",
            "\"status\": [\"final\"]",
            "ELEMENT_WRONG_SHAPE",
            format!("{observation}.status"),
        ),
        (
            "\"2025-03-04\",\n        \"valueQuantity\"",
            "\"2021-02-30\",\n        \"valueQuantity\"",
            "DATE_IMPOSSIBLE",
            format!("{observation}.effectiveDateTime"),
        ),
        (
            "\"2025-03-04\",\n        \"valueQuantity\"",
            "\"4 March\",\n        \"valueQuantity\"",
            "ELEMENT_WRONG_SHAPE",
            format!("{observation}.effectiveDateTime"),
        ),
        (
            "\"value\": 9.50",
            "\"value\": \"9.50\"",
            "ELEMENT_WRONG_SHAPE",
            format!("{observation}.valueQuantity.value"),
        ),
        (
            "\"valueQuantity\": { \"value\": 9.50",
            "\"valueString\": \"low\", \"valueQuantity\": { \"value\": 9.50",
            "ELEMENT_SEVERAL_CHOICES",
            observation.to_owned(),
        ),
        (
            "\"http://loinc.org\", \"code\": \"2276-4\"",
            "\"loinc\", \"code\": \"2276-4\"",
            "CODE_SYSTEM_NOT_ABSOLUTE",
            format!("{observation}.code.coding[0].system"),
        ),
        (
            "\"display\": \"Ferritin\"",
            "\"display\": \"Ferri\\u0000tin\"",
            "TEXT_NOT_ALLOWED",
            format!("{observation}.code.coding[0].display"),
        ),
    ] {
        assert_refused(&changed(from, to), reason, &place);
    }
    assert_refused(
        &changed("\"id\": \"juniper\"", "\"id\": \"juniper fern\""),
        "ELEMENT_WRONG_SHAPE",
        "Bundle.entry[0].resource.id",
    );
    assert_refused(
        &changed("\"resourceType\": \"Goal\"", "\"resourceType\": \"Target\""),
        "RESOURCE_TYPE_UNKNOWN",
        "Bundle.entry[7].resource.resourceType",
    );
    assert_refused(
        &changed("\"resourceType\": \"Goal\"", "\"resourceType\": \"OperationOutcome\""),
        "RESOURCE_NOT_KEPT",
        "Bundle.entry[7].resource.resourceType",
    );
}

#[test]
fn references_that_lead_nowhere_are_refused() {
    let encounter = "\"subject\": { \"reference\": \"urn:uuid:00000000-0000-4000-8000-000000000001\" },\n        \"period\"";
    for (to, reason, place) in [
        ("urn:uuid:99", "REFERENCE_BROKEN", "Bundle.entry[2].resource.subject.reference"),
        ("#nobody", "REFERENCE_BROKEN", "Bundle.entry[2].resource.subject.reference"),
        ("somebody", "REFERENCE_MALFORMED", "Bundle.entry[2].resource.subject.reference"),
        ("Patient?name=x", "REFERENCE_AMBIGUOUS", "Bundle.entry[2].resource.subject.reference"),
        (
            "Patient?identifier=s:x|1&identifier=s:x|2",
            "REFERENCE_AMBIGUOUS",
            "Bundle.entry[2].resource.subject.reference",
        ),
        ("Patient/other", "OTHER_PATIENT", "Bundle.entry[2].resource.subject"),
        (
            "Patient?identifier=https://practice.example/patients|P-2",
            "OTHER_PATIENT",
            "Bundle.entry[2].resource.subject",
        ),
        ("Goal/goal-1", "SUBJECT_NOT_PATIENT", "Bundle.entry[2].resource.subject"),
    ] {
        let replacement = encounter.replace("urn:uuid:00000000-0000-4000-8000-000000000001", to);
        assert_refused(&changed(encounter, &replacement), reason, place);
    }
    let wrong = changed("\"reference\": \"Encounter/visit-1\"", "\"reference\": \"Goal/goal-1\"");
    assert_refused(&wrong, "REFERENCE_WRONG_TYPE", "Bundle.entry[3].resource.encounter");
}

#[test]
fn contained_resources_are_found_inside_their_resource_only() {
    let bundle = |contained: &str| {
        format!(
            r##"{{"resourceType":"Bundle","type":"collection","entry":[{{"resource":{{"resourceType":"Condition","id":"c",
            "subject":{{"reference":"Patient/1"}},"asserter":{{"reference":"#who"}},"contained":{contained}}}}}]}}"##
        )
    };
    let who = r#"{"resourceType":"Practitioner","id":"who"}"#;
    assert!(read_bundle(bundle(&format!("[{who}]")).as_bytes(), &Limits::default()).is_ok());
    assert_refused(
        &bundle(&format!("[{who},{who}]")),
        "DUPLICATE_CONTAINED",
        "Bundle.entry[0].resource.contained[1]",
    );
    assert_refused(
        &bundle(r#"[{"resourceType":"Practitioner","id":"x"}]"#),
        "REFERENCE_BROKEN",
        "Bundle.entry[0].resource.asserter.reference",
    );
    assert_refused(
        &bundle(r#"[{"resourceType":"Wizard","id":"who"}]"#),
        "RESOURCE_TYPE_UNKNOWN",
        "Bundle.entry[0].resource.contained[0].resourceType",
    );
}

#[test]
fn one_bundle_is_about_one_patient() {
    let second = changed("\"resourceType\": \"Goal\"", "\"resourceType\": \"Patient\"");
    let error = refused(&second.replacen("\"url\": \"Goal\"", "\"url\": \"Patient\"", 1));
    assert_eq!(error.place(), "Bundle.entry[7].resource");
    assert_eq!(error.problem(), &Problem::SeveralPatients { first: "Bundle.entry[0].resource".to_owned() });
    let two = r#"{"resourceType":"Bundle","type":"collection","entry":[
        {"resource":{"resourceType":"Condition","id":"a","subject":{"reference":"Patient/1"}}},
        {"resource":{"resourceType":"Condition","id":"b","subject":{"reference":"Patient/2"}}}]}"#;
    assert_refused(two, "OTHER_PATIENT", "Bundle.entry[1].resource.subject");
    assert_eq!(
        refused(two).problem(),
        &Problem::OtherPatient { first: "Bundle.entry[0].resource.subject".to_owned() }
    );
    let one = two.replace("Patient/2", "Patient/1");
    assert_eq!(
        read_bundle(one.as_bytes(), &Limits::default()).unwrap().outside_patient.as_deref(),
        Some("Patient/1")
    );
}

#[test]
fn entries_have_one_identity_and_a_request_that_fits() {
    let duplicate_url = SMALL.replace("000000000004\"", "000000000003\"");
    assert_refused(&duplicate_url, "DUPLICATE_FULL_URL", "Bundle.entry[3].fullUrl");
    assert_refused(
        &changed("\"id\": \"pressure-1\"", "\"id\": \"lab-1\""),
        "DUPLICATE_RESOURCE",
        "Bundle.entry[4].resource",
    );
    for method in ["DELETE", "PATCH", "GET"] {
        let bundle = changed("\"method\": \"PUT\"", &format!("\"method\": \"{method}\""));
        assert_refused(&bundle, "REQUEST_METHOD_NOT_SUPPORTED", "Bundle.entry[3].request.method");
    }
    assert_refused(
        &changed("\"url\": \"Observation/lab-1\"", "\"url\": \"Observation/lab-2\""),
        "REQUEST_MISMATCH",
        "Bundle.entry[3].request.url",
    );
    assert_refused(
        &changed("\"url\": \"Goal\"", "\"url\": \"CarePlan\""),
        "REQUEST_MISMATCH",
        "Bundle.entry[7].request.url",
    );
    assert_refused(
        &changed("\"ifNoneExist\": \"identifier=", "\"ifNoneExist\": \"name="),
        "CONDITION_NOT_SUPPORTED",
        "Bundle.entry[1].request.ifNoneExist",
    );
    let nameless =
        r#"{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Basic"}}]}"#;
    assert_refused(nameless, "ENTRY_WITHOUT_IDENTITY", "Bundle.entry[0]");
    let without_request = r#"{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Basic","id":"a"}}]}"#;
    assert_refused(without_request, "ELEMENT_MISSING", "Bundle.entry[0]");
}

#[test]
fn what_is_new_to_us_is_kept_and_warned_about() {
    let bundle = changed("\"id\": \"lab-1\",", "\"id\": \"lab-1\", \"mood\": \"sunny\",");
    let read = read_bundle(bundle.as_bytes(), &Limits::default()).unwrap();
    let kinds: Vec<_> = read.warnings.iter().map(|warning| (&warning.kind, warning.place.as_str())).collect();
    let element = WarningKind::UnknownElement { element: "Observation.mood".to_owned() };
    let system = WarningKind::UnknownCodeSystem { system: "https://payer.example/priority".to_owned() };
    assert_eq!(
        kinds,
        [
            (&element, "Bundle.entry[3].resource.mood"),
            (&system, "Bundle.entry[9].resource.priority.coding[0].system"),
        ]
    );
    let kept = read.items.iter().find(|item| item.source_key == "Observation/lab-1").unwrap();
    assert!(std::str::from_utf8(&kept.json).unwrap().contains("\"mood\":\"sunny\""));
}

#[test]
fn what_says_what_it_is_by_unknown_codes_alone_is_named_by_place_and_system() {
    let own = "https://codes.example/own";
    let unknown = |bundle: &str| read_bundle(bundle.as_bytes(), &Limits::default()).unwrap().unknown_codes;
    assert_eq!(unknown(SMALL).count, 0, "how urgent a claim is does not say what it is");
    let result =
        changed("\"http://loinc.org\", \"code\": \"2276-4\"", &format!("\"{own}\", \"code\": \"F\""));
    let place = "Bundle.entry[3].resource.code.coding[0].system".to_owned();
    let systems = vec![UnknownSystem { place, system: own.to_owned() }];
    assert_eq!(unknown(&result), UnknownCodes { systems, count: 1 });
    let beside = changed(
        "{ \"system\": \"http://loinc.org\", \"code\": \"2276-4\"",
        &format!(
            "{{ \"system\": \"{own}\", \"code\": \"F\" }}, {{ \"system\": \"http://loinc.org\", \"code\": \"2276-4\""
        ),
    );
    assert_eq!(unknown(&beside).count, 0, "a known code stands beside it");
    let bundle = |resource: &str| {
        format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{{"resource":{resource}}}]}}"#)
    };
    let at = |resource: String| {
        let unknown = unknown(&bundle(&resource));
        assert_eq!(unknown.count, unknown.systems.len());
        unknown.systems.into_iter().next().map(|unknown| unknown.place)
    };
    let coding = format!(r#"{{"coding":[{{"system":"{own}","code":"1"}}]}}"#);
    let subject = r#""subject":{"reference":"Patient/1"}"#;
    let visit = format!(
        r#"{{"resourceType":"Encounter","id":"e","status":"finished","class":{{"code":"AMB"}},{subject},"type":[{coding}]}}"#
    );
    assert_eq!(at(visit).unwrap(), "Bundle.entry[0].resource.type[0].coding[0].system");
    let ordered = format!(
        r##"{{"resourceType":"MedicationRequest","id":"m","status":"active","intent":"order",{subject},"medicationReference":{{"reference":"#drug"}},"contained":[{{"resourceType":"Medication","id":"drug","code":{coding}}}]}}"##
    );
    assert_eq!(at(ordered).unwrap(), "Bundle.entry[0].resource.contained[0].code.coding[0].system");
    let by = format!(r#"{{"resourceType":"Organization","id":"o","name":"Site","type":[{coding}]}}"#);
    assert_eq!(at(by), None, "who gave care is known by a name");
}

#[test]
fn a_message_names_the_place_and_never_the_value() {
    let error = refused(&changed("\"birthDate\": \"2019-04-02\"", "\"birthDate\": \"second of April\""));
    let message = error.to_string();
    assert_eq!(
        message,
        "`Bundle.entry[0].resource.birthDate`: expected a date such as 2021, 2021-03 or 2021-03-09; write the value as FHIR R4 does"
    );
}

#[test]
fn every_reason_has_a_remedy_of_its_own_line() {
    let mut reasons: Vec<_> = Problem::CATALOGUE.iter().map(|(reason, _)| *reason).collect();
    reasons.sort_unstable();
    reasons.dedup();
    assert_eq!(reasons.len(), Problem::CATALOGUE.len());
    assert!(Problem::CATALOGUE.iter().all(|(_, remedy)| !remedy.is_empty()));
}
