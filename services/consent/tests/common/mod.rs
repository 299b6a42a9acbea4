//! Consent as it is served, on a database of the test's own, and people who call it.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
use chrono::{DateTime, Utc};
use holdfast_access::{Claims, RoleAssignment, Shown, TokenSigner, TokenVerifier};
use holdfast_consent::config::Settings;
use holdfast_eventlog::{Envelope, Source};
use holdfast_host::{
    Host, PeerLog, Tls, TokenKeys,
    authority::Authority,
    client::{Outgoing, channel},
    settings::{CommonSettings, DatabaseSettings, DatabaseUrl, KeysDatabaseUrl, NatsUrl},
};
use holdfast_proto::consent::v1::{
    authority_service_client::AuthorityServiceClient, consent_service_client::ConsentServiceClient,
    emergency_service_client::EmergencyServiceClient, erasure_service_client::ErasureServiceClient,
    link_service_client::LinkServiceClient, treatment_service_client::TreatmentServiceClient,
    visit_service_client::VisitServiceClient, *,
};
use holdfast_proto::{Word, timestamp};
use holdfast_testkit::{FakeClock, TestDatabase, database, servers};
use holdfast_types::{
    AccountId, Action, Category, Clock, Ids, PracticeId, Relationship, Role, Service, SessionId, SystemClock,
    SystemIds, TenantId,
};
use std::{fmt::Debug, net::SocketAddr, path::PathBuf, sync::Arc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status, service::interceptor::InterceptedService, transport::Channel};
use url::Url;
use uuid::Uuid;

pub type Client = ConsentServiceClient<InterceptedService<Channel, Outgoing>>;
pub type Authorities = AuthorityServiceClient<InterceptedService<Channel, Outgoing>>;
pub type Emergencies = EmergencyServiceClient<InterceptedService<Channel, Outgoing>>;
pub type Links = LinkServiceClient<InterceptedService<Channel, Outgoing>>;
pub type Erasures = ErasureServiceClient<InterceptedService<Channel, Outgoing>>;

pub type Treatments = TreatmentServiceClient<InterceptedService<Channel, Outgoing>>;

pub struct World {
    pub clock: FakeClock,
    pub database: TestDatabase,
    signer: TokenSigner,
    authority: Authority,
    settings: Settings,
    serving: Serving,
    pub dir: tempfile::TempDir,
}

struct Serving {
    channel: Channel,
    records: Channel,
    identity: Channel,
    peers: PeerLog,
    stop: CancellationToken,
    ended: JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.serving.stop.cancel();
    }
}

pub async fn world() -> World {
    holdfast_host::tls::install_crypto();
    let clock = FakeClock::monday_noon();
    let migrations = holdfast_consent::migrations();
    let database = database("consent", &migrations.views, &migrations.feeds).await;
    let dir = tempfile::tempdir().unwrap();
    // The handshake looks at the real clock.
    let authority = Authority::create(&dir.path().join("tls"), SystemClock.now()).unwrap();
    let master_key = dir.path().join("master.key");
    std::fs::write(&master_key, "07".repeat(32)).unwrap();
    let own = authority.role("consent").unwrap();
    let common = CommonSettings {
        tls: own.into(),
        database: DatabaseSettings {
            serve: DatabaseUrl::of(database.url.clone()),
            keys: KeysDatabaseUrl::of(database.keys_url.clone()),
            master_key_file: Some(master_key),
            ..DatabaseSettings::default()
        },
        nats: NatsUrl::of(servers().nats_url.clone()),
        // Consent hears its own log, and no other test's.
        bus_prefix: format!("consent-tests-{}", SystemIds.next().simple()),
        ..CommonSettings::default()
    };
    let signer = TokenSigner::from_seed(&[1; 32]).unwrap();
    let settings = Settings { common, ..Settings::default() };
    let serving = serve(&clock, &authority, &signer, &settings);
    World { clock, database, signer, authority, settings, serving, dir }
}

fn serve(clock: &FakeClock, authority: &Authority, signer: &TokenSigner, settings: &Settings) -> Serving {
    let keys = TokenKeys::Own(TokenVerifier::new(&[signer.public_key()]).unwrap());
    let (ids, tls): (Arc<dyn Ids>, _) = (Arc::new(SystemIds), Tls::load(&authority.role("consent").unwrap()));
    let host = Host::bind(SocketAddr::from(([127, 0, 0, 1], 0)), tls.unwrap(), Arc::clone(&ids)).unwrap();
    let address = Url::parse(&format!("https://{}", host.address())).unwrap();
    let stop = CancellationToken::new();
    let (told, time, settings) = (stop.clone(), Arc::new(clock.clone()), settings.clone());
    let ended = tokio::spawn(async move {
        holdfast_consent::serve_with_keys(settings, keys, host, time, ids, told).await.unwrap();
    });
    let open =
        |role: &str| channel(Service::Consent, &address, &Tls::load(&authority.role(role).unwrap()).unwrap());
    let peers = PeerLog::new(Service::Consent, open("records").unwrap());
    let [channel, records, identity] = ["gateway", "records", "identity"].map(|role| open(role).unwrap());
    Serving { channel, records, identity, peers, stop, ended }
}

