//! Who is let in at all: every method wants a token that is ours and still good.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]
mod common;
use chrono::TimeDelta;
use common::*;
use holdfast_access::{Claims, TokenSigner};
use holdfast_host::client::Outgoing;
use holdfast_proto::consent::v1::*;
use holdfast_types::{Category, Clock, Relationship};

/// Every method's refusal.
async fn refusals(
    mut client: Client,
    mut erasures: Erasures,
    mut emergencies: Emergencies,
    mut authorities: Authorities,
    mut links: Links,
    mut treatments: Treatments,
) -> Vec<&'static str> {
    let patient = person(7).account.to_string();
    let grant = Grant { grant_id: patient.clone(), ..Grant::default() };
    let add = AddHolderRequest {
        request_id: request_id(),
        patient_id: patient.clone(),
        ..AddHolderRequest::default()
    };
    vec![
        refusal(client.open_record(open(Relationship::Patient)).await),
        refusal(client.list_records(ListRecordsRequest::default()).await),
        refusal(client.add_holder(add).await),
        refusal(client.give_grant(give(&patient, to_account(person(1).account))).await),
        refusal(client.revoke_grant(revoke(&grant)).await),
        refusal(client.get_grant(GetGrantRequest { grant_id: patient.clone() }).await),
        refusal(client.list_grants(list(&patient)).await),
        refusal(client.set_mark(mark(&patient, Category::Notes)).await),
        refusal(client.lift_mark(lift(&patient, &patient)).await),
        refusal(client.list_marks(marks(&patient)).await),
        refusal(links.make_link(MakeLinkRequest::default()).await),
        refusal(links.list_links(ListLinksRequest::default()).await),
        refusal(erasures.request_erasure(RequestErasureRequest::default()).await),
        refusal(erasures.withdraw_erasure(WithdrawErasureRequest::default()).await),
        refusal(erasures.place_hold(PlaceHoldRequest::default()).await),
        refusal(erasures.lift_hold(LiftHoldRequest::default()).await),
        refusal(erasures.carry_out_erasure(CarryOutErasureRequest::default()).await),
        refusal(erasures.get_erasure(GetErasureRequest::default()).await),
        refusal(erasures.list_erasures(ListErasuresRequest::default()).await),
        refusal(emergencies.begin_emergency_access(begin(&patient)).await),
        refusal(emergencies.list_emergency_accesses(ListEmergencyAccessesRequest::default()).await),
        refusal(emergencies.review_emergency_access(review(&patient, EmergencyFinding::Justified)).await),
        refusal(authorities.state_person(StatePersonRequest::default()).await),
        refusal(authorities.record_authority(RecordAuthorityRequest::default()).await),
        refusal(authorities.attest_authority(AttestAuthorityRequest::default()).await),
        refusal(authorities.withdraw_authority(WithdrawAuthorityRequest::default()).await),
        refusal(authorities.renew_authority(RenewAuthorityRequest::default()).await),
        refusal(authorities.end_authority(EndAuthorityRequest::default()).await),
        refusal(authorities.appoint_proxy(AppointProxyRequest::default()).await),
        refusal(authorities.freeze_holder(FreezeHolderRequest::default()).await),
        refusal(authorities.review_freeze(ReviewFreezeRequest::default()).await),
        refusal(authorities.list_authority(ListAuthorityRequest::default()).await),
        refusal(authorities.list_waiting_authority(ListWaitingAuthorityRequest::default()).await),
        refusal(treatments.set_treatment_policy(SetTreatmentPolicyRequest::default()).await),
        refusal(treatments.get_treatment_policy(GetTreatmentPolicyRequest::default()).await),
        refusal(treatments.propose_treatment(ProposeTreatmentRequest::default()).await),
        refusal(treatments.agree_to_treatment(AgreeToTreatmentRequest::default()).await),
        refusal(treatments.accept_treatment(AcceptTreatmentRequest::default()).await),
        refusal(treatments.end_treatment(EndTreatmentRequest::default()).await),
        refusal(treatments.list_treatments(ListTreatmentsRequest::default()).await),
        refusal(treatments.list_practice_treatments(ListPracticeTreatmentsRequest::default()).await),
    ]
}

#[tokio::test]
async fn no_method_answers_without_a_token_that_is_ours_and_still_good() {
    let world = world().await;
    let now = world.clock.now();
    let claims = Claims {
        account: person(1).account,
        session: None,
        roles: Vec::new(),
        iat: now.timestamp(),
        exp: now.timestamp() + 300,
    };
    let forged = TokenSigner::from_seed(&[2; 32]).unwrap().sign(&claims).unwrap();
    let expired = world.token(&person(1), now - TimeDelta::minutes(6));
    for (outgoing, reason) in [
        (Outgoing::new(), "TOKEN_MISSING"),
        (Outgoing::new().bearer(forged.into()), "TOKEN_INVALID"),
        (Outgoing::new().bearer(expired.into()), "TOKEN_EXPIRED"),
    ] {
        let erasures = world.erasures_with(outgoing.clone());
        let emergencies = world.emergencies_with(outgoing.clone());
        let authorities = world.authorities_with(outgoing.clone());
        let links = world.links_with(outgoing.clone());
        let treatments = world.treatments_with(outgoing.clone());
        let clients = world.with(outgoing);
        let refused = refusals(clients, erasures, emergencies, authorities, links, treatments).await;
        assert!(refused.iter().all(|refused| *refused == reason), "{reason}: {refused:?}");
    }
    assert!(world.envelopes().await.is_empty());
}
