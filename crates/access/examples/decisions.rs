//! Prints how many decisions one core takes in a second: a therapist reads one category under one of three grants, and a
//! parent reads it by holding. `cargo run --release -p holdfast-access --example decisions`
use chrono::{DateTime, TimeDelta};
use holdfast_access::*;
use holdfast_types::*;
use std::{
    hint::black_box,
    time::{Duration, Instant},
};
use uuid::Uuid;

const ROUNDS: u32 = 10;
const DECISIONS: u32 = 2_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let id = Uuid::from_u128;
    let policies = Policies::load()?;
    let now = DateTime::from_timestamp(1_795_000_000, 0).ok_or("out of range")?;
    let practice = PracticeId::new(id(2));
    let tenant = TenantId::new(id(3));
    let caller = Caller {
        account: AccountId::new(id(1)),
        session: None,
        roles: vec![RoleAssignment { role: Role::Therapist, tenant, practice: Some(practice) }],
        expires: now + TimeDelta::minutes(5),
    };
    let record = Record { patient: PatientId::new(id(4)), categories: vec![Category::Goals] };
    let grant = |number: u128, categories: &[Category]| -> Result<GrantFact, PeriodError> {
        Ok(GrantFact {
            id: GrantId::new(id(number)),
            revision: 1,
            patient: record.patient,
            grantee: Grantee::Practice { practice, role: Role::Therapist },
            categories: categories.to_vec(),
            actions: vec![Action::Read, Action::Contribute],
            purposes: vec![Purpose::Treatment],
            period: Period::try_new(now - TimeDelta::days(1), None)?,
            revoked: None,
            narrowing: None,
            basis: Basis::Holder,
            uses: None,
        })
    };
    let grants = vec![
        grant(5, &[Category::Demographics])?,
        grant(6, &[Category::Goals])?,
        grant(7, &[Category::Appointments])?,
    ];
    let request = Request {
        caller: &caller,
        action: Action::Read,
        record: &record,
        purpose: Purpose::Treatment,
        now,
        consent_age_max: Duration::from_secs(10),
    };
    let facts = Facts {
        record_tenant: Some(tenant),
        relationship: None,
        held: Held::default(),
        grants,
        marks: Vec::new(),
        consent_age: Some(Duration::ZERO),
        consent_seq: None,
        erased: false,
    };
    rate("therapist, 3 grants", &policies, &request, &facts)?;
    rate(
        "therapist, 1 grant",
        &policies,
        &request,
        &Facts { grants: vec![grant(6, &[Category::Goals])?], ..facts.clone() },
    )?;
    rate("parent", &policies, &request, &Facts { relationship: Some(Relationship::Parent), ..facts })
}

/// The best of several rounds, because other programs only ever make it slower.
fn rate(
    name: &str,
    policies: &Policies,
    request: &Request<'_>,
    facts: &Facts,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut best = 0.0_f64;
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        for _ in 0..DECISIONS {
            if matches!(decide(policies, black_box(request), black_box(facts)), Decision::Refused { .. }) {
                return Err("refused what is granted".into());
            }
        }
        best = best.max(f64::from(DECISIONS) / begin.elapsed().as_secs_f64());
    }
    println!("{name}: {best:.0} decisions/s");
    Ok(())
}
