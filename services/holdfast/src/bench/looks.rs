//! How long a holder waits for the hundred newest looks at a record: decided, read, and the look itself recorded.
use super::{
    ledger::{Ledger, PATIENTS, any_patient, patient, tenant},
    pairs::{Figure, Target, percentile},
};
use anyhow::{Result, ensure};
use holdfast_access::{
    Caller, Gate, Oversight, OwnConsent, Policies, RequestContext,
    views::{self, ConsentFact},
};
use holdfast_audit::{
    domain::Kind,
    views::{Filter, page},
};
use holdfast_types::{AccountId, Relationship};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use uuid::Uuid;

const SAMPLES: usize = 500;
/// The first connections and plans are not what is measured.
const WARMING: usize = 20;
const LOOKS: u32 = 100;

/// One parent of all patients.
fn parent() -> AccountId {
    AccountId::new(Uuid::from_u128(23))
}

pub(crate) async fn hold(ledger: &Ledger) -> Result<()> {
    let mut tx = ledger.log.pool().begin().await?;
    for number in 0..PATIENTS {
        let patient = patient(number);
        views::apply(&mut tx, &ConsentFact::RecordOpened { patient, tenant: tenant() }).await?;
        let (account, relationship) = (parent(), Relationship::Parent);
        views::apply(&mut tx, &ConsentFact::HolderAdded { patient, account, relationship }).await?;
    }
    Ok(tx.commit().await?)
}

/// Of patients as they come: who has more entries is asked for more often.
pub(crate) async fn figure(key: &'static str, ledger: &Ledger) -> Result<Figure> {
    let policies = Arc::new(Policies::load()?);
    let gate = Gate::new(policies, ledger.log.clone(), Arc::new(OwnConsent), Duration::from_secs(10));
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let mut times = Vec::with_capacity(SAMPLES);
    for sample in 0..WARMING + SAMPLES {
        let began = Instant::now();
        newest(ledger, &gate, any_patient(&mut random)).await?;
        if sample >= WARMING {
            times.push(began.elapsed().as_secs_f64() * 1000.0);
        }
    }
    Ok(Figure::absolute(key, percentile(&mut times, 99), "ms", Target::AtMost(20.0), SAMPLES))
}

async fn newest(ledger: &Ledger, gate: &Gate, number: u32) -> Result<()> {
    let caller = Caller {
        account: parent(),
        session: None,
        roles: Vec::new(),
        expires: chrono::DateTime::<chrono::Utc>::MAX_UTC,
    };
    let asked = RequestContext { caller, purpose: None, correlation: Uuid::from_u128(24), traceparent: None };
    let history = Oversight::RecordHistory(patient(number));
    let permit = gate.authorise_oversight(&asked, history, "audit.ListPatientEntries").await?;
    let filter = Filter { kinds: vec![Kind::Read], ..Filter::default() };
    let found = page(ledger.log.pool(), &permit, &filter, None, LOOKS).await?;
    let found = gate.release(permit, found).await?;
    let expected = i64::from(LOOKS).min(found.total);
    ensure!(i64::try_from(found.entries.len())? == expected, "a page with looks missing");
    Ok(())
}
