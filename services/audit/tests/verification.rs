//! Holes, alterations and mismatches are found with their place; a sound log raises no alarm; what was away comes back by itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]
mod common;
use common::*;
use holdfast_eventlog::{Position, schema};
use holdfast_proto::audit::v1::{
    FaultKind, GetLogHealthRequest, ListPatientEntriesRequest, LogHealth, ServiceLogHealth, VerifyLogsRequest,
};
use holdfast_supervise::{Postgres, PostgresSettings};
use holdfast_types::*;
use std::collections::BTreeSet;

async fn item(world: &World, number: u128) -> Position {
    world.sources.tell(Fact::of(Service::Records, patient(number), "item", "item.recorded")).await
}

async fn verify(world: &World) -> LogHealth {
    let mut client = world.as_officer(&[]);
    let asked = || {
        let mut client = client.clone();
        async move { client.get_log_health(GetLogHealthRequest {}).await }
    };
    let before = patiently(asked).await.unwrap().into_inner();
    let after = client.verify_logs(VerifyLogsRequest {}).await.unwrap().into_inner();
    for (before, after) in before.services.iter().zip(&after.services) {
        let seconds = |log: &ServiceLogHealth| log.verify_time.map(|time| (time.seconds, time.nanos));
        assert!(seconds(after) > seconds(before), "{} was verified", after.service);
    }
    after
}

fn of<'a>(health: &'a LogHealth, service: &str) -> &'a ServiceLogHealth {
    health.services.iter().find(|log| log.service == service).unwrap()
}

fn faults(health: &LogHealth) -> BTreeSet<(String, &'static str, u32, u64)> {
    let each = |log: &ServiceLogHealth| {
        let service = log.service.clone();
        let fault = move |fault: &holdfast_proto::audit::v1::LogFault| {
            assert!(fault.found_time.is_some());
            (service.clone(), fault.kind().as_str_name(), fault.lane, fault.lane_seq)
        };
        log.faults.iter().map(fault).collect::<Vec<_>>()
    };
    health.services.iter().flat_map(each).collect()
}

fn at(kind: FaultKind, position: &Position) -> (String, &'static str, u32, u64) {
    (position.service.clone(), kind.as_str_name(), position.lane.into(), position.seq)
}

fn row(position: &Position) -> String {
    format!("lane = {} AND lane_seq = {}", position.lane, position.seq)
}

#[tokio::test]
async fn a_sound_log_raises_no_alarm_even_while_it_grows() {
    let world = world().await;
    for number in 0..20 {
        item(&world, number).await;
        world.sources.open_record(patient(number), tenant()).await;
    }
    world.caught_up().await;
    let growing = async {
        for number in 0..200 {
            item(&world, number % 20).await;
        }
    };
    let checking = async {
        for _ in 0..3 {
            let health = verify(&world).await;
            assert_eq!(faults(&health), BTreeSet::new());
        }
    };
    tokio::join!(growing, checking);
    world.caught_up().await;
    let health = verify(&world).await;
    assert_eq!(faults(&health), BTreeSet::new());
    assert_eq!(of(&health, "records").entry_count, 220);
    assert_eq!(of(&health, "consent").entry_count, 40);
    assert_eq!(of(&health, "documents").entry_count, 0);
    assert!(of(&health, "audit").entry_count > 0);
    assert!(health.services.iter().all(|log| (0..60_000).contains(&log.lag_ms)), "{health:?}");
    world.end().await;
}

