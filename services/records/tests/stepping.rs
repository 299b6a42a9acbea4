//! A record at any moment, by when it was recorded and by when it happened; and its changes step by step: who, when, what was otherwise.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails loudly")]
mod common;
use chrono::{DateTime, TimeDelta, Utc};
use common::*;
use holdfast_proto::{Word, records::v1 as pb, time, timestamp};
use holdfast_types::*;
use pb::ChangeKind::{Added, Changed, Retracted};
use tonic::Status;

fn asked(at: Option<DateTime<Utc>>) -> pb::ListStepChangesRequest {
    pb::ListStepChangesRequest {
        patient_id: patient().to_string(),
        at_time: at.map(timestamp),
        ..pb::ListStepChangesRequest::default()
    }
}

async fn step(
    world: &World,
    by: &Person,
    asked: pb::ListStepChangesRequest,
) -> Result<pb::ListStepChangesResponse, Status> {
    Ok(world.client(by).list_step_changes(asked).await?.into_inner())
}

fn told(change: &pb::RecordChange) -> Vec<[&str; 4]> {
    change.fields.iter().map(|one| [&*one.path, &*one.label, &*one.before, &*one.after]).collect()
}

async fn name(world: &World, given_name: &str, phone: &str) {
    let demographics = Some(pb::Demographics {
        given_name: given_name.into(),
        phone: phone.into(),
        ..pb::Demographics::default()
    });
    let (request_id, patient_id) = (SystemIds.next().to_string(), patient().to_string());
    let known = pb::GetPatientRequest { patient_id: patient_id.clone(), as_of_time: None };
    if world.client(&parent()).get_patient(known).await.is_err() {
        let asked = pb::RegisterPatientRequest { request_id, patient_id, demographics };
        world.client(&parent()).register_patient(asked).await.unwrap();
    } else {
        let asked = pb::UpdatePatientRequest {
            request_id,
            patient_id,
            demographics,
            update_mask: Some(prost_types::FieldMask {
                paths: vec!["given_name".to_owned(), "phone".to_owned()],
            }),
            etag: String::new(),
        };
        world.client(&parent()).update_patient(asked).await.unwrap();
    }
}

