//! A practice treats the person of a record: both sides agree, the care team sees what the policy says and the family agreed to, and
//! either ends it.
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
use futures::{StreamExt, stream};
use holdfast_access::views::ConsentFact;
use holdfast_proto::{Word, access::v1::Outcome, consent::v1::*};
use holdfast_types::{Action, Basis, Category, PracticeId, Relationship, Role};
use std::time::Duration;
use uuid::Uuid;

fn desk() -> Person {
    person(0xDE).with(Role::FrontDesk, Some(practice()))
}

fn director() -> Person {
    person(0xD1).with(Role::PracticeAdministrator, Some(practice()))
}

fn line(role: Role, categories: &[Category]) -> CareLine {
    CareLine {
        role: role.to_proto(),
        categories: categories.iter().map(|room| room.to_proto()).collect(),
        actions: vec![Action::Read.to_proto()],
    }
}

/// Notes and goals for therapists, appointments for the desk: all of it is in the usual policy.
fn lines() -> Vec<CareLine> {
    vec![
        line(Role::Therapist, &[Category::Notes, Category::Goals]),
        line(Role::FrontDesk, &[Category::Appointments]),
    ]
}

fn propose(patient: &str, side: TreatmentSide) -> ProposeTreatmentRequest {
    let by_family = side == TreatmentSide::Family;
    ProposeTreatmentRequest {
        request_id: request_id(),
        patient_id: patient.to_owned(),
        practice_id: practice().to_string(),
        side: side.into(),
        lines: if by_family { lines() } else { Vec::new() },
        policy_version: 0,
        introduction: if by_family { "Mateo, speech on Tuesdays".into() } else { String::new() },
    }
}

fn accept(treatment: &Treatment) -> AcceptTreatmentRequest {
    AcceptTreatmentRequest { request_id: request_id(), treatment_id: treatment.treatment_id.clone() }
}

fn agree(treatment: &Treatment, lines: Vec<CareLine>) -> AgreeToTreatmentRequest {
    AgreeToTreatmentRequest {
        request_id: request_id(),
        treatment_id: treatment.treatment_id.clone(),
        lines,
        policy_version: treatment.policy_version,
    }
}

fn end(treatment: &Treatment, side: TreatmentSide) -> EndTreatmentRequest {
    let treatment_id = treatment.treatment_id.clone();
    EndTreatmentRequest { request_id: request_id(), treatment_id, side: side.into() }
}

fn set(version: u64, lines: Vec<CareLine>) -> SetTreatmentPolicyRequest {
    SetTreatmentPolicyRequest {
        request_id: request_id(),
        practice_id: practice().to_string(),
        lines,
        etag: format!("\"{version}\""),
    }
}

impl World {
    async fn proposed_by_family(&self, parent: &Person, patient: &str) -> Treatment {
        let asked = propose(patient, TreatmentSide::Family);
        self.treatments(parent).propose_treatment(asked).await.unwrap().into_inner().treatment.unwrap()
    }

    /// Proposed by the family, accepted by the desk.
    async fn treated(&self, parent: &Person, patient: &str) -> Treatment {
        let proposed = self.proposed_by_family(parent, patient).await;
        let accepted = self.treatments(&desk()).accept_treatment(accept(&proposed)).await;
        accepted.unwrap().into_inner().treatment.unwrap()
    }

    async fn grants(&self, parent: &Person, patient: &str) -> Vec<Grant> {
        self.as_(parent).list_grants(list(patient)).await.unwrap().into_inner().grants
    }

    async fn told(&self, parent: &Person, patient: &str) -> Vec<Treatment> {
        let asked = ListTreatmentsRequest { patient_id: patient.to_owned() };
        self.treatments(parent).list_treatments(asked).await.unwrap().into_inner().treatments
    }

    async fn at_practice(&self, person: &Person) -> ListPracticeTreatmentsResponse {
        let practice_id = practice().to_string();
        let asked = ListPracticeTreatmentsRequest { practice_id, ..ListPracticeTreatmentsRequest::default() };
        self.treatments(person).list_practice_treatments(asked).await.unwrap().into_inner()
    }
}