#[tokio::test]
async fn an_altered_row_is_found_with_its_place() {
    let world = world().await;
    let mut places = Vec::new();
    for number in 0..6 {
        for _ in 0..3 {
            places.push(item(&world, number).await);
        }
    }
    world.caught_up().await;
    let [who, content, both, unreadable, ..] = [&places[1], &places[4], &places[7], &places[10]];
    let database = &world.sources.logs[&Service::Records].1.superuser_url;
    let another = format!("account/{}", stranger());
    for (place, change) in [
        (who, format!("actor = '{another}'")),
        (content, "payload = '\\x00'".to_owned()),
        // Whoever also computes a leaf anew is found by what was heard.
        (both, "leaf = sha256('anything')".to_owned()),
        (unreadable, "actor = 'nobody at all'".to_owned()),
    ] {
        tamper(database, format!("UPDATE log.events SET {change} WHERE {}", row(place))).await;
    }
    let expected: BTreeSet<_> =
        [who, content, both, unreadable].map(|place| at(FaultKind::Altered, place)).into_iter().collect();
    assert_eq!(faults(&verify(&world).await), expected);
    // It is found once, and stays.
    assert_eq!(faults(&verify(&world).await), expected);
    world.end().await;
}

#[tokio::test]
async fn what_was_meddled_with_in_the_history_itself_is_found_with_its_place() {
    let world = world().await;
    let shared = world.sources.open_record(patient(1), tenant()).await;
    let mut places = Vec::new();
    for _ in 0..5 {
        places.push(item(&world, 1).await);
    }
    world.caught_up().await;
    let published = || async {
        let rows: Vec<(i64,)> = world
            .superuser_rows("SELECT lane_seq FROM feeds.log_entries WHERE service IN ('records', 'consent')")
            .await;
        if rows.len() == 7 { Ok(()) } else { Err(tonic::Status::unavailable("not all of it yet")) }
    };
    patiently(published).await.unwrap();
    assert_eq!(faults(&verify(&world).await), BTreeSet::new());

    let [who, when, gone, both, _] = places.as_slice() else { unreachable!() };
    let history = &world.database.superuser_url;
    let of = |place: &Position| format!("service = '{}' AND {}", place.service, row(place));
    let set =
        |change: &str, place: &Position| format!("UPDATE feeds.entries SET {change} WHERE {}", of(place));
    let another = format!("actor = 'account/{}'", stranger());
    tamper(history, set(&another, who)).await;
    tamper(history, set("recorded = recorded - interval '1 day'", when)).await;
    tamper(history, set("public_payload = '\\x00'", &shared)).await;
    tamper(history, format!("DELETE FROM feeds.entries WHERE {}", of(gone))).await;
    // Whoever alters log and history alike, leaf and all, is found by what was published.
    let log = world.sources.log(Service::Records);
    let mut header = log.read_lane(both.lane, both.seq - 1, 1).await.unwrap().remove(0).header;
    header.actor = Actor::Account(stranger());
    let alike = format!("{another}, leaf = '\\x{}'", hex::encode(header.leaf()));
    let database = &world.sources.logs[&Service::Records].1.superuser_url;
    tamper(database, format!("UPDATE log.events SET {alike} WHERE {}", row(both))).await;
    tamper(history, set(&format!("{alike}, actor_account = '{}'", stranger()), both)).await;

    let altered = [who, when, &shared, both].map(|place| at(FaultKind::Altered, place));
    let expected: BTreeSet<_> = altered.into_iter().chain([at(FaultKind::Hole, gone)]).collect();
    assert_eq!(faults(&verify(&world).await), expected);
    world.end().await;
}

#[tokio::test]
async fn audits_own_log_is_verified_like_the_others() {
    let world = world().await;
    let mut client = world.as_officer(&[]);
    world.caught_up().await;
    client.get_log_health(GetLogHealthRequest {}).await.unwrap();
    world.caught_up().await;
    let [(lane, lane_seq)] = world
        .superuser_rows::<(i32, i64)>("SELECT lane, lane_seq FROM log.events ORDER BY recorded LIMIT 1")
        .await[..]
    else {
        panic!("the look is on audit's log")
    };
    let place = Position {
        service: "audit".to_owned(),
        lane: u16::try_from(lane).unwrap(),
        seq: u64::try_from(lane_seq).unwrap(),
    };
    tamper(
        &world.database.superuser_url,
        format!("UPDATE log.events SET purpose = 'TREAT' WHERE {}", row(&place)),
    )
    .await;
    assert_eq!(faults(&verify(&world).await), BTreeSet::from([at(FaultKind::Altered, &place)]));
    world.end().await;
}

