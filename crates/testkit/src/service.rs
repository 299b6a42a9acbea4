//! One service as it is served: mutual TLS, a database of the test's own, tokens of a key of the test's own, and consent as the test tells it.
pub use crate::network::{Start, claims};

use crate::{FakeClock, OwnServers, TestDatabase, network::Network};
use chrono::{DateTime, Utc};
use holdfast_access::{RoleAssignment, TokenSigner, views::ConsentFact};
use holdfast_eventlog::{
    Append, Context, Envelope, EventLog, NewEvent, Parts, Source, StreamAppend, StreamName, Subject,
    schema::Migrator,
};
use holdfast_host::{LogReader, Migrations, PeerLog, Readiness, Services, client::Outgoing, retry::Retry};
use holdfast_proto::{access::v1::AccessRecorded, identity::v1::PracticeCreated};
use holdfast_types::{AccountId, Actor, Clock, Ids, PracticeId, Purpose, Role, Service, SystemIds, TenantId};
use prost::{Message as _, Name};
use prost_types::Any;
use std::{sync::Arc, time::Duration};
use tonic::{Status, transport::Channel};
use uuid::Uuid;

pub struct Served {
    pub clock: FakeClock,
    pub database: TestDatabase,
    pub channel: Channel,
    /// The service's log as its peers read it.
    pub log: PeerLog,
    /// Identity's log, where the service hears it.
    pub identity: Option<EventLog>,
    pub network: Network,
}

/// Starts `service` by `serve`. Where it hears consent and identity, they are empty logs that the test owns, so the feeds are fresh.
pub async fn served<F>(service: Service, migrations: Migrations, serve: impl FnOnce(Start) -> F) -> Served
where
    F: Future<Output = ()> + Send + 'static,
{
    let clock = FakeClock::monday_noon();
    let network = Network::new(Arc::new(clock.clone()));
    served_in(network, clock, service, migrations, serve).await
}

/// The same on servers that the test may stop.
pub async fn served_on<F>(
    servers: &OwnServers,
    service: Service,
    migrations: Migrations,
    serve: impl FnOnce(Start) -> F,
) -> Served
where
    F: Future<Output = ()> + Send + 'static,
{
    let clock = FakeClock::monday_noon();
    let (postgres, nats) = (servers.postgres.superuser_url(), servers.nats.url());
    let network = Network::on(postgres, nats, Arc::new(clock.clone()));
    served_in(network, clock, service, migrations, serve).await
}

async fn served_in<F>(
    mut network: Network,
    clock: FakeClock,
    service: Service,
    migrations: Migrations,
    serve: impl FnOnce(Start) -> F,
) -> Served
where
    F: Future<Output = ()> + Send + 'static,
{
    if service != Service::Consent {
        silent(&mut network, Arc::new(clock.clone()), Service::Consent).await;
    }
    let identity = match service {
        Service::Messaging => Some(silent(&mut network, Arc::new(clock.clone()), Service::Identity).await),
        _ => None,
    };
    let (start, database) = network.prepare(service, &migrations).await;
    tokio::spawn(serve(start));
    let (channel, log) = (network.channel(service), network.log(service));
    Served { clock, database, channel, log, identity, network }
}

/// A service's log with nothing in it, on the test run's own database. What is appended to it is published as it is.
pub async fn silent(network: &mut Network, clock: Arc<dyn Clock>, service: Service) -> EventLog {
    let name = format!("{service}_silent");
    let database = crate::database(&name, &Migrator::with_migrations(Vec::new()), &[]).await;
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let log = EventLog::start(Parts {
        service: service.as_str().to_owned(),
        pool: database.pool.clone(),
        keys: database.keys(Arc::clone(&clock), Arc::clone(&ids)),
        clock,
        ids,
        projections: Vec::new(),
        publish: Arc::new(|opened| Ok(Any::decode(opened.payload.as_ref()).ok())),
        committers: 1,
    });
    let host = network.bind(service);
    let services = Services::new().with(LogReader::new(log.clone()).into_server());
    let stop = network.stop();
    tokio::spawn(async move {
        let readiness = Readiness::new(["postgres"], []).await;
        host.serve(services, readiness, stop).await.expect("served");
        drop(database);
    });
    log
}

