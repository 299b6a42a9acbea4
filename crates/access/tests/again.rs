//! What consent said is heard once more, from the first: at no step of it is anybody let in by a part of it.
#![cfg(test)]
mod given;
use given::*;
use holdfast_access::{
    views::{ConsentFact, ConsentFeed, apply},
    *,
};
use holdfast_eventlog::{Envelope, Inbox, Source, SourceError, Subject, hear_again, still_to_hear};
use holdfast_proto::{Word, consent::v1 as pb, timestamp};
use holdfast_types::*;
use prost_types::Any;
use sqlx::PgPool;
use std::{sync::Arc, time::Duration};

fn any<M: prost::Name>(message: &M) -> Any {
    Any::from_msg(message).unwrap()
}

fn grant(number: u128, to: AccountId) -> pb::Grant {
    let kind = Some(pb::grantee::Kind::AccountId(to.to_string()));
    pb::Grant {
        grant_id: id(number).to_string(),
        patient_id: patient().to_string(),
        grantee: Some(pb::Grantee { kind, role: 0 }),
        categories: vec![Category::Goals.to_proto()],
        actions: vec![Action::Read.to_proto()],
        purposes: vec![Purpose::Treatment.to_proto()],
        from_time: Some(timestamp(now())),
        revision: 1,
        ..pb::Grant::default()
    }
}

fn therapist() -> AccountId {
    AccountId::new(id(0x7E))
}

/// To whom something was given that is taken back.
fn former() -> AccountId {
    AccountId::new(id(0x7F))
}

/// Whom nobody ever gave anything.
fn intruder() -> AccountId {
    AccountId::new(id(0x80))
}

/// Consent's log: a record, its parent, one who may read goals, one who might.
fn story() -> Vec<Envelope> {
    let opened = pb::RecordOpened { patient_id: patient().to_string(), tenant_id: tenant().to_string() };
    let added = pb::HolderAdded {
        patient_id: patient().to_string(),
        account_id: account().to_string(),
        relationship: Relationship::Parent.to_proto(),
    };
    let revoked = pb::GrantRevoked {
        grant_id: id(0x62).to_string(),
        patient_id: patient().to_string(),
        revoked_time: Some(timestamp(now())),
        revision: 2,
        ..pb::GrantRevoked::default()
    };
    let said = [
        any(&opened),
        any(&added),
        any(&pb::GrantGiven { grant: Some(grant(0x62, former())) }),
        any(&pb::GrantGiven { grant: Some(grant(0x61, therapist())) }),
        any(&revoked),
    ];
    let mut story: Vec<Envelope> = said.into_iter().map(|said| told("grant.given", Some(said))).collect();
    for (event, seq) in story.iter_mut().zip(1..) {
        event.header.lane = Subject::Patient(patient()).lane();
        event.header.lane_seq = seq;
    }
    story
}

struct Told(Vec<Envelope>);

#[async_trait::async_trait]
impl Source for Told {
    fn service(&self) -> &str {
        "consent"
    }
    async fn heads(&self) -> Result<Vec<(u16, u64)>, SourceError> {
        Ok(vec![(Subject::Patient(patient()).lane(), self.0.len() as u64)])
    }
    async fn read_lane(&self, _: u16, after: u64, limit: u32) -> Result<Vec<Envelope>, SourceError> {
        let after = usize::try_from(after).unwrap();
        Ok(self.0.iter().skip(after).take(limit as usize).cloned().collect())
    }
}

