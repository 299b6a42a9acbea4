//! One record as its family and a therapist use it: consent, records, documents and messaging as they are served, on a bus of their own.
#![allow(unreachable_pub, dead_code, reason = "a module that test files share")]
use holdfast_host::{Migrations, client::Outgoing};
use holdfast_proto::{
    Word as _,
    consent::v1::{
        self as consent, consent_service_client::ConsentServiceClient,
        emergency_service_client::EmergencyServiceClient, erasure_service_client::ErasureServiceClient,
    },
    documents::v1::{self as documents, documents_service_client::DocumentsServiceClient},
    messaging::v1::{self as messaging, messaging_service_client::MessagingServiceClient},
    records::v1::{self as records, records_service_client::RecordsServiceClient},
    r#type::v1::Position,
};
use holdfast_testkit::{
    OwnServers, TestDatabase,
    network::{Network, Start},
    own_servers,
    service::{Person, person, practice, practice_created, silent, tenant},
};
use holdfast_types::{
    Action, Category, Clock, Ids as _, Purpose, Relationship, Role, Service, SystemClock, SystemIds,
};
use std::{collections::BTreeMap, sync::Arc};
use tonic::{Code, Status, service::interceptor::InterceptedService, transport::Channel};
use url::Url;

type Through = InterceptedService<Channel, Outgoing>;

pub struct World {
    pub servers: OwnServers,
    pub network: Network,
    pub databases: BTreeMap<Service, TestDatabase>,
    pub mother: Person,
    pub therapist: Person,
    pub patient: String,
    pub document: String,
    pub thread: String,
    /// The first message of the thread.
    pub message: String,
    /// What consent said last of the record.
    said: Position,
}

pub async fn serve<F>(
    network: &mut Network,
    service: Service,
    migrations: Migrations,
    run: impl FnOnce(Start) -> F,
) -> (Service, TestDatabase)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (start, database) = network.prepare(service, &migrations).await;
    tokio::spawn(run(start));
    (service, database)
}

/// A goal, a document and a thread stand in the record; nobody but the mother sees them.
pub async fn world() -> World {
    world_at(Arc::new(SystemClock)).await
}

/// The same, at a time that the test sets.
pub async fn world_at(clock: Arc<dyn Clock>) -> World {
    let servers = own_servers(false);
    let (postgres, nats) = (servers.postgres.superuser_url(), servers.nats.url());
    let mut network = Network::on(postgres, nats, Arc::clone(&clock));
    let consent = serve(&mut network, Service::Consent, holdfast_consent::migrations(), |start| async move {
        let Start { settings: common, keys, host, clock, ids, stop } = start;
        let settings = holdfast_consent::config::Settings { common, ..Default::default() };
        holdfast_consent::serve_with_keys(settings, keys, host, clock, ids, stop).await.unwrap();
    })
    .await;
    let records = serve(&mut network, Service::Records, holdfast_records::migrations(), |start| async move {
        let Start { settings: common, keys, host, clock, ids, stop } = start;
        let settings = holdfast_records::config::Settings { common };
        holdfast_records::serve_with(settings, keys, host, clock, ids, stop).await.unwrap();
    })
    .await;
    let objects = Url::from_directory_path(network.folder("objects")).unwrap();
    let documents =
        serve(&mut network, Service::Documents, holdfast_documents::migrations(), |start| async move {
            let Start { settings: common, keys, host, clock, ids, stop } = start;
            let object_store =
                holdfast_documents::config::ObjectStoreSettings { url: Some(objects), ..Default::default() };
            let settings = holdfast_documents::config::Settings { common, object_store };
            holdfast_documents::serve_with_keys(settings, keys, host, clock, ids, stop).await.unwrap();
        })
        .await;
    let identity = silent(&mut network, clock, Service::Identity).await;
    practice_created(&identity, practice()).await;
    let messaging =
        serve(&mut network, Service::Messaging, holdfast_messaging::migrations(), |start| async move {
            let Start { settings: common, keys, host, clock, ids, stop } = start;
            let settings = holdfast_messaging::config::Settings { common };
            holdfast_messaging::serve_with_keys(settings, keys, host, clock, ids, stop).await.unwrap();
        })
        .await;
    let (mother, therapist) = (person(1), person(2).with(Role::Therapist, Some(practice())));
    let mut client =
        ConsentServiceClient::with_interceptor(network.channel(Service::Consent), network.outgoing(&mother));
    let opened = client.open_record(open()).await.unwrap().into_inner();
    let mut world = World {
        servers,
        network,
        databases: BTreeMap::from([consent, records, documents, messaging]),
        mother,
        therapist,
        patient: opened.patient_id,
        document: String::new(),
        thread: String::new(),
        message: String::new(),
        said: opened.position.unwrap(),
    };
    world.fill().await;
    world
}

