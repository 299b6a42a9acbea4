//! Threads through gRPC: who reads and writes what, live, and what is refused.
#![cfg(test)]
use holdfast_access::{GrantFact, Grantee, views::ConsentFact};
use holdfast_host::{client::Outgoing, status::reason_of};
use holdfast_proto::messaging::v1::{messaging_service_client::MessagingServiceClient, *};
use holdfast_testkit::service::{Person, Served, person, practice, served, tenant};
use holdfast_types::*;
use tonic::{Status, service::interceptor::InterceptedService, transport::Channel};
use uuid::Uuid;

type Client = MessagingServiceClient<InterceptedService<Channel, Outgoing>>;

struct World {
    served: Served,
    patient: PatientId,
    mother: Person,
    therapist: Person,
    stranger: Person,
}

async fn world() -> World {
    let served = served(Service::Messaging, holdfast_messaging::migrations(), |start| async move {
        let settings = holdfast_messaging::config::Settings { common: start.settings };
        holdfast_messaging::serve_with_keys(
            settings,
            start.keys,
            start.host,
            start.clock,
            start.ids,
            start.stop,
        )
        .await
        .unwrap();
    })
    .await;
    let patient = PatientId::new(Uuid::from_u128(0xF00));
    let mother = person(1);
    let therapist = person(2).with(Role::Therapist, Some(practice()));
    served
        .consent_says(&[
            ConsentFact::RecordOpened { patient, tenant: tenant() },
            ConsentFact::HolderAdded { patient, account: mother.account, relationship: Relationship::Parent },
            ConsentFact::GrantGiven(grant(patient)),
        ])
        .await;
    World { served, patient, mother, therapist, stranger: person(3) }
}

fn grant(patient: PatientId) -> GrantFact {
    GrantFact {
        id: GrantId::new(Uuid::from_u128(0x61)),
        revision: 1,
        patient,
        grantee: Grantee::Practice { practice: practice(), role: Role::Therapist },
        categories: vec![Category::Messages],
        actions: vec![Action::Read, Action::Contribute],
        purposes: vec![Purpose::Treatment],
        period: Period::try_new("2026-01-01T00:00:00Z".parse().unwrap(), None).unwrap(),
        revoked: None,
    }
}

impl World {
    fn as_(&self, person: &Person) -> Client {
        MessagingServiceClient::with_interceptor(self.served.channel.clone(), self.served.outgoing(person))
    }

    async fn thread(&self) -> Thread {
        let started = self.as_(&self.mother).start_thread(self.start(1, "He said water!")).await.unwrap();
        started.into_inner().thread.unwrap()
    }

    fn start(&self, request: u128, body: &str) -> StartThreadRequest {
        StartThreadRequest {
            request_id: Uuid::from_u128(request).to_string(),
            patient_id: self.patient.to_string(),
            practice_id: practice().to_string(),
            subject: "Practice at home".into(),
            body: body.into(),
            language: "en".into(),
            attachments: Vec::new(),
        }
    }

    fn post(&self, request: u128, thread: &Thread, body: &str) -> PostMessageRequest {
        PostMessageRequest {
            request_id: Uuid::from_u128(request).to_string(),
            patient_id: self.patient.to_string(),
            thread_id: thread.thread_id.clone(),
            body: body.into(),
            ..Default::default()
        }
    }

    async fn messages(&self, person: &Person, thread: &Thread) -> Result<Vec<Message>, Status> {
        let request = ListMessagesRequest {
            patient_id: self.patient.to_string(),
            thread_id: thread.thread_id.clone(),
            ..Default::default()
        };
        Ok(self.as_(person).list_messages(request).await?.into_inner().messages)
    }

    async fn unread(&self, person: &Person) -> i32 {
        let request = CountUnreadRequest { patient_ids: vec![self.patient.to_string()] };
        let counts = self.as_(person).count_unread(request).await.unwrap().into_inner().counts;
        counts.iter().map(|count| count.unread_count).sum()
    }
}

fn reason<T: std::fmt::Debug>(result: Result<T, Status>) -> &'static str {
    reason_of(&result.unwrap_err()).unwrap().name()
}

#[tokio::test]
async fn a_family_writes_and_the_care_team_reads_and_answers() {
    let world = world().await;
    let thread = world.thread().await;
    assert!(thread.waiting_for_care_team);
    assert_eq!(world.unread(&world.therapist).await, 1);
    assert_eq!(world.unread(&world.mother).await, 0);
    let read = world.messages(&world.therapist, &thread).await.unwrap();
    assert_eq!((read[0].body.as_str(), read[0].from_family), ("He said water!", true));
    world.as_(&world.therapist).post_message(world.post(2, &thread, "Wonderful!")).await.unwrap();
    assert_eq!(world.unread(&world.mother).await, 1);
    assert_eq!(world.unread(&world.therapist).await, 0, "who answers has read");
    let both = world.messages(&world.mother, &thread).await.unwrap();
    assert_eq!(both.iter().map(|message| message.from_family).collect::<Vec<_>>(), [true, false]);
    let mark = MarkReadRequest {
        request_id: Uuid::from_u128(3).to_string(),
        patient_id: world.patient.to_string(),
        thread_id: thread.thread_id.clone(),
        message_id: both[1].message_id.clone(),
    };
    world.as_(&world.mother).mark_read(mark).await.unwrap();
    assert_eq!(world.unread(&world.mother).await, 0);
    let looks = world.served.looks("messaging.ListMessages").await;
    assert_eq!(looks.len(), 2, "each reading is on the log");
    assert_eq!(looks.iter().map(|look| look.returned.len()).sum::<usize>(), 3);
}

