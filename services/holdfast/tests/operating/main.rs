//! What an operator does beside an installation that goes on serving: read models made anew, what waits for a fix listed, decisions
//! decided again; and what anybody verifies of it from outside.
#![cfg(test)]

mod directory;
#[path = "../telemetry/installation.rs"]
#[expect(dead_code, reason = "nobody signs in here")]
mod installation;

use holdfast_access::{Claims, TokenSigner};
use holdfast_host::{Tls, authority::Authority, client};
use holdfast_proto::{
    Word as _,
    consent::v1::{ListRecordsRequest, OpenRecordRequest, consent_service_client::ConsentServiceClient},
    messaging::v1::{ListThreadsRequest, messaging_service_client::MessagingServiceClient},
};
use holdfast_supervise::Postgres;
use holdfast_testkit::{refusal::reason, service::patiently};
use holdfast_types::{AccountId, Clock, Ids, Relationship, Service, SystemClock, SystemIds};
use installation::Installation;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};
use tonic::{Status, service::interceptor::InterceptedService, transport::Channel};
use url::Url;
use uuid::Uuid;

type Through = InterceptedService<Channel, client::Outgoing>;

fn family() -> AccountId {
    AccountId::new(Uuid::from_u128(1))
}

/// As a family comes, with a token of the installation's own key.
fn through<C>(
    data: &Path,
    service: Service,
    account: AccountId,
    client: impl FnOnce(Channel, client::Outgoing) -> C,
) -> C {
    let authority = Authority::create(&data.join("certificates"), SystemClock.now()).unwrap();
    let tls = Tls::load(&authority.role("gateway").unwrap()).unwrap();
    let port = fs::read_to_string(data.join(format!("{service}.port"))).unwrap();
    let address = Url::parse(&format!("https://127.0.0.1:{}", port.trim())).unwrap();
    let signer = TokenSigner::from_pkcs8(&fs::read(data.join("secrets/token.key")).unwrap()).unwrap();
    let iat = SystemClock.now().timestamp();
    let claims = Claims { account, session: None, roles: Vec::new(), iat, exp: iat + 300 };
    let outgoing = client::Outgoing::new().bearer(signer.sign(&claims).unwrap().into());
    client(client::channel(service, &address, &tls).unwrap(), outgoing)
}

fn consent(data: &Path) -> ConsentServiceClient<Through> {
    through(data, Service::Consent, family(), ConsentServiceClient::with_interceptor)
}

/// How many talks there are in a record.
async fn threads(data: &Path, patient: &str) -> Result<usize, Status> {
    threads_as(family(), data, patient).await
}

async fn threads_as(account: AccountId, data: &Path, patient: &str) -> Result<usize, Status> {
    let mut messaging = through(data, Service::Messaging, account, MessagingServiceClient::with_interceptor);
    let list = ListThreadsRequest { patient_id: patient.to_owned(), ..Default::default() };
    Ok(messaging.list_threads(list).await?.into_inner().threads.len())
}

async fn open(data: &Path) -> String {
    let open = OpenRecordRequest {
        request_id: SystemIds.next().to_string(),
        relationship: Relationship::Parent.to_proto(),
        ..Default::default()
    };
    consent(data).open_record(open).await.unwrap().into_inner().patient_id
}

async fn records(data: &Path) -> usize {
    let listed = consent(data).list_records(ListRecordsRequest::default()).await.unwrap();
    listed.into_inner().records.len()
}

fn holdfast(command: &str, service: &str, data: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_holdfast"))
        .args([command, service, "--data-dir"])
        .arg(data)
        .env_remove("HOLDFAST_DATABASE_URL")
        .output()
        .unwrap()
}

/// What waits in messaging, as an operator is told.
fn parked(data: &Path) -> Vec<Value> {
    let told = holdfast("parked", "messaging", data);
    assert!(told.status.success(), "{told:?}");
    let lines = String::from_utf8(told.stdout).unwrap();
    let waiting: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        String::from_utf8(told.stderr).unwrap(),
        format!("messaging: {} events wait for a fix\n", waiting.len())
    );
    waiting
}

/// When it returns, something waits there, or nothing any more.
async fn parked_at_last(data: &Path, something: bool) -> Vec<Value> {
    let asked = || async {
        let waiting = parked(data);
        if waiting.is_empty() == something { Err(Status::unavailable("not yet")) } else { Ok(waiting) }
    };
    patiently(asked).await.unwrap()
}

/// In the database of messaging, as who owns it.
async fn mend(data: &Path, sql: &str) {
    mend_of("messaging", data, sql).await;
}

async fn mend_of(service: &str, data: &Path, sql: &str) {
    let url = Postgres::url_in(&data.join("postgres"), service, &format!("{service}_owner")).unwrap();
    let mut owner = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut owner).await.unwrap();
    owner.close().await.unwrap();
}

const BREAK: &str = "
    CREATE FUNCTION feeds.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a mistake'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON feeds.access_holders FOR EACH ROW EXECUTE FUNCTION feeds.refuse()";
