//! Messaging as it is served, a record with its mother and a therapist of the practice, and people who call.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
use holdfast_access::{GrantFact, Grantee, views::ConsentFact};
use holdfast_host::{client::Outgoing, settings::CommonSettings};
use holdfast_proto::messaging::v1::{messaging_service_client::MessagingServiceClient, *};
use holdfast_testkit::{
    OwnServers,
    network::Start,
    refusal::reason,
    service::{Person, Served, patiently, person, practice, practice_created, served, served_on, tenant},
};
use holdfast_types::*;
use tonic::{Status, service::interceptor::InterceptedService, transport::Channel};
use uuid::Uuid;

pub type Client = MessagingServiceClient<InterceptedService<Channel, Outgoing>>;

pub struct World {
    pub served: Served,
    pub patient: PatientId,
    pub mother: Person,
    pub therapist: Person,
    pub stranger: Person,
}

async fn serve(start: Start) {
    let Start { settings: common, keys, host, clock, ids, stop } = start;
    let settings = holdfast_messaging::config::Settings { common };
    holdfast_messaging::serve_with_keys(settings, keys, host, clock, ids, stop).await.unwrap();
}

/// The practice's therapists may read and contribute.
pub async fn world() -> World {
    world_granting(&[Action::Read, Action::Contribute]).await
}

/// It puts it on its log every so many seconds who was turned away.
pub async fn world_putting_down(seconds: u16) -> World {
    let often = move |start: Start| {
        let settings = CommonSettings { door_log_seconds: seconds, ..start.settings };
        serve(Start { settings, ..start })
    };
    let served = served(Service::Messaging, holdfast_messaging::migrations(), often).await;
    with_record(served, &[Action::Read, Action::Contribute]).await
}

pub async fn world_granting(actions: &[Action]) -> World {
    let served = served(Service::Messaging, holdfast_messaging::migrations(), serve).await;
    with_record(served, actions).await
}

/// On servers that the test may stop.
pub async fn world_on(servers: &OwnServers) -> World {
    let served = served_on(servers, Service::Messaging, holdfast_messaging::migrations(), serve).await;
    with_record(served, &[Action::Read, Action::Contribute]).await
}

async fn with_record(served: Served, actions: &[Action]) -> World {
    practice_created(served.identity.as_ref().unwrap(), practice()).await;
    let patient = PatientId::new(Uuid::from_u128(0xF00));
    let mother = person(1);
    let therapist = person(2).with(Role::Therapist, Some(practice()));
    let world = World { served, patient, mother, therapist, stranger: person(3) };
    world.hold(patient, &world.mother).await;
    world.share(GrantFact { actions: actions.to_vec(), ..grant(patient) }).await;
    world
}

pub fn grant(patient: PatientId) -> GrantFact {
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
        narrowing: None,
        basis: Basis::Holder,
        uses: None,
    }
}

impl World {
    pub fn as_(&self, person: &Person) -> Client {
        self.with(self.served.outgoing(person))
    }

    pub fn with(&self, outgoing: Outgoing) -> Client {
        MessagingServiceClient::with_interceptor(self.served.channel.clone(), outgoing)
    }

    /// A record, held by the person as a parent.
    pub async fn hold(&self, patient: PatientId, parent: &Person) {
        let opened = ConsentFact::RecordOpened { patient, tenant: tenant() };
        let added =
            ConsentFact::HolderAdded { patient, account: parent.account, relationship: Relationship::Parent };
        self.served.consent_says(&[opened, added]).await;
    }

    pub async fn share(&self, grant: GrantFact) {
        self.served.consent_says(&[ConsentFact::GrantGiven(grant)]).await;
    }

    pub async fn revoke(&self) {
        let revoked = ConsentFact::GrantRevoked {
            grant: GrantId::new(Uuid::from_u128(0x61)),
            revoked: "2026-03-02T00:00:00Z".parse().unwrap(),
            revision: 2,
        };
        self.served.consent_says(&[revoked]).await;
    }

