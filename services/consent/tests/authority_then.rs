//! Who had authority when: freezes and their review, the officer's question, a holder's own word; and what cannot be said.
#![cfg(test)]
mod common;
mod family;
use chrono::TimeDelta;
use common::*;
use family::*;
use holdfast_access::{RoleAssignment, views::ConsentFact};
use holdfast_proto::{access::v1::Outcome, consent::v1::*};
use holdfast_types::{Category, Clock, Relationship, Role, TenantId};
use uuid::Uuid;

#[tokio::test]
async fn a_freeze_stops_at_once_ends_by_itself_and_is_reviewed_by_another() {
    let world = world().await;
    let patient = family(&world).await;
    let as_ = |person: &Person| world.authorities(person);
    for nobody in [mother(), therapist(), aunt()] {
        assert_eq!(refusal(as_(&nobody).freeze_holder(freeze(&patient, &father())).await), "NOT_PERMITTED");
    }
    assert_eq!(refusal(as_(&officer()).freeze_holder(freeze(&patient, &child())).await), "PROXY_OF_ONESELF");
    assert_eq!(refusal(as_(&officer()).freeze_holder(freeze(&patient, &aunt())).await), "NOT_A_HOLDER");
    let placed = as_(&officer()).freeze_holder(freeze(&patient, &father())).await.unwrap().into_inner();
    let placed = placed.freeze.unwrap();
    assert_eq!(placed.until_time, at(world.clock.now() + TimeDelta::hours(72)));
    assert!(!world.shares(&father(), &patient, Category::Goals).await);
    assert!(world.shares(&mother(), &patient, Category::Goals).await);

    let review = |until| uphold(&patient, &placed, until);
    assert_eq!(refusal(as_(&officer()).review_freeze(review(None)).await), "SECOND_PERSON_NEEDED");
    assert_eq!(refusal(as_(&administrator()).review_freeze(review(None)).await), "NOT_PERMITTED");
    let other = person(8).with(Role::ComplianceOfficer, None);
    let long = world.clock.now() + TimeDelta::days(30);
    as_(&other).review_freeze(review(Some(long))).await.unwrap();
    world.clock.advance(TimeDelta::days(29));
    assert!(!world.shares(&father(), &patient, Category::Goals).await);
    world.clock.advance(TimeDelta::days(1));
    assert!(world.shares(&father(), &patient, Category::Goals).await, "it has ended by itself");
    assert_eq!(refusal(as_(&other).review_freeze(review(None)).await), "AUTHORITY_ENDED");
    let envelopes = world.envelopes().await;
    let settled: Vec<_> =
        envelopes.iter().filter(|one| one.header.event_type == "authority.settled").collect();
    assert_eq!(settled.len(), 2);
    for event in settled {
        let payload = event.public_payload.as_ref().unwrap();
        assert!(!String::from_utf8_lossy(&payload.value).contains("county"), "why is the officer's");
        let heard = ConsentFact::read(payload).unwrap().unwrap();
        assert!(matches!(heard, ConsentFact::AuthoritySettled { .. }), "{heard:?}");
    }
}