#[tokio::test]
async fn a_free_standing_record_names_a_practice_and_once_it_accepts_its_care_team_has_grants_like_any_other()
{
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let proposed = world.proposed_by_family(&parent, &patient).await;
    assert_eq!((proposed.state(), proposed.side()), (TreatmentState::Proposed, TreatmentSide::Family));
    assert!(world.grants(&parent, &patient).await.is_empty(), "nothing is seen before the practice agrees");
    let waiting = world.at_practice(&desk()).await;
    assert_eq!(waiting.waiting_size, 1);
    assert_eq!(waiting.treatments[0].introduction, "Mateo, speech on Tuesdays");
    let treated = world.treatments(&desk()).accept_treatment(accept(&proposed)).await.unwrap().into_inner();
    assert_eq!(treated.treatment.as_ref().unwrap().state(), TreatmentState::Standing);
    let grants = world.grants(&parent, &patient).await;
    assert_eq!(grants.len(), 2);
    for grant in &grants {
        assert_eq!(grant.basis, Basis::Treatment.to_proto());
        assert_eq!(grant.given_by_account_id, parent.account.to_string(), "it rests on the family's word");
        let to = grant.grantee.as_ref().unwrap();
        assert_eq!(to.kind, Some(grantee::Kind::PracticeId(practice().to_string())));
    }
    let mut own: Vec<String> = grants.iter().map(|grant| grant.grant_id.clone()).collect();
    let told = world.told(&parent, &patient).await;
    let mut listed = told[0].grant_ids.clone();
    own.sort();
    listed.sort();
    assert_eq!(listed, own);
    // The record stays free-standing.
    let therapist = person(0x7A).with(Role::Therapist, Some(practice()));
    let records =
        world.as_(&therapist).list_records(ListRecordsRequest::default()).await.unwrap().into_inner();
    assert_eq!((records.records.len(), records.records[0].tenant_id.as_str()), (1, ""));
}

#[tokio::test]
async fn what_a_practice_proposes_of_its_networks_record_stands_as_far_as_the_family_agrees() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_in_tenant(&parent).await;
    let asked = propose(&patient, TreatmentSide::Practice);
    let proposed = world.treatments(&desk()).propose_treatment(asked).await.unwrap().into_inner().treatment;
    let proposed = proposed.unwrap();
    let told = world.told(&parent, &patient).await;
    assert_eq!(told[0].side(), TreatmentSide::Practice);
    assert!(!told[0].lines.is_empty(), "the family reads what the policy says before it agrees");
    assert_eq!(
        refusal(world.treatments(&desk()).accept_treatment(accept(&proposed)).await),
        "TREATMENT_PROPOSED"
    );
    let narrow = vec![line(Role::Therapist, &[Category::Goals])];
    let agreed = world.treatments(&parent).agree_to_treatment(agree(&told[0], narrow)).await.unwrap();
    let agreed = agreed.into_inner().treatment.unwrap();
    assert_eq!(agreed.state(), TreatmentState::Standing);
    let grants = world.grants(&parent, &patient).await;
    assert_eq!(grants.len(), 1);
    assert_eq!(grants[0].categories, [Category::Goals.to_proto()]);
    assert!(!agreed.asked_lines.is_empty(), "what was left out can be agreed to later");
    // Later it may be more, or other.
    let agreed = world.treatments(&parent).agree_to_treatment(agree(&agreed, lines())).await.unwrap();
    assert_eq!(agreed.into_inner().treatment.unwrap().grant_ids.len(), 2);
    assert_eq!(world.grants(&parent, &patient).await.len(), 2);
}

#[tokio::test]
async fn a_practice_learns_of_no_record_that_its_network_did_not_open() {
    let world = world().await;
    let parent = person(1);
    let free = world.record_of(&parent).await;
    let nothing = Uuid::from_u128(7).to_string();
    for patient in [&free, &nothing] {
        let asked = propose(patient, TreatmentSide::Practice);
        assert_eq!(refusal(world.treatments(&desk()).propose_treatment(asked).await), "NOT_PERMITTED");
    }
    let looks = world.looks("consent.ProposeTreatment").await;
    assert_eq!(looks.len(), 2);
    assert!(looks.iter().all(|look| look.outcome() == Outcome::Refused && look.patient_id.is_empty()));
}

