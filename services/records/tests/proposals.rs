//! What families may not change, what they propose instead, and what becomes of it.
#![cfg(test)]
mod common;
use common::*;
use holdfast_host::client::Outgoing;
use holdfast_proto::{Word, consent::v1 as consent, records::v1 as pb, timestamp};
use holdfast_types::*;
use pb::{ProposalKind, ProposalState};
use tonic::{Code, Status};

const BOTH: &[Action] = &[Action::Read, Action::Contribute];

fn june(given: &str, phone: &str) -> pb::Demographics {
    pb::Demographics {
        given_name: given.into(),
        family_name: "Fernhollow".into(),
        phone: phone.into(),
        ..pb::Demographics::default()
    }
}

fn condition(code: &str, note: &str) -> String {
    format!(
        r#"{{"resourceType":"Condition","id":"c","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-category","code":"problem-list-item"}}]}}],"code":{{"text":"{code}"}},"note":[{{"text":"{note}"}}],"subject":{{"reference":"Patient/self"}}}}"#
    )
}

impl World {
    async fn registered(&self) {
        let (request_id, patient_id) = (SystemIds.next().to_string(), patient().to_string());
        let demographics = Some(june("June", "555-0100"));
        let asked = pb::RegisterPatientRequest { request_id, patient_id, demographics };
        self.client(&parent()).register_patient(asked).await.unwrap();
    }

    async fn rename(&self, by: &Person, to: pb::Demographics, paths: &[&str]) -> Result<pb::Patient, Status> {
        let asked = pb::UpdatePatientRequest {
            request_id: SystemIds.next().to_string(),
            patient_id: patient().to_string(),
            demographics: Some(to),
            update_mask: Some(prost_types::FieldMask {
                paths: paths.iter().map(ToString::to_string).collect(),
            }),
            etag: String::new(),
        };
        Ok(self.client(by).update_patient(asked).await?.into_inner().patient.unwrap())
    }

    async fn treats(&self, rooms: &[Category]) {
        self.share(&therapist(), rooms, BOTH).await;
    }

    async fn written(&self, json: &str) -> pb::Item {
        self.create(&therapist(), "", json).await.unwrap().item.unwrap()
    }

    async fn list_of(&self, by: &Person, patient_id: &str) -> Result<Vec<pb::Proposal>, Status> {
        let asked = pb::ListProposalsRequest { patient_id: patient_id.to_owned(), ..Default::default() };
        Ok(self.proposals(by).list_proposals(asked).await?.into_inner().proposals)
    }
}

fn told(proposal: &pb::Proposal) -> Vec<[&str; 3]> {
    proposal.fields.iter().map(|one| [&*one.label, &*one.before, &*one.after]).collect()
}

fn refused_field(refused: &Status) -> (Code, &'static str, String) {
    (refused.code(), reason(refused), metadata(refused, "field"))
}

