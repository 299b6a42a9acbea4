//! Reading a record: what is permitted, page by page, now and as it was.
mod common;
use chrono::TimeDelta;
use common::*;
use holdfast_proto::{Word, access::v1::Outcome, records::v1 as pb, timestamp};
use holdfast_types::*;

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_every_item_once_newest_first() {
    let world = world().await;
    world.import(&parent(), SMALL).await.unwrap();
    let whole = world.everything(&parent()).await;
    let mut asked = pb::ListItemsRequest { page_size: 3, ..listing() };
    let mut paged = Vec::new();
    loop {
        let page = world.list(&parent(), asked.clone()).await.unwrap();
        assert_eq!(page.total_size, 10);
        assert!(page.items.iter().all(|item| item.fhir_json.is_empty() && item.details.is_empty()));
        paged.extend(page.items);
        if page.next_page_token.is_empty() {
            break;
        }
        assert_eq!(paged.len() % 3, 0);
        asked.page_token = page.next_page_token;
    }
    assert_eq!(paged, whole);
    let with = pb::ListItemsRequest {
        include_fhir_json: true,
        categories: vec![Category::Goals.to_proto()],
        ..listing()
    };
    let goals = world.list(&parent(), with).await.unwrap();
    assert_eq!((goals.items.len(), goals.total_size), (1, 1));
    assert!(goals.items[0].fhir_json.starts_with(b"{"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_with_resources_stays_below_what_a_client_takes() {
    let world = world().await;
    for number in 0..5 {
        let text = "x".repeat(850_000);
        world.create(&parent(), "", &goal(&format!("g-{number}"), &text)).await.unwrap();
    }
    let mut asked = pb::ListItemsRequest { include_fhir_json: true, page_size: 200, ..listing() };
    let mut seen = 0;
    while seen < 5 {
        let page = world.list(&parent(), asked.clone()).await.unwrap();
        assert!((1..=3).contains(&page.items.len()));
        seen += page.items.len();
        assert_eq!(page.next_page_token.is_empty(), seen == 5);
        asked.page_token = page.next_page_token;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_reads_what_is_shared_and_learns_what_is_withheld() {
    let world = world().await;
    world.import(&parent(), SMALL).await.unwrap();
    world.share(&therapist(), &[Category::Goals], &[Action::Read]).await;
    let two = vec![Category::Goals.to_proto(), Category::Visits.to_proto()];
    let page = world.list(&therapist(), pb::ListItemsRequest { categories: two, ..listing() }).await.unwrap();
    assert_eq!((page.items.len(), page.total_size), (1, 1));
    assert_eq!(page.withheld_categories, [Category::Visits.to_proto()]);
    let all = world.list(&therapist(), listing()).await.unwrap();
    assert_eq!((all.total_size, all.withheld_categories.len()), (1, Category::ALL.len() - 1));
    let visits = pb::ListItemsRequest { categories: vec![Category::Visits.to_proto()], ..listing() };
    assert_eq!(reason(&world.list(&therapist(), visits).await.unwrap_err()), "NOT_PERMITTED");

    let goal = &page.items[0];
    assert_eq!(world.get(&therapist(), &goal.item_id).await.unwrap().title, goal.title);
    let visit =
        world.everything(&parent()).await.into_iter().find(|item| item.resource_type == "Encounter").unwrap();
    assert_eq!(reason(&world.get(&therapist(), &visit.item_id).await.unwrap_err()), "NOT_PERMITTED");
    assert_eq!(reason(&world.versions(&therapist(), &visit.item_id).await.unwrap_err()), "NOT_PERMITTED");
    let nothing = SystemIds.next().to_string();
    assert_eq!(reason(&world.get(&stranger(), &nothing).await.unwrap_err()), "NOT_PERMITTED");
    assert_eq!(reason(&world.get(&parent(), &nothing).await.unwrap_err()), "ITEM_UNKNOWN");
    assert_eq!(reason(&world.versions(&parent(), &nothing).await.unwrap_err()), "ITEM_UNKNOWN");

    let asked = pb::SummarizeRecordRequest { patient_id: patient().to_string(), ..Default::default() };
    let summary =
        world.client(&therapist()).summarize_record(asked.clone()).await.unwrap().into_inner().categories;
    assert_eq!(
        summary.iter().map(|one| (one.category, one.count)).collect::<Vec<_>>(),
        [(Category::Goals.to_proto(), 1)]
    );
    assert_eq!(summary[0].newest_time, goal.occurred_time);
    assert_eq!(summary[0].read_time, goal.recorded_time);
    assert_eq!(
        reason(&world.client(&stranger()).summarize_record(asked).await.unwrap_err()),
        "NOT_PERMITTED"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_version_is_kept_and_the_record_can_be_read_as_it_was() {
    let world = world().await;
    let before = world.clock.now();
    world.clock.advance(TimeDelta::hours(1));
    let first = world.create(&parent(), "", &goal("g", "Say hello")).await.unwrap().item.unwrap();
    let after_first = world.clock.now();
    world.clock.advance(TimeDelta::minutes(1));
    let second = world.update(&parent(), &first, &goal("g", "Say hello and wave")).await.unwrap();
    let after_second = world.clock.now();
    world.clock.advance(TimeDelta::minutes(1));
    let third = world.retract(&parent(), &second, "Written for another child").await.unwrap();
    assert_eq!(
        (third.status.as_str(), third.retraction_reason.as_str()),
        ("entered-in-error", "Written for another child")
    );

    let versions = world.versions(&parent(), &first.item_id).await.unwrap();
    assert_eq!(versions, [third.clone(), second.clone(), first.clone()]);
    assert_eq!(world.get(&parent(), &first.item_id).await.unwrap(), third);
    assert_eq!(world.everything(&parent()).await.len(), 1, "what is retracted stays visible");

    for (as_of, expected) in [(after_first, Some(&first)), (after_second, Some(&second)), (before, None)] {
        let as_of_time = Some(timestamp(as_of));
        let (patient_id, item_id) = (patient().to_string(), first.item_id.clone());
        let found =
            world.client(&parent()).get_item(pb::GetItemRequest { patient_id, item_id, as_of_time }).await;
        let listed = world.list(&parent(), pb::ListItemsRequest { as_of_time, ..listing() }).await.unwrap();
        assert_eq!(listed.total_size, i32::from(expected.is_some()));
        match expected {
            Some(version) => {
                assert_eq!(&found.unwrap().into_inner(), version);
                assert_eq!(
                    (&listed.items[0].title, listed.items[0].revision),
                    (&version.title, version.revision)
                );
            }
            None => assert_eq!(reason(&found.unwrap_err()), "ITEM_UNKNOWN"),
        }
    }
    let page = pb::ListItemVersionsRequest {
        patient_id: patient().to_string(),
        item_id: first.item_id.clone(),
        page_size: 2,
        page_token: String::new(),
    };
    let newest = world.client(&parent()).list_item_versions(page.clone()).await.unwrap().into_inner();
    assert_eq!(newest.versions, [third, second]);
    let page = pb::ListItemVersionsRequest { page_token: newest.next_page_token, ..page };
    let oldest = world.client(&parent()).list_item_versions(page).await.unwrap().into_inner();
    assert_eq!((oldest.versions, oldest.next_page_token), (vec![first], String::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_version_of_a_category_that_is_not_shared_is_not_shown() {
    let world = world().await;
    let observation = |category: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"o","status":"final","code":{{"text":"Weight"}},"subject":{{"reference":"Patient/self"}},
            "category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"{category}"}}]}}]}}"#
        )
    };
    let first = world.create(&parent(), "", &observation("vital-signs")).await.unwrap().item.unwrap();
    assert_eq!(first.category, Category::VitalSigns.to_proto());
    let second = world.update(&parent(), &first, &observation("laboratory")).await.unwrap();
    assert_eq!(second.category, Category::Results.to_proto());
    world.share(&therapist(), &[Category::Results], &[Action::Read]).await;
    let versions = world.versions(&therapist(), &first.item_id).await.unwrap();
    assert_eq!(versions.iter().map(|version| version.revision).collect::<Vec<_>>(), [2]);
    world.share(&stranger(), &[Category::VitalSigns], &[Action::Read]).await;
    assert_eq!(reason(&world.get(&stranger(), &first.item_id).await.unwrap_err()), "ITEM_UNKNOWN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_finds_nothing_is_on_the_log() {
    let (world, patient_id, nothing) = (world().await, patient().to_string(), SystemIds.next().to_string());
    let mut client = world.client(&parent());
    for as_of_time in [None, Some(timestamp(world.clock.now()))] {
        let asked = pb::GetPatientRequest { patient_id: patient_id.clone(), as_of_time };
        assert_eq!(reason(&client.get_patient(asked).await.unwrap_err()), "PATIENT_UNKNOWN");
    }
    let asked = pb::BatchGetPatientsRequest { patient_ids: vec![patient_id] };
    assert!(client.batch_get_patients(asked).await.unwrap().into_inner().patients.is_empty());
    assert_eq!(reason(&world.get(&parent(), &nothing).await.unwrap_err()), "ITEM_UNKNOWN");
    assert_eq!(reason(&world.versions(&parent(), &nothing).await.unwrap_err()), "ITEM_UNKNOWN");
    for (method, count) in
        [("GetPatient", 2), ("BatchGetPatients", 1), ("GetItem", 1), ("ListItemVersions", 1)]
    {
        let looks = world.looks(&format!("records.{method}")).await;
        assert_eq!(looks.len(), count, "{method}");
        assert!(looks.iter().all(|look| look.outcome() == Outcome::Permitted && look.returned.is_empty()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_patients_are_answered_in_the_order_asked_and_without_those_not_shared() {
    let world = world().await;
    let (second, foreign) = (PatientId::new(id(0xAA)), PatientId::new(id(0xAB)));
    world.open(second, &parent()).await;
    world.open(foreign, &stranger()).await;
    for (patient, by, name) in
        [(patient(), parent(), "June"), (second, parent(), "Wren"), (foreign, stranger(), "Rowan")]
    {
        let asked = pb::RegisterPatientRequest {
            request_id: SystemIds.next().to_string(),
            patient_id: patient.to_string(),
            demographics: Some(pb::Demographics { given_name: name.into(), ..pb::Demographics::default() }),
        };
        world.client(&by).register_patient(asked).await.unwrap();
    }
    let patient_ids = [second, foreign, patient(), second].map(|id| id.to_string()).to_vec();
    let shown = world
        .client(&parent())
        .batch_get_patients(pb::BatchGetPatientsRequest { patient_ids })
        .await
        .unwrap();
    let names: Vec<_> =
        shown.into_inner().patients.into_iter().map(|one| one.demographics.unwrap().given_name).collect();
    assert_eq!(names, ["Wren", "June"]);
    let looks = world.looks("records.BatchGetPatients").await;
    let refused: Vec<_> = looks.iter().filter(|look| !look.refusal_reason.is_empty()).collect();
    assert_eq!((looks.len(), refused.len()), (3, 1), "who was asked for and is not shared is on the log");
    assert_eq!(
        (refused[0].patient_id.as_str(), refused[0].refusal_reason.as_str()),
        (foreign.to_string().as_str(), "NOT_PERMITTED")
    );
    let patient_ids = vec![patient().to_string(); 201];
    let refused = world
        .client(&parent())
        .batch_get_patients(pb::BatchGetPatientsRequest { patient_ids })
        .await
        .unwrap_err();
    assert_eq!((reason(&refused), place(&refused).as_str()), ("TOO_MANY", "patient_ids"));
}
