//! The record of `record`, with identity beside it and audit that hears all six; and what people do with it.
#![allow(unreachable_pub, dead_code, reason = "a module that test files share")]
use crate::record::{self, World, request_id};
use holdfast_access::RoleAssignment;
use holdfast_audit::config::LogSettings;
use holdfast_eventlog::Source as _;
use holdfast_host::client::Outgoing;
use holdfast_identity::IdentitySettings;
use holdfast_proto::{
    Word as _,
    access::v1::AccessRecorded,
    audit::v1::{audit_service_client::AuditServiceClient, replay_service_client::ReplayServiceClient, *},
    documents::v1::{DownloadDocumentRequest, ListDocumentsRequest},
    identity::v1::{
        AssignRoleRequest, CreateTenantRequest, SearchDirectoryRequest, Tenant,
        identity_service_client::IdentityServiceClient,
    },
    messaging::v1::{CountUnreadRequest, ListMessagesRequest},
    records::v1::{ListItemsRequest, SummarizeRecordRequest},
    r#type::v1::Position,
};
use holdfast_testkit::{
    TestDatabase,
    network::Start,
    refusal::reason,
    service::{Person, patiently, person, practice, tenant},
};
use holdfast_types::{Clock, PracticeId, Role, Service, SystemClock, TenantId};
use std::sync::Arc;
use tonic::{Status, service::interceptor::InterceptedService, transport::Channel};
use uuid::Uuid;

type Through = InterceptedService<Channel, Outgoing>;

/// PKCS #8 of an Ed25519 seed (RFC 8410 section 7), before the seed.
const ED25519_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

pub struct Audited {
    pub world: World,
    pub operator: Person,
    pub officer: Person,
    /// Audit's own.
    pub database: TestDatabase,
}

pub async fn audited() -> Audited {
    audited_with(LogSettings::default()).await
}

pub async fn audited_with(log: LogSettings) -> Audited {
    audited_at(log, Arc::new(SystemClock)).await
}

/// The same, at a time that the test sets.
pub async fn audited_at(log: LogSettings, clock: Arc<dyn Clock>) -> Audited {
    let mut world = record::world_at(clock).await;
    let (token_key, mails) = (world.network.folder("token-key"), world.network.folder("mail"));
    std::fs::write(&token_key, [ED25519_PREFIX.as_slice(), &[1; 32]].concat()).unwrap();
    let (service, identity) = record::serve(
        &mut world.network,
        Service::Identity,
        holdfast_identity::migrations(),
        |start| async move {
            let Start { settings: common, host, clock, ids, stop, .. } = start;
            let (token_key_file, mail_dir) = (Some(token_key), Some(mails));
            let identity = IdentitySettings { token_key_file, mail_dir, ..IdentitySettings::default() };
            let settings = holdfast_identity::Settings { common, identity };
            holdfast_identity::serve(&settings, host, clock, ids, None, stop).await.unwrap();
        },
    )
    .await;
    world.databases.insert(service, identity);
    let (start, database) = world.network.prepare(Service::Audit, &holdfast_audit::migrations()).await;
    tokio::spawn(async move {
        let Start { settings: common, keys, host, clock, ids, stop } = start;
        let settings = holdfast_audit::config::Settings { common, log, ..Default::default() };
        holdfast_audit::serve_with_keys(settings, keys, host, clock, ids, stop).await.unwrap();
    });
    let mut operator = person(3);
    let tenant = TenantId::new(Uuid::nil());
    operator.roles.push(RoleAssignment { role: Role::Operator, tenant, practice: None });
    Audited { world, operator, officer: person(4).with(Role::ComplianceOfficer, None), database }
}

/// An answer, or the refusal that the policies give.
fn outcome<T>(answer: Result<T, Status>) -> bool {
    match answer {
        Ok(_) => true,
        Err(status) => {
            assert_eq!(reason(&status), "NOT_PERMITTED", "{status:?}");
            false
        }
    }
}

/// One question, asked until it is answered one way or the other.
macro_rules! asked {
    ($client:expr, $method:ident, $message:expr) => {{
        let (client, message) = ($client, $message);
        outcome(
            patiently(|| {
                let (mut client, message) = (client.clone(), message.clone());
                async move { client.$method(message).await }
            })
            .await,
        )
    }};
}

impl Audited {
    pub fn replay(&self, by: &Person) -> ReplayServiceClient<Through> {
        let outgoing = self.world.network.outgoing(by);
        ReplayServiceClient::with_interceptor(self.world.network.channel(Service::Audit), outgoing)
    }

    pub fn audit(&self, by: &Person) -> AuditServiceClient<Through> {
        let outgoing = self.world.network.outgoing(by);
        AuditServiceClient::with_interceptor(self.world.network.channel(Service::Audit), outgoing)
    }

    fn identity(&self, by: &Person) -> IdentityServiceClient<Through> {
        let outgoing = self.world.network.outgoing(by);
        IdentityServiceClient::with_interceptor(self.world.network.channel(Service::Identity), outgoing)
    }

    /// When it returns, audit has heard all that is on the logs.
    pub async fn caught_up(&self) {
        let mut heads = Vec::new();
        for service in Service::WITH_LOG {
            for (lane, seq) in self.world.network.log(*service).heads().await.unwrap() {
                heads.push(Position { service: service.to_string(), lane: lane.into(), seq });
            }
        }
        for heads in heads.chunks(16) {
            let outgoing = self.world.network.outgoing(&self.officer).after(heads.iter().cloned());
            let channel = self.world.network.channel(Service::Audit);
            let client = AuditServiceClient::with_interceptor(channel, outgoing);
            // Refused before anything is decided: it only waits.
            let unbounded = SearchEntriesRequest { tenant_id: tenant().to_string(), ..Default::default() };
            let outcome = patiently(|| {
                let (mut client, unbounded) = (client.clone(), unbounded.clone());
                async move { client.search_entries(unbounded).await }
            });
            assert_eq!(reason(&outcome.await.unwrap_err()), "SEARCH_UNBOUNDED");
        }
    }