    /// When it returns, the view of consent is fresh enough to answer who holds no record.
    pub async fn fresh(&self) {
        let asked = || {
            let mut client = self.as_(&self.therapist);
            let threads = ListThreadsRequest { patient_id: self.patient.to_string(), ..Default::default() };
            async move {
                match client.list_threads(threads).await {
                    Err(status) if reason(&status) == "CONSENT_STALE" => Err(Status::unavailable("stale")),
                    _ => Ok(()),
                }
            }
        };
        patiently(asked).await.unwrap();
    }

    pub async fn thread(&self) -> Thread {
        self.thread_of(1).await
    }

    pub async fn thread_of(&self, request: u128) -> Thread {
        let started =
            self.as_(&self.mother).start_thread(self.start(request, "He said water!")).await.unwrap();
        started.into_inner().thread.unwrap()
    }

    pub fn start(&self, request: u128, body: &str) -> StartThreadRequest {
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

    pub fn post(&self, request: u128, thread: &Thread, body: &str) -> PostMessageRequest {
        PostMessageRequest {
            request_id: Uuid::from_u128(request).to_string(),
            patient_id: self.patient.to_string(),
            thread_id: thread.thread_id.clone(),
            body: body.into(),
            ..Default::default()
        }
    }

    pub async fn says(&self, person: &Person, request: u128, thread: &Thread, body: &str) -> Message {
        let posted = self.as_(person).post_message(self.post(request, thread, body)).await.unwrap();
        posted.into_inner().message.unwrap()
    }

    pub fn listing(&self, thread: &Thread) -> ListMessagesRequest {
        ListMessagesRequest {
            patient_id: self.patient.to_string(),
            thread_id: thread.thread_id.clone(),
            ..Default::default()
        }
    }

    pub fn watching(&self, thread: &Thread, after_message_id: &str) -> WatchThreadRequest {
        WatchThreadRequest {
            patient_id: self.patient.to_string(),
            thread_id: thread.thread_id.clone(),
            after_message_id: after_message_id.to_owned(),
        }
    }

    pub fn reading(&self, request: u128, message: &Message) -> MarkReadRequest {
        MarkReadRequest {
            request_id: Uuid::from_u128(request).to_string(),
            patient_id: self.patient.to_string(),
            thread_id: message.thread_id.clone(),
            message_id: message.message_id.clone(),
        }
    }

    pub fn closing(&self, request: u128, thread: &Thread) -> CloseThreadRequest {
        CloseThreadRequest {
            request_id: Uuid::from_u128(request).to_string(),
            patient_id: self.patient.to_string(),
            thread_id: thread.thread_id.clone(),
        }
    }

    pub async fn messages(&self, person: &Person, thread: &Thread) -> Result<Vec<Message>, Status> {
        Ok(self.as_(person).list_messages(self.listing(thread)).await?.into_inner().messages)
    }

    pub async fn get(&self, person: &Person, thread: &Thread) -> Result<Thread, Status> {
        let (patient_id, thread_id) = (self.patient.to_string(), thread.thread_id.clone());
        let asked = GetThreadRequest { patient_id, thread_id, as_of_time: None };
        Ok(self.as_(person).get_thread(asked).await?.into_inner())
    }

    pub async fn unread(&self, person: &Person) -> i32 {
        let request = CountUnreadRequest { patient_ids: vec![self.patient.to_string()] };
        let counts = self.as_(person).count_unread(request).await.unwrap().into_inner().counts;
        counts.iter().map(|count| count.unread_count).sum()
    }

    /// How a live stream ends that has nothing more to say.
    pub async fn end_of(&self, mut live: tonic::Streaming<Message>) -> Status {
        loop {
            match live.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("a stream that ends without saying why"),
                Err(status) => return status,
            }
        }
    }
}
