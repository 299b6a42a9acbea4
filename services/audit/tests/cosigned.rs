//! What is published is cosigned by witnesses, at their pace: one that is away delays nothing and is asked again, one that saw another
//! history never cosigns this one.
#![cfg(test)]
mod common;
mod log;
use common::*;
use holdfast_audit::{config::WitnessAddress, sequencer::Shelf};
use holdfast_proto::audit::v1::GetLogFileRequest;
use holdfast_translog::{
    AddCheckpoint, Checkpoint, SignedCheckpoint, SigningKey, Signs, Trust, VerifierKey, VerifyError,
    verify_tiles,
};
use holdfast_types::*;
use holdfast_witness::{Memory, Witness};
use log::*;
use std::{net::SocketAddr, sync::Arc};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::Status;

struct Somebody {
    name: &'static str,
    address: SocketAddr,
    dir: tempfile::TempDir,
}

impl Somebody {
    /// With a port of their own, at which nobody answers yet.
    async fn away(name: &'static str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        Self { name, address, dir: tempfile::tempdir().unwrap() }
    }

    fn key(&self) -> SigningKey {
        let mut seed = [0; 32];
        seed[..self.name.len()].copy_from_slice(self.name.as_bytes());
        SigningKey::from_seed(self.name, Signs::Cosignatures, &seed).unwrap()
    }

    fn verifier(&self) -> VerifierKey {
        self.key().verifier().clone()
    }

    fn named(&self) -> WitnessAddress {
        format!("{} http://{}", self.verifier(), self.address).parse().unwrap()
    }

    /// Of the log that the world keeps.
    fn witness(&self) -> Witness {
        let memory = Memory::open(self.dir.path()).unwrap();
        Witness::new(self.key(), vec![log_key().verifier().clone()], memory, Arc::new(SystemClock))
    }

    async fn come(&self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        tokio::spawn(holdfast_witness::serve(listener, self.witness(), CancellationToken::new()));
    }
}

/// As `common` sets it up.
fn log_key() -> SigningKey {
    SigningKey::from_seed("holdfast/log", Signs::Notes, &[9; 32]).unwrap()
}

async fn world_with(witnesses: &[&Somebody]) -> (World, Shelf) {
    let mut sources = Sources::start().await;
    sources.witnesses = witnesses.iter().map(|witness| witness.named()).collect();
    let world = sources.heard_by(AuditDatabase::of_this_run().await).await;
    let shelf = shelf(&world.sources.dir.path().join("log"));
    (world, shelf)
}

impl World {
    /// Something happens, and is in the published log.
    async fn happens(&self, shelf: &Shelf) -> u64 {
        let told = Fact::of(Service::Records, patient(1), "item", "item.recorded");
        let position = self.sources.tell(told).await;
        let place = (position.service, i32::from(position.lane), i64::try_from(position.seq).unwrap());
        let published = || async {
            if events(shelf).await.contains(&place) { Ok(()) } else { Err(Status::unavailable("not yet")) }
        };
        patiently(published).await.unwrap();
        newest(shelf).await.checkpoint().size
    }
}

async fn newest(shelf: &Shelf) -> SignedCheckpoint {
    SignedCheckpoint::open(&checkpoint_note(shelf).await.unwrap(), log_key().verifier()).unwrap()
}

/// Once the newest, which is at least that large, carries the cosignature of each.
async fn cosigned(shelf: &Shelf, size: u64, by: &[&Somebody]) -> SignedCheckpoint {
    let look = || async {
        let signed = newest(shelf).await;
        let all = by.iter().all(|witness| signed.cosigned_by(&witness.verifier()).is_ok());
        if all && signed.checkpoint().size >= size { Ok(signed) } else { Err(Status::unavailable("not yet")) }
    };
    patiently(look).await.unwrap()
}

#[tokio::test]
async fn what_is_published_is_cosigned_and_a_witness_that_is_away_delays_nothing_and_is_asked_again() {
    let (here, away) = (Somebody::away("w1").await, Somebody::away("w2").await);
    here.come().await;
    let (world, shelf) = world_with(&[&here, &away]).await;
    for _ in 0..3 {
        let size = world.happens(&shelf).await;
        cosigned(&shelf, size, &[&here]).await;
    }
    let trust =
        Trust::in_key(log_key().verifier().clone()).and_witnesses(vec![here.verifier(), away.verifier()]);
    verify_tiles(&shelf, &trust.clone().and_quorum(1)).await.unwrap();
    let few = verify_tiles(&shelf, &trust.clone().and_quorum(2)).await.unwrap_err();
    assert!(matches!(few, VerifyError::Quorum { needed: 2, found: 1 }), "{few}");
    let unseen = verify_tiles(&shelf, &trust).await.unwrap_err();
    assert!(matches!(&unseen, VerifyError::Witness { witness, .. } if witness == "w2"), "{unseen}");

    away.come().await;
    let size = world.happens(&shelf).await;
    let both = cosigned(&shelf, size, &[&here, &away]).await;
    verify_tiles(&shelf, &trust).await.unwrap();
    // To whoever asks audit, and in the tables, from which a restart publishes.
    let asked = GetLogFileRequest { path: "checkpoint".to_owned() };
    let served = world.log_client().get_log_file(asked).await.unwrap().into_inner().content;
    assert_eq!(served, both.to_text());
    let kept: Vec<(String,)> = world.superuser_rows("SELECT note FROM feeds.log_checkpoint").await;
    assert_eq!(kept, [(both.to_text(),)]);
    world.end().await;
}

#[tokio::test]
async fn a_witness_that_saw_another_history_never_cosigns_this_one_and_the_log_goes_on() {
    let (honest, deceived) = (Somebody::away("w1").await, Somebody::away("w2").await);
    let other = Checkpoint { origin: "holdfast/log".to_owned(), size: 1, root: [7; 32] }.sign(&log_key());
    let shown = AddCheckpoint { older: 0, proof: Vec::new(), checkpoint: other.to_text() };
    deceived.witness().add_checkpoint(shown.to_text().as_bytes()).unwrap();
    honest.come().await;
    deceived.come().await;
    let (world, shelf) = world_with(&[&honest, &deceived]).await;
    for _ in 0..3 {
        let size = world.happens(&shelf).await;
        let signed = cosigned(&shelf, size, &[&honest]).await;
        signed.cosigned_by(&deceived.verifier()).unwrap_err();
    }
    world.end().await;
}
