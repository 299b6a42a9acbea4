//! What every call refuses: who is not known, pages of other queries, messages that cannot be read.
mod common;
use chrono::TimeDelta;
use common::*;
use holdfast_access::{Claims, TokenSigner};
use holdfast_host::client::Outgoing;
use holdfast_proto::records::v1 as pb;
use holdfast_testkit::raw;
use holdfast_types::*;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_answered_without_a_good_token() {
    let world = world().await;
    let asked = || pb::GetPatientRequest { patient_id: patient().to_string(), as_of_time: None };
    let with = |token: String| world.client_with(Outgoing::new().bearer(token.into()));
    let missing = world.client_with(Outgoing::new()).get_patient(asked()).await.unwrap_err();
    assert_eq!(reason(&missing), "TOKEN_MISSING");
    let forger = TokenSigner::from_seed(&[8; 32]).unwrap();
    let iat = world.clock.now().timestamp();
    let claims = Claims { account: parent().account, session: None, roles: vec![], iat, exp: iat + 300 };
    let forged = with(forger.sign(&claims).unwrap()).get_patient(asked()).await.unwrap_err();
    assert_eq!(reason(&forged), "TOKEN_INVALID");
    let token = world.token(&parent());
    world.clock.advance(TimeDelta::seconds(300));
    assert_eq!(reason(&with(token).get_patient(asked()).await.unwrap_err()), "TOKEN_EXPIRED");
    assert_eq!(reason(&world.client(&parent()).get_patient(asked()).await.unwrap_err()), "PATIENT_UNKNOWN");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_peoples_records_are_refused_whether_they_exist_or_not() {
    let world = world().await;
    world.import(&parent(), SMALL).await.unwrap();
    for patient in [patient(), PatientId::new(id(0xFFFF))] {
        let asked = pb::GetPatientRequest { patient_id: patient.to_string(), as_of_time: None };
        assert_eq!(reason(&world.client(&stranger()).get_patient(asked).await.unwrap_err()), "NOT_PERMITTED");
        let asked = pb::ListItemsRequest { patient_id: patient.to_string(), ..listing() };
        assert_eq!(reason(&world.list(&stranger(), asked).await.unwrap_err()), "NOT_PERMITTED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_is_good_for_its_own_query_alone() {
    let world = world().await;
    world.import(&parent(), SMALL).await.unwrap();
    let first = world.list(&parent(), pb::ListItemsRequest { page_size: 2, ..listing() }).await.unwrap();
    let with = |page_token: &str| pb::ListItemsRequest {
        page_size: 2,
        page_token: page_token.to_owned(),
        ..listing()
    };
    let token = first.next_page_token.as_str();
    let other = pb::ListItemsRequest { patient_id: id(0xAA).to_string(), ..with(token) };
    let far = prost_types::Timestamp { seconds: i64::MAX, nanos: 0 };
    for (asked, expected) in [
        (
            pb::ListItemsRequest { include_fhir_json: true, ..with(token) },
            ("PAGE_TOKEN_OF_ANOTHER_QUERY", "page_token"),
        ),
        (other, ("PAGE_TOKEN_OF_ANOTHER_QUERY", "page_token")),
        (with("nonsense"), ("PAGE_TOKEN_MALFORMED", "page_token")),
        (pb::ListItemsRequest { page_size: 201, ..listing() }, ("PAGE_SIZE_OUT_OF_RANGE", "page_size")),
        (pb::ListItemsRequest { page_size: -1, ..listing() }, ("PAGE_SIZE_OUT_OF_RANGE", "page_size")),
        (pb::ListItemsRequest { categories: vec![999], ..listing() }, ("FIELD_INVALID", "categories[0]")),
        (pb::ListItemsRequest { patient_id: "me".into(), ..listing() }, ("ID_MALFORMED", "patient_id")),
        (pb::ListItemsRequest { as_of_time: Some(far), ..listing() }, ("DATE_IMPOSSIBLE", "as_of_time")),
    ] {
        let (reason, place) = reason_at(world.list(&parent(), asked).await);
        assert_eq!((reason, place.as_str()), expected);
    }
    assert!(
        world.list(&parent(), pb::ListItemsRequest { page_size: 3, ..with(token) }).await.is_ok(),
        "another size is fine"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_begins_with_its_purpose_and_names_itself() {
    let world = world().await;
    let chunk = |bytes: usize| pb::import_bundle_request::Part::Chunk(vec![b' '; bytes].into());
    let start = |request_id: &str, source_name: &str| {
        pb::import_bundle_request::Part::Start(pb::ImportStart {
            request_id: request_id.to_owned(),
            patient_id: patient().to_string(),
            source_name: source_name.to_owned(),
            ..Default::default()
        })
    };
    let id = SystemIds.next().to_string();
    for (parts, expected) in [
        (vec![], "FIELD_MISSING"),
        (vec![chunk(1)], "FIELD_MISSING"),
        (vec![start(&id, ""), chunk(1)], "FIELD_MISSING"),
        (vec![start(&id, &"x".repeat(101)), chunk(1)], "TEXT_TOO_LONG"),
        (vec![start("", "Portal"), chunk(1)], "REQUEST_ID_MISSING"),
        (vec![start(&id, "Portal"), start(&id, "Portal")], "FIELD_INVALID"),
        (vec![start(&id, "Portal"), chunk(1024 * 1024 + 1)], "MESSAGE_TOO_LARGE"),
    ] {
        let messages: Vec<_> =
            parts.into_iter().map(|part| pb::ImportBundleRequest { part: Some(part) }).collect();
        let refused =
            world.client(&parent()).import_bundle(futures::stream::iter(messages)).await.unwrap_err();
        assert_eq!(reason(&refused), expected, "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_not_valid_is_refused_with_its_field_and_changes_nothing() {
    let world = world().await;
    world.import(&parent(), SMALL).await.unwrap();
    let (before, on_the_log) = (world.everything(&parent()).await, changes(&world).await);
    let (channel, token) = (world.channel(), world.token(&parent()));
    let path = |method: &str| format!("/holdfast.records.v1.RecordsService/{method}");
    let malformed = |field: &str| ("MESSAGE_MALFORMED", field.to_owned());

    let get = raw::spoiled(&pb::GetPatientRequest { patient_id: "~".into(), as_of_time: None });
    assert_eq!(
        reason_at(raw::send(&channel, &path("GetPatient"), &token, get).await),
        malformed("patient_id")
    );
    // A length that goes beyond the end: there is no field yet.
    let cut = raw::send(&channel, &path("ListItems"), &token, vec![0x0A, 9, b'x']).await;
    assert_eq!(reason_at(cut).0, "MESSAGE_MALFORMED");
    let rename = pb::UpdatePatientRequest {
        request_id: SystemIds.next().to_string(),
        patient_id: patient().to_string(),
        demographics: Some(pb::Demographics { preferred_name: "~".into(), ..pb::Demographics::default() }),
        ..pb::UpdatePatientRequest::default()
    };
    let renamed = raw::send(&channel, &path("UpdatePatient"), &token, raw::spoiled(&rename)).await;
    assert_eq!(reason_at(renamed), malformed("demographics.preferred_name"));
    let start = pb::ImportStart {
        request_id: SystemIds.next().to_string(),
        patient_id: patient().to_string(),
        source_name: "~".into(),
        ..Default::default()
    };
    let start = pb::ImportBundleRequest { part: Some(pb::import_bundle_request::Part::Start(start)) };
    let imported = raw::stream(&channel, &path("ImportBundle"), &token, vec![raw::spoiled(&start)]).await;
    assert_eq!(reason_at(imported), malformed("part.source_name"));
    let bundle = std::str::from_utf8(SMALL).unwrap().replace("Exampleton", "~");
    let bundle: Vec<u8> = bundle.bytes().map(|byte| if byte == b'~' { 0xff } else { byte }).collect();
    assert!(bundle.contains(&0xff));
    let (reason, place) = reason_at(world.import(&parent(), &bundle).await);
    assert!(reason == "BUNDLE_MALFORMED" && place.starts_with("Bundle"), "{reason} at {place}");

    assert_eq!(world.everything(&parent()).await, before);
    assert_eq!(changes(&world).await, on_the_log);
}

/// What stands on the log beside looks.
async fn changes(world: &World) -> usize {
    let envelopes = world.envelopes().await;
    envelopes.iter().filter(|envelope| envelope.header.stream.aggregate() != "access").count()
}
