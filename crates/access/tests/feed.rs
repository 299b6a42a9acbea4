//! What consent publishes, taken in: any repetition leaves the same tables, and what is malformed is refused by name.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails loudly")]
mod given;
use given::*;
use holdfast_access::{
    views::{ConsentFact, ConsentFeed},
    *,
};
use holdfast_eventlog::{Envelope, Inbox, Reaction, ReactionError, Source, SourceError};
use holdfast_proto::{Word, consent::v1 as pb, timestamp};
use holdfast_types::*;
use prost_types::Any;
use sqlx::{PgConnection, PgPool};
use std::{sync::Arc, time::Duration};

async fn pool() -> PgPool {
    gate_tables().await.pool
}

fn envelope(payload: Option<Any>) -> Envelope {
    told("grant.given", payload)
}

fn given_grant() -> pb::Grant {
    pb::Grant {
        grant_id: id(0x61).to_string(),
        patient_id: patient().to_string(),
        grantee: Some(pb::Grantee {
            kind: Some(pb::grantee::Kind::PracticeId(practice().to_string())),
            role: 0,
        }),
        categories: vec![Category::Goals.to_proto(), Category::VitalSigns.to_proto()],
        actions: vec![Action::Read.to_proto()],
        purposes: vec![Purpose::Treatment.to_proto()],
        from_time: Some(timestamp(now())),
        revision: 1,
        ..pb::Grant::default()
    }
}

fn any<M: prost::Name>(message: &M) -> Any {
    Any::from_msg(message).unwrap()
}

fn story() -> Vec<Envelope> {
    let told = [
        any(&pb::RecordOpened { patient_id: patient().to_string(), tenant_id: tenant().to_string() }),
        any(&pb::HolderAdded {
            patient_id: patient().to_string(),
            account_id: account().to_string(),
            relationship: Relationship::Parent.to_proto(),
        }),
        any(&pb::GrantGiven { grant: Some(given_grant()) }),
        any(&pb::GrantGiven { grant: Some(pb::Grant { grant_id: id(0x62).to_string(), ..given_grant() }) }),
        any(&pb::GrantRevoked {
            grant_id: id(0x62).to_string(),
            patient_id: patient().to_string(),
            revoked_time: Some(timestamp(now())),
            revision: 2,
            ..pb::GrantRevoked::default()
        }),
    ];
    told.into_iter().map(|payload| envelope(Some(payload))).collect()
}

async fn tables(conn: &mut PgConnection) -> String {
    sqlx::query_scalar(
        "SELECT concat(
            (SELECT json_agg(r ORDER BY patient) FROM access_records AS r),
            (SELECT json_agg(h ORDER BY patient, account) FROM access_holders AS h),
            (SELECT json_agg(g ORDER BY grant_id) FROM access_grants AS g))",
    )
    .fetch_one(conn)
    .await
    .unwrap()
}

#[tokio::test]
async fn what_consent_tells_is_what_decisions_rest_on() {
    let pool = pool().await;
    ConsentFeed.react(&mut pool.acquire().await.unwrap(), &story()).await.unwrap();
    let caller = caller(&[Role::Therapist]);
    let facts = views::facts(&pool, "records", &[patient()], &caller, now()).await.unwrap().remove(0).1;
    assert_eq!((facts.record_tenant, facts.relationship), (Some(tenant()), Some(Relationship::Parent)));
    let [grant] = facts.grants.as_slice() else { panic!("the revoked one is not read: {:?}", facts.grants) };
    assert_eq!(grant.grantee, Grantee::Practice { practice: practice(), role: Role::Therapist });
    assert_eq!(grant.categories, [Category::Goals, Category::VitalSigns]);
    assert_eq!((grant.period.from(), grant.period.until()), (now(), None));
}

#[tokio::test]
async fn hearing_any_beginning_of_the_story_again_changes_nothing() {
    let pool = pool().await;
    let mut conn = pool.acquire().await.unwrap();
    ConsentFeed.react(&mut conn, &story()).await.unwrap();
    let once = tables(&mut conn).await;
    assert!(once.contains("revoked_time\":\"20"), "{once}");
    for again in 1..=story().len() {
        ConsentFeed.react(&mut conn, &story()[..again]).await.unwrap();
        assert_eq!(tables(&mut conn).await, once, "after the first {again}");
    }
}