#[tokio::test]
async fn an_officer_asks_who_had_authority_on_a_date_on_which_evidence_as_it_was_known_and_as_it_is() {
    let world = world().await;
    let patient = family(&world).await;
    let opened = world.clock.now();
    world.clock.advance(TimeDelta::days(10));
    let document = Uuid::from_u128(0xD0C).to_string();
    let order = RecordAuthorityRequest {
        from_time: at(opened + TimeDelta::days(2)),
        until_time: at(opened + TimeDelta::days(200)),
        evidence: Some(Evidence {
            document_ids: vec![document.clone()],
            issued_date: "2026-03-04".into(),
            note: "placement order".into(),
        }),
        ..record(&patient, &aunt(), AuthorityBasis::FosterPlacement)
    };
    let told = world.clock.now();
    world.authorities(&administrator()).record_authority(order).await.unwrap();
    world.clock.advance(TimeDelta::days(1));
    world.authorities(&officer()).state_person(born(&patient, "2012-03-20", "US-OH")).await.unwrap();

    let asked = opened + TimeDelta::days(5);
    let now = world.then(&officer(), &patient, asked, None).await;
    let parents = [is(&mother(), Relationship::Parent), is(&father(), Relationship::Parent)];
    let all = |more: &[(String, i32)]| {
        let mut all = [&parents[..], more].concat();
        all.sort();
        all
    };
    let (own, placed) = (is(&child(), Relationship::Patient), is(&aunt(), Relationship::Guardian));
    assert_eq!(had(&now, Category::Goals), all(&[own.clone(), placed.clone()]));
    // Of thirteen years in Ohio, a portal's rooms are closed to whoever acts for the child.
    assert_eq!(had(&now, Category::Notes), std::slice::from_ref(&own));
    let [by] = &now.authorities[..] else { panic!("{now:?}") };
    assert_eq!((by.basis(), by.word()), (AuthorityBasis::FosterPlacement, AuthorityWord::Attested));
    let evidence = by.evidence.clone().unwrap();
    assert_eq!((evidence.document_ids, evidence.issued_date.as_str()), (vec![document], "2026-03-04"));
    assert_eq!((now.birth_date.as_str(), now.state.as_str()), ("2012-03-20", "US-OH"));
    assert!(now.later_spans.iter().any(|span| span.account_id == own.0), "what the next birthdays bring");

    // As it was known then, nobody knew of the order; and of the birthday only later.
    let then = world.then(&officer(), &patient, asked, Some(told - TimeDelta::seconds(1))).await;
    assert_eq!(had(&then, Category::Goals), all(std::slice::from_ref(&own)));
    assert!(then.authorities.is_empty() && then.birth_date.is_empty());
    let between = world.then(&officer(), &patient, asked, Some(told)).await;
    assert_eq!(had(&between, Category::Notes), all(&[own.clone(), placed]));
    // Before the order began, and after it has ended.
    let before = world.then(&officer(), &patient, opened + TimeDelta::days(1), None).await;
    assert_eq!(had(&before, Category::Goals), all(std::slice::from_ref(&own)));
    let after = world.then(&officer(), &patient, opened + TimeDelta::days(200), None).await;
    assert_eq!(had(&after, Category::Goals), all(&[own]));

    // Whoever holds everything sees it, too, and who attests it; who holds less is told of themselves, and another network's officer and
    // a therapist are told nothing.
    world.then(&child(), &patient, asked, None).await;
    assert_eq!(had(&world.then(&administrator(), &patient, asked, None).await, Category::Goals).len(), 4);
    let mothers = world.then(&mother(), &patient, asked, None).await;
    assert_eq!(had(&mothers, Category::Goals), [is(&mother(), Relationship::Parent)]);
    assert!(mothers.authorities.is_empty() && mothers.birth_date.is_empty(), "{mothers:?}");
    let elsewhere = RoleAssignment {
        role: Role::ComplianceOfficer,
        tenant: TenantId::new(Uuid::from_u128(0x7E2)),
        practice: None,
    };
    let of_elsewhere = Person { roles: vec![elsewhere], ..person(8) };
    for (who, tenant_id) in [
        (therapist(), String::new()),
        (therapist(), tenant().to_string()),
        (of_elsewhere.clone(), tenant().to_string()),
        (of_elsewhere, Uuid::from_u128(0x7E2).to_string()),
    ] {
        let list = ListAuthorityRequest { patient_id: patient.clone(), tenant_id, ..Default::default() };
        assert_eq!(refusal(world.authorities(&who).list_authority(list).await), "NOT_PERMITTED");
    }
    let looks = world.looks("consent.ListAuthority").await;
    let refused = looks.iter().filter(|look| look.outcome() == Outcome::Refused).count();
    assert_eq!((looks.len(), refused), (12, 4), "each question is on the log");
}

