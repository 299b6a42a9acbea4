//! Files taken in: whole, once, about the right person; and what is refused of them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails loudly")]
mod common;
use common::*;
use holdfast_proto::{Word, records::v1 as pb, timestamp};
use holdfast_testkit::shared_data;
use holdfast_types::*;

fn of(counts: &[pb::CategoryCount], category: Category) -> i32 {
    counts.iter().find(|counted| counted.category == category.to_proto()).map_or(0, |counted| counted.count)
}

fn altered(from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(SMALL).unwrap();
    assert!(text.contains(from), "{from}");
    text.replace(from, to).into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_fills_the_record_and_gives_it_its_demographics() {
    let world = world().await;
    let imported = world.import(&parent(), SMALL).await.unwrap();
    assert_eq!((count(&imported.added), count(&imported.changed), count(&imported.unchanged)), (10, 0, 0));
    assert_eq!(of(&imported.added, Category::Goals), 1);
    assert_eq!(imported.position.unwrap().service, "records");

    let known = world
        .client(&parent())
        .get_patient(pb::GetPatientRequest { patient_id: patient().to_string(), as_of_time: None })
        .await;
    let known = known.unwrap().into_inner();
    assert_eq!((known.tenant_id, known.revision, known.etag.as_str()), (tenant().to_string(), 1, "\"1\""));
    let demographics = known.demographics.unwrap();
    assert_eq!(
        (demographics.given_name.as_str(), demographics.family_name.as_str()),
        ("Juniper Wren", "Fernhollow")
    );
    assert_eq!((demographics.birth_date.as_str(), demographics.phone.as_str()), ("2019-04-02", "555-0100"));
    assert_eq!(demographics.identifiers, ["https://practice.example/patients|P-1"]);

    let items = world.everything(&parent()).await;
    assert_eq!(items.len(), 10);
    assert!(items.iter().all(|item| !item.title.is_empty() && item.patient_id == patient().to_string()));
    let occurred: Vec<_> = items.iter().map(|item| item.occurred_time.map(|time| time.seconds)).collect();
    assert!(
        occurred.windows(2).all(|pair| pair[0] >= pair[1]),
        "newest first, and what has no time last: {occurred:?}"
    );

    let visit = items.iter().find(|item| item.resource_type == "Encounter").unwrap();
    assert_eq!((visit.category, visit.status.as_str()), (Category::Visits.to_proto(), "finished"));
    let source = visit.source.clone().unwrap();
    assert_eq!(
        (source.kind.as_str(), source.name.as_str(), source.key.as_str()),
        ("import", "Hospital portal", "Encounter/visit-1")
    );
    assert_eq!(visit.recorded_by, format!("account/{}", parent().account));
    let visit = world.get(&parent(), &visit.item_id).await.unwrap();
    assert!(!visit.details.is_empty());
    let json = std::str::from_utf8(&visit.fhir_json).unwrap();
    assert!(
        json.contains(&format!(r#""reference":"Patient/{}""#, patient())) && !json.contains("Patient/self"),
        "{json}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn importing_again_changes_nothing_and_repeating_the_request_is_answered_the_same() {
    let world = world().await;
    let request = SystemIds.next();
    let first = world.import_as(&parent(), request, "Hospital portal", SMALL).await.unwrap();
    let before = world.everything(&parent()).await;

    let repeated = world.import_as(&parent(), request, "Hospital portal", SMALL).await.unwrap();
    assert_eq!(repeated, first);
    let again = world.import_as(&parent(), SystemIds.next(), "hospital  PORTAL", SMALL).await.unwrap();
    assert_eq!((count(&again.added), count(&again.changed), count(&again.unchanged)), (0, 0, 10));
    assert_eq!(again.position, None);
    assert_eq!(world.everything(&parent()).await, before);

    let other =
        world.import_as(&parent(), request, "Hospital portal", &altered("lab-1", "lab-2")).await.unwrap_err();
    assert_eq!(reason(&other), "REQUEST_ID_REUSED");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_under_another_name_comes_from_the_same_source_where_it_says_which() {
    let world = world().await;
    let telling = altered("juniper", "057aa36e-b892-9964-75b9-ffb46b097e34");
    world.import_as(&parent(), SystemIds.next(), "export.json", &telling).await.unwrap();
    let before = world.everything(&parent()).await;
    let again = world.import_as(&parent(), SystemIds.next(), "export (1).json", &telling).await.unwrap();
    assert_eq!((count(&again.added), count(&again.changed), count(&again.unchanged)), (0, 0, 10));
    assert_eq!(world.everything(&parent()).await, before);

    let silent = world.import_as(&parent(), SystemIds.next(), "other.json", SMALL).await.unwrap();
    assert_eq!(count(&silent.added), 10, "ids that anybody may give do not join two systems");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_are_the_same_file_whatever_it_is_called() {
    let world = world().await;
    let import = async |name: &str, bundle: &[u8]| {
        let imported = world.import_as(&parent(), SystemIds.next(), name, bundle).await.unwrap();
        (count(&imported.added), count(&imported.unchanged), imported.position, imported.earlier_import_time)
    };
    let (added, _, _, earlier) = import("export.json", SMALL).await;
    assert_eq!((added, earlier), (10, None));
    let (brought, before) = (Some(timestamp(world.clock.now())), world.everything(&parent()).await);
    world.clock.advance(chrono::TimeDelta::days(1));
    assert_eq!(import("export (1).json", SMALL).await, (0, 10, None, brought));
    assert_eq!(world.everything(&parent()).await, before);
    world.rebuild().await;
    assert_eq!(import("from the clinic.json", SMALL).await, (0, 10, None, brought));
    assert_eq!(world.everything(&parent()).await, before);

    // Other bytes that say nothing new are noted as what they are, too.
    let spaced = [SMALL, b"\n"].concat();
    let (added, unchanged, position, earlier) = import("export.json", &spaced).await;
    assert_eq!((added, unchanged, earlier), (0, 10, None));
    assert!(position.is_some());
    assert_eq!(import("saved anew.json", &spaced).await, (0, 10, None, Some(timestamp(world.clock.now()))));
    let (added, ..) = import("another.json", &altered("\"finished\"", "\"cancelled\"")).await;
    assert_eq!(added, 10, "what says something else may be of another system");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_file_that_many_bring_at_the_same_moment_under_different_names_comes_in_once() {
    let world = world().await;
    let parent = parent();
    for round in 0..3 {
        let bundle = [SMALL, "\n".repeat(round).as_bytes()].concat();
        let names: Vec<_> = (0..8).map(|copy| format!("export {round} ({copy}).json")).collect();
        let all = names.iter().map(|name| world.import_as(&parent, SystemIds.next(), name, &bundle));
        let all: Vec<_> = futures::future::join_all(all).await.into_iter().map(Result::unwrap).collect();
        let (first, told): (Vec<_>, Vec<_>) = all.iter().partition(|one| one.earlier_import_time.is_none());
        assert_eq!((first.len(), told.len()), (1, 7), "round {round}");
        assert_eq!(count(&first[0].added), 10, "other bytes under another name are of another source");
        assert!(told.iter().all(|one| count(&one.unchanged) == 10 && one.position.is_none()));
    }
    let asked = pb::ListItemsRequest { include_sources: true, page_size: 200, ..listing() };
    let page = world.list(&parent, asked).await.unwrap();
    assert_eq!((page.sources.len(), page.items.len()), (3, 30));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_a_source_says_anew_becomes_a_new_version() {
    let world = world().await;
    world.import(&parent(), SMALL).await.unwrap();
    world.clock.advance(chrono::TimeDelta::hours(1));
    let news = altered("\"finished\"", "\"cancelled\"");
    let imported = world.import(&parent(), &news).await.unwrap();
    assert_eq!((count(&imported.added), count(&imported.changed), count(&imported.unchanged)), (0, 1, 9));
    assert_eq!(of(&imported.changed, Category::Visits), 1);
    let items = world.everything(&parent()).await;
    let visit = items.iter().find(|item| item.resource_type == "Encounter").unwrap();
    assert_eq!((visit.revision, visit.status.as_str()), (2, "cancelled"));
    let goal = items.iter().find(|item| item.resource_type == "Goal").unwrap();
    assert_eq!(goal.revision, 1);
    let read = |item: &pb::Item| item.source.clone().unwrap().read_time.unwrap().seconds;
    assert_eq!(
        read(goal) - goal.recorded_time.unwrap().seconds,
        3600,
        "its source was read since, and said the same"
    );
    let versions = world.versions(&parent(), &visit.item_id).await.unwrap();
    assert_eq!(
        versions.iter().map(|version| version.status.as_str()).collect::<Vec<_>>(),
        ["cancelled", "finished"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_about_somebody_else_is_refused() {
    let world = world().await;
    world.import(&parent(), SMALL).await.unwrap();
    let before = world.everything(&parent()).await;
    for other in
        [altered("2019-04-02", "2018-04-02"), altered("\"given\": [\"Juniper", "\"given\": [\"Rowan")]
    {
        let refused = world.import(&parent(), &other).await.unwrap_err();
        assert_eq!(reason(&refused), "BUNDLE_PATIENT_MISMATCH");
    }
    assert_eq!(world.everything(&parent()).await, before);
    // The family's former name is in the bundle: it may be the same person.
    let renamed = altered("\"family\": \"Fernhollow\"", "\"family\": \"Reedmarsh\"");
    assert_eq!(reason(&world.import(&parent(), &renamed).await.unwrap_err()), "BUNDLE_PATIENT_MISMATCH");
    let formerly = altered("\"family\": \"Maplewood\"", "\"family\": \"Fernhollow\"");
    let formerly = String::from_utf8(formerly).unwrap().replacen(
        "\"family\": \"Fernhollow\", \"given\": [\"Juniper\", \"Wren\"]",
        "\"family\": \"Reedmarsh\", \"given\": [\"Juniper\", \"Wren\"]",
        1,
    );
    assert!(formerly.contains("Reedmarsh"));
    world.import(&parent(), formerly.as_bytes()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_bundle_is_named_with_its_place_and_nothing_is_taken() {
    let world = world().await;
    let subject = r#""subject": { "reference": "urn:uuid:00000000-0000-4000-8000-000000000001" }"#;
    let cases: Vec<(Vec<u8>, &str, &str, &str)> = vec![
        (SMALL[..SMALL.len() - 9].to_vec(), "BUNDLE_MALFORMED", "BUNDLE_NOT_JSON", "Bundle"),
        (b"\xFF\xFE{}".to_vec(), "BUNDLE_MALFORMED", "BUNDLE_NOT_UTF8", "Bundle"),
        (b"{\"resourceType\":\"Patient\"}".to_vec(), "BUNDLE_MALFORMED", "BUNDLE_EXPECTED", "Bundle"),
        (Vec::new(), "BUNDLE_MALFORMED", "BUNDLE_NOT_JSON", "Bundle"),
        (
            altered("\"transaction\"", "\"history\""),
            "BUNDLE_UNSUPPORTED",
            "BUNDLE_KIND_NOT_SUPPORTED",
            "Bundle.type",
        ),
        (
            altered("\"POST\", \"url\": \"Goal\"", "\"DELETE\", \"url\": \"Goal\""),
            "BUNDLE_UNSUPPORTED",
            "REQUEST_METHOD_NOT_SUPPORTED",
            "Bundle.entry[7].request.method",
        ),
        (
            altered(
                subject,
                r#""subject": { "reference": "urn:uuid:00000000-0000-4000-8000-00000000000f" }"#,
            ),
            "BUNDLE_REFERENCE_BROKEN",
            "REFERENCE_BROKEN",
            "Bundle.entry[2].resource.subject.reference",
        ),
        (
            altered("http://loinc.org", "loinc"),
            "BUNDLE_CODE_SYSTEM_MALFORMED",
            "CODE_SYSTEM_NOT_ABSOLUTE",
            "Bundle.entry[3].resource",
        ),
        (
            altered("\"2019-04-02\"", "\"2019-02-30\""),
            "BUNDLE_MALFORMED",
            "DATE_IMPOSSIBLE",
            "Bundle.entry[0].resource.birthDate",
        ),
    ];
    for (bundle, expected, fhir_reason, place) in cases {
        let refused = world.import(&parent(), &bundle).await.unwrap_err();
        assert_eq!(
            (reason(&refused), metadata(&refused, "fhir_reason").as_str()),
            (expected, fhir_reason),
            "{refused:?}"
        );
        assert!(metadata(&refused, "place").starts_with(place), "{}", metadata(&refused, "place"));
    }
    assert!(world.everything(&parent()).await.is_empty());
    let asked = pb::GetPatientRequest { patient_id: patient().to_string(), as_of_time: None };
    assert_eq!(reason(&world.client(&parent()).get_patient(asked).await.unwrap_err()), "PATIENT_UNKNOWN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_too_large_is_refused_before_it_is_read() {
    let world = world().await;
    let refused = world.import(&parent(), &vec![b' '; 32 * 1024 * 1024 + 1]).await.unwrap_err();
    assert_eq!((reason(&refused), metadata(&refused, "place").as_str()), ("BUNDLE_TOO_LARGE", "Bundle"));
    let entry = r#"{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Goal","id":"1"}}"#;
    let many = format!(
        r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#,
        vec![entry; 20_001].join(",")
    );
    let refused = world.import(&parent(), many.as_bytes()).await.unwrap_err();
    assert_eq!(
        (reason(&refused), metadata(&refused, "fhir_reason").as_str()),
        ("BUNDLE_TOO_LARGE", "BUNDLE_TOO_MANY_ENTRIES")
    );
    let text = "x".repeat(1024 * 1024);
    let one = format!(
        r#"{{"resourceType":"Bundle","type":"collection","entry":[{{"resource":{}}}]}}"#,
        goal("large", &text)
    );
    assert_eq!(reason(&world.import(&parent(), one.as_bytes()).await.unwrap_err()), "BUNDLE_TOO_LARGE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_needs_permission_for_every_category_in_it() {
    let world = world().await;
    world
        .share(&therapist(), &[Category::Goals, Category::Visits], &[Action::Contribute, Action::Read])
        .await;
    assert_eq!(reason(&world.import(&therapist(), SMALL).await.unwrap_err()), "NOT_PERMITTED");
    assert_eq!(reason(&world.import(&stranger(), SMALL).await.unwrap_err()), "NOT_PERMITTED");
    // Who may contribute nothing is told so before anything of the file is read.
    assert_eq!(reason(&world.import(&stranger(), b"no bundle at all").await.unwrap_err()), "NOT_PERMITTED");
    assert_eq!(
        reason(&world.import(&therapist(), b"no bundle at all").await.unwrap_err()),
        "BUNDLE_MALFORMED"
    );
    let unread =
        world.import_directory(&stranger(), SystemIds.next(), b"no bundle at all").await.unwrap_err();
    assert_eq!(reason(&unread), "NOT_PERMITTED");
    let looks = world.looks("records.ImportBundle").await;
    assert_eq!(looks.iter().filter(|look| look.refusal_reason == "NOT_PERMITTED").count(), 3);
    let goals = format!(
        r#"{{"resourceType":"Bundle","type":"collection","entry":[{{"resource":{}}}]}}"#,
        goal("g", "Say hello")
    );
    let imported = world.import(&therapist(), goals.as_bytes()).await.unwrap();
    assert_eq!(count(&imported.added), 1);
    assert_eq!(imported.warnings[0].place, "Bundle", "nothing says whom it is about");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_names_those_that_a_record_refers_to() {
    let world = world().await;
    let unknown = world.import(&parent(), SMALL).await.unwrap().unresolved;
    assert_eq!(
        (unknown.len(), unknown[0].resource_type.as_str(), unknown[0].target_count),
        (1, "Organization", 1)
    );
    let site = r#"{"resourceType":"Bundle","type":"batch","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Organization",
        "id":"site","name":"Exampleton Therapy, Riverside","identifier":[{"system":"https://practice.example/sites","value":"S-1"}]},
        "request":{"method":"POST","url":"Organization"}}]}"#;
    let request = SystemIds.next();
    assert_eq!(
        reason(&world.import_directory(&parent(), request, site.as_bytes()).await.unwrap_err()),
        "NOT_PERMITTED"
    );
    let imported = world.import_directory(&administrator(), request, site.as_bytes()).await.unwrap();
    assert_eq!((imported.added_count, imported.changed_count, imported.unchanged_count), (1, 0, 0));
    assert_eq!(world.import_directory(&administrator(), request, site.as_bytes()).await.unwrap(), imported);
    let again = world.import_directory(&administrator(), SystemIds.next(), site.as_bytes()).await.unwrap();
    assert_eq!((again.added_count, again.changed_count, again.unchanged_count), (0, 0, 1));

    let known = world.import(&parent(), SMALL).await.unwrap();
    assert_eq!((count(&known.unchanged), known.unresolved), (10, vec![]));
    let visit =
        world.everything(&parent()).await.into_iter().find(|item| item.resource_type == "Encounter").unwrap();
    let visit = world.get(&parent(), &visit.item_id).await.unwrap();
    assert!(
        visit.details.iter().any(|detail| detail.value == "Exampleton Therapy, Riverside"),
        "{:?}",
        visit.details
    );
    let of_a_patient = world.import_directory(&administrator(), SystemIds.next(), SMALL).await.unwrap_err();
    assert_eq!(reason(&of_a_patient), "BUNDLE_UNSUPPORTED");
    assert_eq!(reason(&world.import(&parent(), site.as_bytes()).await.unwrap_err()), "BUNDLE_UNSUPPORTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn real_bundles_of_every_size_come_in_whole_and_only_once() {
    for file in [
        "synthea-uscore-2021/8a4c9c04-1524-9f1c-d65b-9b17e4520fef.json.bz2",
        "synthea-uscore-2021/5035bbae-27fc-b927-4a9b-7af7fdd536eb.json.bz2",
        "synthea-r4-2019/Rufus_Kihn_6b950b05-7dbf-450f-bca9-f05acff7a452.json.xz",
        "synthea-uscore-2021/e5a8d3f4-4484-ebfd-7404-d9f02c9fe6a6.json.bz2",
    ] {
        let Some(path) = shared_data(file) else { return };
        let bundle = unpack(&path);
        let read = holdfast_fhir::read_bundle(&bundle, &holdfast_fhir::Limits::default()).unwrap();
        let entries = read.items.len() + read.directory.len() + 1;
        let world = world().await;
        let imported = world.import(&parent(), &bundle).await.unwrap();
        assert_eq!((count(&imported.added) as usize, count(&imported.unchanged)), (entries, 0), "{file}");
        let items = world.everything(&parent()).await;
        assert_eq!(items.len(), entries, "{file}");
        assert!(items.iter().all(|item| !item.title.is_empty()), "{file}");
        let again = world.import(&parent(), &bundle).await.unwrap();
        assert_eq!((count(&again.unchanged) as usize, again.position), (entries, None), "{file}");
        let summary = pb::SummarizeRecordRequest { patient_id: patient().to_string(), ..Default::default() };
        let summary =
            world.client(&parent()).summarize_record(summary).await.unwrap().into_inner().categories;
        assert_eq!(summary.iter().map(|category| category.count).sum::<i32>() as usize, entries, "{file}");
        for category in summary {
            let of_it = items.iter().find(|item| item.category == category.category).unwrap();
            let whole = world.get(&parent(), &of_it.item_id).await.unwrap();
            assert_eq!((whole.title.as_str(), whole.revision), (of_it.title.as_str(), 1), "{file}");
            assert!(serde_json::from_slice::<serde_json::Value>(&whole.fhir_json).is_ok(), "{file}");
        }
    }
}
