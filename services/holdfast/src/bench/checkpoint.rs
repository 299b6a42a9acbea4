//! How long after it was committed an event is covered by the published, signed checkpoint, while 500 a second are committed.
//!
//! The way is that of production: a service's log, its relay, the bus, audit's inbox, the sequencer under its lease.
use super::{
    arrival::watch,
    ledger::{Ledger, PATIENTS, any_patient, patient, tenant},
    pairs::{Figure, Target, percentile},
    scratch::{Scratch, context},
};
use anyhow::Result;
use holdfast_audit::{sequencer::LEASE, views::Index};
use holdfast_eventlog::{
    Append, Bus, EventLog, Inbox, Lease, NewEvent, Relay, StreamAppend, StreamName, Subject, schema::Migrator,
};
use holdfast_host::Migrations;
use holdfast_types::{Ids, Service, SystemClock, SystemIds};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

/// 500 a second.
const EVERY: Duration = Duration::from_millis(2);
const EVENTS: usize = 5000;
const WARMING: usize = 1000;
/// Waiting for their commit at the same time.
const APPENDS_MAX: usize = 64;
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// As often as audit asks a source.
const POLL: Duration = Duration::from_secs(1);
/// Which of them the published checkpoint covers.
const COVERED: &str = "SELECT asked.place
    FROM UNNEST($1::text[], $2::int[], $3::bigint[]) WITH ORDINALITY AS asked (service, lane, lane_seq, place)
    JOIN log_entries USING (service, lane, lane_seq)
    WHERE log_entries.index < (SELECT published_size FROM log_checkpoint)";

/// A service whose events audit hears.
pub(crate) struct Told {
    log: EventLog,
    bus: Bus,
}

impl Told {
    pub(crate) async fn by_records(scratch: &Scratch) -> Result<Self> {
        let migrations = Migrations { views: Migrator::with_migrations(Vec::new()), feeds: Vec::new() };
        let log = scratch.log_of("bench_told", Service::Records.as_str(), migrations).await?;
        // Of patients that are known: making a key is not what is measured.
        for number in 0..PATIENTS {
            log.keys().obtain(Subject::Patient(patient(number)), tenant()).await?;
        }
        Ok(Self { log, bus: Bus::connect(&scratch.nats.url(), "bench").await? })
    }
}

pub(crate) async fn figure(key: &'static str, ledger: &Ledger, told: &Told) -> Result<Figure> {
    let (stop, mut running) = (CancellationToken::new(), JoinSet::new());
    running.spawn(Relay::new(told.log.clone(), told.bus.clone()).run(stop.clone()));
    let pool = ledger.log.pool().clone();
    let index = Arc::new(Index::of(Service::Records, Arc::new(SystemClock)));
    let source = Arc::new(told.log.clone());
    let inbox = Inbox::new("audit", pool.clone(), source, index, Arc::new(SystemClock), POLL);
    running.spawn(inbox.run(told.bus.clone(), "audit".to_owned(), stop.clone()));
    let lease = Lease::new(pool.clone(), LEASE, SystemIds.next());
    running.spawn(ledger.sequencer()?.run(lease, stop.clone()));

    let (sender, receiver) = mpsc::channel(EVENTS);
    let watching = tokio::spawn(watch(pool, COVERED, LOOK_EVERY, receiver));
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut appending, at_once) = (JoinSet::new(), Arc::new(Semaphore::new(APPENDS_MAX)));
    let began = Instant::now();
    for number in 0..WARMING + EVENTS {
        ticks.tick().await;
        let one_of_few = Arc::clone(&at_once).acquire_owned().await?;
        let (log, sender, append) = (told.log.clone(), sender.clone(), event(any_patient(&mut random)));
        appending.spawn(async move {
            let _one_of_few = one_of_few;
            let position = log.append(append).await?.position;
            if number >= WARMING {
                // The watcher ends before its time only with an error, which is found when it is joined.
                let _ = sender.send((Instant::now(), position.into())).await;
            }
            anyhow::Ok(())
        });
    }
    drop(sender);
    while let Some(appended) = appending.join_next().await {
        appended??;
    }
    let rate = f64::from(u32::try_from(WARMING + EVENTS)?) / began.elapsed().as_secs_f64();
    let mut lags = watching.await??;
    stop.cancel();
    while running.join_next().await.is_some() {}
    let figure = Figure::absolute(key, percentile(&mut lags, 99), "ms", Target::AtMost(1000.0), lags.len());
    // Beside it the events per second that were committed: a machine that is too busy does not get to 500.
    Ok(Figure { ours: Some(rate), ..figure })
}

fn event(number: u32) -> Append {
    let event = NewEvent::encoded("item.recorded", vec![b'x'; 600]);
    let stream = StreamName::new("item", SystemIds.next());
    let streams = vec![StreamAppend { stream, expected_revision: 0, events: vec![event], own_key: false }];
    Append { subject: Subject::Patient(patient(number)), context: context(), request: None, streams }
}
