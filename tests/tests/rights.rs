//! Every change and every look is on record: who, what, when, why, on whose behalf, under which rule and by which grant; on the log of its
//! service, in the record's history, and where one steps through the record.
#![cfg(test)]
mod audited;
mod record;

use audited::{Audited, audited};
use holdfast_proto::{
    access::v1::{GrantRevision, Outcome},
    audit::v1::{Entry, ListPatientEntriesRequest},
    consent::v1::Grant,
    documents::v1 as documents,
    messaging::v1 as messaging,
    records::v1 as records,
};
use holdfast_testkit::service::{Person, patiently};
use record::request_id;
use std::collections::BTreeSet;

/// What is done where nobody holds the record yet: no rule is asked who may open one, and hold it from then on.
const WITHOUT_RULE: [&str; 2] = ["record.opened", "record.holder-added"];

impl Audited {
    async fn post(&self, by: &Person) {
        let post = messaging::PostMessageRequest {
            request_id: request_id(),
            patient_id: self.world.patient.clone(),
            thread_id: self.world.thread.clone(),
            body: "He asked for juice himself.".into(),
            ..Default::default()
        };
        let client = self.world.messaging(by);
        let posted = || {
            let (mut client, post) = (client.clone(), post.clone());
            async move { client.post_message(post).await }
        };
        patiently(posted).await.unwrap();
    }

    async fn history(&self) -> Vec<Entry> {
        let patient_id = self.world.patient.clone();
        let mut asked = ListPatientEntriesRequest { patient_id, page_size: 200, ..Default::default() };
        let mut entries = Vec::new();
        loop {
            let page = self.audit(&self.world.mother).list_patient_entries(asked.clone()).await.unwrap();
            let page = page.into_inner();
            entries.extend(page.entries);
            if page.next_page_token.is_empty() {
                return entries;
            }
            asked.page_token = page.next_page_token;
        }
    }

    /// The rules of the last step of rooms, papers and messages.
    async fn stepped(&self) -> [Vec<String>; 3] {
        let (mother, patient_id) = (&self.world.mother, self.world.patient.clone());
        let asked = records::ListStepChangesRequest { patient_id: patient_id.clone(), ..Default::default() };
        let rooms = self.world.records(mother).list_step_changes(asked).await.unwrap().into_inner();
        let asked = documents::GetStepRequest { patient_id: patient_id.clone(), at_time: None };
        let papers = self.world.documents(mother).get_step(asked).await.unwrap().into_inner();
        let asked = messaging::GetStepRequest { patient_id, at_time: None };
        let messages = self.world.messaging(mother).get_step(asked).await.unwrap().into_inner();
        [
            rooms.changes.into_iter().flat_map(|change| change.rule_ids).collect(),
            papers.changes.into_iter().flat_map(|change| change.rule_ids).collect(),
            messages.changes.into_iter().flat_map(|change| change.rule_ids).collect(),
        ]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_and_every_look_says_who_what_when_why_for_whom_and_under_which_rule() {
    let mut installation = audited().await;
    installation.live().await;
    let Grant { grant_id, .. } = installation.world.give().await;
    let (mother, therapist) = (installation.world.mother.clone(), installation.world.therapist.clone());
    installation.post(&therapist).await;
    installation.caught_up().await;

    let (mut looks, mut without) = (0, BTreeSet::new());
    let entries = installation.history().await;
    for entry in &entries {
        let Entry { r#type: event, actor, stream, purpose, .. } = entry;
        assert!(actor.starts_with("account/") && !stream.is_empty() && !purpose.is_empty(), "{entry:?}");
        assert!(entry.occurred_time.is_some() && entry.recorded_time.is_some(), "{entry:?}");
        let own = *actor == format!("account/{}", mother.account);
        assert_eq!(entry.on_behalf_of == installation.world.patient, own, "a parent acts for the child");
        match &entry.access {
            Some(look) => {
                assert!(look.outcome() == Outcome::Refused || !look.rule_ids.is_empty(), "{entry:?}");
                assert!(entry.rule_ids.is_empty() && entry.grants.is_empty(), "it is said once");
                looks += 1;
            }
            None if entry.rule_ids.is_empty() => {
                without.insert(event.as_str());
            }
            None if own => assert_eq!(entry.rule_ids, ["parent-holds-record"], "{entry:?}"),
            None => assert_eq!(entry.rule_ids, ["granted-to-account"], "{entry:?}"),
        }
    }
    assert!(looks > 20 && entries.len() > looks + 8, "{looks} of {}", entries.len());
    assert_eq!(without, BTreeSet::from(WITHOUT_RULE));
    let by_therapist =
        |entry: &&Entry| entry.access.is_none() && entry.actor == format!("account/{}", therapist.account);
    let posted = entries.iter().find(by_therapist).unwrap();
    assert_eq!(posted.r#type, "thread.message-posted");
    assert_eq!(posted.grants, [GrantRevision { grant_id, revision: 1 }]);

    let by = |rule: &str| vec![rule.to_owned()];
    let [rooms, papers, messages] = installation.stepped().await;
    assert_eq!((rooms, papers), (by("parent-holds-record"), by("parent-holds-record")));
    assert_eq!(messages, by("granted-to-account"));
}
