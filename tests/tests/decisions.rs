//! Whatever all six services decided is decided again by audit from the logs alone, and is the same; what is tampered with is not.
#![cfg(test)]
mod audited;
mod record;

use audited::{Audited, audited};
use chrono::{DateTime, Utc};
use holdfast_proto::{
    Word as _,
    access::v1::{AccessRecorded, Outcome},
    audit::v1::*,
    consent::v1::{GiveGrantRequest, Grant, GrantGiven, Grantee, Narrowing, grantee, marked},
    documents::v1::GetDocumentRequest,
    records::v1::{GetItemRequest, ListItemsRequest},
    timestamp,
};
use holdfast_testkit::{
    refusal::reason,
    service::{Person, tenant},
};
use holdfast_types::{Action, Category, Clock as _, Ids as _, Service, SystemClock, SystemIds};
use prost::Message as _;
use prost_types::Any;
use sqlx::{Connection as _, PgConnection};
use std::collections::BTreeSet;
use tonic::Status;

/// Small, so that a replay takes several pages.
const PAGE_SIZE: i32 = 20;

struct Replayed {
    decisions: usize,
    identical: usize,
    exceptions: Vec<ReplayedDecision>,
    pages: usize,
}

impl Replayed {
    fn of(&self, verdict: ReplayVerdict) -> Vec<&ReplayedDecision> {
        self.exceptions.iter().filter(|exception| exception.verdict() == verdict).collect()
    }
}

impl Audited {
    /// Everything that was recorded before this moment.
    async fn replay_all(&self, by: &Person) -> Replayed {
        let mut query = ReplayDecisionsRequest {
            until_time: Some(timestamp(SystemClock.now())),
            page_size: PAGE_SIZE,
            ..Default::default()
        };
        let mut replayed = Replayed { decisions: 0, identical: 0, exceptions: Vec::new(), pages: 0 };
        loop {
            let page = self.replay(by).replay_decisions(query.clone()).await.unwrap().into_inner();
            replayed.decisions += page.decision_count as usize;
            replayed.identical += page.identical_count as usize;
            replayed.exceptions.extend(page.exceptions);
            replayed.pages += 1;
            if page.next_page_token.is_empty() {
                return replayed;
            }
            query.page_token = page.next_page_token;
        }
    }

