//! The history over gRPC: all of it, in order, to those who may see it.
#![cfg(test)]
mod common;
use common::*;
use futures::{StreamExt, stream};
use holdfast_access::TokenSigner;
use holdfast_eventlog::{Hash, Position, Source, Subject};
use holdfast_proto::{
    Word,
    access::v1::{AccessRecorded, Outcome},
    audit::v1::{Entry, EntryKind, ListPatientEntriesRequest, SearchEntriesRequest},
    consent::v1 as consent,
    records::v1::ItemRecorded,
    timestamp,
};
use holdfast_types::*;
use prost_types::Any;
use std::collections::BTreeSet;
use tonic::Status;

/// So many appends wait for one another without running into the time that a caller has.
const AT_ONCE: usize = 16;

fn of(patient: PatientId) -> ListPatientEntriesRequest {
    ListPatientEntriesRequest { patient_id: patient.to_string(), ..Default::default() }
}

fn by_officer() -> SearchEntriesRequest {
    SearchEntriesRequest {
        tenant_id: tenant().to_string(),
        from_time: Some(timestamp(chrono::DateTime::UNIX_EPOCH)),
        ..Default::default()
    }
}

/// Every page, first to last, and the first page's count.
async fn list_all(client: &Client, query: ListPatientEntriesRequest) -> (Vec<Entry>, i32) {
    let (mut all, mut query, mut total) = (Vec::new(), query, None);
    loop {
        let answer = client.clone().list_patient_entries(query.clone()).await.unwrap().into_inner();
        total.get_or_insert(answer.total_size);
        all.extend(answer.entries);
        if answer.next_page_token.is_empty() {
            return (all, total.unwrap());
        }
        query.page_token = answer.next_page_token;
    }
}

async fn search_all(client: &Client, query: SearchEntriesRequest) -> (Vec<Entry>, i32) {
    let (mut all, mut query, mut total) = (Vec::new(), query, None);
    loop {
        let answer = client.clone().search_entries(query.clone()).await.unwrap().into_inner();
        total.get_or_insert(answer.total_size);
        all.extend(answer.entries);
        if answer.next_page_token.is_empty() {
            return (all, total.unwrap());
        }
        query.page_token = answer.next_page_token;
    }
}

fn places(entries: &[Entry]) -> Vec<(String, u32, u64)> {
    entries.iter().map(|entry| (entry.service.clone(), entry.lane, entry.lane_seq)).collect()
}

async fn refusal(outcome: impl Future<Output = Result<impl std::fmt::Debug, Status>>) -> &'static str {
    reason(&outcome.await.unwrap_err())
}

#[tokio::test]
async fn every_envelope_of_every_service_is_heard_exactly_once() {
    let world = world().await;
    let kinds = [
        (Service::Identity, "session", "session.started"),
        (Service::Records, "item", "item.recorded"),
        (Service::Documents, "document", "document.added"),
        (Service::Consent, "grant", "grant.revoked"),
        (Service::Messaging, "thread", "thread.started"),
    ];
    let revoked = consent::GrantRevoked {
        grant_id: SystemIds.next().to_string(),
        patient_id: patient(0).to_string(),
        revoked_time: Some(timestamp(SystemClock.now())),
        revision: 2,
        ..consent::GrantRevoked::default()
    };
    let facts = (0..30).flat_map(|number| {
        kinds.map(|(service, aggregate, event_type)| {
            let public = (service == Service::Consent).then(|| Any::from_msg(&revoked).unwrap());
            Fact { public, ..Fact::of(service, patient(number % 7), aggregate, event_type) }
        })
    });
    stream::iter(facts).for_each_concurrent(AT_ONCE, async |fact| _ = world.sources.tell(fact).await).await;
    world.caught_up().await;

    let mut there: BTreeSet<(String, u32, u64, Hash)> = BTreeSet::new();
    for (service, (log, _)) in &world.sources.logs {
        for (lane, _) in log.heads().await.unwrap() {
            for envelope in Source::read_lane(log, lane, 0, 1000).await.unwrap() {
                there.insert((service.to_string(), lane.into(), envelope.header.lane_seq, envelope.leaf));
            }
        }
    }
    let query = SearchEntriesRequest { page_size: 40, ..by_officer() };
    let (entries, total) = search_all(&world.as_officer(&[]), query).await;
    let of_audit = entries.iter().filter(|entry| entry.service == "audit").count();
    let heard: Vec<_> = entries
        .iter()
        .filter(|entry| entry.service != "audit")
        .map(|entry| {
            let leaf: Hash = entry.leaf_hash.as_ref().try_into().unwrap();
            (entry.service.clone(), entry.lane, entry.lane_seq, leaf)
        })
        .collect();
    assert_eq!(heard.len(), 150);
    assert_eq!(heard.into_iter().collect::<BTreeSet<_>>(), there);
    assert_eq!(usize::try_from(total).unwrap(), 150 + of_audit);
    let of_kind = |kind| entries.iter().filter(|entry| entry.kind() == kind).count();
    assert_eq!(of_kind(EntryKind::Account), 30);
    assert_eq!(of_kind(EntryKind::Change), 90);
    assert_eq!(of_kind(EntryKind::Sharing), 30);
    world.end().await;
}

