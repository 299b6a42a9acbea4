//! Consent's log, served to documents and published on the bus as consent does.
use chrono::{DateTime, Utc};
use holdfast_eventlog::{
    Append, Bus, Context, EventLog, NewEvent, Parts, Position, Relay, StreamAppend, StreamName, Subject,
    schema::Migrator,
};
use holdfast_host::{Host, LogReader, Readiness, Services};
use holdfast_proto::{Word, consent::v1 as pb, timestamp};
use holdfast_testkit::{TestDatabase, database, servers};
use holdfast_types::{
    AccountId, Action, Actor, Category, Clock, GrantId, Ids, PatientId, Purpose, Relationship, SystemIds,
};
use prost::{Message, Name};
use prost_types::Any;
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;

pub struct Consent {
    log: EventLog,
    _database: TestDatabase,
    said: Mutex<Vec<Position>>,
}

impl Consent {
    pub async fn start(host: Host, clock: Arc<dyn Clock>, prefix: &str, stop: CancellationToken) -> Self {
        let database = database("source", &Migrator::with_migrations(Vec::new()), &[]).await;
        let ids: Arc<dyn Ids> = Arc::new(SystemIds);
        let log = EventLog::start(Parts {
            service: "consent".to_owned(),
            pool: database.pool.clone(),
            keys: database.keys(Arc::clone(&clock), Arc::clone(&ids)),
            clock,
            ids,
            projections: Vec::new(),
            publish: Arc::new(|opened| Ok(Any::decode(opened.payload.clone()).ok())),
            committers: 1,
        });
        let services = Services::new().with(LogReader::new(log.clone()).into_server());
        let readiness = Readiness::new(["postgres"], []).await;
        tokio::spawn(host.serve(services, readiness, stop.clone()));
        let bus = Bus::connect(&servers().nats_url, prefix).await.unwrap();
        tokio::spawn(Relay::new(log.clone(), bus).run(stop));
        Self { log, _database: database, said: Mutex::default() }
    }

    /// The last thing said of each record.
    pub fn said(&self) -> Vec<Position> {
        self.said.lock().unwrap().clone()
    }

    pub async fn open_record(&self, patient: PatientId, parent: AccountId) {
        let opened =
            pb::RecordOpened { patient_id: patient.to_string(), tenant_id: super::tenant().to_string() };
        self.tell(patient, "record.opened", &opened).await;
        let added = pb::HolderAdded {
            patient_id: patient.to_string(),
            account_id: parent.to_string(),
            relationship: Relationship::Parent.to_proto(),
        };
        self.tell(patient, "record.holder-added", &added).await;
    }

    pub async fn give(
        &self,
        patient: PatientId,
        to: AccountId,
        categories: &[Category],
        actions: &[Action],
        from: DateTime<Utc>,
        narrowing: Option<pb::Narrowing>,
    ) -> GrantId {
        let id = GrantId::new(SystemIds.next());
        let grant = pb::Grant {
            grant_id: id.to_string(),
            patient_id: patient.to_string(),
            grantee: Some(pb::Grantee { kind: Some(pb::grantee::Kind::AccountId(to.to_string())), role: 0 }),
            categories: categories.iter().map(|word| word.to_proto()).collect(),
            actions: actions.iter().map(|word| word.to_proto()).collect(),
            purposes: vec![Purpose::Treatment.to_proto()],
            from_time: Some(timestamp(from)),
            revision: 1,
            ..pb::Grant::default()
        };
        let in_part = narrowing.is_some();
        let grant = Some(pb::Grant { narrowing, ..grant });
        match in_part {
            true => self.tell(patient, "grant.given", &pb::GrantGivenInPart { grant }).await,
            false => self.tell(patient, "grant.given", &pb::GrantGiven { grant }).await,
        }
        id
    }

    pub async fn revoke(&self, patient: PatientId, grant: GrantId, now: DateTime<Utc>) {
        let revoked = pb::GrantRevoked {
            grant_id: grant.to_string(),
            patient_id: patient.to_string(),
            revoked_time: Some(timestamp(now)),
            revision: 2,
            ..pb::GrantRevoked::default()
        };
        self.tell(patient, "grant.revoked", &revoked).await;
    }

    pub async fn erase_document(&self, patient: PatientId, document: &str, now: DateTime<Utc>) {
        let erased = pb::DocumentErased {
            patient_id: patient.to_string(),
            document_id: document.to_owned(),
            erased_time: Some(timestamp(now)),
        };
        self.tell(patient, "erasure.document-carried-out", &erased).await;
    }

    async fn tell<M: Name>(&self, patient: PatientId, event_type: &'static str, fact: &M) {
        let payload = Any::from_msg(fact).unwrap().encode_to_vec();
        let event = NewEvent::encoded(event_type, payload);
        let (aggregate, _) = event_type.split_once('.').unwrap();
        let stream = StreamName::new(aggregate, SystemIds.next());
        let context = Context {
            tenant: super::tenant(),
            actor: Actor::Anonymous,
            on_behalf_of: None,
            purpose: Purpose::FamilyRequest,
            correlation: SystemIds.next(),
            causation: None,
            traceparent: None,
            occurred: None,
            by_right: None,
        };
        let streams =
            vec![StreamAppend { stream, expected_revision: 0, events: vec![event], own_key: false }];
        let append = Append { subject: Subject::Patient(patient), context, request: None, streams };
        let position = self.log.append(append).await.unwrap().position;
        let mut said = self.said.lock().unwrap();
        said.retain(|earlier| earlier.lane != position.lane);
        said.push(position);
    }
}
