//! Watches, in a database, for what was accepted elsewhere to appear there.
use anyhow::{Result, bail};
use holdfast_proto::r#type::v1::Position;
use sqlx::PgPool;
use std::time::{Duration, Instant};
use tokio::{sync::mpsc, time::sleep};

const PATIENCE: Duration = Duration::from_secs(60);

/// Accepted then, at that place.
pub(crate) type Accepted = (Instant, Position);

/// Until everything accepted has been seen, as the query says which of the places asked for are there. Milliseconds.
pub(crate) async fn watch(
    pool: PgPool,
    query: &'static str,
    look_every: Duration,
    mut accepted: mpsc::Receiver<Accepted>,
) -> Result<Vec<f64>> {
    let (mut pending, mut lags) = (Vec::<Accepted>::new(), Vec::new());
    loop {
        if pending.is_empty() {
            match accepted.recv().await {
                Some(next) => pending.push(next),
                None => return Ok(lags),
            }
        }
        while let Ok(next) = accepted.try_recv() {
            pending.push(next);
        }
        let seen = seen(&pool, query, &pending).await?;
        let now = Instant::now();
        let (arrived, waiting): (Vec<_>, Vec<_>) =
            pending.into_iter().enumerate().partition(|(place, _)| seen.contains(place));
        lags.extend(arrived.into_iter().map(|(_, (at, _))| now.duration_since(at).as_secs_f64() * 1000.0));
        pending = waiting.into_iter().map(|(_, waiting)| waiting).collect();
        if pending.iter().any(|(at, _)| at.elapsed() > PATIENCE) {
            bail!("what was accepted does not appear");
        }
        sleep(look_every).await;
    }
}

async fn seen(pool: &PgPool, query: &'static str, pending: &[Accepted]) -> Result<Vec<usize>> {
    let services: Vec<&str> = pending.iter().map(|(_, position)| position.service.as_str()).collect();
    let lanes: Vec<i32> =
        pending.iter().map(|(_, position)| i32::try_from(position.lane).unwrap_or(-1)).collect();
    let seqs: Vec<i64> =
        pending.iter().map(|(_, position)| i64::try_from(position.seq).unwrap_or(-1)).collect();
    let places: Vec<i64> =
        sqlx::query_scalar(query).bind(services).bind(lanes).bind(seqs).fetch_all(pool).await?;
    Ok(places.into_iter().filter_map(|place| usize::try_from(place - 1).ok()).collect())
}
