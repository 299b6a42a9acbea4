//! The witness's HTTP: `POST /add-checkpoint` as C2SP tlog-witness has it, and its public key.
use crate::{Refusal, Witness};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use holdfast_fault as fault;
use holdfast_translog::{CheckpointError, NOTE_BYTES_MAX, WitnessRefusal};
use std::{future::IntoFuture as _, io, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::Semaphore, task::spawn_blocking, time::timeout};
use tokio_util::sync::CancellationToken;

/// A checkpoint, and before it the size and 63 hashes in base64.
pub const BODY_BYTES_MAX: usize = NOTE_BYTES_MAX + 4096;
/// Requests at the same time; one more is asked to come again.
const REQUESTS_MAX: usize = 32;
const BODY_PATIENCE: Duration = Duration::from_secs(10);
/// How long answers on their way may take after the witness was told to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

struct Site {
    witness: Witness,
    requests: Semaphore,
}

/// Answers until told to stop.
pub async fn serve(listener: TcpListener, witness: Witness, stop: CancellationToken) -> io::Result<()> {
    let site = Arc::new(Site { witness, requests: Semaphore::new(REQUESTS_MAX) });
    let routes = Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/verifier.key", get(verifier_key))
        .with_state(site);
    let serving = axum::serve(listener, routes).with_graceful_shutdown(stop.clone().cancelled_owned());
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(STOP_PATIENCE).await;
    };
    tokio::select! {
        ended = serving.into_future() => ended,
        () = late => Ok(()),
    }
}

async fn verifier_key(State(site): State<Arc<Site>>) -> String {
    format!("{}\n", site.witness.verifier())
}

async fn add_checkpoint(State(site): State<Arc<Site>>, body: Body) -> Response {
    let Ok(_one_of_few) = site.requests.try_acquire() else {
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")]).into_response();
    };
    let body = match timeout(BODY_PATIENCE, to_bytes(body, BODY_BYTES_MAX)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    let asked = Arc::clone(&site);
    // On a thread of its own: it waits for the disk, also when the asker has gone.
    match spawn_blocking(move || asked.witness.add_checkpoint(&body)).await {
        Ok(Ok(line)) => {
            fault::point("witness.answers");
            format!("{line}\n").into_response()
        }
        Ok(Err(refusal)) => refused(&refusal),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = match refusal {
        Refusal::UnknownLog => StatusCode::NOT_FOUND,
        Refusal::Protocol(refusal) => match refusal {
            WitnessRefusal::Malformed(_) | WitnessRefusal::Older { .. } => StatusCode::BAD_REQUEST,
            WitnessRefusal::Checkpoint(CheckpointError::OtherLog { .. }) => StatusCode::NOT_FOUND,
            WitnessRefusal::Checkpoint(CheckpointError::Signature { .. }) => StatusCode::FORBIDDEN,
            WitnessRefusal::Checkpoint(_) => StatusCode::BAD_REQUEST,
            WitnessRefusal::Conflict { size } => return conflict(*size),
            WitnessRefusal::Forked { size } => {
                tracing::error!(size, "the log shows another tree of a size that was cosigned");
                return conflict(*size);
            }
            WitnessRefusal::Inconsistent(error) => {
                let error: &dyn std::error::Error = error;
                tracing::error!(error, "the log shows a tree that does not continue the one cosigned last");
                StatusCode::UNPROCESSABLE_ENTITY
            }
        },
        Refusal::Memory(error) => {
            tracing::error!(error = error as &dyn std::error::Error, "nothing can be cosigned");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    (status, format!("{refusal}\n")).into_response()
}

/// The size of the checkpoint cosigned last, from which to go on.
fn conflict(size: u64) -> Response {
    (StatusCode::CONFLICT, [(header::CONTENT_TYPE, "text/x.tlog.size")], format!("{size}\n")).into_response()
}
