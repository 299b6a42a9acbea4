//! Unsealing, decoding and folding what lies in a log, against reading the same rows through the same driver.
use super::{
    pairs::{Figure, Target, ratio},
    scratch::{Scratch, context, noise},
};
use anyhow::Result;
use futures::{StreamExt, TryStreamExt, stream};
use holdfast_eventlog::{Append, Decider, Event, EventLog, StreamAppend, StreamName, Subject};
use holdfast_types::PatientId;
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, Row};
use std::{convert::Infallible, time::Instant};
use uuid::Uuid;

pub(crate) const KEYS: &[&str] = &["replay_vs_raw_read", "replay_events_per_s"];
/// Replayed in a round, from all over the log.
const SAMPLE: u64 = 64;
const EVENTS_PER_STREAM: u64 = 200;
const AT_ONCE: usize = 4;
const FILLING_AT_ONCE: usize = 16;
const ROUNDS_EACH: u32 = 4;
const PAIRS: usize = 5;
const TEXT_BYTES: usize = 600;

/// What a trial of a goal brought: the shape of a small clinical event.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
enum Trial {
    #[serde(rename = "trial.recorded")]
    Recorded { trials: u32, independent: u32, prompted: u32, note: String },
}

impl Event for Trial {
    const AGGREGATE: &'static str = "trial";
    fn event_type(&self) -> &'static str {
        "trial.recorded"
    }
}

struct Progress;

#[derive(Default)]
struct Tally {
    trials: u64,
    independent: u64,
    words: usize,
}

impl Decider for Progress {
    type State = Tally;
    type Command = ();
    type Event = Trial;
    type Refusal = Infallible;

    fn decide(_: &Tally, (): ()) -> Result<Vec<Trial>, Infallible> {
        Ok(Vec::new())
    }
    fn evolve(state: Tally, event: &Trial) -> Tally {
        let Trial::Recorded { trials, independent, prompted: _, note } = event;
        Tally {
            trials: state.trials + u64::from(*trials),
            independent: state.independent + u64::from(*independent),
            words: state.words + note.len(),
        }
    }
}

/// At each of the sizes, which ascend.
pub(crate) async fn figures(scratch: &Scratch, sizes: &[u64]) -> Result<Vec<Figure>> {
    let log = scratch.log("bench_replay").await?;
    let (mut ratios, mut rates, mut streams) = (Vec::new(), Vec::new(), 0);
    for size in sizes {
        let more = streams..size.div_ceil(EVENTS_PER_STREAM);
        streams = more.end;
        let filling = stream::iter(more).map(|number| fill(&log, number));
        filling.buffer_unordered(FILLING_AT_ONCE).try_collect::<()>().await?;
        let ratio = ratio(
            "replay_vs_raw_read",
            0.4,
            PAIRS,
            async || round(streams, |number| replay(&log, number)).await,
            async || round(streams, |number| read(log.pool(), number)).await,
        );
        let ratio = ratio.await?;
        let rate = ratio.ours.unwrap_or(f64::NAN);
        rates.push((*size, Figure::absolute("replay_events_per_s", rate, "events/s", Target::None, PAIRS)));
        ratios.push((*size, ratio));
    }
    Ok([ratios, rates].iter().filter_map(|figures| Figure::grown(figures)).collect())
}

fn id(number: u64) -> Uuid {
    Uuid::from_u64_pair(11, number)
}

async fn fill(log: &EventLog, number: u64) -> Result<()> {
    let events: Vec<Trial> = (0..EVENTS_PER_STREAM)
        .map(|event| {
            let independent = u32::try_from(event % 10).unwrap_or_default();
            Trial::Recorded { trials: 10, independent, prompted: 10 - independent, note: noise(TEXT_BYTES) }
        })
        .collect();
    let streams = vec![StreamAppend::of(id(number), 0, &events)?];
    let subject = Subject::Patient(PatientId::new(id(number)));
    log.append(Append { subject, context: context(), request: None, streams }).await?;
    Ok(())
}

/// Some of so many streams, some times over, a few at once. Events per second.
async fn round<F: Future<Output = Result<u64>>>(streams: u64, one: impl Fn(u64) -> F) -> Result<f64> {
    let began = Instant::now();
    let step = usize::try_from(streams.div_ceil(SAMPLE))?;
    let streams = stream::iter((0..ROUNDS_EACH).flat_map(|_| (0..streams).step_by(step))).map(one);
    let counts: Vec<u64> = streams.buffer_unordered(AT_ONCE).try_collect().await?;
    let count = u32::try_from(counts.iter().sum::<u64>())?;
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}

async fn replay(log: &EventLog, number: u64) -> Result<u64> {
    let loaded = log.load::<Progress>(Subject::Patient(PatientId::new(id(number))), id(number)).await?;
    anyhow::ensure!(
        loaded.state.trials == 10 * loaded.revision && loaded.state.independent < loaded.state.trials,
        "not what was written"
    );
    anyhow::ensure!(
        loaded.state.words == TEXT_BYTES * usize::try_from(loaded.revision)?,
        "not what was written"
    );
    Ok(loaded.revision)
}

async fn read(pool: &PgPool, number: u64) -> Result<u64> {
    let (subject, name) =
        (Subject::Patient(PatientId::new(id(number))), StreamName::new("trial", id(number)));
    let rows = sqlx::query("SELECT * FROM events WHERE lane = $1 AND stream = $2 ORDER BY revision")
        .bind(i32::from(subject.lane()))
        .bind(name.to_string())
        .fetch_all(pool)
        .await?;
    let bytes: usize = rows.iter().map(|row| row.try_get::<&[u8], _>("payload").map_or(0, <[u8]>::len)).sum();
    anyhow::ensure!(bytes > TEXT_BYTES * rows.len(), "rows without their content");
    Ok(rows.len() as u64)
}