async fn tables(pool: &PgPool) -> String {
    sqlx::query_scalar(
        "SELECT concat(
            (SELECT json_agg(r ORDER BY patient) FROM access_records AS r),
            (SELECT json_agg(h ORDER BY patient, account) FROM access_holders AS h),
            (SELECT json_agg(g ORDER BY grant_id) FROM access_grants AS g),
            (SELECT json_agg(m ORDER BY mark_id) FROM access_marks AS m))",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn nobody_is_let_in_by_half_of_what_consent_said() {
    let database = gate_tables().await;
    let pool = database.pool.clone();
    let inbox = Inbox::new(
        "records",
        pool.clone(),
        Arc::new(Told(story())),
        Arc::new(ConsentFeed),
        Arc::new(SystemClock),
        Duration::MAX,
    );
    inbox.catch_up(Duration::ZERO).await.unwrap();
    let log = log_of(Service::Records, &database, Arc::new(SystemClock), Arc::new(SystemIds));
    // It goes on to say that all was heard: what closes the gate is in the tables alone.
    let gate = Gate::new(
        Arc::new(Policies::load().unwrap()),
        log,
        Arc::new(inbox.clone()),
        Duration::from_secs(3600),
    );
    let asks = async |who: AccountId| {
        let caller = Caller { account: who, ..caller(&[Role::Therapist]) };
        let context = RequestContext { caller, purpose: None, correlation: id(9), traceparent: None };
        let read = gate.authorise(&context, Action::Read, patient(), &[Category::Goals], "records.ListItems");
        read.await.map(|_| ()).map_err(|refused| refused.reason())
    };
    let right = tables(&pool).await;
    let as_it_should_be = async || {
        assert_eq!(asks(account()).await, Ok(()));
        assert_eq!(asks(therapist()).await, Ok(()));
        assert_eq!(asks(former()).await, Err("NOT_PERMITTED"));
        assert_eq!(asks(intruder()).await, Err("NOT_PERMITTED"));
    };
    as_it_should_be().await;

    // Somebody with the database's keys writes themselves in, and writes the family out.
    let intrusion = ConsentFact::HolderAdded {
        patient: patient(),
        account: intruder(),
        relationship: Relationship::Parent,
    };
    apply(&mut pool.acquire().await.unwrap(), &intrusion).await.unwrap();
    sqlx::query("DELETE FROM access_holders WHERE account = $1")
        .bind(account().uuid())
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("UPDATE access_grants SET revoked_time = NULL").execute(&pool).await.unwrap();
    assert_eq!((asks(intruder()).await, asks(former()).await), (Ok(()), Ok(())));

    let again = async || {
        let (owner, role) = (&database.owner_url, &database.serving_role);
        hear_again(owner, role, "consent", &ConsentFeed).await.unwrap()
    };
    let story = story();
    assert_eq!(again().await, story.len() as u64);
    // Halfway through it is asked for once more.
    for (round, steps) in [3, story.len()].into_iter().enumerate() {
        for step in 0..steps {
            assert_eq!(still_to_hear(&pool, "consent").await.unwrap(), (story.len() - step) as u64);
            for third_party in [therapist(), former(), intruder()] {
                assert_eq!(asks(third_party).await, Err("CONSENT_STALE"), "round {round}, after {step}");
            }
            let family = if step < 2 { Err("CONSENT_STALE") } else { Ok(()) };
            assert_eq!(asks(account()).await, family, "round {round}, after {step}");
            inbox.take_in(vec![story[step].clone()]).await.unwrap();
        }
        if steps < story.len() {
            assert_eq!(again().await, story.len() as u64);
        }
    }
    assert_eq!(still_to_hear(&pool, "consent").await.unwrap(), 0);
    as_it_should_be().await;
    assert_eq!(tables(&pool).await, right);
}

#[tokio::test]
async fn what_was_parked_comes_again_in_its_place() {
    let database = gate_tables().await;
    let mut told = story();
    told[3].public_payload = told[3].public_payload.take().map(|any| Any { value: vec![0xff; 4], ..any });
    let inbox = Inbox::new(
        "records",
        database.pool.clone(),
        Arc::new(Told(told)),
        Arc::new(ConsentFeed),
        Arc::new(SystemClock),
        Duration::MAX,
    );
    inbox.catch_up(Duration::ZERO).await.unwrap();
    let waiting = async || {
        let parked = inbox.parked().await.unwrap();
        parked.into_iter().map(|parked| parked.lane_seq).collect::<Vec<_>>()
    };
    assert_eq!(waiting().await, [4, 5]);
    let (owner, role) = (&database.owner_url, &database.serving_role);
    hear_again(owner, role, "consent", &ConsentFeed).await.unwrap();
    assert!(waiting().await.is_empty());
    inbox.catch_up(Duration::ZERO).await.unwrap();
    assert_eq!(waiting().await, [4, 5]);
}