#[tokio::test]
async fn a_deleted_row_is_found_as_a_hole_inside_a_lane_and_at_its_end() {
    let world = world().await;
    let mut places = Vec::new();
    for _ in 0..5 {
        places.push(item(&world, 1).await);
    }
    let last = item(&world, 2).await;
    let only = item(&world, 3).await;
    world.caught_up().await;
    let database = &world.sources.logs[&Service::Records].1.superuser_url;
    for gone in [&places[1], &last, &only] {
        tamper(database, format!("DELETE FROM log.events WHERE {}", row(gone))).await;
    }
    // Nor does it help to wind the counter back.
    tamper(database, format!("UPDATE log.lanes SET last_seq = 0 WHERE lane = {}", only.lane)).await;
    let expected: BTreeSet<_> =
        [&places[1], &last, &only].map(|place| at(FaultKind::Hole, place)).into_iter().collect();
    assert_eq!(faults(&verify(&world).await), expected);
    world.end().await;
}

#[tokio::test]
async fn a_row_that_was_gone_before_it_was_heard_is_a_hole_and_stops_its_lane_only() {
    let sources = Sources::start().await;
    let mut places = Vec::new();
    for _ in 0..4 {
        places.push(sources.tell(Fact::of(Service::Records, patient(1), "item", "item.recorded")).await);
    }
    let database = sources.logs[&Service::Records].1.superuser_url.clone();
    tamper(&database, format!("DELETE FROM log.events WHERE {}", row(&places[1]))).await;
    let world = sources.heard_by(AuditDatabase::of_this_run().await).await;
    let elsewhere = item(&world, 2).await;
    let heard = [places[0].clone(), elsewhere];
    let asked = || {
        let mut client = world.as_officer(&heard);
        async move { client.get_log_health(GetLogHealthRequest {}).await }
    };
    let health = patiently(asked).await.unwrap().into_inner();
    assert_eq!(of(&health, "records").entry_count, 2, "what follows the hole is not passed off as the next");
    assert_eq!(of(&health, "records").lag_ms, i64::MAX, "not everything there was heard");
    assert_eq!(faults(&verify(&world).await), BTreeSet::from([at(FaultKind::Hole, &places[1])]));
    world.end().await;
}

#[tokio::test]
async fn an_envelope_that_does_not_match_its_leaf_is_kept_and_reported() {
    let sources = Sources::start().await;
    let opened = sources.open_record(patient(1), tenant()).await;
    let place = sources.tell(Fact::of(Service::Records, patient(1), "item", "item.recorded")).await;
    let database = sources.logs[&Service::Records].1.superuser_url.clone();
    tamper(&database, format!("UPDATE log.events SET purpose = 'TREAT' WHERE {}", row(&place))).await;
    let world = sources.heard_by(AuditDatabase::of_this_run().await).await;
    world.caught_up().await;
    let query = ListPatientEntriesRequest { patient_id: patient(1).to_string(), ..Default::default() };
    let entries = world.as_parent(&[opened]).list_patient_entries(query).await.unwrap().into_inner().entries;
    assert_eq!(entries.len(), 3);
    // Verification does not call it altered as well: it was like this when it was heard.
    assert_eq!(faults(&verify(&world).await), BTreeSet::from([at(FaultKind::LeafMismatch, &place)]));
    world.end().await;
}

#[tokio::test]
async fn only_officers_and_operators_see_the_logs_health() {
    let world = world().await;
    world.caught_up().await;
    for role in [Role::ComplianceOfficer, Role::Operator] {
        let mut client = world.client(Some(world.token(officer(), &[(role, tenant())])), &[]);
        let health = client.get_log_health(GetLogHealthRequest {}).await.unwrap().into_inner();
        let services: Vec<_> = health.services.iter().map(|log| log.service.as_str()).collect();
        assert_eq!(services, ["identity", "records", "documents", "consent", "messaging", "audit"]);
    }
    for role in [Role::Therapist, Role::FrontDesk, Role::PracticeAdministrator, Role::ServiceAccount] {
        let mut client = world.client(Some(world.token(stranger(), &[(role, tenant())])), &[]);
        let outcome = client.get_log_health(GetLogHealthRequest {}).await;
        assert_eq!(reason(&outcome.unwrap_err()), "NOT_PERMITTED");
        let outcome = client.verify_logs(VerifyLogsRequest {}).await;
        assert_eq!(reason(&outcome.unwrap_err()), "NOT_PERMITTED");
    }
    world.end().await;
}

