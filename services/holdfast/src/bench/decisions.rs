//! One decision, as a read asks for it: the facts out of the service's own tables, where 10,000 grants of a network are loaded, and the
//! policies; and how many the policies alone take on one core.
use super::{
    pairs::{Figure, Target, percentile},
    scratch::{Scratch, context},
};
use anyhow::{Result, ensure};
use holdfast_access::{
    Caller, Decision, Facts, Gate, GrantFact, Grantee, KeptFrom, MarkFact, Marked, OwnConsent, Policies,
    Record, Request, RequestContext, RoleAssignment, decide,
    views::{self, ConsentFact},
};
use holdfast_types::{
    AccountId, Action, Basis, Category, Clock, GrantId, MarkId, PatientId, Period, PracticeId, Purpose, Role,
    SystemClock,
};
use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};
use uuid::Uuid;

pub(crate) const KEYS: &[&str] = &["decision_p99_us", "decisions_per_s_core"];

const PATIENTS: u64 = 400;
const GRANTS_PER_PATIENT: u64 = 25;
/// Of these grants, those to the caller's practice.
const REACHING: u64 = 3;
const WARMING: u64 = 200;
const SAMPLES: u64 = 4_000;
const ROUNDS: u32 = 5;
const DECISIONS: u32 = 4_000;
const CONSENT_AGE_MAX: Duration = Duration::from_secs(10);

pub(crate) async fn figures(scratch: &Scratch) -> Result<Vec<Figure>> {
    let log = scratch.log("bench_decisions").await?;
    let mut tx = log.pool().begin().await?;
    for number in 0..PATIENTS {
        let tenant = context().tenant;
        views::apply(&mut tx, &ConsentFact::RecordOpened { patient: patient(number), tenant }).await?;
        for grant in grants(number)? {
            views::apply(&mut tx, &ConsentFact::GrantGiven(grant)).await?;
        }
        views::apply(&mut tx, &ConsentFact::MarkSet(mark(number))).await?;
    }
    tx.commit().await?;
    let owner = scratch.raw("bench_decisions", 1)?;
    sqlx::raw_sql("ANALYZE").execute(&owner).await?;
    let policies = Arc::new(Policies::load()?);
    let per_second = per_second(&policies)?;
    let gate = Gate::new(policies, log, Arc::new(OwnConsent), CONSENT_AGE_MAX);
    let asked = RequestContext {
        caller: caller(),
        purpose: None,
        correlation: Uuid::from_u128(44),
        traceparent: None,
    };
    let mut times = Vec::new();
    for sample in 0..WARMING + SAMPLES {
        // A prime apart, so that neighbours do not follow each other.
        let patient = patient(sample * 97 % PATIENTS);
        let began = Instant::now();
        let permit =
            gate.authorise(&asked, Action::Read, patient, &[Category::Goals], "bench.Decide").await?;
        if sample >= WARMING {
            times.push(began.elapsed().as_secs_f64() * 1_000_000.0);
        }
        ensure!(permit.covers(Category::Goals), "what is granted is not permitted");
    }
    let samples = times.len();
    Ok(vec![
        Figure::absolute(
            "decision_p99_us",
            percentile(&mut times, 99),
            "us",
            Target::AtMost(1_000.0),
            samples,
        ),
        Figure::absolute(
            "decisions_per_s_core",
            per_second,
            "/s",
            Target::AtLeast(20_000.0),
            usize::try_from(ROUNDS * DECISIONS)?,
        ),
    ])
}

/// The best of several rounds on one thread, because other programs only ever make it slower.
fn per_second(policies: &Policies) -> Result<f64> {
    let reaching = grants(0)?.into_iter().filter(|grant| grant.grantee == to(practice()));
    let facts = Facts {
        record_tenant: Some(context().tenant),
        grants: reaching.collect(),
        marks: vec![mark(0)],
        consent_age: Some(Duration::ZERO),
        ..Facts::default()
    };
    let (caller, record) = (caller(), Record { patient: patient(0), categories: vec![Category::Goals] });
    let request = Request {
        caller: &caller,
        action: Action::Read,
        record: &record,
        purpose: Purpose::Treatment,
        now: SystemClock.now(),
        consent_age_max: CONSENT_AGE_MAX,
    };
    let mut best = 0.0_f64;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        for _ in 0..DECISIONS {
            let decision = decide(policies, black_box(&request), black_box(&facts));
            ensure!(matches!(decision, Decision::Permitted { .. }), "what is granted is refused");
        }
        best = best.max(f64::from(DECISIONS) / began.elapsed().as_secs_f64());
    }
    Ok(best)
}

/// Most are to other practices; of those to the caller's, one opens the room that is asked for.
fn grants(number: u64) -> Result<Vec<GrantFact>> {
    let rooms = [Category::Demographics, Category::Goals, Category::Appointments];
    let period = Period::try_new(SystemClock.now() - chrono::TimeDelta::days(1), None)?;
    let grant = |(at, room): (u64, &Category)| GrantFact {
        id: GrantId::new(Uuid::from_u64_pair(45, number * GRANTS_PER_PATIENT + at)),
        revision: 1,
        patient: patient(number),
        grantee: if at < REACHING { to(practice()) } else { to(another(at)) },
        categories: vec![*room],
        actions: vec![Action::Read, Action::Contribute],
        purposes: vec![Purpose::Treatment],
        period,
        revoked: None,
        narrowing: None,
        basis: Basis::Holder,
        uses: None,
    };
    let all: Vec<GrantFact> = (0..GRANTS_PER_PATIENT).zip(rooms.iter().cycle()).map(grant).collect();
    ensure!(u64::try_from(all.len())? == GRANTS_PER_PATIENT, "grants are missing");
    Ok(all)
}

/// Something else is never shared.
fn mark(number: u64) -> MarkFact {
    MarkFact {
        id: MarkId::new(Uuid::from_u64_pair(46, number)),
        patient: patient(number),
        what: Marked::Category(Category::Notes),
        kept_from: KeptFrom::Everybody,
    }
}

fn caller() -> Caller {
    let tenant = context().tenant;
    Caller {
        account: AccountId::new(Uuid::from_u128(47)),
        session: None,
        roles: vec![RoleAssignment { role: Role::Therapist, tenant, practice: Some(practice()) }],
        expires: chrono::DateTime::<chrono::Utc>::MAX_UTC,
    }
}

const fn to(practice: PracticeId) -> Grantee {
    Grantee::Practice { practice, role: Role::Therapist }
}

const fn practice() -> PracticeId {
    PracticeId::new(Uuid::from_u128(48))
}

fn another(number: u64) -> PracticeId {
    PracticeId::new(Uuid::from_u64_pair(49, number))
}

fn patient(number: u64) -> PatientId {
    PatientId::new(Uuid::from_u64_pair(50, number))
}
