//! What every call refuses: who is not known, pages of other queries, messages that cannot be read.
mod common;
use chrono::TimeDelta;
use common::*;
use holdfast_access::{Claims, TokenSigner};
use holdfast_host::client::Outgoing;
use holdfast_proto::records::v1 as pb;
use holdfast_types::*;
use tonic::{
    Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_answered_without_a_good_token() {
    let world = world().await;
    let asked = || pb::GetPatientRequest { patient_id: patient().to_string() };
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
        let asked = pb::GetPatientRequest { patient_id: patient.to_string() };
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
    let refused = |asked| async { reason(&world.list(&parent(), asked).await.unwrap_err()) };
    let token = first.next_page_token.as_str();
    assert_eq!(
        refused(pb::ListItemsRequest { include_fhir_json: true, ..with(token) }).await,
        "PAGE_TOKEN_OF_ANOTHER_QUERY"
    );
    let other = pb::ListItemsRequest { patient_id: id(0xAA).to_string(), ..with(token) };
    assert_eq!(refused(other).await, "PAGE_TOKEN_OF_ANOTHER_QUERY");
    assert_eq!(refused(with("nonsense")).await, "PAGE_TOKEN_MALFORMED");
    assert_eq!(refused(pb::ListItemsRequest { page_size: 201, ..listing() }).await, "PAGE_SIZE_OUT_OF_RANGE");
    assert_eq!(refused(pb::ListItemsRequest { page_size: -1, ..listing() }).await, "PAGE_SIZE_OUT_OF_RANGE");
    assert_eq!(refused(pb::ListItemsRequest { categories: vec![999], ..listing() }).await, "FIELD_INVALID");
    assert_eq!(refused(pb::ListItemsRequest { patient_id: "me".into(), ..listing() }).await, "ID_MALFORMED");
    let far = prost_types::Timestamp { seconds: i64::MAX, nanos: 0 };
    assert_eq!(refused(pb::ListItemsRequest { as_of_time: Some(far), ..listing() }).await, "DATE_IMPOSSIBLE");
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

/// Sends bytes as they are.
#[derive(Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;
    fn encoder(&mut self) -> Self {
        Self
    }
    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;
    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        use bytes::BufMut as _;
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = ();
    type Error = Status;
    fn decode(&mut self, _: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        Ok(Some(()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_not_valid_is_refused_in_our_words() {
    let world = world().await;
    // Field 1, a string of two bytes that are not UTF-8.
    for (path, bytes) in [("GetPatient", vec![0x0A, 2, 0xC3, 0x28]), ("ListItems", vec![0x0A, 9, b'x'])] {
        let path = format!("/holdfast.records.v1.RecordsService/{path}").parse().unwrap();
        let mut grpc = Grpc::new(world.channel());
        grpc.ready().await.unwrap();
        let refused = grpc.unary(tonic::Request::new(bytes), path, Raw).await.unwrap_err();
        assert_eq!(reason(&refused), "MESSAGE_MALFORMED", "{refused:?}");
    }
    let mut grpc = Grpc::new(world.channel());
    grpc.ready().await.unwrap();
    let path = "/holdfast.records.v1.RecordsService/ImportBundle".parse().unwrap();
    // Inside a stream: `start` with a request id that is not UTF-8, under a good token.
    let mut request = tonic::Request::new(futures::stream::iter([vec![0x0A, 4, 0x0A, 2, 0xC3, 0x28]]));
    request
        .metadata_mut()
        .insert("authorization", format!("Bearer {}", world.token(&parent())).parse().unwrap());
    let refused = grpc.client_streaming(request, path, Raw).await.unwrap_err();
    assert_eq!(reason(&refused), "MESSAGE_MALFORMED", "{refused:?}");
}