    /// As the database's superuser, who can do what audit cannot.
    async fn tamper<M: prost::Name + Default>(
        &self,
        event_type: &str,
        change: impl Fn(&mut M) -> bool,
    ) -> i64 {
        let mut conn = PgConnection::connect(&self.database.superuser_url).await.unwrap();
        let rows: Vec<(String, i32, i64, Vec<u8>)> = sqlx::query_as(
            "SELECT service, lane, lane_seq, public_payload FROM feeds.entries
             WHERE event_type = $1 AND public_payload IS NOT NULL ORDER BY service, lane, lane_seq",
        )
        .bind(event_type)
        .fetch_all(&mut conn)
        .await
        .unwrap();
        for (service, lane, lane_seq, payload) in rows {
            let any = Any::decode(payload.as_slice()).unwrap();
            assert_eq!(any.type_url, M::type_url());
            let mut message: M = any.to_msg().unwrap();
            if change(&mut message) {
                let payload = Any::from_msg(&message).unwrap().encode_to_vec();
                sqlx::query(
                    "UPDATE feeds.entries SET public_payload = $4 WHERE service = $1 AND lane = $2 AND lane_seq = $3",
                )
                .bind(&service)
                .bind(lane)
                .bind(lane_seq)
                .bind(payload)
                .execute(&mut conn)
                .await
                .unwrap();
                return lane_seq;
            }
        }
        panic!("there is nothing to tamper with");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_logged_decision_of_all_services_is_decided_again_as_it_was_and_one_that_was_changed_is_not() {
    let mut installation = audited().await;
    installation.live().await;
    installation.caught_up().await;
    let logged = installation.logged().await;
    let services: BTreeSet<Service> = logged.iter().map(|(service, _)| *service).collect();
    let refused = logged.iter().filter(|(_, look)| look.outcome() == Outcome::Refused).count();
    assert!(services.len() >= 5 && refused >= 20 && logged.len() - refused >= 30, "{services:?} {refused}");

    let operator = installation.operator.clone();
    let replayed = installation.replay_all(&operator).await;
    assert!(replayed.pages > 2, "it took {} pages", replayed.pages);
    assert_eq!(replayed.decisions, logged.len());
    assert_eq!(replayed.exceptions, [], "how far a role reaches is decided again, too");
    assert_eq!(replayed.identical, logged.len());
    let beyond = |look: &AccessRecorded| look.rule_ids == ["role-beyond-reach"];
    assert!(logged.iter().any(|(service, look)| *service == Service::Identity && beyond(look)));

    // A look is said to have had another revision of its grant.
    let with_grant = |look: &mut AccessRecorded| match look.grants.first_mut() {
        Some(grant) => {
            grant.revision += 1;
            true
        }
        None => false,
    };
    let lane_seq = installation.tamper("access.permitted", with_grant).await;
    installation.caught_up().await;
    let replayed = installation.replay_all(&operator).await;
    let [different] = replayed.of(ReplayVerdict::Different)[..] else { panic!("{:?}", replayed.exceptions) };
    assert_eq!(different.lane_seq as i64, lane_seq);
    assert_eq!(different.differences().collect::<Vec<_>>(), [ReplayDifference::Grants]);
    let (recorded, today) = (different.recorded.clone().unwrap(), different.replayed.clone().unwrap());
    assert_eq!(recorded.rule_ids, today.rule_ids);
    assert_eq!(recorded.grants[0].revision, today.grants[0].revision + 1);
    for (event_id, found) in [(different.event_id.clone(), 1), (SystemIds.next().to_string(), 0)] {
        let one = ReplayDecisionsRequest { event_id, ..Default::default() };
        let page = installation.replay(&operator).replay_decisions(one).await.unwrap().into_inner();
        assert_eq!(
            (page.decision_count, page.total_size, page.exceptions.len()),
            (found, found, found as usize)
        );
    }
    // The replay itself was looks, and they lead to what was decided, too.
    assert!(replayed.decisions > logged.len());
    assert_eq!(replayed.identical, replayed.decisions - 1);

    // The history is said to have known of a grant of nothing.
    let empty = |given: &mut GrantGiven| match &mut given.grant {
        Some(Grant { categories, .. }) => {
            categories.clear();
            true
        }
        None => false,
    };
    installation.tamper("grant.given", empty).await;
    let replayed = installation.replay_all(&operator).await;
    let changed = replayed.of(ReplayVerdict::Different);
    let of_outcome: Vec<_> = changed
        .iter()
        .filter(|one| one.differences().any(|what| what == ReplayDifference::Outcome))
        .collect();
    // What the therapist saw under it: items, a summary, papers, one paper, messages.
    assert!(of_outcome.len() >= 5, "{changed:?}");

    // A look that nobody can read any more is no look that is fine.
    installation
        .tamper::<AccessRecorded>("access.refused", |look| {
            look.account_id = "somebody".to_owned();
            !look.policy_digest.is_empty()
        })
        .await;
    let replayed = installation.replay_all(&operator).await;
    assert_eq!(replayed.of(ReplayVerdict::Unreadable).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_asked_is_decided_by_the_grants_of_the_moment_and_only_for_those_who_may_know() {
    let mut installation = audited().await;
    let before = SystemClock.now();
    let grant = installation.world.give().await;
    let during = SystemClock.now();
    installation.world.revoke(grant.clone()).await;
    let after = SystemClock.now();
    installation.caught_up().await;
    let (mother, therapist) = (installation.world.mother.clone(), installation.world.therapist.clone());
    let asked = |at| DecideHypotheticalRequest {
        tenant_id: String::new(),
        patient_id: installation.world.patient.clone(),
        account_id: therapist.account.to_string(),
        action: Action::Read.to_proto(),
        categories: [Category::Goals, Category::Notes].map(|word| word.to_proto()).into(),
        purpose: 0,
        at_time: Some(timestamp(at)),
        thing_id: String::new(),
    };
    let mut answers = Vec::new();
    for at in [before, during, after] {
        let answer = installation.replay(&mother).decide_hypothetical(asked(at)).await.unwrap().into_inner();
        assert_eq!(answer.policy_digest.len(), 64);
        answers.push(answer);
    }
    let outcomes: Vec<Outcome> =
        answers.iter().map(|answer| answer.grounds.as_ref().unwrap().outcome()).collect();
    assert_eq!(outcomes, [Outcome::Refused, Outcome::Permitted, Outcome::Refused]);
    let permitted = &answers[1];
    let grounds = permitted.grounds.as_ref().unwrap();
    assert_eq!(grounds.rule_ids, ["granted-to-account"]);
    let named: Vec<_> =
        grounds.grants.iter().map(|grant| (grant.grant_id.as_str(), grant.revision)).collect();
    assert_eq!(named, [(grant.grant_id.as_str(), 1)]);
    assert_eq!(permitted.permitted_categories, [Category::Goals.to_proto()]);
    assert_eq!(
        (answers[0].refusal_reason.as_str(), permitted.refusal_reason.as_str()),
        ("NOT_PERMITTED", "")
    );
    assert!(answers.windows(2).all(|pair| pair[0].consent_seq < pair[1].consent_seq), "{answers:?}");

    let mut holder = asked(before);
    holder.account_id = mother.account.to_string();
    let answer = installation.replay(&mother).decide_hypothetical(holder).await.unwrap().into_inner();
    assert_eq!(answer.grounds.unwrap().rule_ids, ["parent-holds-record"]);

    let refused = installation.replay(&therapist).decide_hypothetical(asked(during)).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_PERMITTED", "the record's history is not theirs");
    let mut of_tenant = asked(during);
    of_tenant.tenant_id = tenant().to_string();
    let officer = installation.officer.clone();
    let refused = installation.replay(&officer).decide_hypothetical(of_tenant).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_PERMITTED", "the record is none of the tenant's");
    let mut nothing = asked(during);
    nothing.categories.clear();
    let refused = installation.replay(&mother).decide_hypothetical(nothing).await.unwrap_err();
    assert_eq!(reason(&refused), "FIELD_MISSING");
    let of_record =
        ReplayDecisionsRequest { patient_id: installation.world.patient.clone(), ..Default::default() };
    let refused = installation.replay(&officer).replay_decisions(of_record).await.unwrap_err();
    assert_eq!(reason(&refused), "FIELD_MISSING", "a record is named and no tenant");
    let refused = installation.replay(&mother).replay_decisions(ReplayDecisionsRequest::default()).await;
    assert_eq!(reason(&refused.unwrap_err()), "NOT_PERMITTED");

    let looks = installation.logged().await;
    let of = |operation: &str| looks.iter().filter(|(_, look)| look.operation == operation).count();
    assert_eq!((of("audit.DecideHypothetical"), of("audit.ReplayDecisions")), (6, 1), "each is a look");
}

/// What came of asking for one thing: nothing, or the reason of the refusal.
fn came_of<T>(answer: Result<T, Status>) -> &'static str {
    answer.err().map_or("", |status| reason(&status))
}

impl Audited {
    /// What the therapist is answered who asks for the goal and for the paper now, and what audit says of the same moment.
    async fn agree_on(&self, goal: &str, expected: [&str; 2]) {
        let (world, patient_id) = (&self.world, self.world.patient.clone());
        let item =
            GetItemRequest { patient_id: patient_id.clone(), item_id: goal.to_owned(), ..Default::default() };
        let document_id = world.document.clone();
        let paper = GetDocumentRequest { patient_id, document_id, as_of_time: None };
        let at = SystemClock.now();
        let answered = [
            came_of(world.records(&world.therapist).get_item(item).await),
            came_of(world.documents(&world.therapist).get_document(paper).await),
        ];
        assert_eq!(answered, expected);
        self.caught_up().await;
        for (thing, answered) in [goal, &world.document].into_iter().zip(answered) {
            let asked = self.of_thing(thing, at);
            let told = self.replay(&world.mother).decide_hypothetical(asked).await.unwrap().into_inner();
            assert_eq!(told.refusal_reason, answered, "{told:?}");
            let is_open = told.thing.unwrap().verdict() == ThingVerdict::Open;
            assert_eq!(is_open, answered.is_empty());
            assert_eq!(told.grounds.unwrap().outcome() == Outcome::Permitted, is_open);
        }
    }

    fn of_thing(&self, thing: &str, at: DateTime<Utc>) -> DecideHypotheticalRequest {
        DecideHypotheticalRequest {
            patient_id: self.world.patient.clone(),
            account_id: self.world.therapist.account.to_string(),
            action: Action::Read.to_proto(),
            at_time: Some(timestamp(at)),
            thing_id: thing.to_owned(),
            ..Default::default()
        }
    }

    /// Of goals and papers the paper alone.
    async fn give_the_paper(&mut self) {
        let account = self.world.therapist.account.to_string();
        let give = GiveGrantRequest {
            request_id: SystemIds.next().to_string(),
            patient_id: self.world.patient.clone(),
            grantee: Some(Grantee { kind: Some(grantee::Kind::AccountId(account)), role: 0 }),
            categories: [Category::Goals, Category::Documents].map(|word| word.to_proto()).into(),
            actions: vec![Action::Read.to_proto()],
            narrowing: Some(Narrowing { item_ids: vec![self.world.document.clone()], ..Default::default() }),
            ..Default::default()
        };
        let given = self.world.consent(&self.world.mother).give_grant(give).await.unwrap().into_inner();
        self.world.follow(given.position.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_thing_it_is_decided_as_its_service_answers_at_that_moment() {
    let mut installation = audited().await;
    let mother = installation.world.mother.clone();
    let list = ListItemsRequest { patient_id: installation.world.patient.clone(), ..Default::default() };
    let listed = installation.world.records(&mother).list_items(list).await.unwrap().into_inner();
    let goal = listed.items[0].item_id.clone();
    installation.agree_on(&goal, ["NOT_PERMITTED"; 2]).await;
    let grant = installation.world.give().await;
    installation.agree_on(&goal, ["", ""]).await;
    let mark = installation.world.mark(marked::Kind::ItemId(goal.clone())).await;
    installation.agree_on(&goal, ["ITEM_UNKNOWN", ""]).await;
    let marked_at = SystemClock.now();
    installation.world.lift(&mark).await;
    let hers = marked::Kind::AuthorAccountId(mother.account.to_string());
    let mark = installation.world.mark(hers).await;
    installation.agree_on(&goal, ["ITEM_UNKNOWN", "NOT_PERMITTED"]).await;
    installation.world.lift(&mark).await;
    installation.world.stop(grant.grant_id).await;
    installation.give_the_paper().await;
    installation.agree_on(&goal, ["ITEM_UNKNOWN", ""]).await;

    // Of an earlier moment it is what it was.
    let asked = installation.of_thing(&goal, marked_at);
    let told = installation.replay(&mother).decide_hypothetical(asked).await.unwrap().into_inner();
    assert_eq!(told.thing.unwrap().verdict(), ThingVerdict::Marked);
    let never = installation.of_thing(&SystemIds.next().to_string(), marked_at);
    let refused = installation.replay(&mother).decide_hypothetical(never).await.unwrap_err();
    assert_eq!(reason(&refused), "THING_UNKNOWN");
    let mut both = installation.of_thing(&goal, marked_at);
    both.categories = vec![Category::Goals.to_proto()];
    let refused = installation.replay(&mother).decide_hypothetical(both).await.unwrap_err();
    assert_eq!(reason(&refused), "FIELD_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_paper_that_was_erased_alone_it_is_decided_as_documents_answers() {
    let mut installation = audited().await;
    installation.world.give().await;
    let (mother, therapist) = (installation.world.mother.clone(), installation.world.therapist.clone());
    let (paper, before) = (installation.world.document.clone(), SystemClock.now());
    installation.world.erase_of(paper.clone()).await;
    let patient_id = installation.world.patient.clone();
    let mut answered = Vec::new();
    for by in [&mother, &therapist] {
        let (patient_id, document_id) = (patient_id.clone(), paper.clone());
        let get = GetDocumentRequest { patient_id, document_id, as_of_time: None };
        answered.push(came_of(installation.world.documents(by).get_document(get).await));
    }
    assert_eq!(answered, ["CONTENT_ERASED", "NOT_PERMITTED"]);
    let after = SystemClock.now();
    installation.caught_up().await;
    for (by, answered) in [&mother, &therapist].into_iter().zip(answered) {
        for (at, reason, verdict) in
            [(before, "", ThingVerdict::Open), (after, answered, ThingVerdict::Erased)]
        {
            let of = installation.of_thing(&paper, at);
            let asked = DecideHypotheticalRequest { account_id: by.account.to_string(), ..of };
            let told = installation.replay(&mother).decide_hypothetical(asked).await.unwrap().into_inner();
            assert_eq!((told.refusal_reason.as_str(), told.thing.unwrap().verdict()), (reason, verdict));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_record_that_was_erased_it_is_decided_as_its_services_answer() {
    let mut installation = audited().await;
    let mother = installation.world.mother.clone();
    let (paper, before) = (installation.world.document.clone(), SystemClock.now());
    installation.world.give().await;
    let given = SystemClock.now();
    installation.world.erase().await;
    let after = SystemClock.now();
    installation.caught_up().await;
    for (at, reason) in [(before, "NOT_PERMITTED"), (given, ""), (after, "CONTENT_ERASED")] {
        let of = installation.of_thing(&paper, at);
        let told = installation.replay(&mother).decide_hypothetical(of).await.unwrap().into_inner();
        assert_eq!(told.refusal_reason, reason);
    }
}
