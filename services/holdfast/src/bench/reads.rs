//! A permitted page of a record, with and without the access event: 32 callers, each asking for one after the other.
use super::{
    pairs::{Figure, ratio},
    scratch::{Scratch, context, noise},
};
use anyhow::{Context as _, Result};
use futures::future::try_join_all;
use holdfast_access::{
    Caller, Gate, GrantFact, Grantee, OwnConsent, Policies, RequestContext, Returned, RoleAssignment,
    Unreleased,
    views::{self, ConsentFact},
};
use holdfast_eventlog::{EventLog, Subject};
use holdfast_types::{
    AccountId, Action, Basis, Category, Clock, GrantId, PatientId, Period, PracticeId, Purpose, Role,
    SystemClock, TenantId,
};
use serde::{Deserialize, Serialize};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use uuid::Uuid;

pub(crate) const KEYS: &[&str] = &["audited_read_vs_unaudited"];
const CALLERS: u64 = 32;
/// A page of records has as many unless asked otherwise.
const ITEMS_PER_PATIENT: u64 = 25;
const TEXT_BYTES: usize = 800;
const ROUND: Duration = Duration::from_secs(3);
const PAIRS: usize = 5;

#[derive(Serialize, Deserialize)]
struct Item {
    title: String,
    text: String,
}

struct World {
    log: EventLog,
    gate: Gate,
}

pub(crate) async fn figures(scratch: &Scratch) -> Result<Vec<Figure>> {
    let log = scratch.log("bench_reads").await?;
    let owner = scratch.raw("bench_reads", 1)?;
    sqlx::raw_sql(
        "CREATE TABLE views.bench_items (patient uuid, item uuid, revision bigint, body bytea, PRIMARY KEY (patient, item));
         GRANT SELECT, INSERT ON views.bench_items TO bench_reads;",
    )
    .execute(&owner)
    .await?;
    let gate =
        Gate::new(Arc::new(Policies::load()?), log.clone(), Arc::new(OwnConsent), Duration::from_secs(10));
    let world = Arc::new(World { log, gate });
    for number in 0..CALLERS {
        world.fill(number).await?;
    }
    sqlx::raw_sql("ANALYZE views.bench_items").execute(&owner).await?;
    let figure = ratio(
        "audited_read_vs_unaudited",
        0.5,
        PAIRS,
        async || round(&world, true).await,
        async || round(&world, false).await,
    );
    Ok(vec![figure.await?])
}

/// Pages per second.
async fn round(world: &Arc<World>, audited: bool) -> Result<f64> {
    let began = Instant::now();
    let callers = (0..CALLERS).map(|number| {
        let world = Arc::clone(world);
        tokio::spawn(async move {
            let mut count = 0_u32;
            while began.elapsed() < ROUND {
                let items = world.read(number, audited).await?;
                anyhow::ensure!(items.len() as u64 == ITEMS_PER_PATIENT, "a page with items missing");
                count += 1;
            }
            anyhow::Ok(count)
        })
    });
    let counts: Result<Vec<u32>> = try_join_all(callers).await?.into_iter().collect();
    Ok(f64::from(counts?.iter().sum::<u32>()) / began.elapsed().as_secs_f64())
}

fn patient(number: u64) -> PatientId {
    PatientId::new(Uuid::from_u64_pair(13, number))
}

fn practice() -> PracticeId {
    PracticeId::new(Uuid::from_u128(14))
}

fn tenant() -> TenantId {
    context().tenant
}

impl World {
    /// A record of so many items, shared with the therapists of a practice.
    async fn fill(&self, number: u64) -> Result<()> {
        let patient = patient(number);
        let key = self.log.keys().obtain(Subject::Patient(patient), tenant()).await?;
        let mut conn = self.log.pool().acquire().await?;
        for item in 0..ITEMS_PER_PATIENT {
            let content = Item { title: format!("item {item}"), text: noise(TEXT_BYTES) };
            let item = Uuid::from_u64_pair(15, item);
            sqlx::query("INSERT INTO bench_items VALUES ($1, $2, 1, $3)")
                .bind(patient.uuid())
                .bind(item)
                .bind(key.seal(item.as_bytes(), &serde_json::to_vec(&content)?)?)
                .execute(&mut *conn)
                .await?;
        }
        views::apply(&mut conn, &ConsentFact::RecordOpened { patient, tenant: tenant() }).await?;
        let grant = GrantFact {
            id: GrantId::new(Uuid::from_u64_pair(16, number)),
            revision: 1,
            patient,
            grantee: Grantee::Practice { practice: practice(), role: Role::Therapist },
            categories: vec![Category::Goals, Category::CarePlans, Category::Notes],
            actions: vec![Action::Read, Action::Contribute],
            purposes: vec![Purpose::Treatment],
            period: Period::try_new(SystemClock.now() - chrono::TimeDelta::days(1), None)?,
            revoked: None,
            narrowing: None,
            basis: Basis::Holder,
            uses: None,
        };
        views::apply(&mut conn, &ConsentFact::GrantGiven(grant)).await?;
        Ok(())
    }

    async fn page(&self, number: u64) -> Result<(Vec<Item>, Vec<Returned>)> {
        let patient = patient(number);
        let rows: Vec<(Uuid, i64, Vec<u8>)> = sqlx::query_as(
            "SELECT item, revision, body FROM bench_items WHERE patient = $1 ORDER BY item LIMIT 200",
        )
        .bind(patient.uuid())
        .fetch_all(self.log.pool())
        .await?;
        let key = self.log.keys().existing(patient.uuid()).await?;
        let (mut items, mut returned) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for (item, revision, body) in rows {
            items.push(serde_json::from_slice(&key.open(item.as_bytes(), &body)?)?);
            returned.push(Returned { id: item, revision: u64::try_from(revision)? });
        }
        Ok((items, returned))
    }

    /// Decided either way; without the event, the answer goes out as if nobody had to know.
    async fn read(&self, number: u64, audited: bool) -> Result<Vec<Item>> {
        let role = RoleAssignment { role: Role::Therapist, tenant: tenant(), practice: Some(practice()) };
        let caller = Caller {
            account: AccountId::new(Uuid::from_u64_pair(17, number)),
            session: None,
            roles: vec![role],
            expires: chrono::DateTime::<chrono::Utc>::MAX_UTC,
        };
        let asked =
            RequestContext { caller, purpose: None, correlation: Uuid::from_u128(18), traceparent: None };
        let permit = self
            .gate
            .authorise(&asked, Action::Read, patient(number), &[Category::Goals], "bench.ListItems")
            .await?;
        let (items, returned) = self.page(number).await?;
        if !audited {
            return Ok(items);
        }
        self.gate.release(permit, Unreleased::new(items, returned)).await.context("released")
    }
}
