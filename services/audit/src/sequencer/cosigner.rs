//! Asks one witness to cosign what is published (C2SP tlog-witness), and adds its cosignature to what is published.
//!
//! Beside the sequencer, which never waits for it: a witness that is away is asked again, and then for the newest checkpoint.
use super::{Shelf, Tables, TablesError};
use crate::config::WitnessAddress;
use holdfast_eventlog::fault;
use holdfast_translog::{
    AddCheckpoint, CHECKPOINT_PATH, CheckpointError, Plan, ProofError, SignatureError, SignedCheckpoint,
    StoreError, TileError, TileStore as _, VerifierKey, fetch,
};
use reqwest::{Client, Response, StatusCode};
use std::time::Duration;
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
/// One line per key of the witness, each far below a kilobyte.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// Once from where the witness is believed to stand, once from where it says.
const ASKS_MAX: usize = 2;
const REST: Duration = Duration::from_secs(1);
const REST_MAX: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
pub enum CosignerError {
    #[error("the witness cannot be asked")]
    Request(#[source] reqwest::Error),
    #[error("the witness answered with status {0}")]
    Refused(StatusCode),
    #[error("the witness's answer is longer than {ANSWER_BYTES_MAX} bytes, or not text")]
    Answer,
    #[error("the witness has cosigned a tree of {witnessed} entries, the log's has {size}")]
    Ahead { witnessed: u64, size: u64 },
    #[error("the witness has cosigned another tree of {size} entries")]
    Forked { size: u64 },
    #[error("the witness's answer holds no cosignature of its key on this checkpoint")]
    NotCosigned(#[source] SignatureError),
    #[error("there is no proof from where the witness stands")]
    Proof(#[from] ProofError),
    #[error("a tile cannot be used")]
    Tile(#[from] TileError),
    #[error("the committed checkpoint is not of this log")]
    Checkpoint(#[source] CheckpointError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Tables(#[from] TablesError),
}

pub struct Cosigner {
    witness: WitnessAddress,
    log: VerifierKey,
    tables: Tables,
    shelf: Shelf,
    client: Client,
    /// Of the checkpoint that the witness is believed to have cosigned last.
    witnessed: u64,
}

enum Answer {
    /// Signature lines.
    Cosigned(String),
    /// It stands at another size than it was believed to.
    StandsAt(u64),
}

impl Cosigner {
    pub fn new(
        witness: WitnessAddress,
        log: VerifierKey,
        tables: Tables,
        shelf: Shelf,
    ) -> Result<Self, reqwest::Error> {
        let client = Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(ANSWER_TIMEOUT).build()?;
        Ok(Self { witness, log, tables, shelf, client, witnessed: 0 })
    }

    /// Until told to stop, or nothing is published any more.
    pub async fn run(
        mut self,
        mut newest: watch::Receiver<Option<SignedCheckpoint>>,
        stop: CancellationToken,
    ) {
        let mut rest = REST;
        while let Some(Ok(())) = stop.run_until_cancelled(newest.changed()).await {
            loop {
                let Some(signed) = newest.borrow_and_update().clone() else { break };
                let Some(outcome) = stop.run_until_cancelled(self.gather(&signed)).await else { return };
                let Err(error) = outcome else {
                    rest = REST;
                    break;
                };
                let witness = self.witness.key.name();
                tracing::warn!(
                    witness,
                    error = &error as &dyn std::error::Error,
                    "a checkpoint is not cosigned"
                );
                if stop.run_until_cancelled(sleep(rest)).await.is_none() {
                    return;
                }
                rest = (rest * 2).min(REST_MAX);
            }
        }
    }

    /// From the witness's answer to the published checkpoint.
    pub async fn gather(&mut self, signed: &SignedCheckpoint) -> Result<(), CosignerError> {
        let size = signed.checkpoint().size;
        if signed.cosigned_by(&self.witness.key).is_ok() {
            self.witnessed = size;
            return Ok(());
        }
        for _ in 0..ASKS_MAX {
            match self.ask(signed).await? {
                Answer::Cosigned(lines) => {
                    fault::point("cosigner.cosigned");
                    self.witnessed = size;
                    return self.publish(signed, &lines).await;
                }
                Answer::StandsAt(witnessed) if witnessed > size => {
                    return Err(CosignerError::Ahead { witnessed, size });
                }
                Answer::StandsAt(witnessed) => self.witnessed = witnessed,
            }
        }
        Err(CosignerError::Forked { size })
    }

    async fn ask(&self, signed: &SignedCheckpoint) -> Result<Answer, CosignerError> {
        let (older, size) = (self.witnessed, signed.checkpoint().size);
        let mut proof = Vec::new();
        if (1..size).contains(&older) {
            let plan = Plan::consistency(older, size)?;
            proof = plan.prove(&fetch(&self.shelf, plan.tiles()).await?)?;
        }
        let body = AddCheckpoint { older, proof, checkpoint: signed.to_text() }.to_text();
        let url = format!("{}add-checkpoint", self.witness.url);
        let answer = self.client.post(url).body(body).send().await.map_err(CosignerError::Request)?;
        match answer.status() {
            StatusCode::OK => Ok(Answer::Cosigned(text(answer).await?)),
            StatusCode::CONFLICT => {
                let stands = text(answer).await?.trim_end().parse().map_err(|_| CosignerError::Answer)?;
                Ok(Answer::StandsAt(stands))
            }
            other => Err(CosignerError::Refused(other)),
        }
    }

    /// A newer checkpoint that has taken its place is asked for next.
    async fn publish(&self, signed: &SignedCheckpoint, lines: &str) -> Result<(), CosignerError> {
        let Some(turn) = self.tables.turn(signed.checkpoint().size).await? else { return Ok(()) };
        let mut standing =
            SignedCheckpoint::open(turn.note().as_bytes(), &self.log).map_err(CosignerError::Checkpoint)?;
        let mut outcome = Err(SignatureError::Missing { key: self.witness.key.name().to_owned() });
        for line in lines.lines() {
            if outcome.is_err() {
                outcome = standing.add_cosignature(line, &self.witness.key);
            }
        }
        outcome.map_err(CosignerError::NotCosigned)?;
        let note = standing.to_text();
        fault::point("cosigner.taken");
        self.shelf.put(CHECKPOINT_PATH, note.clone().into_bytes()).await?;
        fault::point("cosigner.published");
        turn.cosigned(&note).await?;
        fault::point("cosigner.kept");
        Ok(())
    }
}

async fn text(mut answer: Response) -> Result<String, CosignerError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(CosignerError::Request)? {
        if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(CosignerError::Answer);
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| CosignerError::Answer)
}