#[tokio::test]
async fn only_who_may_share_and_who_keeps_the_practices_list_have_a_word() {
    let world = world().await;
    let (parent, stranger) = (person(1), person(9));
    let patient = world.record_of(&parent).await;
    let asked = propose(&patient, TreatmentSide::Family);
    assert_eq!(refusal(world.treatments(&stranger).propose_treatment(asked).await), "NOT_PERMITTED");
    let proposed = world.proposed_by_family(&parent, &patient).await;
    let elsewhere = PracticeId::new(Uuid::from_u128(0xB2));
    let others = [
        person(0xF1).with(Role::Therapist, Some(practice())),
        person(0xF2).with(Role::FrontDesk, Some(elsewhere)),
        person(0xF3).with(Role::PracticeAdministrator, None),
        stranger,
        parent.clone(),
    ];
    for other in others {
        let mut client = world.treatments(&other);
        assert_eq!(refusal(client.accept_treatment(accept(&proposed)).await), "NOT_PERMITTED");
        let for_practice = end(&proposed, TreatmentSide::Practice);
        assert_eq!(refusal(client.end_treatment(for_practice).await), "NOT_PERMITTED");
        let list = ListPracticeTreatmentsRequest {
            practice_id: practice().to_string(),
            ..ListPracticeTreatmentsRequest::default()
        };
        assert_eq!(refusal(client.list_practice_treatments(list).await), "NOT_PERMITTED");
    }
    for other in [desk(), person(0xF1).with(Role::Therapist, Some(practice()))] {
        assert_eq!(
            refusal(world.treatments(&other).set_treatment_policy(set(0, lines())).await),
            "NOT_PERMITTED"
        );
        let for_family = end(&proposed, TreatmentSide::Family);
        assert_eq!(refusal(world.treatments(&other).end_treatment(for_family).await), "NOT_PERMITTED");
    }
    let unknown = Treatment { treatment_id: Uuid::from_u128(7).to_string(), ..Treatment::default() };
    assert_eq!(refusal(world.treatments(&desk()).accept_treatment(accept(&unknown)).await), "NOT_PERMITTED");
    assert_eq!(
        refusal(world.treatments(&parent).agree_to_treatment(agree(&unknown, lines())).await),
        "NOT_PERMITTED"
    );
}

#[tokio::test]
async fn a_grant_of_the_care_team_is_revoked_by_itself_and_ending_ends_the_others_at_once() {
    for side in [TreatmentSide::Family, TreatmentSide::Practice] {
        let world = world().await;
        let parent = person(1);
        let patient = world.record_of(&parent).await;
        let treated = world.treated(&parent, &patient).await;
        let grants = world.grants(&parent, &patient).await;
        world.as_(&parent).revoke_grant(revoke(&grants[0])).await.unwrap();
        let left = world.told(&parent, &patient).await;
        assert_eq!(left[0].state(), TreatmentState::Standing, "it goes on without that grant");
        assert_eq!(left[0].grant_ids, [grants[1].grant_id.clone()]);
        let who = if side == TreatmentSide::Family { parent.clone() } else { desk() };
        world.clock.advance(TimeDelta::minutes(1));
        let request = end(&treated, side);
        let ended = world.treatments(&who).end_treatment(request.clone()).await.unwrap().into_inner();
        assert_eq!(ended.treatment.as_ref().unwrap().state(), TreatmentState::Ended);
        assert_eq!(ended.treatment.as_ref().unwrap().side(), side);
        assert!(world.grants(&parent, &patient).await.is_empty());
        // The same command once more is the same answer; another is refused; and it can begin anew.
        assert_eq!(world.treatments(&who).end_treatment(request).await.unwrap().into_inner(), ended);
        assert_eq!(
            refusal(world.treatments(&who).end_treatment(end(&treated, side)).await),
            "TREATMENT_ENDED"
        );
        let again = world.treated(&parent, &patient).await;
        assert_eq!((again.state(), again.treatment_id), (TreatmentState::Standing, treated.treatment_id));
        assert_eq!(world.grants(&parent, &patient).await.len(), 2);
    }
}

#[tokio::test]
async fn a_policy_that_becomes_narrower_holds_everywhere_and_a_wider_one_waits_for_each_family() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    world.treated(&parent, &patient).await;
    let goals = vec![line(Role::Therapist, &[Category::Goals])];
    let policy =
        world.treatments(&director()).set_treatment_policy(set(0, goals)).await.unwrap().into_inner();
    assert_eq!(policy.policy.unwrap().version, 1);
    let narrowed = async {
        loop {
            let grants = world.grants(&parent, &patient).await;
            if grants.len() == 1 && grants[0].categories == [Category::Goals.to_proto()] {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), narrowed).await.expect("narrowed everywhere");
    let told = world.told(&parent, &patient).await;
    assert_eq!((told[0].by_account_id.as_str(), told[0].policy_version), ("", 1));
    let wider = vec![line(Role::Therapist, &[Category::Goals, Category::Visits])];
    assert_eq!(
        refusal(world.treatments(&director()).set_treatment_policy(set(0, wider.clone())).await),
        "ETAG_MISMATCH"
    );
    world.treatments(&director()).set_treatment_policy(set(1, wider.clone())).await.unwrap();
    let told = world.told(&parent, &patient).await;
    assert_eq!(told[0].asked_lines, [line(Role::Therapist, &[Category::Visits])]);
    assert_eq!(world.grants(&parent, &patient).await[0].categories, [Category::Goals.to_proto()]);
    let stale = AgreeToTreatmentRequest { policy_version: 1, ..agree(&told[0], wider.clone()) };
    assert_eq!(refusal(world.treatments(&parent).agree_to_treatment(stale).await), "ETAG_MISMATCH");
    let beyond = agree(&told[0], lines());
    assert_eq!(refusal(world.treatments(&parent).agree_to_treatment(beyond).await), "BEYOND_POLICY");
    world.treatments(&parent).agree_to_treatment(agree(&told[0], wider)).await.unwrap();
    assert!(world.told(&parent, &patient).await[0].asked_lines.is_empty());
}