/// Somebody who calls, with the roles that their token says.
#[derive(Clone)]
pub struct Person {
    pub account: AccountId,
    pub roles: Vec<RoleAssignment>,
}

pub fn person(number: u128) -> Person {
    Person { account: AccountId::new(Uuid::from_u128(number)), roles: Vec::new() }
}

impl Person {
    pub fn with(mut self, role: Role, practice: Option<PracticeId>) -> Self {
        self.roles.push(RoleAssignment { role, tenant: tenant(), practice });
        self
    }
}

pub fn tenant() -> TenantId {
    TenantId::new(Uuid::from_u128(0x7E1))
}

pub fn practice() -> PracticeId {
    PracticeId::new(Uuid::from_u128(0xB1))
}

impl World {
    /// As a service that keeps content asks.
    pub fn visits(&self) -> VisitServiceClient<Channel> {
        VisitServiceClient::new(self.serving.records.clone())
    }

    /// As others ask, who do not.
    pub fn visits_of_others(&self) -> [VisitServiceClient<Channel>; 2] {
        [&self.serving.channel, &self.serving.identity]
            .map(|channel| VisitServiceClient::new(channel.clone()))
    }

    /// Ends, and is served again with a ledger of its erasures at that place.
    pub async fn served_again_with_ledger(&mut self, path: PathBuf) {
        self.served_again(|settings| settings.erasure_ledger = Some(path)).await;
    }

    /// Ends, and is served again with other settings.
    pub async fn served_again(&mut self, change: impl FnOnce(&mut Settings)) {
        self.serving.stop.cancel();
        (&mut self.serving.ended).await.unwrap();
        change(&mut self.settings);
        self.serving = serve(&self.clock, &self.authority, &self.signer, &self.settings);
    }

    pub fn token(&self, person: &Person, issued: DateTime<Utc>) -> String {
        let iat = issued.timestamp();
        let (account, roles) = (person.account, person.roles.clone());
        self.signer.sign(&Claims { account, session: None, roles, iat, exp: iat + 300 }).unwrap()
    }

    pub fn as_(&self, person: &Person) -> Client {
        self.with(Outgoing::new().bearer(self.token(person, self.clock.now()).into()))
    }

    pub fn with(&self, outgoing: Outgoing) -> Client {
        ConsentServiceClient::with_interceptor(self.serving.channel.clone(), outgoing)
    }

    pub fn authorities(&self, person: &Person) -> Authorities {
        self.authorities_with(Outgoing::new().bearer(self.token(person, self.clock.now()).into()))
    }

    pub fn authorities_with(&self, outgoing: Outgoing) -> Authorities {
        AuthorityServiceClient::with_interceptor(self.serving.channel.clone(), outgoing)
    }

    /// Whoever calls has just shown a second factor.
    pub fn emergencies(&self, person: &Person) -> Emergencies {
        self.emergencies_shown(person, 0)
    }

    /// Whoever calls has shown a second factor so long ago.
    pub fn emergencies_shown(&self, person: &Person, seconds_ago: i64) -> Emergencies {
        self.emergencies_with(self.in_session(person, seconds_ago, Some(seconds_ago)))
    }

    /// A session that has shown so long ago who is there, and a second factor, where the account has one.
    pub fn in_session(&self, person: &Person, seconds_ago: i64, second_ago: Option<i64>) -> Outgoing {
        let (iat, account, roles) = (self.clock.now().timestamp(), person.account, person.roles.clone());
        let session = Some(SessionId::new(Uuid::from_u128(0x5E)));
        let claims = Claims { account, session, roles, iat, exp: iat + 300 };
        let second_time = second_ago.map(|ago| iat - ago);
        let shown = Shown { amr: vec!["otp"], auth_time: iat - seconds_ago, second_time };
        Outgoing::new().bearer(self.signer.sign_shown(&claims, Some(&shown)).unwrap().into())
    }

    pub fn emergencies_with(&self, outgoing: Outgoing) -> Emergencies {
        EmergencyServiceClient::with_interceptor(self.serving.channel.clone(), outgoing)
    }

    pub fn treatments(&self, person: &Person) -> Treatments {
        self.treatments_with(Outgoing::new().bearer(self.token(person, self.clock.now()).into()))
    }

    pub fn treatments_with(&self, outgoing: Outgoing) -> Treatments {
        TreatmentServiceClient::with_interceptor(self.serving.channel.clone(), outgoing)
    }

    pub fn erasures(&self, person: &Person) -> Erasures {
        self.erasures_with(Outgoing::new().bearer(self.token(person, self.clock.now()).into()))
    }

    pub fn erasures_with(&self, outgoing: Outgoing) -> Erasures {
        ErasureServiceClient::with_interceptor(self.serving.channel.clone(), outgoing)
    }