const MEND: &str = "DROP FUNCTION feeds.refuse CASCADE";

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_in_waits_is_listed_and_is_taken_in_once_it_can_be() {
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let data = root.path().join("data");
    let up = Installation::up(&data, &[]).await;
    assert!(parked(&data).is_empty());
    mend(&data, BREAK).await;
    let waits = open(&data).await;
    let waiting = parked_at_last(&data, true).await;
    for one in &waiting {
        assert_eq!((&one["source"], &one["subject"]), (&"consent".into(), &waits.as_str().into()), "{one}");
        assert!(one["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{one}");
    }
    let refused = threads(&data, &waits).await.unwrap_err();
    // Who holds the record is not known there; and while consent is not heard to its end, nobody else is let in either.
    assert!(["NOT_PERMITTED", "CONSENT_STALE"].contains(&reason(&refused)), "{refused:?}");
    mend(&data, MEND).await;
    // The service tries again by itself; other records were not held up meanwhile.
    let other = open(&data).await;
    let heard =
        || async { threads(&data, &other).await.map_err(|status| Status::unavailable(status.message())) };
    assert_eq!(patiently(heard).await.unwrap(), 0);
    parked_at_last(&data, false).await;
    assert_eq!(threads(&data, &waits).await.unwrap(), 0, "nothing was lost");
    up.down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn read_models_are_made_anew_beside_a_running_installation_and_what_waits_is_listed() {
    let root = tempfile::tempdir().unwrap();
    // PostgreSQL does not run as root: its own account has to get in.
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let data = root.path().join("data");
    let up = Installation::up(&data, &[]).await;
    open(&data).await;

    for service in ["identity", "records", "documents", "consent", "messaging"] {
        let made = holdfast("rebuild", service, &data);
        assert!(made.status.success(), "{service}: {made:?}");
        let said = String::from_utf8(made.stdout).unwrap();
        let count = said.strip_prefix(&format!("{service}: the read models were made anew from "));
        let count: u64 =
            count.and_then(|rest| rest.split(' ').next()?.parse().ok()).unwrap_or_else(|| panic!("{said}"));
        // The record, its holder, and the look that its answer was.
        assert!(service != "consent" || count >= 2, "{said}");
        let waiting = holdfast("parked", service, &data);
        assert!(waiting.status.success() && waiting.stdout.is_empty(), "{waiting:?}");
        assert_eq!(
            String::from_utf8(waiting.stderr).unwrap(),
            format!("{service}: 0 events wait for a fix\n")
        );
    }
    assert_eq!(records(&data).await, 1, "what was there is there");
    open(&data).await;
    assert_eq!(records(&data).await, 2, "and what is new comes to it");
    assert!(!holdfast("rebuild", "audit", &data).status.success(), "it has none of its own log");
    up.down().await;
    let gone = holdfast("parked", "consent", &root.path().join("elsewhere"));
    assert!(
        !gone.status.success() && String::from_utf8(gone.stderr).unwrap().contains("HOLDFAST_DATABASE_URL")
    );
}

/// Has a service take in another's events once more.
fn again(service: &str, source: &str, data: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_holdfast"))
        .args(["rebuild", service, "--feed", source, "--data-dir"])
        .arg(data)
        .env_remove("HOLDFAST_DATABASE_URL")
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_of_others_events_is_made_anew_whatever_was_done_to_it() {
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let data = root.path().join("data");
    let up = Installation::up(&data, &[]).await;
    let record = open(&data).await;
    let heard =
        || async { threads(&data, &record).await.map_err(|status| Status::unavailable(status.message())) };
    assert_eq!(patiently(heard).await.unwrap(), 0);

    let intruder = AccountId::new(Uuid::from_u128(2));
    mend(
        &data,
        &format!(
            "UPDATE feeds.access_holders SET account = '{intruder}' WHERE patient = '{record}';
             INSERT INTO feeds.practices VALUES ('{intruder}', '{intruder}')"
        ),
    )
    .await;
    assert_eq!(threads_as(intruder, &data, &record).await.unwrap(), 0, "who wrote themselves in is let in");
    assert_eq!(reason(&threads(&data, &record).await.unwrap_err()), "NOT_PERMITTED");
    let made = again("messaging", "consent", &data);
    assert!(made.status.success(), "{made:?}");
    let said = String::from_utf8(made.stdout).unwrap();
    assert!(said.starts_with("messaging: what it keeps of consent was made anew from "), "{said}");
    assert_eq!(patiently(heard).await.unwrap(), 0);
    let refused = threads_as(intruder, &data, &record).await.unwrap_err();
    assert!(["NOT_PERMITTED", "CONSENT_STALE"].contains(&reason(&refused)), "{refused:?}");

    for (service, source) in [
        ("messaging", "identity"),
        ("identity", "consent"),
        ("records", "consent"),
        ("documents", "consent"),
        ("audit", "consent"),
        ("audit", "messaging"),
        ("audit", "audit"),
    ] {
        let made = again(service, source, &data);
        assert!(made.status.success(), "{service} of {source}: {made:?}");
    }
    let url = Postgres::url_in(&data.join("postgres"), "messaging", "messaging_owner").unwrap();
    let mut owner = PgConnection::connect(&url).await.unwrap();
    let practices: i64 =
        sqlx::query_scalar("SELECT count(*) FROM feeds.practices").fetch_one(&mut owner).await.unwrap();
    assert_eq!(practices, 0);
    owner.close().await.unwrap();
    let nothing = again("records", "messaging", &data);
    assert!(!nothing.status.success());
    assert!(String::from_utf8(nothing.stderr).unwrap().contains("records keeps nothing of messaging"));
    up.down().await;
}

/// `holdfast audit …` at a terminal: how it ended, and what it said.
async fn audit(arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.arg("audit").args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// Asked until it ends well or badly, as is expected of it.
async fn ends(well: bool, arguments: &[&str]) -> String {
    let asked = || async {
        let (ended, said) = audit(arguments).await;
        if ended == well { Ok(said) } else { Err(Status::unavailable(said)) }
    };
    patiently(asked).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_decision_is_decided_again_and_one_that_was_altered_is_told() {
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let data = root.path().join("data");
    let up = Installation::up(&data, &[]).await;
    let record = open(&data).await;
    let heard =
        || async { threads(&data, &record).await.map_err(|status| Status::unavailable(status.message())) };
    assert_eq!(patiently(heard).await.unwrap(), 0);
    assert_eq!(records(&data).await, 1);
    let stranger = AccountId::new(Uuid::from_u128(2));
    let refused = threads_as(stranger, &data, &record).await.unwrap_err();
    assert!(["NOT_PERMITTED", "CONSENT_STALE"].contains(&reason(&refused)), "{refused:?}");

    let replay = ["replay-decisions", "--strict", "--data-dir", data.to_str().unwrap()];
    let said = ends(true, &replay).await;
    let counts = |said: &str| -> Vec<u64> {
        let last = said.lines().find(|line| line.starts_with("decisions ")).unwrap();
        last.split(|sign: char| !sign.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
    };
    let [decisions, identical, 0, 0] = counts(&said)[..] else { panic!("{said}") };
    assert!(decisions >= 3 && identical == decisions, "{said}");

    let alter = "UPDATE feeds.entries SET public_payload = overlay(public_payload PLACING 'P'::bytea
            FROM position('parent-holds-record'::bytea IN public_payload) FOR 1)
        WHERE (service, lane, lane_seq) = (SELECT service, lane, lane_seq FROM feeds.entries
            WHERE event_type = 'access.permitted' AND position('parent-holds-record'::bytea IN public_payload) > 0
            ORDER BY recorded LIMIT 1)";
    mend_of("audit", &data, alter).await;
    let said = ends(false, &replay).await;
    assert!(said.contains("different in rules; recorded: permitted by Parent-holds-record"), "{said}");
    assert!(said.contains("1 decisions are not what the log leads to"), "{said}");
    let [again, identical, 1, 0] = counts(&said)[..] else { panic!("{said}") };
    assert!(again >= decisions && identical == again - 1, "{said}");
    up.down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_verifies_the_log_by_its_address_and_what_is_altered_there_does_not_hold() {
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let data = root.path().join("data");
    let up = Installation::up(&data, &[]).await;
    open(&data).await;
    let (key, seen) = (data.join("log/verifier.key"), root.path().join("seen"));
    let address = up.site.join("/log").unwrap();
    let by_address = ["verify", "--key", key.to_str().unwrap(), "--address", address.as_str()];
    let said = ends(true, &by_address).await;
    assert!(said.starts_with("verified: the hashes of ") && said.contains("; not verified: "), "{said}");
    fs::copy(data.join("log/checkpoint"), &seen).unwrap();
    let size = || fs::read_to_string(data.join("log/checkpoint")).unwrap().lines().nth(1).unwrap().to_owned();
    let before = size();
    open(&data).await;
    while size() == before {
        tokio::task::yield_now().await;
    }
    let later = [&by_address[..], &["--older", seen.to_str().unwrap()]].concat();
    let said = ends(true, &later).await;
    assert!(said.contains("earlier checkpoints continued 1"), "{said}");
    let (verified, said) = audit(&[&later[..], &["--with-entries"]].concat()).await;
    assert!(!verified && said.contains("tile/entries/000"), "{said}");

    // The log may go on meanwhile: whatever it publishes next is altered as well.
    let altered = || async {
        for file in fs::read_dir(data.join("log/tile/0/000.p")).unwrap() {
            let path = file.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            fs::write(path, [&bytes[1..], &bytes[..1]].concat()).unwrap();
        }
        let (ended, said) = audit(&later).await;
        if ended { Err(Status::unavailable("not yet")) } else { Ok(said) }
    };
    let said = patiently(altered).await.unwrap();
    assert!(said.contains("is not the one that a checkpoint signs"), "{said}");
    up.down().await;
}