#[tokio::test]
async fn a_stranger_is_refused_and_the_refusal_is_on_the_log() {
    let world = world().await;
    let thread = world.thread().await;
    assert_eq!(reason(world.messages(&world.stranger, &thread).await), "NOT_PERMITTED");
    let looks = world.served.looks("messaging.ListMessages").await;
    assert_eq!(looks.last().unwrap().refusal_reason, "NOT_PERMITTED");
}

#[tokio::test]
async fn a_message_for_someone_elses_thread_is_refused() {
    let world = world().await;
    let thread = world.thread().await;
    let other = PatientId::new(Uuid::from_u128(0xF01));
    let facts = [
        ConsentFact::RecordOpened { patient: other, tenant: tenant() },
        ConsentFact::HolderAdded {
            patient: other,
            account: world.stranger.account,
            relationship: Relationship::Parent,
        },
    ];
    world.served.consent_says(&facts).await;
    let mut post = world.post(9, &thread, "hello");
    post.patient_id = other.to_string();
    assert_eq!(reason(world.as_(&world.stranger).post_message(post).await), "THREAD_UNKNOWN");
    assert_eq!(world.messages(&world.mother, &thread).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_same_request_posts_once() {
    let world = world().await;
    let thread = world.thread().await;
    let first =
        world.as_(&world.mother).post_message(world.post(5, &thread, "once")).await.unwrap().into_inner();
    let again =
        world.as_(&world.mother).post_message(world.post(5, &thread, "once")).await.unwrap().into_inner();
    assert_eq!(first.message.unwrap().message_id, again.message.unwrap().message_id);
    assert_eq!(
        reason(world.as_(&world.mother).post_message(world.post(5, &thread, "twice")).await),
        "REQUEST_ID_REUSED"
    );
    assert_eq!(world.messages(&world.mother, &thread).await.unwrap().len(), 2);
}

#[tokio::test]
async fn words_that_say_nothing_or_too_much_are_refused() {
    let world = world().await;
    assert_eq!(reason(world.as_(&world.mother).start_thread(world.start(1, "  ")).await), "BODY_EMPTY");
    let long = "x".repeat(10_001);
    assert_eq!(reason(world.as_(&world.mother).start_thread(world.start(1, &long)).await), "BODY_TOO_LONG");
    let nameless = StartThreadRequest { subject: String::new(), ..world.start(1, "hello") };
    assert_eq!(reason(world.as_(&world.mother).start_thread(nameless).await), "SUBJECT_EMPTY");
}

#[tokio::test]
async fn a_closed_thread_takes_no_more() {
    let world = world().await;
    let thread = world.thread().await;
    let close = CloseThreadRequest {
        request_id: Uuid::from_u128(7).to_string(),
        patient_id: world.patient.to_string(),
        thread_id: thread.thread_id.clone(),
    };
    world.as_(&world.therapist).close_thread(close).await.unwrap();
    assert_eq!(
        reason(world.as_(&world.mother).post_message(world.post(8, &thread, "more")).await),
        "THREAD_CLOSED"
    );
}

#[tokio::test]
async fn new_messages_come_live_until_the_grant_ends() {
    let world = world().await;
    let thread = world.thread().await;
    let watch = WatchThreadRequest {
        patient_id: world.patient.to_string(),
        thread_id: thread.thread_id.clone(),
        after_message_id: String::new(),
    };
    let mut live = world.as_(&world.therapist).watch_thread(watch).await.unwrap().into_inner();
    // The stream begins with what comes after it was opened: post until it hears.
    let mut request = 100;
    let heard = loop {
        request += 1;
        world.as_(&world.mother).post_message(world.post(request, &thread, "news")).await.unwrap();
        let step = std::time::Duration::from_millis(300);
        if let Ok(message) = tokio::time::timeout(step, live.message()).await {
            break message.unwrap().unwrap();
        }
    };
    assert_eq!(heard.body, "news");
    let revoked = ConsentFact::GrantRevoked {
        grant: GrantId::new(Uuid::from_u128(0x61)),
        revoked: "2026-03-02T00:00:00Z".parse().unwrap(),
        revision: 2,
    };
    world.served.consent_says(&[revoked]).await;
    let end = loop {
        match live.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a stream that ends without saying why"),
            Err(status) => break status,
        }
    };
    assert_eq!(reason_of(&end).unwrap().name(), "NOT_PERMITTED");
}
