//! What people and apps write: patients' demographics and items, each change decided on what was seen.
#![cfg(test)]
mod common;
use common::*;
use holdfast_proto::{Word, records::v1 as pb};
use holdfast_types::*;

fn named(given: &str) -> pb::Demographics {
    pb::Demographics {
        given_name: given.into(),
        family_name: "Fernhollow".into(),
        ..pb::Demographics::default()
    }
}

fn registration(demographics: pb::Demographics) -> pb::RegisterPatientRequest {
    let request_id = SystemIds.next().to_string();
    pb::RegisterPatientRequest {
        request_id,
        patient_id: patient().to_string(),
        demographics: Some(demographics),
    }
}

fn update(demographics: pb::Demographics, paths: &[&str], etag: &str) -> pb::UpdatePatientRequest {
    pb::UpdatePatientRequest {
        request_id: SystemIds.next().to_string(),
        patient_id: patient().to_string(),
        demographics: Some(demographics),
        update_mask: Some(prost_types::FieldMask { paths: paths.iter().map(ToString::to_string).collect() }),
        etag: etag.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_is_registered_once_and_a_repeated_request_is_answered_the_same() {
    let world = world().await;
    let asked = registration(named("June"));
    let first = world.client(&parent()).register_patient(asked.clone()).await.unwrap().into_inner();
    let registered = first.patient.clone().unwrap();
    assert_eq!((registered.revision, registered.demographics.unwrap()), (1, named("June")));
    let repeated = world.client(&parent()).register_patient(asked.clone()).await.unwrap().into_inner();
    assert_eq!(repeated, first);
    let other = pb::RegisterPatientRequest { demographics: Some(named("Wren")), ..asked };
    assert_eq!(
        reason(&world.client(&parent()).register_patient(other).await.unwrap_err()),
        "REQUEST_ID_REUSED"
    );
    let again = world.client(&parent()).register_patient(registration(named("Wren"))).await.unwrap_err();
    assert_eq!(reason(&again), "PATIENT_REGISTERED");
    let nameless = world
        .client(&parent())
        .register_patient(registration(pb::Demographics::default()))
        .await
        .unwrap_err();
    assert_eq!(reason(&nameless), "FIELD_MISSING");
    assert_eq!(
        reason(&world.client(&stranger()).register_patient(registration(named("X"))).await.unwrap_err()),
        "NOT_PERMITTED"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn demographics_change_field_by_field_on_what_was_seen() {
    let world = world().await;
    let early = update(named("June"), &["phone"], "");
    assert_eq!(reason(&world.client(&parent()).update_patient(early).await.unwrap_err()), "PATIENT_UNKNOWN");
    world.client(&parent()).register_patient(registration(named("June"))).await.unwrap();
    let values = pb::Demographics { phone: "555-0100".into(), ..named("ignored") };
    let changed = world
        .client(&parent())
        .update_patient(update(values, &["phone"], "\"1\""))
        .await
        .unwrap()
        .into_inner();
    let changed = changed.patient.unwrap();
    assert_eq!((changed.revision, changed.etag.as_str()), (2, "\"2\""));
    assert_eq!(changed.demographics.unwrap(), pb::Demographics { phone: "555-0100".into(), ..named("June") });
    let refused = |asked| async { reason(&world.client(&parent()).update_patient(asked).await.unwrap_err()) };
    assert_eq!(refused(update(named("Wren"), &["given_name"], "\"1\"")).await, "ETAG_MISMATCH");
    assert_eq!(refused(update(named("Wren"), &["given_name"], "2")).await, "ETAG_MALFORMED");
    let before = known(&world).await;
    let unknown = update(named("Wren"), &["given_name", "revision"], "\"2\"");
    let unknown = world.client(&parent()).update_patient(unknown).await;
    assert_eq!(reason_at(unknown), ("FIELD_MASK_UNKNOWN", "update_mask".to_owned()));
    assert_eq!(known(&world).await, before, "of the known fields nothing is changed either");
    let impossible = pb::Demographics { birth_date: "2019-02-30".into(), ..named("June") };
    assert_eq!(refused(update(impossible, &["birth_date"], "")).await, "DATE_IMPOSSIBLE");
}

async fn known(world: &World) -> pb::Patient {
    let asked = pb::GetPatientRequest { patient_id: patient().to_string(), as_of_time: None };
    world.client(&parent()).get_patient(asked).await.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_its_authors_by_its_key() {
    let world = world().await;
    let first = world.create(&parent(), "goal-1", &goal("g", "Say hello")).await.unwrap();
    let item = first.item.unwrap();
    assert_eq!(
        (item.category, item.revision, item.resource_type.as_str()),
        (Category::Goals.to_proto(), 1, "Goal")
    );
    let source = item.source.clone().unwrap();
    assert_eq!((source.kind.as_str(), source.name.as_str(), source.key.as_str()), ("patient", "", "goal-1"));
    assert_eq!(item.occurred_time.unwrap().seconds, 1_767_571_200);

    let same = world.create(&parent(), "goal-1", &goal("g", "Say hello")).await.unwrap();
    assert_eq!((same.item.unwrap(), same.position), (item.clone(), None));
    let anew = world.create(&parent(), "goal-1", &goal("g", "Wave")).await.unwrap().item.unwrap();
    assert_eq!((anew.item_id.as_str(), anew.revision), (item.item_id.as_str(), 2));
    world.share(&therapist(), &[Category::Goals], &[Action::Read, Action::Contribute]).await;
    let theirs = world.create(&therapist(), "goal-1", &goal("g", "Wave")).await.unwrap().item.unwrap();
    assert_ne!(theirs.item_id, item.item_id);
    assert_eq!(theirs.source.unwrap().kind, "practice");
    let note = r#"{"resourceType":"Observation","id":"o","status":"final","code":{"text":"Mood"},"subject":{"reference":"Patient/self"}}"#;
    assert_eq!(reason(&world.create(&therapist(), "", note).await.unwrap_err()), "NOT_PERMITTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_refused_when_somebody_was_faster_or_the_item_is_retracted() {
    let world = world().await;
    let first = world.create(&parent(), "", &goal("g", "Say hello")).await.unwrap().item.unwrap();
    let second = world.update(&parent(), &first, &goal("g", "Wave")).await.unwrap();
    assert_eq!((second.revision, second.item_id.as_str()), (2, first.item_id.as_str()));
    assert_eq!(
        reason(&world.update(&parent(), &first, &goal("g", "Jump")).await.unwrap_err()),
        "ETAG_MISMATCH"
    );
    assert_eq!(reason(&world.retract(&parent(), &first, "wrong").await.unwrap_err()), "ETAG_MISMATCH");
    let plan = r#"{"resourceType":"CarePlan","id":"g","status":"active","intent":"plan","subject":{"reference":"Patient/self"}}"#;
    let other_type = world.update(&parent(), &second, plan).await.unwrap_err();
    assert_eq!(
        (reason(&other_type), metadata(&other_type, "place").as_str()),
        ("RESOURCE_MALFORMED", "resource.resourceType")
    );
    assert_eq!(reason(&world.retract(&parent(), &second, "  ").await.unwrap_err()), "FIELD_MISSING");
    world.share(&therapist(), &[Category::Goals], &[Action::Read]).await;
    assert_eq!(
        reason(&world.update(&therapist(), &second, &goal("g", "Jump")).await.unwrap_err()),
        "NOT_PERMITTED"
    );
    let third = world.retract(&parent(), &second, "Written twice").await.unwrap();
    assert_eq!(
        reason(&world.update(&parent(), &third, &goal("g", "Jump")).await.unwrap_err()),
        "ALREADY_RETRACTED"
    );
    assert_eq!(reason(&world.retract(&parent(), &third, "again").await.unwrap_err()), "ALREADY_RETRACTED");
    let unknown = pb::Item { item_id: SystemIds.next().to_string(), ..third };
    assert_eq!(
        reason(&world.update(&parent(), &unknown, &goal("g", "Jump")).await.unwrap_err()),
        "ITEM_UNKNOWN"
    );
    assert_eq!(
        reason(&world.update(&stranger(), &unknown, &goal("g", "Jump")).await.unwrap_err()),
        "NOT_PERMITTED"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_outlives_the_next_import_of_the_same_file() {
    let world = world().await;
    world.import(&parent(), SMALL).await.unwrap();
    let imported =
        world.everything(&parent()).await.into_iter().find(|item| item.resource_type == "Goal").unwrap();
    world.share(&therapist(), &[Category::Goals], &[Action::Read, Action::Contribute]).await;
    let own = goal("goal-1", "What we work on now");
    let replaced = world.update(&therapist(), &imported, &own).await.unwrap();
    assert_eq!((replaced.revision, replaced.source.clone().unwrap().kind.as_str()), (2, "practice"));
    let again = world.import(&parent(), SMALL).await.unwrap();
    assert_eq!((count(&again.unchanged), again.position), (10, None));
    assert_eq!(world.get(&parent(), &imported.item_id).await.unwrap(), replaced);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_leaves_and_returns_about_the_same_patient_and_about_no_other() {
    let world = world().await;
    let item = world.create(&parent(), "", &goal("g", "Say hello")).await.unwrap().item.unwrap();
    let left = String::from_utf8(item.fhir_json.to_vec()).unwrap();
    assert!(left.contains(&format!("\"Patient/{}\"", patient())));
    let same = world.update(&parent(), &item, &left).await.unwrap();
    assert_eq!(same, item, "the same content is no change");
    let foreign = goal("h", "x").replace("Patient/self", "Patient/0e3f0d5a-0000-4000-8000-000000000000");
    let refused = world.create(&parent(), "", &foreign).await.unwrap_err();
    assert_eq!(
        (reason(&refused), metadata(&refused, "place").as_str()),
        ("RESOURCE_MALFORMED", "items[0].fhir_json")
    );
    for (json, place) in [
        ("{", "items[0].fhir_json"),
        (r#"{"resourceType":"Patient","id":"p"}"#, "items[0].fhir_json"),
        (r#"{"resourceType":"Practitioner","id":"p"}"#, "items[0].fhir_json"),
        (r#"{"resourceType":"Goal","id":"g","subject":{"reference":"Patient/self"}}"#, "items[0].fhir_json"),
        (r#"{"resourceType":"Gaol","id":"g"}"#, "items[0].fhir_json.resourceType"),
        (r#"{"resourceType":"Goal"},{"resourceType":"Goal"}"#, "items[0].fhir_json"),
    ] {
        let refused = world.create(&parent(), "", json).await.unwrap_err();
        assert_eq!(
            (reason(&refused), metadata(&refused, "place").as_str()),
            ("RESOURCE_MALFORMED", place),
            "{json}"
        );
    }
    let large = world.create(&parent(), "", &goal("large", &"x".repeat(900 * 1024))).await.unwrap_err();
    assert_eq!(
        (reason(&large), metadata(&large, "size_bytes_max").as_str()),
        ("MESSAGE_TOO_LARGE", "917504")
    );
    assert_eq!(
        world.everything(&parent()).await,
        [pb::Item { details: vec![], fhir_json: Default::default(), ..item }]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_items_are_created_together_or_not_at_all() {
    let world = world().await;
    let batch = |items: Vec<(String, String)>| pb::BatchCreateItemsRequest {
        request_id: SystemIds.next().to_string(),
        patient_id: patient().to_string(),
        items: items
            .into_iter()
            .map(|(source_key, json)| pb::NewItem { fhir_json: json.into_bytes().into(), source_key })
            .collect(),
    };
    let goals = |count: usize| {
        (0..count).map(|at| (String::new(), goal(&format!("g-{at}"), "Wave"))).collect::<Vec<_>>()
    };
    let asked = batch(goals(500));
    let made = world.client(&parent()).batch_create_items(asked.clone()).await.unwrap().into_inner();
    assert_eq!(made.item_ids.len(), 500);
    assert_eq!(world.everything(&parent()).await.len(), 500);
    assert_eq!(world.client(&parent()).batch_create_items(asked).await.unwrap().into_inner(), made);

    let refused = |asked| async { world.client(&parent()).batch_create_items(asked).await.unwrap_err() };
    assert_eq!(reason(&refused(batch(goals(501))).await), "TOO_MANY");
    assert_eq!(reason(&refused(batch(vec![])).await), "FIELD_MISSING");
    let one_wrong = vec![
        (String::new(), goal("new", "Wave")),
        (String::new(), "{\"resourceType\":\"Goal\",\"id\":\"x\"}".to_owned()),
    ];
    let wrong = refused(batch(one_wrong)).await;
    assert_eq!(reason(&wrong), "RESOURCE_MALFORMED");
    assert!(metadata(&wrong, "place").starts_with("items[1].fhir_json"), "{}", metadata(&wrong, "place"));
    let one_key = vec![("k".to_owned(), goal("a", "Wave")), ("k".to_owned(), goal("b", "Wave"))];
    assert_eq!(metadata(&refused(batch(one_key)).await, "place"), "items[1].source_key");
    assert_eq!(world.everything(&parent()).await.len(), 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_write_but_not_read_learns_ids_and_revisions_alone() {
    let world = world().await;
    world.client(&parent()).register_patient(registration(named("June"))).await.unwrap();
    let writer = therapist();
    world.share(&writer, &[Category::Demographics, Category::Goals], &[Action::Contribute]).await;
    let after = world
        .client(&writer)
        .update_patient(update(named("Wren"), &["given_name"], ""))
        .await
        .unwrap()
        .into_inner();
    let after = after.patient.unwrap();
    assert_eq!((after.revision, after.demographics, after.create_time), (2, None, None));
    let made = world.create(&writer, "", &goal("g", "Wave")).await.unwrap().item.unwrap();
    assert_eq!((made.revision, made.title.as_str(), made.fhir_json.len()), (1, "", 0));
    assert_eq!(reason(&world.get(&writer, &made.item_id).await.unwrap_err()), "NOT_PERMITTED");
    assert_eq!(
        world.get(&parent(), &made.item_id).await.unwrap().recorded_by,
        format!("account/{}", writer.account)
    );
}