    /// Looks and refusals on all six logs.
    pub async fn logged(&self) -> Vec<(Service, AccessRecorded)> {
        let mut logged = Vec::new();
        for service in Service::WITH_LOG {
            let log = self.world.network.log(*service);
            for (lane, _) in log.heads().await.unwrap() {
                for envelope in log.read_lane(lane, 0, 1000).await.unwrap() {
                    let payload = envelope.public_payload;
                    let look = payload.and_then(|payload| payload.to_msg::<AccessRecorded>().ok());
                    logged.extend(look.map(|look| (*service, look)));
                }
            }
        }
        logged
    }

    /// What families, therapists, officers and administrators do, and what they are refused.
    pub async fn live(&mut self) {
        let (mother, therapist) = (self.world.mother.clone(), self.world.therapist.clone());
        let colleague = person(7).with(Role::Therapist, Some(practice()));
        assert_eq!(self.looks(&therapist).await, [false; 5]);
        for round in 0..3 {
            let grant = self.world.give().await;
            assert_eq!(self.looks(&therapist).await, [true; 5]);
            assert_eq!(self.looks(&mother).await, [true; 5]);
            assert_eq!(self.looks(&colleague).await, [false; 5], "it was shared with another by name");
            if round < 2 {
                self.world.revoke(grant).await;
                // Heard by some and not yet by others.
                self.looks(&therapist).await;
            }
        }
        let unheard_of = ListItemsRequest { patient_id: request_id(), ..Default::default() };
        assert!(!asked!(self.world.records(&therapist), list_items, unheard_of));
        let unread = CountUnreadRequest { patient_ids: vec![self.world.patient.clone(), request_id()] };
        assert!(asked!(self.world.messaging(&therapist), count_unread, unread));
        self.administer(&mother).await;
        let own = ListPatientEntriesRequest { patient_id: self.world.patient.clone(), ..Default::default() };
        assert!(asked!(self.audit(&mother), list_patient_entries, own.clone()));
        assert!(!asked!(self.audit(&colleague), list_patient_entries, own));
        let search = |patient_id: &str| SearchEntriesRequest {
            tenant_id: tenant().to_string(),
            patient_id: patient_id.to_owned(),
            account_id: therapist.account.to_string(),
            ..Default::default()
        };
        assert!(asked!(self.audit(&self.officer), search_entries, search("")));
        // The record stands free of the officer's tenant.
        assert!(!asked!(self.audit(&self.officer), search_entries, search(&self.world.patient)));
        assert!(asked!(self.audit(&self.operator), get_log_health, GetLogHealthRequest {}));
    }

    async fn looks(&self, by: &Person) -> [bool; 5] {
        let World { patient, document, thread, .. } = &self.world;
        let (patient_id, thread_id) = (patient.clone(), thread.clone());
        let items = ListItemsRequest { patient_id: patient_id.clone(), ..Default::default() };
        let summary = SummarizeRecordRequest { patient_id: patient_id.clone(), ..Default::default() };
        let papers = ListDocumentsRequest { patient_id: patient_id.clone(), ..Default::default() };
        let paper = DownloadDocumentRequest { patient_id: patient_id.clone(), document_id: document.clone() };
        let messages = ListMessagesRequest { patient_id, thread_id, ..Default::default() };
        [
            asked!(self.world.records(by), list_items, items),
            asked!(self.world.records(by), summarize_record, summary),
            asked!(self.world.documents(by), list_documents, papers),
            asked!(self.world.documents(by), download_document, paper),
            asked!(self.world.messaging(by), list_messages, messages),
        ]
    }

    async fn administer(&self, mother: &Person) {
        let display_name = "Quiet Harbor".into();
        let tenant_asked = Tenant { tenant_id: tenant().to_string(), display_name, ..Tenant::default() };
        let create = |request_id| CreateTenantRequest { request_id, tenant: Some(tenant_asked.clone()) };
        assert!(!asked!(self.identity(mother), create_tenant, create(request_id())));
        assert!(asked!(self.identity(&self.operator), create_tenant, create(request_id())));
        assert!(asked!(self.identity(mother), search_directory, SearchDirectoryRequest::default()));
        // The policies let an administrator of the tenant through; that the role is of one practice, the rule of reach sees.
        let administrator = person(8).with(Role::PracticeAdministrator, Some(practice()));
        let elsewhere = PracticeId::new(Uuid::from_u128(0xB2));
        let assign = AssignRoleRequest {
            request_id: request_id(),
            account_id: mother.account.to_string(),
            assignment: Some(holdfast_proto::identity::v1::RoleAssignment {
                role: Role::Therapist.to_proto(),
                tenant_id: tenant().to_string(),
                practice_id: elsewhere.to_string(),
            }),
        };
        assert!(!asked!(self.identity(&administrator), assign_role, assign));
    }
}

/// After the clock was set, services wait for what consent may have said meanwhile.
pub fn once_fresh(status: Status) -> Status {
    if reason(&status) == "CONSENT_STALE" { Status::unavailable("not fresh yet") } else { status }
}