fn open() -> consent::OpenRecordRequest {
    consent::OpenRecordRequest {
        request_id: request_id(),
        relationship: Relationship::Parent.to_proto(),
        ..Default::default()
    }
}

impl World {
    fn as_(&self, person: &Person) -> Outgoing {
        self.network.outgoing(person).after([self.said.clone()])
    }

    pub fn consent(&self, person: &Person) -> ConsentServiceClient<Through> {
        ConsentServiceClient::with_interceptor(
            self.network.channel(Service::Consent),
            self.network.outgoing(person),
        )
    }

    pub fn records(&self, person: &Person) -> RecordsServiceClient<Through> {
        RecordsServiceClient::with_interceptor(self.network.channel(Service::Records), self.as_(person))
    }

    pub fn documents(&self, person: &Person) -> DocumentsServiceClient<Through> {
        DocumentsServiceClient::with_interceptor(self.network.channel(Service::Documents), self.as_(person))
    }

    pub fn messaging(&self, person: &Person) -> MessagingServiceClient<Through> {
        MessagingServiceClient::with_interceptor(self.network.channel(Service::Messaging), self.as_(person))
    }

    pub fn erasures(&self, person: &Person) -> ErasureServiceClient<Through> {
        let outgoing = self.network.outgoing(person);
        ErasureServiceClient::with_interceptor(self.network.channel(Service::Consent), outgoing)
    }

    pub fn emergencies(&self, person: &Person) -> EmergencyServiceClient<Through> {
        let outgoing = self.network.outgoing_shown(person);
        EmergencyServiceClient::with_interceptor(self.network.channel(Service::Consent), outgoing)
    }

    /// The record from now on is one of the mother's that the network opened, and holds the same.
    pub async fn in_network(&mut self) {
        let administrator = person(7).with(Role::PracticeAdministrator, Some(practice()));
        let open = consent::OpenRecordRequest {
            tenant_id: tenant().to_string(),
            holder_account_id: self.mother.account.to_string(),
            ..open()
        };
        let opened = self.consent(&administrator).open_record(open).await.unwrap().into_inner();
        (self.patient, self.said) = (opened.patient_id, opened.position.unwrap());
        self.fill().await;
    }

    /// The therapist opens the record in an emergency. When it returns, whoever calls next calls after it was heard.
    pub async fn open_in_emergency(&mut self) -> consent::EmergencyAccess {
        let begin = consent::BeginEmergencyAccessRequest {
            request_id: request_id(),
            patient_id: self.patient.clone(),
            reason: "found unconscious at the practice".into(),
        };
        let begun =
            self.emergencies(&self.therapist).begin_emergency_access(begin).await.unwrap().into_inner();
        self.said = begun.position.unwrap();
        begun.access.unwrap()
    }

    /// What a call for an emergency carries.
    pub fn in_emergency(&self, person: &Person) -> Outgoing {
        self.as_(person).purpose(Purpose::EmergencyTreatment)
    }