#[tokio::test]
async fn in_a_free_standing_record_the_holders_word_stands_and_says_so() {
    let world = world().await;
    let patient = world.record_of(&mother()).await;
    let as_ = |person: &Person| world.authorities(person);
    assert_eq!(
        refusal(as_(&administrator()).state_person(born(&patient, "2010-01-01", "")).await),
        "NOT_PERMITTED"
    );
    as_(&mother()).state_person(born(&patient, "2010-01-01", "US-CA")).await.unwrap();
    assert!(world.shares(&mother(), &patient, Category::Notes).await, "there is nobody to hand it to");
    let own = record(&patient, &child(), AuthorityBasis::Person);
    let own = as_(&mother()).record_authority(own).await.unwrap().into_inner().authority.unwrap();
    assert_eq!(own.word(), AuthorityWord::Own);
    assert!(!world.shares(&mother(), &patient, Category::Notes).await);
    assert!(world.shares(&child(), &patient, Category::Notes).await);
    // At majority it has passed, and she is nobody to it.
    world.clock.set("2028-01-01T00:00:00Z".parse().unwrap());
    assert!(world.shares(&child(), &patient, Category::Goals).await);
    assert!(!world.shares(&mother(), &patient, Category::Goals).await);
    let listed = world.as_(&mother()).list_records(ListRecordsRequest::default()).await.unwrap().into_inner();
    assert!(listed.records.is_empty());
}

#[tokio::test]
async fn what_says_nothing_or_cannot_be_is_refused_at_its_place() {
    let world = world().await;
    let patient = family(&world).await;
    let mut client = world.authorities(&administrator());
    for (reason, birth_date, state) in [
        ("FIELD_MISSING", "", ""),
        ("DATE_IMPOSSIBLE", "2014-2-3", ""),
        ("DATE_IMPOSSIBLE", "2026-03-03", ""),
        ("FIELD_INVALID", "2014-02-03", "California"),
    ] {
        assert_eq!(refusal(client.state_person(born(&patient, birth_date, state)).await), reason);
    }
    let custody = || record(&patient, &father(), AuthorityBasis::Custody);
    let past = at(world.clock.now() - TimeDelta::days(1));
    for (reason, request) in [
        ("FIELD_MISSING", RecordAuthorityRequest { basis: 0, ..custody() }),
        ("FIELD_INVALID", RecordAuthorityRequest { basis: AuthorityBasis::Appointment.into(), ..custody() }),
        ("FIELD_INVALID", RecordAuthorityRequest { basis: 99, ..custody() }),
        ("FIELD_INVALID", RecordAuthorityRequest { in_place_of_person: true, ..custody() }),
        ("FIELD_MISSING", RecordAuthorityRequest { evidence: None, ..custody() }),
        ("FIELD_MISSING", RecordAuthorityRequest { evidence: Some(Evidence::default()), ..custody() }),
        ("PERIOD_ENDS_BEFORE_IT_BEGINS", RecordAuthorityRequest { until_time: past, ..custody() }),
        ("FIELD_MISSING", record(&patient, &aunt(), AuthorityBasis::FosterPlacement)),
        ("PROXY_OF_ONESELF", record(&patient, &child(), AuthorityBasis::Guardianship)),
        ("ID_MALFORMED", RecordAuthorityRequest { account_id: "seven".into(), ..custody() }),
    ] {
        assert_eq!(refusal(client.record_authority(request.clone()).await), reason, "{request:?}");
    }
    let unknown = end(&patient, &Uuid::nil().to_string());
    assert_eq!(refusal(client.end_authority(unknown).await), "AUTHORITY_UNKNOWN");
    let request = custody();
    let first = client.record_authority(request.clone()).await.unwrap().into_inner();
    assert_eq!(client.record_authority(request).await.unwrap().into_inner(), first, "a repeated command");
}
