//! A backup from before an erasure is restored, databases, object store and bus: what it brings back is erased again before anything is
//! served, by `up` itself or by an operator's command, and every proof holds.
#![cfg(test)]

#[path = "../telemetry/installation.rs"]
#[expect(dead_code, reason = "nobody signs in here")]
mod installation;
mod place;

use holdfast_consent::ledger::Ledger;
use holdfast_eventlog::{Envelope, MasterKey};
use holdfast_proto::{consent::v1 as consent, documents::v1 as documents};
use holdfast_supervise::{Postgres, PostgresSettings};
use holdfast_testkit::refusal::reason;
use installation::Installation;
use place::{GOAL, LOG, PAPER, Place};
use sqlx::{Connection as _, PgConnection};
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};
use uuid::Uuid;

/// The ledger as anybody checks it who has the public key.
fn list(ledger: &Path, key: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_holdfast"))
        .args(["erasures", "list", "--erasure-ledger-key", key, "--erasure-ledger"])
        .arg(ledger)
        .output()
        .unwrap()
}

/// What an operator does between a restore and the first start.
fn apply(place: &Place, service: &str, ledger: &Path, key: &str) -> (bool, String) {
    let keys = format!("{service}_keys");
    let output = Command::new(env!("CARGO_BIN_EXE_holdfast"))
        .args(["erasures", "apply", service, "--erasure-ledger-key", key, "--erasure-ledger"])
        .arg(ledger)
        .env(
            "HOLDFAST_KEYS_DATABASE_URL",
            Postgres::url_in(&place.data.join("postgres"), &keys, &keys).unwrap(),
        )
        .env("HOLDFAST_MASTER_KEY_FILE", place.data.join(format!("secrets/{service}-master.key")))
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// Whether the data key of a subject is there and can be unwrapped, in the key database of a service.
async fn has_key(place: &Place, service: &str, subject: &str) -> bool {
    let keys = format!("{service}_keys");
    let url = Postgres::url_in(&place.data.join("postgres"), &keys, &keys).unwrap();
    let mut database = PgConnection::connect(&url).await.unwrap();
    let wrapped: Option<Option<Vec<u8>>> =
        sqlx::query_scalar("SELECT wrapped FROM keys.data_keys WHERE subject = $1")
            .bind(subject.parse::<Uuid>().unwrap())
            .fetch_optional(&mut database)
            .await
            .unwrap();
    wrapped.flatten().is_some()
}

/// With nothing but PostgreSQL running, each service's keys are destroyed by the command; again is no harm.
async fn applied_by_hand(place: &Place, ledger: &Path, key: &str, gone: &str, (kept, shed): (&str, &str)) {
    let (binaries, databases) = (holdfast_testkit::binaries(), place.data.join("postgres"));
    let mut postgres = Postgres::start(&binaries, &databases, PostgresSettings::default()).unwrap();
    let records = "the keys of 1 erased records";
    assert!(has_key(place, "records", gone).await && has_key(place, "documents", shed).await, "as backed up");
    for (service, said) in [
        ("records", format!("records: {records} are destroyed\n")),
        ("documents", format!("documents: {records} and of 1 documents are destroyed\n")),
        ("messaging", format!("messaging: {records} are destroyed\n")),
    ] {
        let (done, refused) = apply(place, service, ledger, &"07".repeat(32));
        assert!(!done, "by a ledger of another installation: {refused}");
        for _ in 0..2 {
            assert_eq!(apply(place, service, ledger, key), (true, said.clone()));
        }
        assert!(!has_key(place, service, gone).await, "{service}");
    }
    assert!(has_key(place, "records", kept).await && has_key(place, "documents", kept).await);
    assert!(!has_key(place, "documents", shed).await);
    let (done, refused) = apply(place, "consent", ledger, key);
    assert!(!done && refused.contains("consent keeps no content of records"), "{refused}");
    postgres.stop();
}

async fn title(place: &Place, patient_id: &str, document_id: &str) -> String {
    let get = documents::GetDocumentRequest {
        patient_id: patient_id.to_owned(),
        document_id: document_id.to_owned(),
        ..Default::default()
    };
    place.documents().get_document(get).await.unwrap().into_inner().title
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_is_erased_again_before_anything_is_served_and_every_proof_holds() {
    let root = tempfile::tempdir().unwrap();
    // PostgreSQL does not run as root: its own account has to get in.
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let place = Place { data: root.path().join("data") };
    let backup = root.path().join("backup");
    let (ledger, away) = (place.data.join("erasures.jsonl"), root.path().join("erasures.jsonl"));

    let up = Installation::up(&place.data, &[]).await;
    let (gone, kept) = (place.open().await, place.open().await);
    let (shed, stays) = (place.hand_in(&kept).await, place.hand_in(&kept).await);
    let before = place.log().await;
    let seen = root.path().join("checkpoint");
    let at_backup = place.checkpoint(0, &seen).await;
    up.down().await;
    place.back_up(&backup);

    let up = Installation::up(&place.data, &[]).await;
    assert_eq!(place.goals(&gone).await.unwrap(), 1);
    place.erase(&gone, "").await;
    place.erased(&gone).await;
    assert_eq!(place.download(&kept, &shed).await.unwrap(), PAPER);
    place.erase(&kept, &shed).await;
    place.paper_erased(&kept, &shed).await;
    place.noted(2).await;
    let (later, proof) = (root.path().join("later"), root.path().join("proof"));
    place.checkpoint(at_backup, &later).await;
    fs::write(&proof, place.proof(&gone, &[at_backup]).await).unwrap();
    up.down().await;

    let master = MasterKey::read(&place.data.join("secrets/consent-master.key")).unwrap();
    let key = Ledger::new(ledger.clone(), &master).unwrap().public_key().unwrap();
    let listed = list(&ledger, &key.to_string());
    assert!(listed.status.success() && String::from_utf8_lossy(&listed.stdout).contains(&gone), "{listed:?}");
    let other = Ledger::new(ledger.clone(), &MasterKey::new([7; 32])).unwrap().public_key().unwrap();
    assert!(!list(&ledger, &other.to_string()).status.success(), "signed by another installation");

    // The backup alone brings everything back: this is what the ledger is for.
    place.restore(&backup);
    fs::rename(&ledger, &away).unwrap();
    let up = Installation::up(&place.data, &[]).await;
    assert_eq!(place.goals(&gone).await.unwrap(), 1);
    assert_eq!(title(&place, &kept, &shed).await, "Hearing test");
    assert_eq!(place.download(&kept, &shed).await.unwrap(), PAPER);
    up.down().await;

    // By the command alone, with no ledger where `up` looks for it.
    place.restore(&backup);
    let _ = fs::remove_file(&ledger);
    applied_by_hand(&place, &away, &key.to_string(), &gone, (&kept, &shed)).await;
    let up = Installation::up(&place.data, &[]).await;
    // Nobody has told that they were erased: their keys are gone.
    assert_eq!(reason(&place.goals(&gone).await.unwrap_err()), "CONTENT_ERASED");
    assert_eq!(reason(&place.download(&kept, &shed).await.unwrap_err()), "CONTENT_ERASED");
    assert_eq!(place.goals(&kept).await.unwrap(), 1);
    assert_eq!(place.download(&kept, &stays).await.unwrap(), PAPER);
    up.down().await;

    // What was published since the backup was seen by others: under its name nothing else is ever published.
    let up_to_then = fs::read(place.data.join(LOG).join("checkpoint")).unwrap();
    place.restore(&backup);
    fs::rename(&away, &ledger).unwrap();
    let up = Installation::up(&place.data, &[("HOLDFAST_AUDIT_LOG_ORIGIN", "holdfast/log-2")]).await;
    // From the first answer on: either its key is gone, or the erasure was heard again.
    let first = place.goals(&gone).await.unwrap_err();
    assert!(["CONTENT_ERASED", "UNRECORDABLE"].contains(&reason(&first)), "{first:?}");
    let first = place.download(&kept, &shed).await.unwrap_err();
    assert!(["CONTENT_ERASED", "UNRECORDABLE"].contains(&reason(&first)), "{first:?}");
    place.erased(&gone).await;
    place.paper_erased(&kept, &shed).await;
    assert_eq!(place.goals(&kept).await.unwrap(), 1, "nobody else is touched");
    assert_eq!(place.download(&kept, &stays).await.unwrap(), PAPER, "nor the other paper");
    assert_eq!(
        place.readable(&[GOAL, PAPER, "Hearing test"]),
        Vec::<std::path::PathBuf>::new(),
        "in objects and bus"
    );
    let get = consent::GetErasureRequest { patient_id: gone.clone(), ..Default::default() };
    let shown = place.erasures(1, None).get_erasure(get).await.unwrap().into_inner();
    assert_eq!(shown.state(), consent::ErasureState::Erased);
    let after = place.log().await;
    let patient: Uuid = gone.parse().unwrap();
    for Envelope { header, leaf, .. } in &before {
        let again = after.iter().find(|envelope| envelope.header.event_id == header.event_id).unwrap();
        assert_eq!((&again.header, &again.leaf, &again.header.leaf()), (header, leaf, leaf));
        assert!(header.subject != patient || again.public_payload.is_none());
    }
    place.noted(2).await;
    let again = root.path().join("proof-again");
    fs::write(&again, place.proof(&gone, &[]).await).unwrap();
    up.down().await;
    assert_eq!(fs::read(place.data.join(LOG).join("checkpoint")).unwrap(), up_to_then);
    let (log, another) = (place.data.join(LOG), "log-holdfast-log-2");
    let of_record = format!("entries of patient {gone}");
    for (verified, continued, said) in [
        (place.verify(LOG, &log, &[&seen]), 1, ""),
        // It may be the newest.
        (place.verify(LOG, &log, &[&later]), 0, ""),
        (place.verify(LOG, &proof, &[&seen]), 1, of_record.as_str()),
        (place.verify(another, &place.data.join(another), &[]), 0, ""),
        (place.verify(another, &again, &[]), 0, of_record.as_str()),
    ] {
        let told = String::from_utf8_lossy(&verified.stdout);
        assert!(verified.status.success() && told.contains(said), "{verified:?}");
        assert!(
            continued == 0 || told.contains(&format!("earlier checkpoints continued {continued}")),
            "{told}"
        );
    }

    // A ledger that somebody has cut is no ledger: nothing is served on top of it.
    fs::write(&ledger, "{}\n").unwrap();
    let up = Command::new(env!("CARGO_BIN_EXE_holdfast"))
        .args(["up", "--no-demo", "--http", "127.0.0.1:0", "--data-dir"])
        .arg(&place.data)
        .arg("--tools-dir")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools"))
        .output()
        .unwrap();
    assert!(!up.status.success());
    assert!(
        String::from_utf8_lossy(&up.stderr)
            .contains("the erasure ledger is not what was signed from line 1 on")
    );
}