    /// Another record of the mother's, with a goal of its own.
    pub async fn another(&mut self) -> String {
        let opened = self.consent(&self.mother).open_record(open()).await.unwrap().into_inner();
        self.said = opened.position.unwrap();
        self.add_goal(&opened.patient_id).await;
        opened.patient_id
    }

    /// The mother asks, an operator carries it out. When it returns, whoever calls next calls after it was heard.
    pub async fn erase(&mut self) {
        self.erase_of(String::new()).await;
    }

    /// The same of one document alone, if one is named.
    pub async fn erase_of(&mut self, document_id: String) {
        let patient_id = self.patient.clone();
        let ask = consent::RequestErasureRequest {
            request_id: request_id(),
            patient_id: patient_id.clone(),
            document_id: document_id.clone(),
        };
        self.erasures(&self.mother).request_erasure(ask).await.unwrap();
        let grounds = consent::Grounds { authority: "the holder's wish".into(), reason: "moved away".into() };
        let retention = consent::Retention {
            rule: "default".into(),
            birth_date: "1980-05-05".into(),
            last_service_date: "2010-05-05".into(),
        };
        let carry_out = consent::CarryOutErasureRequest {
            request_id: request_id(),
            patient_id,
            grounds: Some(grounds),
            retention: Some(retention),
            document_id,
        };
        let operator = person(8).with(Role::Operator, None);
        let erased = self.erasures(&operator).carry_out_erasure(carry_out).await.unwrap().into_inner();
        self.said = erased.position.unwrap();
    }

    async fn add_goal(&self, patient: &str) {
        let goal = r#"{"resourceType":"Goal","id":"words","lifecycleStatus":"active","description":{"text":"two words"},"subject":{"reference":"Patient/self"}}"#;
        let item = records::NewItem { fhir_json: goal.as_bytes().to_vec().into(), source_key: String::new() };
        let create = records::CreateItemRequest {
            request_id: request_id(),
            patient_id: patient.to_owned(),
            item: Some(item),
        };
        let client = self.records(&self.mother);
        heard(|| {
            let (mut client, create) = (client.clone(), create.clone());
            async move { client.create_item(create).await }
        })
        .await;
    }

    /// Another paper of the record.
    pub async fn hand_in(&self, title: &str, content: &[u8]) -> String {
        let begin = documents::StartUploadRequest {
            request_id: request_id(),
            patient_id: self.patient.clone(),
            title: title.into(),
            media_type: "text/plain".into(),
            size_bytes: content.len() as i64,
            ..Default::default()
        };
        let mut client = self.documents(&self.mother);
        let upload_id = heard(|| {
            let (mut client, begin) = (client.clone(), begin.clone());
            async move { client.start_upload(begin).await }
        })
        .await
        .upload_id;
        let all = documents::AppendUploadRequest {
            upload_id: upload_id.clone(),
            offset_bytes: 0,
            chunk: content.to_vec().into(),
        };
        client.append_upload(tokio_stream::iter([all])).await.unwrap();
        let complete = documents::CompleteUploadRequest { request_id: request_id(), upload_id };
        let completed = client.complete_upload(complete).await.unwrap().into_inner();
        completed.document.unwrap().document_id
    }

    async fn fill(&mut self) {
        self.add_goal(&self.patient).await;
        self.document = self.hand_in("Words", b"Eleven new words this week.").await;

        let start = messaging::StartThreadRequest {
            request_id: request_id(),
            patient_id: self.patient.clone(),
            practice_id: practice().to_string(),
            subject: "Practice at home".into(),
            body: "He said water!".into(),
            ..Default::default()
        };
        let mut client = self.messaging(&self.mother);
        let started = heard(|| {
            let (mut client, start) = (client.clone(), start.clone());
            async move { client.start_thread(start).await }
        })
        .await;
        self.thread = started.thread.unwrap().thread_id;
        let list = messaging::ListMessagesRequest {
            patient_id: self.patient.clone(),
            thread_id: self.thread.clone(),
            ..Default::default()
        };
        let mut messages = client.list_messages(list).await.unwrap().into_inner().messages;
        self.message = messages.remove(0).message_id;
        // So that a live stream that goes on after the first message has something to say.
        let post = messaging::PostMessageRequest {
            request_id: request_id(),
            patient_id: self.patient.clone(),
            thread_id: self.thread.clone(),
            body: "And juice.".into(),
            ..Default::default()
        };
        client.post_message(post).await.unwrap();
    }