#[tokio::test]
async fn a_free_standing_record_and_events_that_say_nothing_about_access_are_taken_in() {
    let pool = pool().await;
    let mut conn = pool.acquire().await.unwrap();
    let free = any(&pb::RecordOpened { patient_id: patient().to_string(), tenant_id: String::new() });
    let other = Any { type_url: "/holdfast.consent.v1.SomethingNew".to_owned(), value: vec![1, 2, 3] };
    ConsentFeed
        .react(
            &mut conn,
            &[told("access.permitted", None), told("access.permitted", Some(other)), envelope(Some(free))],
        )
        .await
        .unwrap();
    drop(conn);
    let facts = views::facts(&pool, "records", &[patient()], &caller(&[]), now()).await.unwrap().remove(0).1;
    assert_eq!(facts.record_tenant, Some(TenantId::new(uuid::Uuid::nil())));
}

#[test]
fn a_malformed_event_is_named_and_changes_nothing() {
    let malformed = [
        pb::Grant { grantee: None, ..given_grant() },
        pb::Grant { patient_id: "somebody".to_owned(), ..given_grant() },
        pb::Grant { categories: vec![0], ..given_grant() },
        pb::Grant { from_time: None, ..given_grant() },
        pb::Grant { until_time: Some(timestamp(now())), ..given_grant() },
    ];
    for grant in malformed {
        assert!(
            ConsentFact::read(&any(&pb::GrantGiven { grant: Some(grant.clone()) })).is_err(),
            "{grant:?}"
        );
    }
    let garbled = Any { value: vec![0xff; 4], ..any(&pb::GrantGiven::default()) };
    assert!(ConsentFact::read(&garbled).is_err());
}

#[tokio::test]
async fn a_malformed_event_fails_the_reaction() {
    let pool = pool().await;
    let bad = envelope(Some(any(&pb::GrantGiven { grant: None })));
    let outcome = ConsentFeed.react(&mut pool.acquire().await.unwrap(), &[bad]).await;
    assert!(matches!(outcome, Err(ReactionError::Malformed(_))));
}

#[tokio::test]
async fn an_event_about_access_without_anything_readable_fails_the_reaction() {
    let pool = pool().await;
    let newer = Any { type_url: "/holdfast.consent.v1.GrantNarrowed".to_owned(), value: vec![1, 2, 3] };
    for event in
        [told("grant.revoked", None), told("record.holder-added", None), told("grant.narrowed", Some(newer))]
    {
        let outcome = ConsentFeed.react(&mut pool.acquire().await.unwrap(), &[event]).await;
        assert!(matches!(outcome, Err(ReactionError::Malformed(_))));
    }
}

/// Consent's log: the story, one event after the other in its patient's lane.
struct Told(Vec<Envelope>);

#[async_trait::async_trait]
impl Source for Told {
    fn service(&self) -> &str {
        "consent"
    }
    async fn heads(&self) -> Result<Vec<(u16, u64)>, SourceError> {
        Ok(vec![(1, self.0.len() as u64)])
    }
    async fn read_lane(&self, _: u16, after: u64, limit: u32) -> Result<Vec<Envelope>, SourceError> {
        let after = usize::try_from(after).unwrap();
        Ok(self.0.iter().skip(after).take(limit as usize).cloned().collect())
    }
}