fn closed(field: &str) -> (Code, &'static str, String) {
    (Code::PermissionDenied, "FIELD_LOCKED", field.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_edits_how_to_reach_it_and_is_told_which_field_to_propose() {
    let world = world().await;
    world.registered().await;
    let moved = world.rename(&parent(), june("June", "555-0199"), &["phone", "given_name"]).await.unwrap();
    assert_eq!(moved.demographics.unwrap().phone, "555-0199", "a name that stays is no change");
    let refused = world.rename(&parent(), june("Wren", "555-0200"), &["phone", "given_name"]).await;
    assert_eq!(refused_field(&refused.unwrap_err()), closed("demographics.given_name"));
    world.treats(&[Category::Demographics]).await;
    let renamed = world.rename(&therapist(), june("Wren", ""), &["given_name"]).await.unwrap();
    let known = renamed.demographics.unwrap();
    assert_eq!((known.given_name.as_str(), known.phone.as_str()), ("Wren", "555-0199"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diagnosis_is_locked_for_the_family_that_reads_it() {
    let world = world().await;
    world.treats(&[Category::Conditions]).await;
    let item = world.written(&condition("Autism", "seen")).await;
    let recoded = world.update(&parent(), &item, &condition("ADHD", "seen")).await.unwrap_err();
    assert_eq!(refused_field(&recoded), closed("conditions.code"));
    world.lock(&REQUIRED, &[]).await.unwrap();
    let recoded = world.update(&parent(), &item, &condition("ADHD", "seen")).await.unwrap_err();
    assert_eq!(refused_field(&recoded), closed("conditions.code"), "no network opens it");
    let noted = world.update(&parent(), &item, &condition("Autism", "seen at home, too")).await.unwrap();
    assert_eq!(noted.revision, 2, "the rest it opened");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_family_proposes_is_made_by_who_accepts_it_and_bears_both_names() {
    let world = world().await;
    world.treats(&[Category::Goals]).await;
    let item = world.written(&goal("g", "Say hello")).await;
    let change = changed(&item, &goal("g", "Say hello to Grandma"));
    let id = world.propose(&parent(), change, &item.etag).await.unwrap();
    assert_eq!(world.get(&parent(), &item.item_id).await.unwrap().revision, 1, "nothing is changed yet");
    let waits = world.proposal(&therapist(), &id).await.unwrap();
    assert_eq!(
        (waits.state(), waits.kind(), waits.outdated),
        (ProposalState::Waiting, ProposalKind::Change, false)
    );
    assert!(told(&waits).contains(&["Title", "Say hello", "Say hello to Grandma"]), "{:?}", told(&waits));

    let own = world.review(&parent(), &id, true, "").await.unwrap_err();
    assert_eq!(reason(&own), "FIELD_LOCKED", "who holds the record proposes, and decides nothing of it");
    assert_eq!(reason(&world.review(&stranger(), &id, true, "").await.unwrap_err()), "NOT_PERMITTED");
    world.clock.advance(chrono::TimeDelta::milliseconds(100));
    let made = world.review(&therapist(), &id, true, "Gladly").await.unwrap();
    assert_eq!(made.item_id, item.item_id);
    let now = world.get(&parent(), &item.item_id).await.unwrap();
    let (by, proposed) =
        (format!("account/{}", therapist().account), format!("account/{}", parent().account));
    assert_eq!((now.revision, &now.recorded_by, &now.proposed_by), (2, &by, &proposed));
    assert_eq!((now.title.as_str(), &now.proposal_id), ("Say hello to Grandma", &id));
    let asked = pb::ListStepChangesRequest { patient_id: patient().to_string(), ..Default::default() };
    let step = world.client(&parent()).list_step_changes(asked).await.unwrap().into_inner();
    assert_eq!(step.changes.iter().map(|one| &one.proposed_by).collect::<Vec<_>>(), [&proposed]);
    let accepted = world.proposal(&parent(), &id).await.unwrap();
    assert_eq!((accepted.state(), accepted.answer.as_str()), (ProposalState::Accepted, "Gladly"));
    assert_eq!(accepted.decided_by, by);
    assert_eq!(reason(&world.review(&therapist(), &id, false, "no").await.unwrap_err()), "PROPOSAL_DECIDED");
    let locked = world.update(&parent(), &now, &goal("g", "Wave")).await.unwrap_err();
    assert_eq!(reason(&locked), "FIELD_LOCKED", "what was accepted is the record's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejection_says_why_and_changes_nothing() {
    let world = world().await;
    world.registered().await;
    world.treats(&[Category::Demographics]).await;
    let wish = renamed(june("Wren", ""), &["given_name"]);
    let id = world.propose(&parent(), wish, "\"1\"").await.unwrap();
    let waits = world.proposal(&parent(), &id).await.unwrap();
    assert_eq!(
        (waits.kind(), told(&waits)),
        (ProposalKind::Demographics, vec![["Given name", "June", "Wren"]])
    );
    let mute = world.review(&therapist(), &id, false, "").await;
    assert_eq!(reason_at(mute), ("FIELD_MISSING", "answer".to_owned()));
    world.review(&therapist(), &id, false, "The certificate says June").await.unwrap();
    let rejected = world.proposal(&parent(), &id).await.unwrap();
    assert_eq!(
        (rejected.state(), rejected.answer.as_str()),
        (ProposalState::Rejected, "The certificate says June")
    );
    let asked = pb::GetPatientRequest { patient_id: patient().to_string(), as_of_time: None };
    let known = world.client(&parent()).get_patient(asked).await.unwrap().into_inner();
    assert_eq!((known.revision, known.demographics.unwrap().given_name.as_str()), (1, "June"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_changed_since_it_was_proposed_is_not_accepted() {
    let world = world().await;
    world.registered().await;
    world.treats(&[Category::Goals, Category::Demographics]).await;
    let item = world.written(&goal("g", "Say hello")).await;
    let late = world.propose(&parent(), changed(&item, &goal("g", "Wave")), &item.etag).await.unwrap();
    let newer = world.update(&therapist(), &item, &goal("g", "Say hello twice")).await.unwrap();
    assert!(world.proposal(&therapist(), &late).await.unwrap().outdated);
    let refused = world.review(&therapist(), &late, true, "").await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::Aborted, "ETAG_MISMATCH"));
    assert_eq!(world.proposal(&therapist(), &late).await.unwrap().state(), ProposalState::Waiting);
    let stale = world.propose(&parent(), changed(&newer, &goal("g", "Wave")), &item.etag).await;
    assert_eq!(reason(&stale.unwrap_err()), "ETAG_MISMATCH");

    let wish = renamed(june("Wren", ""), &["given_name"]);
    let name = world.propose(&parent(), wish.clone(), "").await.unwrap();
    world.rename(&parent(), june("", "555-0199"), &["phone"]).await.unwrap();
    assert!(!world.proposal(&therapist(), &name).await.unwrap().outdated, "another field does not matter");
    world.rename(&therapist(), june("Juniper", ""), &["given_name"]).await.unwrap();
    assert!(world.proposal(&therapist(), &name).await.unwrap().outdated);
    assert_eq!(reason(&world.review(&therapist(), &name, true, "").await.unwrap_err()), "ETAG_MISMATCH");
    let again = world.propose(&parent(), wish, "").await.unwrap();
    world.review(&therapist(), &again, true, "").await.unwrap();
    let nothing = renamed(june("Wren", ""), &["given_name"]);
    assert_eq!(reason(&world.propose(&parent(), nothing, "").await.unwrap_err()), "NOTHING_PROPOSED");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_proposed_takes_it_back_and_what_should_go_is_retracted_with_their_reason() {
    let world = world().await;
    world.treats(&[Category::Goals]).await;
    let item = world.written(&goal("g", "Say hello")).await;
    assert_eq!(reason(&world.retract(&parent(), &item, "not ours").await.unwrap_err()), "FIELD_LOCKED");
    let gone = || Change::RetractedItemId(item.item_id.clone());
    let first = world.propose(&parent(), gone(), "").await.unwrap();
    assert_eq!(reason(&world.withdraw(&therapist(), &first).await.unwrap_err()), "PROPOSAL_OF_ANOTHER");
    world.withdraw(&parent(), &first).await.unwrap();
    assert_eq!(reason(&world.withdraw(&parent(), &first).await.unwrap_err()), "PROPOSAL_DECIDED");
    let withdrawn = world.proposal(&parent(), &first).await.unwrap();
    assert_eq!((withdrawn.state(), withdrawn.decided_by.as_str()), (ProposalState::Withdrawn, ""));
    let second = world.propose(&parent(), gone(), "").await.unwrap();
    world.review(&therapist(), &second, true, "").await.unwrap();
    let now = world.get(&parent(), &item.item_id).await.unwrap();
    assert_eq!(now.retraction_reason, "It is otherwise");
    assert_eq!(now.proposed_by, format!("account/{}", parent().account));
    let again = world.propose(&parent(), gone(), "").await.unwrap_err();
    assert_eq!(reason(&again), "ALREADY_RETRACTED");
    let unknown = SystemIds.next().to_string();
    assert_eq!(reason(&world.withdraw(&parent(), &unknown).await.unwrap_err()), "PROPOSAL_UNKNOWN");
    assert_eq!(reason(&world.withdraw(&stranger(), &unknown).await.unwrap_err()), "NOT_PERMITTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_added_before_others_changed_it_or_its_room_was_reviewed_is_answered_as_it_was() {
    let world = world().await;
    world.share(&therapist(), Category::ALL, &[Action::Read, Action::Contribute]).await;
    let item = pb::NewItem { fhir_json: goal("g", "Say hello").into_bytes().into(), source_key: "g".into() };
    let asked = |item: &pb::NewItem| pb::CreateItemRequest {
        request_id: id(7).to_string(),
        patient_id: patient().to_string(),
        item: Some(item.clone()),
    };
    let added = world.client(&parent()).create_item(asked(&item)).await.unwrap().into_inner();
    let own = world.update(&parent(), &added.item.unwrap(), &goal("g", "Wave")).await.unwrap();
    world.update(&therapist(), &own, &goal("g", "Say hello to both")).await.unwrap();
    let again = world.client(&parent()).create_item(asked(&item)).await.unwrap().into_inner();
    assert_eq!(again.position, added.position);
    world.lock(&REQUIRED, &[Category::Goals]).await.unwrap();
    let again = world.client(&parent()).create_item(asked(&item)).await.unwrap().into_inner();
    assert_eq!(again.position, added.position);
    let refused = world.create(&parent(), "h", &goal("h", "Wave")).await.unwrap_err();
    assert_eq!(refused_field(&refused), closed("goals.*"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_practice_locks_binds_families_and_what_they_add_to_a_reviewed_room_waits() {
    let world = world().await;
    world.registered().await;
    let own = [&REQUIRED[..], &[(Some(Category::Demographics), "phone")]].concat();
    let missing = world.lock(&own[1..], &[]).await.unwrap_err();
    assert_eq!(
        (reason(&missing), metadata(&missing, "field").as_str()),
        ("LOCK_REQUIRED", "conditions.code")
    );
    let nonsense = [&REQUIRED[..], &[(Some(Category::Demographics), "shoe_size")]].concat();
    assert_eq!(reason_at(world.lock(&nonsense, &[]).await), ("FIELD_INVALID", "locks[2].field".to_owned()));
    world.lock(&own, &[Category::Conditions]).await.unwrap();
    let refused = world.rename(&parent(), june("", "555-0199"), &["phone"]).await.unwrap_err();
    assert_eq!(refused_field(&refused), closed("demographics.phone"));
    let asked = |tenant_id: String, patient_id: String| pb::ListFieldLocksRequest { tenant_id, patient_id };
    let of_record = asked(String::new(), patient().to_string());
    let locks = world.proposals(&parent()).list_field_locks(of_record).await.unwrap().into_inner();
    let named: Vec<(&str, bool)> = locks.locks.iter().map(|one| (one.field.as_str(), one.required)).collect();
    assert_eq!(named, [("identifiers", true), ("phone", false), ("code", true)]);
    assert!(locks.binds_caller && locks.etag.is_empty());
    assert_eq!(locks.reviewed_categories, [Category::Conditions.to_proto()]);
    let of_tenant = asked(tenant().to_string(), String::new());
    let locks =
        world.proposals(&administrator()).list_field_locks(of_tenant.clone()).await.unwrap().into_inner();
    assert!(!locks.binds_caller && locks.etag == "\"1\"");
    assert_eq!(
        reason(&world.proposals(&therapist()).list_field_locks(of_tenant).await.unwrap_err()),
        "NOT_PERMITTED"
    );
    let stale = pb::SetFieldLocksRequest {
        request_id: SystemIds.next().to_string(),
        tenant_id: tenant().to_string(),
        locks: locks.locks,
        etag: "\"7\"".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        reason(&world.proposals(&administrator()).set_field_locks(stale.clone()).await.unwrap_err()),
        "ETAG_MISMATCH"
    );
    assert_eq!(
        reason(&world.proposals(&therapist()).set_field_locks(stale).await.unwrap_err()),
        "NOT_PERMITTED"
    );

    let asthma = condition("Asthma", "since spring");
    let refused = world.create(&parent(), "", &asthma).await.unwrap_err();
    assert_eq!(refused_field(&refused), closed("conditions.*"));
    let id = world.propose(&parent(), added(&asthma), "").await.unwrap();
    assert!(world.everything(&parent()).await.is_empty(), "it has not joined the record");
    world.treats(&[Category::Conditions]).await;
    let item_id = world.review(&therapist(), &id, true, "").await.unwrap().item_id;
    let item = world.get(&parent(), &item_id).await.unwrap();
    assert_eq!(item.proposed_by, format!("account/{}", parent().account));
    assert_eq!(item.source.unwrap().kind, "practice", "by the word of who accepted it");
    assert_eq!(world.proposal(&parent(), &id).await.unwrap().item_id, item_id);
    assert!(
        world.create(&therapist(), "", &condition("Eczema", "seen")).await.is_ok(),
        "it binds families alone"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_told_to_who_may_decide_on_it_and_to_nobody_else() {
    let world = world().await;
    let (reader, other) = (person(6, Role::Therapist), PatientId::new(id(0xA1)));
    world.open(other, &parent()).await;
    world.treats(&[Category::Goals]).await;
    world.share(&reader, &[Category::Goals], &[Action::Read]).await;
    let item = world.written(&goal("g", "Say hello")).await;
    let first = world.propose(&parent(), changed(&item, &goal("g", "Wave")), "").await.unwrap();
    world.clock.advance(chrono::TimeDelta::milliseconds(100));
    let second = world.propose(&parent(), added(&goal("h", "Jump")), "").await.unwrap();
    let plan = r#"{"resourceType":"CarePlan","id":"p","status":"active","intent":"plan","subject":{"reference":"Patient/self"}}"#;
    world.propose(&parent(), added(plan), "").await.unwrap();
    let elsewhere = pb::ProposeChangeRequest {
        request_id: SystemIds.next().to_string(),
        patient_id: other.to_string(),
        reason: "At home, too".to_owned(),
        change: Some(added(&goal("h", "Jump"))),
        etag: String::new(),
    };
    world.proposals(&parent()).propose_change(elsewhere).await.unwrap();

    let ids = |listed: &[pb::Proposal]| -> Vec<String> {
        listed.iter().map(|one| one.proposal_id.clone()).collect()
    };
    let waits = world.list_of(&therapist(), "").await.unwrap();
    assert_eq!(ids(&waits), [first.clone(), second.clone()], "oldest first, of what is shared");
    assert!(world.list_of(&reader, "").await.unwrap().is_empty(), "who only reads decides nothing");
    assert!(world.list_of(&parent(), "").await.unwrap().is_empty());
    let of_record = patient().to_string();
    assert_eq!(world.list_of(&parent(), &of_record).await.unwrap().len(), 3);
    assert_eq!(ids(&world.list_of(&reader, &of_record).await.unwrap()), [second.clone(), first.clone()]);
    assert_eq!(reason(&world.list_of(&stranger(), &of_record).await.unwrap_err()), "NOT_PERMITTED");
    let looks = world.looks("records.ListProposals").await;
    assert!(looks.iter().any(|look| look.account_id == therapist().account.to_string()), "a look is a look");

    let kept = consent::Mark {
        mark_id: SystemIds.next().to_string(),
        patient_id: patient().to_string(),
        what: Some(consent::Marked { kind: Some(consent::marked::Kind::ItemId(item.item_id.clone())) }),
        set_by_account_id: parent().account.to_string(),
        set_time: Some(timestamp(world.clock.now())),
        ..consent::Mark::default()
    };
    world.say(patient(), &consent::MarkSet { mark: Some(kept) }).await;
    assert_eq!(ids(&world.list_of(&therapist(), "").await.unwrap()), std::slice::from_ref(&second));
    assert_eq!(reason(&world.proposal(&therapist(), &first).await.unwrap_err()), "PROPOSAL_UNKNOWN");
    let tried = world.review(&therapist(), &first, true, "").await.unwrap_err();
    assert_eq!(reason(&tried), "NOT_PERMITTED", "what is kept from somebody is not there");
    assert_eq!(ids(&world.list_of(&parent(), &of_record).await.unwrap()).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_than_fifty_of_a_record_wait() {
    let world = world().await;
    for number in 0..50 {
        world.propose(&parent(), added(&goal("h", &format!("Jump {number}"))), "").await.unwrap();
    }
    let refused = world.propose(&parent(), added(&goal("h", "Jump")), "").await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::ResourceExhausted, "TOO_MANY_PROPOSALS"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_proposes_decides_or_locks_without_a_token() {
    let world = world().await;
    let mut client = world.proposals_with(Outgoing::new());
    let refusals = [
        client.list_field_locks(pb::ListFieldLocksRequest::default()).await.map(|_| ()),
        client.set_field_locks(pb::SetFieldLocksRequest::default()).await.map(|_| ()),
        client.propose_change(pb::ProposeChangeRequest::default()).await.map(|_| ()),
        client.get_proposal(pb::GetProposalRequest::default()).await.map(|_| ()),
        client.list_proposals(pb::ListProposalsRequest::default()).await.map(|_| ()),
        client.withdraw_proposal(pb::WithdrawProposalRequest::default()).await.map(|_| ()),
        client.review_proposal(pb::ReviewProposalRequest::default()).await.map(|_| ()),
    ];
    for refused in refusals {
        assert_eq!(reason(&refused.unwrap_err()), "TOKEN_MISSING");
    }
    assert!(world.envelopes().await.is_empty());
}