#[tokio::test]
async fn pages_are_newest_first_without_gaps_or_doubles() {
    let world = world().await;
    let opened = world.sources.open_record(patient(1), tenant()).await;
    let mut last = vec![opened];
    for number in 0..40 {
        let service = [Service::Records, Service::Documents, Service::Messaging][number % 3];
        last.push(world.sources.tell(Fact::of(service, patient(1), "item", "item.recorded")).await);
    }
    world.sources.tell(Fact::of(Service::Records, patient(2), "item", "item.recorded")).await;
    world.caught_up().await;

    let query = ListPatientEntriesRequest { page_size: 7, ..of(patient(1)) };
    let (entries, total) = list_all(&world.as_parent(&[]), query).await;
    assert_eq!((entries.len(), total), (42, 42));
    assert_eq!(places(&entries).into_iter().collect::<BTreeSet<_>>().len(), 42, "no doubles");
    let times: Vec<_> = entries.iter().map(|entry| time(entry.recorded_time.as_ref())).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "newest first");
    assert!(entries.iter().all(|entry| entry.patient_id == patient(1).to_string()));

    let sharing = ListPatientEntriesRequest { kinds: vec![EntryKind::Sharing.into()], ..of(patient(1)) };
    let (entries, total) = list_all(&world.as_parent(&[]), sharing).await;
    assert_eq!((entries.len(), total), (2, 2));
    assert!(entries.iter().all(|entry| entry.kind() == EntryKind::Sharing && entry.service == "consent"));
    world.end().await;
}