/// Has identity say that there is a practice.
pub async fn practice_created(identity: &EventLog, practice: PracticeId) {
    let created = PracticeCreated { practice_id: practice.to_string(), tenant_id: tenant().to_string() };
    let payload = Any { type_url: PracticeCreated::type_url(), value: created.encode_to_vec() };
    let event = NewEvent::encoded("practice.created", payload.encode_to_vec());
    let context = Context {
        tenant: tenant(),
        actor: Actor::Anonymous,
        on_behalf_of: None,
        purpose: Purpose::SystemAdministration,
        correlation: SystemIds.next(),
        causation: None,
        traceparent: None,
        occurred: None,
        by_right: None,
    };
    let stream = StreamName::new("practice", practice.uuid());
    let streams = vec![StreamAppend { stream, expected_revision: 0, events: vec![event], own_key: false }];
    let append = Append { subject: Subject::Tenant(tenant()), context, request: None, streams };
    identity.append(append).await.expect("appended");
}

/// Somebody who calls, with the roles that their token says.
#[derive(Debug, Clone)]
pub struct Person {
    pub account: AccountId,
    pub roles: Vec<RoleAssignment>,
}

pub fn person(number: u128) -> Person {
    Person { account: AccountId::new(Uuid::from_u128(number)), roles: Vec::new() }
}

impl Person {
    #[must_use]
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

impl Served {
    /// What a call of this person carries.
    pub fn outgoing(&self, person: &Person) -> Outgoing {
        self.network.outgoing(person)
    }

    pub fn token(&self, person: &Person) -> String {
        self.network.token(person, self.clock.now())
    }

    /// What a call with a token of that time carries.
    pub fn outgoing_of(&self, person: &Person, issued: DateTime<Utc>) -> Outgoing {
        Outgoing::new().bearer(self.network.token(person, issued).into())
    }

    /// A token that anybody might have signed.
    pub fn forged(&self, person: &Person) -> Outgoing {
        let signer = TokenSigner::from_seed(&[66; 32]).expect("a key");
        let token = signer.sign(&claims(person, self.clock.now())).expect("a token");
        Outgoing::new().bearer(token.into())
    }

    /// Tells the service what consent would have told it.
    pub async fn consent_says(&self, facts: &[ConsentFact]) {
        let mut conn = self.database.pool.acquire().await.expect("a connection");
        for fact in facts {
            holdfast_access::views::apply(&mut conn, fact).await.expect("applied");
        }
    }

    /// Everything on the service's log, as the other services hear it.
    pub async fn envelopes(&self) -> Vec<Envelope> {
        let mut all = Vec::new();
        for (lane, _) in self.log.heads().await.expect("heads") {
            all.extend(self.log.read_lane(lane, 0, 1000).await.expect("a lane"));
        }
        all
    }

    /// When it returns, the bus has taken all that is on the log.
    pub async fn all_published(&self) {
        let published = || async {
            let waiting = self.database.unpublished().await;
            if waiting == 0 { Ok(()) } else { Err(Status::unavailable(format!("{waiting} events wait"))) }
        };
        patiently(published).await.expect("published");
    }

    /// The access events of one operation.
    pub async fn looks(&self, operation: &str) -> Vec<AccessRecorded> {
        let payloads = self.envelopes().await.into_iter().filter_map(|envelope| envelope.public_payload);
        let looks = payloads.filter_map(|payload| payload.to_msg::<AccessRecorded>().ok());
        looks.filter(|look| look.operation == operation).collect()
    }
}

/// What is not there yet is asked for again, as a good client does.
pub async fn patiently<T, F: Future<Output = Result<T, Status>>>(
    call: impl FnMut() -> F,
) -> Result<T, Status> {
    let (first_delay, delay_max) = (Duration::from_millis(20), Duration::from_millis(250));
    Retry { attempts_max: 100, first_delay, delay_max }.idempotent(call).await
}