    pub fn links(&self, person: &Person) -> Links {
        self.links_with(Outgoing::new().bearer(self.token(person, self.clock.now()).into()))
    }

    pub fn links_with(&self, outgoing: Outgoing) -> Links {
        LinkServiceClient::with_interceptor(self.serving.channel.clone(), outgoing)
    }

    /// As identity asks for whoever bears a link.
    pub fn links_of_identity(&self) -> Links {
        LinkServiceClient::with_interceptor(self.serving.identity.clone(), Outgoing::new())
    }

    /// A record of a child that the network opened, held by the person as a parent.
    pub async fn record_in_tenant(&self, parent: &Person) -> String {
        let administrator = person(0xAD).with(Role::PracticeAdministrator, Some(practice()));
        let request = OpenRecordRequest {
            tenant_id: tenant().to_string(),
            holder_account_id: parent.account.to_string(),
            ..open(Relationship::Parent)
        };
        self.as_(&administrator).open_record(request).await.unwrap().into_inner().patient_id
    }

    /// A free-standing record of a child, held by the person as a parent.
    pub async fn record_of(&self, parent: &Person) -> String {
        let opened = self.as_(parent).open_record(open(Relationship::Parent)).await.unwrap();
        opened.into_inner().patient_id
    }

    /// Everything on consent's log, as the other services hear it.
    pub async fn envelopes(&self) -> Vec<Envelope> {
        let mut all = Vec::new();
        for (lane, _) in self.serving.peers.heads().await.unwrap() {
            all.extend(self.serving.peers.read_lane(lane, 0, 1000).await.unwrap());
        }
        all
    }

    /// The access events of one operation.
    pub async fn looks(&self, operation: &str) -> Vec<holdfast_proto::access::v1::AccessRecorded> {
        let payloads = self.envelopes().await.into_iter().filter_map(|envelope| envelope.public_payload);
        let looks = payloads.filter_map(|payload| payload.to_msg().ok());
        looks
            .filter(|look: &holdfast_proto::access::v1::AccessRecorded| look.operation == operation)
            .collect()
    }
}

pub fn request_id() -> String {
    SystemIds.next().to_string()
}

pub fn open(relationship: Relationship) -> OpenRecordRequest {
    OpenRecordRequest {
        request_id: request_id(),
        relationship: relationship.to_proto(),
        ..OpenRecordRequest::default()
    }
}

pub fn to_account(account: AccountId) -> Grantee {
    Grantee { kind: Some(grantee::Kind::AccountId(account.to_string())), role: 0 }
}

/// Notes, to read, for treatment, from now until revoked.
pub fn give(patient: &str, grantee: Grantee) -> GiveGrantRequest {
    GiveGrantRequest {
        request_id: request_id(),
        patient_id: patient.to_owned(),
        grantee: Some(grantee),
        categories: vec![Category::Notes.to_proto()],
        actions: vec![Action::Read.to_proto()],
        ..GiveGrantRequest::default()
    }
}

pub fn revoke(grant: &Grant) -> RevokeGrantRequest {
    RevokeGrantRequest {
        request_id: request_id(),
        grant_id: grant.grant_id.clone(),
        etag: grant.etag.clone(),
    }
}

pub fn begin(patient: &str) -> BeginEmergencyAccessRequest {
    BeginEmergencyAccessRequest {
        request_id: request_id(),
        patient_id: patient.to_owned(),
        reason: "seizure in the gym, no family reached".into(),
    }
}

pub fn review(grant_id: &str, finding: EmergencyFinding) -> ReviewEmergencyAccessRequest {
    ReviewEmergencyAccessRequest {
        request_id: request_id(),
        grant_id: grant_id.to_owned(),
        finding: finding.into(),
        note: "spoke with the family".into(),
    }
}

pub fn list(patient: &str) -> ListGrantsRequest {
    ListGrantsRequest { patient_id: patient.to_owned(), ..ListGrantsRequest::default() }
}

/// A room that is shared with nobody.
pub fn mark(patient: &str, category: Category) -> SetMarkRequest {
    SetMarkRequest {
        request_id: request_id(),
        patient_id: patient.to_owned(),
        what: Some(Marked { kind: Some(marked::Kind::Category(category.to_proto())) }),
        ..SetMarkRequest::default()
    }
}

pub fn lift(patient: &str, mark: &str) -> LiftMarkRequest {
    LiftMarkRequest {
        request_id: request_id(),
        patient_id: patient.to_owned(),
        mark_id: mark.to_owned(),
        reason: String::new(),
    }
}

pub fn marks(patient: &str) -> ListMarksRequest {
    ListMarksRequest { patient_id: patient.to_owned() }
}

pub fn at(time: DateTime<Utc>) -> Option<prost_types::Timestamp> {
    Some(timestamp(time))
}

/// The reason that a call was refused with.
pub fn refusal<T: Debug>(result: Result<Response<T>, Status>) -> &'static str {
    holdfast_testkit::refusal::reason(&result.expect_err("not refused"))
}