#[tokio::test]
async fn an_entry_says_who_did_what_when_and_to_which_room() {
    let world = world().await;
    world.sources.open_record(patient(1), tenant()).await;
    let recorded = ItemRecorded { category: Category::Goals.to_proto(), ..Default::default() };
    let look = AccessRecorded {
        outcome: Outcome::Permitted.into(),
        operation: "records.ListItems".into(),
        returned: (0..1000)
            .map(|_| holdfast_proto::access::v1::Returned { id: "i".repeat(36), revision: 1 })
            .collect(),
        ..Default::default()
    };
    let item = Fact {
        public: Some(Any::from_msg(&recorded).unwrap()),
        ..Fact::of(Service::Records, patient(1), "item", "item.recorded")
    };
    let item = world.sources.tell(item).await;
    let look = Fact {
        public: Some(Any::from_msg(&look).unwrap()),
        actor: Actor::Account(stranger()),
        ..Fact::of(Service::Records, patient(1), "access", "access.permitted")
    };
    let look = world.sources.tell(look).await;
    world.caught_up().await;
    let answer = world.as_parent(&[]).list_patient_entries(of(patient(1))).await.unwrap().into_inner();
    assert!((0..60_000).contains(&answer.lag_ms), "{}", answer.lag_ms);
    let [newest, older, ..] = answer.entries.as_slice() else { panic!("{answer:?}") };
    assert_eq!((newest.kind(), newest.lane_seq), (EntryKind::Read, look.seq));
    assert_eq!(newest.actor, format!("account/{}", stranger()));
    let access = newest.access.as_ref().unwrap();
    assert_eq!((access.operation.as_str(), access.returned.len()), ("records.ListItems", 1000));
    assert_eq!((older.kind(), older.lane_seq), (EntryKind::Change, item.seq));
    assert_eq!(older.category(), holdfast_proto::r#type::v1::Category::Goals);
    assert_eq!((older.r#type.as_str(), older.purpose.as_str()), ("item.recorded", "FAMRQT"));
    assert_eq!(older.tenant_id, tenant().to_string());
    assert!(older.stream.starts_with("item/") && older.access.is_none() && older.leaf_hash.len() == 32);
    world.end().await;
}

#[tokio::test]
async fn looks_too_large_for_one_answer_are_given_over_several_pages() {
    let world = world().await;
    world.sources.open_record(patient(1), tenant()).await;
    let returned = || holdfast_proto::access::v1::Returned { id: "i".repeat(36), revision: 1 };
    let look = AccessRecorded { returned: (0..1000).map(|_| returned()).collect(), ..Default::default() };
    let look = Any::from_msg(&look).unwrap();
    let tells = (0..120).map(|_| {
        let fact = Fact::of(Service::Records, patient(1), "access", "access.permitted");
        world.sources.tell(Fact { public: Some(look.clone()), ..fact })
    });
    stream::iter(tells).buffered(AT_ONCE).collect::<Vec<_>>().await;
    world.caught_up().await;
    let query = ListPatientEntriesRequest { page_size: 200, ..of(patient(1)) };
    let (entries, total) = list_all(&world.as_parent(&[]), query).await;
    assert_eq!((entries.len(), total), (122, 122));
    assert_eq!(places(&entries).into_iter().collect::<BTreeSet<_>>().len(), 122);
    world.end().await;
}

#[tokio::test]
async fn a_holder_sees_the_history_and_at_the_next_call_their_own_look_as_well() {
    let world = world().await;
    world.sources.open_record(patient(1), tenant()).await;
    world.caught_up().await;
    let (first, _) = list_all(&world.as_parent(&[]), of(patient(1))).await;
    assert_eq!(first.len(), 2);
    world.caught_up().await;
    let (second, total) = list_all(&world.as_parent(&[]), of(patient(1))).await;
    assert_eq!((second.len(), total), (3, 3));
    let own = &second[0];
    assert_eq!((own.service.as_str(), own.kind()), ("audit", EntryKind::Read));
    let access = own.access.as_ref().unwrap();
    assert_eq!(access.operation, "audit.ListPatientEntries");
    assert_eq!(access.rule_ids, ["holder-reads-history-of-record"]);
    let shown: Vec<_> = access.returned.iter().map(|returned| returned.id.clone()).collect();
    assert_eq!(shown, first.iter().map(|entry| entry.event_id.clone()).collect::<Vec<_>>());
    assert_eq!(own.on_behalf_of, patient(1).to_string(), "a parent looks for the child");
    world.end().await;
}

#[tokio::test]
async fn a_stranger_is_refused_and_the_refusal_is_in_the_history() {
    let world = world().await;
    world.sources.open_record(patient(1), tenant()).await;
    world.caught_up().await;
    let roles =
        [(Role::Therapist, tenant()), (Role::ComplianceOfficer, tenant()), (Role::Operator, tenant())];
    for roles in [&roles[..0], &roles[..]] {
        let mut client = world.client(Some(world.token(stranger(), roles)), &[]);
        assert_eq!(refusal(client.list_patient_entries(of(patient(1)))).await, "NOT_PERMITTED");
        // Nothing tells whether there is such a record.
        assert_eq!(refusal(client.list_patient_entries(of(patient(9)))).await, "NOT_PERMITTED");
    }
    world.caught_up().await;
    let refused = ListPatientEntriesRequest { kinds: vec![EntryKind::Refused.into()], ..of(patient(1)) };
    let (entries, _) = list_all(&world.as_parent(&[]), refused).await;
    assert_eq!(entries.len(), 2);
    assert!(entries.iter().all(|entry| entry.actor == format!("account/{}", stranger())));
    assert_eq!(entries[0].access.as_ref().unwrap().refusal_reason, "NOT_PERMITTED");
    world.end().await;
}

#[tokio::test]
async fn an_officer_searches_their_own_tenant_only() {
    let world = world().await;
    world.sources.open_record(patient(1), tenant()).await;
    world.sources.open_record(patient(2), other_tenant()).await;
    let by_stranger = Fact {
        actor: Actor::Account(stranger()),
        ..Fact::of(Service::Records, patient(1), "item", "item.recorded")
    };
    world.sources.tell(by_stranger).await;
    let elsewhere = Fact {
        actor: Actor::Account(stranger()),
        tenant: other_tenant(),
        subject: Subject::Account(stranger()),
        ..Fact::of(Service::Identity, patient(1), "session", "session.started")
    };
    world.sources.tell(elsewhere).await;
    world.caught_up().await;

    let query = SearchEntriesRequest { patient_id: patient(1).to_string(), ..by_officer() };
    let (entries, total) = search_all(&world.as_officer(&[]), query).await;
    assert_eq!((entries.len(), total), (3, 3));
    let query = SearchEntriesRequest { account_id: stranger().to_string(), ..by_officer() };
    let (entries, _) = search_all(&world.as_officer(&[]), query.clone()).await;
    assert_eq!(entries.len(), 1, "what the account did in the other tenant is not shown");
    assert_eq!(entries[0].tenant_id, tenant().to_string());
    let recorded = entries[0].recorded_time;
    let before = SearchEntriesRequest { from_time: None, until_time: recorded, ..query.clone() };
    assert_eq!(search_all(&world.as_officer(&[]), before).await.1, 0, "`until_time` is excluded");
    let since = SearchEntriesRequest { from_time: recorded, ..query };
    assert_eq!(search_all(&world.as_officer(&[]), since).await.1, 1, "`from_time` is included");

    // Of another tenant, and a record of another tenant; nor is a therapist an officer.
    let elsewhere = SearchEntriesRequest { tenant_id: other_tenant().to_string(), ..by_officer() };
    assert_eq!(refusal(world.as_officer(&[]).search_entries(elsewhere)).await, "NOT_PERMITTED");
    let their_patient = SearchEntriesRequest { patient_id: patient(2).to_string(), ..by_officer() };
    assert_eq!(refusal(world.as_officer(&[]).search_entries(their_patient)).await, "NOT_PERMITTED");
    let mut therapist = world.client(Some(world.token(stranger(), &[(Role::Therapist, tenant())])), &[]);
    assert_eq!(refusal(therapist.search_entries(by_officer())).await, "NOT_PERMITTED");
    world.caught_up().await;
    let refused = SearchEntriesRequest { kinds: vec![EntryKind::Refused.into()], ..by_officer() };
    let (entries, _) = search_all(&world.as_officer(&[]), refused).await;
    assert_eq!(
        entries.len(),
        2,
        "the officer's refusals with the other tenant's record are there: {entries:?}"
    );
    world.end().await;
}

#[tokio::test]
async fn nobody_is_answered_without_a_good_token() {
    let world = world().await;
    world.sources.open_record(patient(1), tenant()).await;
    world.caught_up().await;
    let now = SystemClock.now().timestamp();
    let forger = TokenSigner::from_seed(&[6; 32]).unwrap();
    for (token, expected) in [
        (None, "TOKEN_MISSING"),
        (Some("no.token.atall".to_owned()), "TOKEN_INVALID"),
        (Some(world.token_for(&forger, parent(), &[], now)), "TOKEN_INVALID"),
        (Some(world.token_for(world.signer(), parent(), &[], now - 400)), "TOKEN_EXPIRED"),
    ] {
        let mut client = world.client(token, &[]);
        assert_eq!(refusal(client.list_patient_entries(of(patient(1)))).await, expected);
        assert_eq!(refusal(client.search_entries(by_officer())).await, expected);
        assert_eq!(
            refusal(client.get_log_health(holdfast_proto::audit::v1::GetLogHealthRequest {})).await,
            expected
        );
        assert_eq!(
            refusal(client.verify_logs(holdfast_proto::audit::v1::VerifyLogsRequest {})).await,
            expected
        );
    }
    world.end().await;
}

#[tokio::test]
async fn bad_questions_are_refused_by_field() {
    let world = world().await;
    world.sources.open_record(patient(1), tenant()).await;
    world.sources.open_record(patient(2), tenant()).await;
    world.caught_up().await;
    let mut client = world.as_parent(&[]);
    let list = of(patient(1));
    let paged = ListPatientEntriesRequest { page_size: 1, ..list.clone() };
    let token = client.list_patient_entries(paged).await.unwrap().into_inner().next_page_token;
    for (query, expected) in [
        (ListPatientEntriesRequest { patient_id: String::new(), ..list.clone() }, "FIELD_MISSING"),
        (ListPatientEntriesRequest { patient_id: "me".into(), ..list.clone() }, "ID_MALFORMED"),
        (ListPatientEntriesRequest { page_size: 201, ..list.clone() }, "PAGE_SIZE_OUT_OF_RANGE"),
        (ListPatientEntriesRequest { page_size: -1, ..list.clone() }, "PAGE_SIZE_OUT_OF_RANGE"),
        (ListPatientEntriesRequest { page_token: "x".into(), ..list.clone() }, "PAGE_TOKEN_MALFORMED"),
        (
            ListPatientEntriesRequest { page_token: token.clone(), ..of(patient(2)) },
            "PAGE_TOKEN_OF_ANOTHER_QUERY",
        ),
        (ListPatientEntriesRequest { kinds: vec![17], ..list.clone() }, "FIELD_INVALID"),
        (ListPatientEntriesRequest { kinds: vec![1; 6], ..list }, "TOO_MANY"),
    ] {
        assert_eq!(refusal(client.list_patient_entries(query.clone())).await, expected, "{query:?}");
    }
    let search = by_officer();
    let endless = prost_types::Timestamp { seconds: i64::MAX, nanos: 0 };
    let mut client = world.as_officer(&[]);
    for (query, expected) in [
        (SearchEntriesRequest { from_time: None, ..search.clone() }, "SEARCH_UNBOUNDED"),
        (
            SearchEntriesRequest { from_time: None, until_time: search.from_time, ..search.clone() },
            "SEARCH_UNBOUNDED",
        ),
        (
            SearchEntriesRequest { until_time: search.from_time, ..search.clone() },
            "PERIOD_ENDS_BEFORE_IT_BEGINS",
        ),
        (SearchEntriesRequest { from_time: Some(endless), ..search.clone() }, "DATE_IMPOSSIBLE"),
        (SearchEntriesRequest { tenant_id: String::new(), ..search.clone() }, "FIELD_MISSING"),
        (SearchEntriesRequest { account_id: "me".into(), ..search.clone() }, "ID_MALFORMED"),
        (SearchEntriesRequest { page_token: token, ..search }, "PAGE_TOKEN_OF_ANOTHER_QUERY"),
    ] {
        assert_eq!(refusal(client.search_entries(query.clone())).await, expected, "{query:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn an_answer_waits_for_what_it_is_to_build_on_and_says_when_that_does_not_come() {
    let world = world().await;
    let opened = world.sources.open_record(patient(1), tenant()).await;
    world.caught_up().await;
    let item = world.sources.tell(Fact::of(Service::Records, patient(1), "item", "item.recorded")).await;
    let client = world.as_parent(&[opened.clone(), item]);
    let asked = || {
        let mut client = client.clone();
        async move { client.list_patient_entries(of(patient(1))).await }
    };
    assert_eq!(patiently(asked).await.unwrap().into_inner().entries.len(), 3);
    let never = Position { seq: opened.seq + 100, ..opened };
    assert_eq!(
        refusal(world.as_parent(&[never]).list_patient_entries(of(patient(1)))).await,
        "NOT_HEARD_YET"
    );
    world.end().await;
}