#[tokio::test]
async fn what_nobody_could_be_given_no_policy_says_and_nobody_agrees_to_nothing() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let notes = vec![line(Role::FrontDesk, &[Category::Notes])];
    let mut director = world.treatments(&director());
    assert_eq!(refusal(director.set_treatment_policy(set(0, notes.clone())).await), "BEYOND_ROLE");
    let empty = vec![CareLine { role: Role::Therapist.to_proto(), ..CareLine::default() }];
    assert_eq!(refusal(director.set_treatment_policy(set(0, empty)).await), "NOTHING_SHARED");
    let unseen = SetTreatmentPolicyRequest { etag: String::new(), ..set(0, lines()) };
    assert_eq!(refusal(director.set_treatment_policy(unseen).await), "FIELD_MISSING");
    let mut client = world.treatments(&parent);
    let nothing = ProposeTreatmentRequest { lines: vec![], ..propose(&patient, TreatmentSide::Family) };
    assert_eq!(refusal(client.propose_treatment(nothing).await), "NOTHING_SHARED");
    let beyond = ProposeTreatmentRequest { lines: notes, ..propose(&patient, TreatmentSide::Family) };
    assert_eq!(refusal(client.propose_treatment(beyond).await), "BEYOND_POLICY");
    let nobody = ProposeTreatmentRequest { side: 0, ..propose(&patient, TreatmentSide::Family) };
    assert_eq!(refusal(client.propose_treatment(nobody).await), "FIELD_MISSING");
    let said = ProposeTreatmentRequest { lines: lines(), ..propose(&patient, TreatmentSide::Practice) };
    assert_eq!(refusal(world.treatments(&desk()).propose_treatment(said).await), "FIELD_INVALID");
}

#[tokio::test]
async fn whoever_proposed_it_and_holds_the_record_no_more_gives_nothing_by_the_practices_word() {
    let world = world().await;
    let (parent, other) = (person(1), person(2));
    let patient = world.record_in_tenant(&parent).await;
    let add = AddHolderRequest {
        request_id: request_id(),
        patient_id: patient.clone(),
        account_id: other.account.to_string(),
        relationship: Relationship::Parent.to_proto(),
    };
    world.as_(&parent).add_holder(add).await.unwrap();
    let proposed = world.proposed_by_family(&other, &patient).await;
    let officer = person(0x0F).with(Role::ComplianceOfficer, None);
    let freeze = FreezeHolderRequest {
        request_id: request_id(),
        patient_id: patient.clone(),
        account_id: other.account.to_string(),
        reason: "a report to the county".into(),
    };
    world.authorities(&officer).freeze_holder(freeze).await.unwrap();
    assert_eq!(refusal(world.treatments(&desk()).accept_treatment(accept(&proposed)).await), "NOT_A_HOLDER");
    assert!(world.grants(&parent, &patient).await.is_empty());
}

#[tokio::test]
async fn of_many_words_at_once_each_acts_whole_and_what_has_ended_gives_nothing() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let proposed = world.proposed_by_family(&parent, &patient).await;
    let world = &world;
    let (proposed, parent_ref) = (&proposed, &parent);
    stream::iter(0..12)
        .for_each_concurrent(12, |number| async move {
            let _ = match number % 3 {
                0 => world.treatments(&desk()).accept_treatment(accept(proposed)).await.map(|_| ()),
                1 => {
                    let agreed = agree(proposed, vec![line(Role::Therapist, &[Category::Goals])]);
                    world.treatments(parent_ref).agree_to_treatment(agreed).await.map(|_| ())
                }
                _ => world
                    .treatments(parent_ref)
                    .end_treatment(end(proposed, TreatmentSide::Family))
                    .await
                    .map(|_| ()),
            };
        })
        .await;
    let told = world.told(&parent, &patient).await;
    assert_eq!(told[0].state(), TreatmentState::Ended);
    assert!(world.grants(&parent, &patient).await.is_empty());
    let facts = world.envelopes().await.into_iter().filter_map(|envelope| envelope.public_payload);
    let facts: Vec<ConsentFact> = facts.filter_map(|payload| ConsentFact::read(&payload).unwrap()).collect();
    let count = |given: bool| {
        let of = |fact: &&ConsentFact| match fact {
            ConsentFact::GrantGiven(_) => given,
            ConsentFact::GrantRevoked { .. } => !given,
            _ => false,
        };
        facts.iter().filter(of).count()
    };
    assert_eq!(count(true), count(false), "the others hear of each that was given that it ended");
}
