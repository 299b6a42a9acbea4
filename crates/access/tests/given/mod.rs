//! A small world to decide in: one record, two practices, two tenants, a fixed now.
#![allow(dead_code, reason = "each test crate uses its own part")]
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_access::*;
use holdfast_eventlog::{Envelope, EventLog, Header, Parts, StreamName};
use holdfast_testkit::{TestDatabase, database};
use holdfast_types::*;
use prost_types::Any;
use sqlx::migrate::Migrator;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

pub(crate) const CONSENT_AGE_MAX: Duration = Duration::from_secs(10);

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap()
}

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(crate) fn account() -> AccountId {
    AccountId::new(id(0xACC))
}
pub(crate) fn patient() -> PatientId {
    PatientId::new(id(0xA1))
}
pub(crate) fn other_patient() -> PatientId {
    PatientId::new(id(0xA2))
}
pub(crate) fn free_standing_patient() -> PatientId {
    PatientId::new(id(0xA3))
}
pub(crate) fn tenant() -> TenantId {
    TenantId::new(id(0x7E1))
}
pub(crate) fn other_tenant() -> TenantId {
    TenantId::new(id(0x7E2))
}
pub(crate) fn practice() -> PracticeId {
    PracticeId::new(id(0xB1))
}
pub(crate) fn other_practice() -> PracticeId {
    PracticeId::new(id(0xB2))
}

pub(crate) fn caller(roles: &[Role]) -> Caller {
    let roles =
        roles.iter().map(|role| RoleAssignment { role: *role, tenant: tenant(), practice: Some(practice()) });
    Caller {
        account: account(),
        session: None,
        roles: roles.collect(),
        expires: chrono::DateTime::<chrono::Utc>::MAX_UTC,
    }
}

/// Everything, for the purpose, since an hour ago, until stopped.
pub(crate) fn grant(grantee: Grantee, purpose: Purpose) -> GrantFact {
    GrantFact {
        id: GrantId::new(id(0x61)),
        revision: 1,
        patient: patient(),
        grantee,
        categories: Category::ALL.to_vec(),
        actions: Action::ALL.to_vec(),
        purposes: vec![purpose],
        period: Period::try_new(now() - TimeDelta::hours(1), None).unwrap(),
        revoked: None,
        narrowing: None,
        basis: Basis::Holder,
        uses: None,
    }
}

pub(crate) fn facts(relationship: Option<Relationship>, grants: Vec<GrantFact>) -> Facts {
    Facts {
        record_tenant: Some(tenant()),
        relationship,
        grants,
        consent_age: Some(Duration::ZERO),
        ..Facts::default()
    }
}

pub(crate) fn record(categories: &[Category]) -> Record {
    Record { patient: patient(), categories: categories.to_vec() }
}

pub(crate) fn request<'a>(caller: &'a Caller, action: Action, record: &'a Record) -> Request<'a> {
    Request {
        caller,
        action,
        record,
        purpose: Purpose::Treatment,
        now: now(),
        consent_age_max: CONSENT_AGE_MAX,
    }
}

/// A database with the gate's tables.
pub(crate) async fn gate_tables() -> TestDatabase {
    database("access", &Migrator::with_migrations(Vec::new()), &[&views::MIGRATIONS]).await
}

/// A service's log for the gate to write to.
pub(crate) fn log_of(
    service: Service,
    database: &TestDatabase,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
) -> EventLog {
    EventLog::start(Parts {
        service: service.as_str().to_owned(),
        pool: database.pool.clone(),
        keys: database.keys(Arc::clone(&clock), Arc::clone(&ids)),
        clock,
        ids,
        projections: Vec::new(),
        publish: Arc::new(|opened| publish(opened).transpose()),
        committers: 1,
    })
}

/// What consent tells of the patient.
pub(crate) fn told(event_type: &str, payload: Option<Any>) -> Envelope {
    let header = Header {
        service: "consent".to_owned(),
        lane: 1,
        lane_seq: 1,
        event_id: EventId::new(id(1)),
        tenant: tenant(),
        stream: StreamName::new("grant", id(0x61)),
        revision: 1,
        event_type: event_type.to_owned(),
        schema_version: 1,
        subject: patient().uuid(),
        patient: Some(patient()),
        actor: Actor::Account(account()),
        on_behalf_of: None,
        purpose: Purpose::PatientRequest,
        correlation: id(2),
        causation: None,
        traceparent: None,
        occurred: now(),
        recorded: now(),
        key_id: id(3),
        by_right: None,
        payload_sha256: [0; 32],
    };
    Envelope { leaf: header.leaf(), header, public_payload: payload }
}