#[tokio::test]
async fn a_patient_of_whom_something_is_parked_is_open_to_the_family_alone() {
    let database = gate_tables().await;
    let pool = database.pool.clone();
    let from_a_newer_consent = pb::Grant { categories: vec![4711], ..given_grant() };
    let mut told = story();
    told.truncate(3);
    told.push(envelope(Some(any(&pb::GrantGiven { grant: Some(from_a_newer_consent) }))));
    told.push(envelope(Some(any(&pb::GrantRevoked {
        grant_id: id(0x61).to_string(),
        patient_id: patient().to_string(),
        revoked_time: Some(timestamp(now())),
        revision: 2,
        ..pb::GrantRevoked::default()
    }))));
    for (event, seq) in told.iter_mut().zip(1..) {
        event.header.lane_seq = seq;
    }
    let source = Arc::new(Told(told));
    let inbox = Inbox::new(
        "records",
        pool.clone(),
        source,
        Arc::new(ConsentFeed),
        Arc::new(SystemClock),
        Duration::MAX,
    );
    inbox.catch_up(Duration::ZERO).await.unwrap();
    assert_eq!(
        inbox.parked().await.unwrap().len(),
        2,
        "the event that cannot be read, and the revocation behind it"
    );
    assert!(inbox.age().is_some(), "all that consent said was heard");

    let log = log_of(Service::Records, &database, Arc::new(SystemClock), Arc::new(SystemIds));
    let policies = Arc::new(Policies::load().unwrap());
    let gate = Gate::new(policies, log, Arc::new(inbox), Duration::from_secs(3600));
    let asks = async |who: AccountId| {
        let caller = Caller { account: who, ..caller(&[Role::Therapist]) };
        let facts = views::facts(&pool, "records", &[patient()], &caller, now()).await.unwrap().remove(0).1;
        assert_eq!(facts.grants.len(), 1, "the revocation waits");
        let context = RequestContext { caller, purpose: None, correlation: id(9), traceparent: None };
        gate.authorise(&context, Action::Read, patient(), &[Category::Goals], "records.ListItems").await
    };
    let third_party = asks(AccountId::new(id(0x7E))).await;
    assert!(matches!(third_party, Err(Refused::ConsentStale)), "{third_party:?}");
    assert!(asks(account()).await.is_ok(), "the parent holds the record");
    let other =
        views::facts(&pool, "records", &[other_patient()], &caller(&[]), now()).await.unwrap().remove(0).1;
    assert_eq!(other.consent_age, Some(Duration::ZERO), "nobody else waits");
}

#[test]
fn a_mark_is_read_as_it_was_published_and_one_that_marks_nothing_is_refused() {
    let any = |mark: &pb::Mark| Any::from_msg(&pb::MarkSet { mark: Some(mark.clone()) }).unwrap();
    let published = pb::Mark {
        mark_id: id(0x3A).to_string(),
        patient_id: patient().to_string(),
        what: Some(pb::Marked { kind: Some(pb::marked::Kind::Category(Category::Notes.to_proto())) }),
        kept_from: Some(pb::KeptFrom { kind: Some(pb::kept_from::Kind::PracticeId(practice().to_string())) }),
        ..pb::Mark::default()
    };
    let told = MarkFact {
        id: MarkId::new(id(0x3A)),
        patient: patient(),
        what: Marked::Category(Category::Notes),
        kept_from: KeptFrom::Practice(practice()),
    };
    assert_eq!(ConsentFact::read(&any(&published)).unwrap(), Some(ConsentFact::MarkSet(told)));
    let from_everybody = pb::Mark { kept_from: None, ..published.clone() };
    let told = MarkFact { kept_from: KeptFrom::Everybody, ..told };
    assert_eq!(ConsentFact::read(&any(&from_everybody)).unwrap(), Some(ConsentFact::MarkSet(told)));
    for wrong in [
        pb::Mark { what: None, ..published.clone() },
        pb::Mark { what: Some(pb::Marked { kind: None }), ..published.clone() },
        pb::Mark {
            what: Some(pb::Marked { kind: Some(pb::marked::Kind::Category(9999)) }),
            ..published.clone()
        },
        pb::Mark { mark_id: "seven".into(), ..published.clone() },
    ] {
        assert!(ConsentFact::read(&any(&wrong)).is_err(), "{wrong:?}");
    }
    let lifted = pb::MarkLifted {
        mark_id: id(0x3A).to_string(),
        patient_id: patient().to_string(),
        lifted_time: Some(timestamp(now())),
    };
    let lifted = ConsentFact::read(&Any::from_msg(&lifted).unwrap()).unwrap();
    assert_eq!(lifted, Some(ConsentFact::MarkLifted { patient: patient(), mark: MarkId::new(id(0x3A)) }));
}
