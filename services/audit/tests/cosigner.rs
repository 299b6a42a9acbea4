//! A cosignature on its way from the witness to the published checkpoint: wherever whoever fetches it dies, the log goes on unforked and
//! the witness cosigns it again.
#![cfg(test)]
mod log;
mod pool;
use holdfast_audit::{
    config::WitnessAddress,
    sequencer::{Cosigner, Shelf, Tables},
};
use holdfast_testkit::FakeClock;
use holdfast_translog::{SignedCheckpoint, SigningKey, Signs};
use holdfast_types::SystemClock;
use holdfast_witness::{Memory, Witness};
use log::*;
use pool::*;
use std::{path::Path, sync::Arc};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const WITNESS: &str = "HOLDFAST_TEST_COSIGNER_WITNESS";

fn witness_key() -> SigningKey {
    SigningKey::from_seed("w1", Signs::Cosignatures, &[3; 32]).unwrap()
}

/// Answers until the test ends.
async fn witness(dir: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let logs = vec![log_key().verifier().clone()];
    let witness = Witness::new(witness_key(), logs, Memory::open(dir).unwrap(), Arc::new(SystemClock));
    tokio::spawn(holdfast_witness::serve(listener, witness, CancellationToken::new()));
    format!("{} http://{address}", witness_key().verifier())
}

/// Sequences what waits, and has it cosigned.
async fn cosigned(pool: sqlx::PgPool, shelf: Shelf, witness: &str) -> SignedCheckpoint {
    holdfast_host::tls::install_crypto();
    let mut sequencer = sequencer(pool.clone(), shelf.clone(), FakeClock::monday_noon());
    while sequencer.round().await.unwrap() > 0 {}
    let newest = sequencer.newest().borrow().clone().unwrap();
    let witness: WitnessAddress = witness.parse().unwrap();
    let (log, tables) = (log_key().verifier().clone(), Tables::new(pool));
    let mut cosigner = Cosigner::new(witness, log, tables, shelf).unwrap();
    cosigner.gather(&newest).await.unwrap();
    newest
}

#[tokio::test]
#[ignore = "a process for other tests to kill"]
async fn the_process_that_is_killed() {
    let (Some((pool, shelf)), Ok(witness)) = (told(), std::env::var(WITNESS)) else { return };
    cosigned(pool, shelf, &witness).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_a_cosignature_is_lost_on_its_way_the_log_goes_on_and_gets_it_again() {
    let world = world().await;
    let memory = tempfile::tempdir().unwrap();
    let witness = witness(memory.path()).await;
    let mut notes: Vec<Vec<u8>> = Vec::new();
    for fault in ["cosigner.cosigned", "cosigner.taken", "cosigner.published", "cosigner.kept"] {
        world.hear_of_all().await;
        world.killed_with(fault, &[(WITNESS, &witness)]);
        let left = checkpoint_note(&world.shelf()).await.unwrap();
        verified(&world.shelf(), &notes).await;
        notes.push(left.clone());
        // Nothing is new: the same checkpoint again.
        let again = cosigned(world.audit.pool.clone(), world.shelf(), &witness).await;
        let left = SignedCheckpoint::open(&left, log_key().verifier()).unwrap();
        assert_eq!(left.checkpoint(), again.checkpoint(), "after {fault}");
        let published = checkpoint_note(&world.shelf()).await.unwrap();
        let kept: String =
            sqlx::query_scalar("SELECT note FROM log_checkpoint").fetch_one(&world.audit.pool).await.unwrap();
        assert_eq!(published, kept.as_bytes(), "after {fault}");
        let signed = SignedCheckpoint::open(&published, log_key().verifier()).unwrap();
        signed.cosigned_by(witness_key().verifier()).unwrap();
        world.mended(&mut notes).await;
    }
}
