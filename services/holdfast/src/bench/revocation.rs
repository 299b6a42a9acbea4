//! How long after the answer to its revocation a grant still lets anything out, in each service with content, while commands come in.
use super::{
    lag::Command,
    pairs::{Figure, Target, percentile},
    system::{Held, System},
};
use crate::demo::installation::{Speaker, send};
use anyhow::{Context, Result, bail};
use futures::future::try_join_all;
use holdfast_access::RoleAssignment;
use holdfast_host::{catalogue, status::reason_of};
use holdfast_proto::{
    Word, consent::v1 as consent, documents::v1 as documents, messaging::v1 as messaging,
    records::v1 as records,
};
use holdfast_types::{AccountId, Action, Category, Ids, PracticeId, Role, SystemIds, TenantId};
use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;
use tonic::Status;

pub(crate) const KEYS: &[&str] = &["revocation_p99_ms", "revocation_p50_ms"];
/// Grants that are given and revoked, so many at a time: each is watched in three services.
const ROUNDS: usize = 40;
const AT_ONCE: usize = 5;
/// Commands of others meanwhile.
const EVERY: Duration = Duration::from_millis(10);
/// Refusals in a row after which a door counts as closed.
const REFUSED: u32 = 3;
/// Between a door's answers: as exactly is its closing seen.
const PAUSE: Duration = Duration::from_millis(2);
const ROOMS: [Category; 3] = [Category::Goals, Category::Documents, Category::Messages];

type Answer = Pin<Box<dyn Future<Output = Result<(), Status>> + Send>>;
type Door = Box<dyn Fn() -> Answer + Send + Sync>;

pub(crate) async fn figures(system: &Arc<System>) -> Result<Vec<Figure>> {
    let stop = CancellationToken::new();
    let load = tokio::spawn(others(Arc::clone(system), stop.clone()));
    let mut lags = Vec::new();
    for _ in 0..ROUNDS {
        let rounds = (0..AT_ONCE).map(|_| round(system));
        lags.extend(try_join_all(rounds).await?.into_iter().flatten());
    }
    stop.cancel();
    load.await??;
    let samples = lags.len();
    let (half, most) = (percentile(&mut lags, 50), percentile(&mut lags, 99));
    Ok(vec![
        Figure::absolute("revocation_p50_ms", half, "ms", Target::None, samples),
        Figure::absolute("revocation_p99_ms", most, "ms", Target::AtMost(1_000.0), samples),
    ])
}

/// What other families do, 100 times a second.
async fn others(system: Arc<System>, stop: CancellationToken) -> Result<()> {
    let (record, practice) = (Arc::new(system.open_record().await?), system.open_practice().await?);
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut running = JoinSet::new();
    for number in 0.. {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => break,
        }
        running.spawn(Command::of(number, &system, Arc::clone(&record), practice.clone())?);
        while let Some(done) = running.try_join_next() {
            done??;
        }
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(())
}

/// Given, read by, revoked: milliseconds from the answer to the revocation to the last that each service let out.
async fn round(system: &System) -> Result<Vec<f64>> {
    let (held, grantee) = (system.open_record().await?, therapist());
    let client = system.installation.consent(&held.holder)?;
    let given = consent::GiveGrantRequest {
        request_id: SystemIds.next().to_string(),
        patient_id: held.patient_id.clone(),
        grantee: Some(consent::Grantee {
            kind: Some(consent::grantee::Kind::AccountId(grantee.account.to_string())),
            ..consent::Grantee::default()
        }),
        categories: ROOMS.iter().map(|room| room.to_proto()).collect(),
        actions: vec![Action::Read.to_proto()],
        ..consent::GiveGrantRequest::default()
    };
    let given =
        send(&client, &given, |mut client, given| async move { client.give_grant(given).await }).await?;
    let doors = doors(system, &grantee, &held, given.position.context("a place in the log")?)?;
    for door in &doors {
        door().await.map_err(|status| anyhow::anyhow!("{}", status.message()))?;
    }
    let closings: Vec<_> = doors.into_iter().map(|door| tokio::spawn(closing(door))).collect();
    sleep(PAUSE * 10).await;
    let revoked = consent::RevokeGrantRequest {
        request_id: SystemIds.next().to_string(),
        grant_id: given.grant.context("the grant")?.grant_id,
        etag: String::new(),
    };
    send(&client, &revoked, |mut client, revoked| async move { client.revoke_grant(revoked).await }).await?;
    let answered = Instant::now();
    let mut lags = Vec::new();
    for closing in closings {
        lags.push(closing.await??.saturating_duration_since(answered).as_secs_f64() * 1_000.0);
    }
    Ok(lags)
}

/// When it let something out for the last time.
async fn closing(door: Door) -> Result<Instant> {
    let (mut last, mut refused) = (Instant::now(), 0);
    while refused < REFUSED {
        match door().await {
            Ok(()) => (last, refused) = (Instant::now(), 0),
            Err(status) if reason_of(&status) == Some(catalogue::NOT_PERMITTED) => refused += 1,
            Err(status) => bail!("{:?}: {}", status.code(), status.message()),
        }
        sleep(PAUSE).await;
    }
    Ok(last)
}

fn doors(
    system: &System,
    grantee: &Speaker,
    held: &Held,
    given: holdfast_proto::r#type::v1::Position,
) -> Result<Vec<Door>> {
    let (installation, after) = (&system.installation, [given]);
    let items = installation.records(grantee, &after)?;
    let papers = installation.documents(grantee, &after)?;
    let threads = installation.messaging(grantee, &after)?;
    let patient_id = held.patient_id.clone();
    let of_items = records::ListItemsRequest {
        patient_id: patient_id.clone(),
        categories: vec![Category::Goals.to_proto()],
        ..records::ListItemsRequest::default()
    };
    let of_papers = documents::ListDocumentsRequest {
        patient_id: patient_id.clone(),
        ..documents::ListDocumentsRequest::default()
    };
    let of_threads = messaging::ListThreadsRequest { patient_id, ..messaging::ListThreadsRequest::default() };
    Ok(vec![
        Box::new(move || {
            let (mut client, asked) = (items.clone(), of_items.clone());
            Box::pin(async move { client.list_items(asked).await.map(drop) })
        }),
        Box::new(move || {
            let (mut client, asked) = (papers.clone(), of_papers.clone());
            Box::pin(async move { client.list_documents(asked).await.map(drop) })
        }),
        Box::new(move || {
            let (mut client, asked) = (threads.clone(), of_threads.clone());
            Box::pin(async move { client.list_threads(asked).await.map(drop) })
        }),
    ])
}

fn therapist() -> Speaker {
    let held = RoleAssignment {
        role: Role::Therapist,
        tenant: TenantId::new(SystemIds.next()),
        practice: Some(PracticeId::new(SystemIds.next())),
    };
    Speaker { account: AccountId::new(SystemIds.next()), roles: vec![held] }
}