/// A moment later, by the world’s clock: the view of consent stays fresh.
fn later(world: &World) -> DateTime<Utc> {
    world.clock.advance(TimeDelta::seconds(1));
    world.clock.now()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_stepped_through_from_its_newest_change_to_its_first_and_back() {
    let world = world().await;
    let begin = world.clock.now();
    let named = later(&world);
    name(&world, "June", "555-0100").await;
    let imported = later(&world);
    world.import(&parent(), SMALL).await.unwrap();
    let added = later(&world);
    let first = world.create(&parent(), "", &goal("g", "Say hello")).await.unwrap().item.unwrap();
    let changed = later(&world);
    let second = world.update(&parent(), &first, &goal("g", "Say hello and wave")).await.unwrap();
    let called = later(&world);
    name(&world, "June", "555-0199").await;
    let retracted = later(&world);
    world.retract(&parent(), &second, "Written for another child").await.unwrap();
    later(&world);

    let mut moments = Vec::new();
    let mut at = None;
    let mut steps = Vec::new();
    loop {
        let step = step(&world, &parent(), asked(at)).await.unwrap();
        let own = time(step.step_time.as_ref().unwrap()).unwrap();
        assert_eq!(step.step_count, 6);
        moments.push((step.step_number, own));
        assert!(step.changes.iter().all(|change| time(change.recorded_time.as_ref().unwrap()) == Ok(own)));
        let mine = format!("account/{}", parent().account);
        assert!(step.changes.iter().all(|change| change.recorded_by == mine));
        assert!(step.changes.iter().all(|change| change.rule_ids == ["parent-holds-record"]));
        at = step.previous_time.as_ref().map(|at| time(at).unwrap());
        steps.push(step);
        if at.is_none() {
            break;
        }
    }
    assert_eq!(moments, [(6, retracted), (5, called), (4, changed), (3, added), (2, imported), (1, named)]);
    for (newer, older) in steps.iter().zip(steps.iter().skip(1)) {
        assert_eq!(older.following_time, newer.step_time);
    }
    assert_eq!(steps[0].following_time, None);
    let kinds = |at: usize| steps[at].changes.iter().map(pb::RecordChange::kind).collect::<Vec<_>>();

    assert_eq!(kinds(0), [Retracted]);
    assert_eq!(steps[0].changes[0].retraction_reason, "Written for another child");
    assert_eq!(told(&steps[0].changes[0]), Vec::<[&str; 4]>::new());
    assert_eq!(kinds(1), [Changed]);
    assert_eq!(steps[1].changes[0].category, Category::Demographics.to_proto());
    assert_eq!(told(&steps[1].changes[0]), [["phone", "Phone", "555-0100", "555-0199"]]);
    assert_eq!(kinds(2), [Changed]);
    assert_eq!((steps[2].changes[0].item_id.as_str(), steps[2].changes[0].revision), (&*first.item_id, 2));
    let [[_, _, before, after], ..] = told(&steps[2].changes[0])[..] else { panic!("nothing is told") };
    assert_eq!((before, after), ("Say hello", "Say hello and wave"));
    assert_eq!(kinds(3), [Added]);
    assert_eq!(steps[3].changes[0].title, first.title);
    assert_eq!((kinds(4).len(), steps[4].total_size), (10, 10));
    let sources = steps[4].changes.iter().filter_map(|change| change.source.as_ref());
    assert!(sources.clone().all(|source| source.kind == "import"));
    assert_eq!(sources.count(), 10);
    assert_eq!(kinds(5), [Added]);

    let nothing = step(&world, &parent(), asked(Some(begin))).await.unwrap();
    assert_eq!((nothing.step_time, nothing.step_number, nothing.changes.len()), (None, 0, 0));
    assert_eq!(nothing.following_time, Some(timestamp(named)));
    let between = step(&world, &parent(), asked(Some(added + TimeDelta::milliseconds(500)))).await.unwrap();
    assert_eq!(between, steps[3], "a moment between two steps shows the one before it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_is_read_page_by_page_whatever_happens_meanwhile() {
    let world = world().await;
    world.import(&parent(), SMALL).await.unwrap();
    let whole = step(&world, &parent(), asked(None)).await.unwrap();
    let mut query = pb::ListStepChangesRequest { page_size: 4, ..asked(None) };
    let mut paged = Vec::new();
    loop {
        let page = step(&world, &parent(), query.clone()).await.unwrap();
        assert_eq!(page.total_size, whole.total_size);
        paged.extend(page.changes);
        if page.next_page_token.is_empty() {
            break;
        }
        query.page_token = page.next_page_token;
        later(&world);
        world.create(&parent(), "", &goal(&format!("g-{}", paged.len()), "Wave")).await.unwrap();
    }
    assert_eq!(paged, whole.changes);
    let large = pb::ListStepChangesRequest { page_size: 101, ..asked(None) };
    assert_eq!(reason(&step(&world, &parent(), large).await.unwrap_err()), "PAGE_SIZE_OUT_OF_RANGE");
    let other = pb::ListStepChangesRequest { page_token: query.page_token, ..asked(Some(world.clock.now())) };
    assert_eq!(reason(&step(&world, &parent(), other).await.unwrap_err()), "PAGE_TOKEN_OF_ANOTHER_QUERY");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_steps_through_what_is_shared_and_through_nothing_else() {
    let world = world().await;
    let observation = |category: &str, text: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"o","status":"final","code":{{"text":"{text}"}},"subject":{{"reference":"Patient/self"}},
            "category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"{category}"}}]}}]}}"#
        )
    };
    name(&world, "June", "555-0100").await;
    later(&world);
    world.import(&parent(), SMALL).await.unwrap();
    later(&world);
    let first =
        world.create(&parent(), "", &observation("vital-signs", "Weight")).await.unwrap().item.unwrap();
    let moved = later(&world);
    world.update(&parent(), &first, &observation("laboratory", "Weight, again")).await.unwrap();
    world.share(&therapist(), &[Category::Results], &[Action::Read]).await;

    let newest = step(&world, &therapist(), asked(None)).await.unwrap();
    assert_eq!((newest.step_number, newest.step_count), (2, 2), "the file brought one result");
    assert_eq!(newest.step_time, Some(timestamp(moved)));
    assert_eq!(newest.changes[0].kind(), Changed);
    assert_eq!(told(&newest.changes[0]), Vec::<[&str; 4]>::new(), "what it was before is in another room");
    let before = newest.previous_time.as_ref().map(|at| time(at).unwrap());
    let oldest = step(&world, &therapist(), asked(before)).await.unwrap();
    assert_eq!((oldest.changes.len(), oldest.previous_time), (1, None));
    assert_eq!(oldest.changes[0].category, Category::Results.to_proto());
    assert_eq!(reason(&step(&world, &stranger(), asked(None)).await.unwrap_err()), "NOT_PERMITTED");

    let looks = world.looks("records.ListStepChanges").await;
    let outcomes: Vec<_> = looks.iter().map(|look| (look.returned.len(), &*look.refusal_reason)).collect();
    assert_eq!(outcomes, [(1, ""), (1, ""), (0, "NOT_PERMITTED")]);
    let full = step(&world, &parent(), asked(None)).await.unwrap();
    let fields = told(&full.changes[0]);
    assert!(
        fields.iter().any(|[.., before, after]| (*before, *after) == ("Weight", "Weight, again")),
        "{fields:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_stands_as_it_was_known_then_and_as_it_had_happened_by_then() {
    let world = world().await;
    let before = world.clock.now();
    let named = later(&world);
    name(&world, "June", "555-0100").await;
    let told = later(&world);
    world.import(&parent(), SMALL).await.unwrap();
    later(&world);
    world.lock(&REQUIRED, &[]).await.unwrap();
    name(&world, "Juniper", "555-0199").await;

    let summary = async |as_of: Option<DateTime<Utc>>, happened_by: Option<DateTime<Utc>>| -> i32 {
        let patient_id = patient().to_string();
        let (as_of_time, happened_by_time) = (as_of.map(timestamp), happened_by.map(timestamp));
        let asked =
            pb::SummarizeRecordRequest { patient_id, as_of_time, happened_by_time, include_sources: false };
        let answer = world.client(&parent()).summarize_record(asked).await.unwrap().into_inner();
        let counted: i32 = answer.categories.iter().map(|one| one.count).sum();
        let asked = pb::ListItemsRequest { as_of_time, happened_by_time, page_size: 200, ..listing() };
        let listed = world.list(&parent(), asked).await.unwrap();
        assert_eq!((listed.total_size, listed.items.len()), (counted, usize::try_from(counted).unwrap()));
        counted
    };
    let day = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    assert_eq!(summary(None, None).await, 10);
    assert_eq!(summary(Some(named), None).await, 0, "nothing had been told yet");
    assert_eq!(summary(Some(told), None).await, 10);
    assert_eq!(summary(None, Some(day("2025-01-05T00:00:00Z"))).await, 0);
    assert_eq!(summary(None, Some(day("2025-01-07T00:00:00Z"))).await, 1, "the goal had begun");
    let visit = day("2025-03-04T23:30:00Z");
    let happened = summary(None, Some(visit)).await;
    assert!((4..10).contains(&happened), "{happened}: the note, the claim and what says no time come later");
    assert_eq!(summary(None, Some(told)).await, 10, "what says no time counts from when it was told");
    assert_eq!(summary(Some(named), Some(visit)).await, 0, "it had happened and was not known");

    let person = async |at: Option<DateTime<Utc>>| {
        let asked =
            pb::GetPatientRequest { patient_id: patient().to_string(), as_of_time: at.map(timestamp) };
        world.client(&parent()).get_patient(asked).await.map(tonic::Response::into_inner)
    };
    let now = person(None).await.unwrap();
    assert_eq!(now.demographics.as_ref().unwrap().given_name, "Juniper");
    let then = person(Some(named)).await.unwrap();
    let known = then.demographics.unwrap();
    assert_eq!((known.given_name.as_str(), known.phone.as_str()), ("June", "555-0100"));
    assert_eq!((then.revision, then.create_time, then.update_time), (1, now.create_time, now.create_time));
    assert_eq!(person(Some(world.clock.now())).await.unwrap(), now);
    assert_eq!(reason(&person(Some(before)).await.unwrap_err()), "PATIENT_UNKNOWN");
}