#[tokio::test]
async fn a_bus_that_was_away_and_lost_everything_is_healed_from_the_logs() {
    let mut world = world().await;
    item(&world, 1).await;
    world.caught_up().await;
    world.sources.nats.lose_store().unwrap();
    for number in 0..10 {
        item(&world, number).await;
    }
    // Without a bus the logs' heads tell.
    world.caught_up().await;
    world.sources.nats.start_again().unwrap();
    for number in 0..10 {
        item(&world, number).await;
    }
    world.caught_up().await;
    let health = verify(&world).await;
    assert_eq!(of(&health, "records").entry_count, 21);
    assert_eq!(faults(&health), BTreeSet::new());
    world.end().await;
}

#[tokio::test]
async fn a_database_that_was_away_is_taken_up_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let settings = PostgresSettings { durable: true, ..PostgresSettings::default() };
    let mut postgres = Postgres::start(&binaries(), &dir.path().join("postgres"), settings).unwrap();
    let world = Sources::start().await.heard_by(on(&postgres).await).await;
    let opened = world.sources.open_record(patient(1), tenant()).await;
    item(&world, 1).await;
    world.caught_up().await;
    let query = ListPatientEntriesRequest { patient_id: patient(1).to_string(), ..Default::default() };
    let look = async |world: &World| world.as_parent(&[]).list_patient_entries(query.clone()).await;
    assert_eq!(look(&world).await.unwrap().into_inner().entries.len(), 3);

    postgres.kill();
    for _ in 0..5 {
        item(&world, 1).await;
    }
    // What cannot be recorded is not shown.
    let away = look(&world).await.unwrap_err();
    assert_eq!(away.code(), tonic::Code::Unavailable, "{away:?}");
    postgres.start_again().unwrap();
    world.caught_up().await;
    let answer = patiently(|| look(&world)).await.unwrap().into_inner();
    // Two of the opening, six items, and the first look.
    assert_eq!(answer.entries.iter().filter(|entry| entry.service != "audit").count(), 8);
    assert!(answer.entries.iter().any(|entry| entry.service == "audit"));
    assert_eq!(answer.entries.iter().filter(|entry| entry.service == opened.service).count(), 2);
    let health = verify(&world).await;
    assert_eq!(of(&health, "records").entry_count, 6);
    assert_eq!(faults(&health), BTreeSet::new());
    world.end().await;
}

/// Audit's databases on a server that the test can stop.
async fn on(postgres: &Postgres) -> AuditDatabase {
    let databases = schema::Databases {
        name: "audit".to_owned(),
        owner_password: "testing".to_owned(),
        serving_password: "testing".to_owned(),
        keys_password: "testing".to_owned(),
    };
    schema::provision(&postgres.superuser_url(), &databases).await.unwrap();
    let url = |role: &str, database: &str| {
        format!("postgres://{role}:testing@127.0.0.1:{}/{database}", postgres.port())
    };
    let migrations = holdfast_audit::migrations();
    let (owner, serving) = ("audit_owner", "audit");
    schema::migrate(&url(owner, "audit"), serving, &migrations.views, &migrations.feeds).await.unwrap();
    schema::migrate_keys(&url(owner, "audit_keys"), "audit_keys").await.unwrap();
    AuditDatabase {
        url: url(serving, "audit"),
        keys_url: url("audit_keys", "audit_keys"),
        superuser_url: postgres.url("audit", "postgres"),
    }
}