    /// Goals, documents and messages, to read, download and contribute to, until revoked.
    pub async fn give(&mut self) -> consent::Grant {
        let kind = Some(consent::grantee::Kind::AccountId(self.therapist.account.to_string()));
        let give = consent::GiveGrantRequest {
            request_id: request_id(),
            patient_id: self.patient.clone(),
            grantee: Some(consent::Grantee { kind, role: 0 }),
            categories: [Category::Goals, Category::Documents, Category::Messages]
                .map(|word| word.to_proto())
                .into(),
            actions: [Action::Read, Action::Download, Action::Contribute].map(|word| word.to_proto()).into(),
            ..Default::default()
        };
        let given = self.consent(&self.mother).give_grant(give).await.unwrap().into_inner();
        self.said = given.position.unwrap();
        given.grant.unwrap()
    }

    /// Whoever calls next calls after that was heard.
    pub fn follow(&mut self, said: Position) {
        self.said = said;
    }

    /// From everybody but the record's holders. Whoever calls next calls after it was heard.
    pub async fn mark(&mut self, what: consent::marked::Kind) -> consent::Mark {
        self.mark_from(what, None).await
    }

    pub async fn mark_from(
        &mut self,
        what: consent::marked::Kind,
        from: Option<consent::kept_from::Kind>,
    ) -> consent::Mark {
        let set = consent::SetMarkRequest {
            request_id: request_id(),
            patient_id: self.patient.clone(),
            what: Some(consent::Marked { kind: Some(what) }),
            kept_from: from.map(|kind| consent::KeptFrom { kind: Some(kind) }),
            reason: String::new(),
        };
        let set = self.consent(&self.mother).set_mark(set).await.unwrap().into_inner();
        self.said = set.position.unwrap();
        set.mark.unwrap()
    }

    pub async fn lift(&mut self, mark: &consent::Mark) {
        let lift = consent::LiftMarkRequest {
            request_id: request_id(),
            patient_id: self.patient.clone(),
            mark_id: mark.mark_id.clone(),
            reason: String::new(),
        };
        self.said = self.consent(&self.mother).lift_mark(lift).await.unwrap().into_inner().position.unwrap();
    }

    /// Whoever calls next calls after it was heard.
    pub async fn stop(&mut self, grant_id: String) {
        let revoke = consent::RevokeGrantRequest { request_id: request_id(), grant_id, etag: String::new() };
        let revoked = self.consent(&self.mother).revoke_grant(revoke).await.unwrap().into_inner();
        self.said = revoked.position.unwrap();
    }

    /// When it returns, the patient has the answer.
    pub async fn revoke(&self, grant: consent::Grant) {
        let consent::Grant { grant_id, etag, .. } = grant;
        let revoke = consent::RevokeGrantRequest { request_id: request_id(), grant_id, etag };
        self.consent(&self.mother).revoke_grant(revoke).await.unwrap();
    }
}

pub fn request_id() -> String {
    SystemIds.next().to_string()
}

/// The answer of a service that may have begun to serve, or to hear consent, a moment ago.
async fn heard<T, A>(call: impl Fn() -> A) -> T
where
    A: Future<Output = Result<tonic::Response<T>, Status>>,
{
    loop {
        match call().await {
            Ok(answer) => return answer.into_inner(),
            Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status:?}"),
        }
    }
}
