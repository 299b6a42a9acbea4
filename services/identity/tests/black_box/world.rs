//! A running identity service with a database of its own, a clock that is told the time, and a mail folder.
use aws_lc_rs::{
    digest::{SHA256, digest},
    encoding::{AsDer, Pkcs8V1Der},
    signature::Ed25519KeyPair,
};
use holdfast_access::{Claims, LIFE_SECONDS_MAX, RoleAssignment, TokenSigner};
use holdfast_host::{
    Host, Tls,
    authority::Authority,
    client,
    settings::{CommonSettings, DatabaseSettings, DatabaseUrl, KeysDatabaseUrl, NatsUrl},
    tls,
};
use holdfast_identity::{Announce, IdentitySettings, Settings};
use holdfast_proto::{
    access::v1::AccessRecorded,
    eventlog::v1::{
        Envelope, ListHeadsRequest, ReadLaneRequest, event_log_service_client::EventLogServiceClient,
    },
    identity::v1::{identity_service_client::IdentityServiceClient, *},
};
use holdfast_testkit::{FakeClock, OwnServers, SeededIds, Servers, TestDatabase, database_on, servers};
use holdfast_types::{AccountId, Clock, PracticeId, Role, Service, SessionId, SystemClock, TenantId};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tonic::{
    Request, Status,
    transport::{Channel, Endpoint},
};
use url::Url;
use uuid::Uuid;

pub(crate) const TOKEN_SEED: [u8; 32] = [5; 32];
/// What programs call the installation: its public URL where nothing is said.
pub(crate) const ISSUER: &str = "http://localhost:8080";
pub(crate) const BROWSER: &str = "the secret of a browser";

pub(crate) struct World {
    pub(crate) clock: FakeClock,
    pub(crate) identity: IdentityServiceClient<Channel>,
    pub(crate) channel: Channel,
    pub(crate) links: Arc<Mutex<Vec<String>>>,
    dir: TempDir,
    address: Url,
    requests: AtomicU64,
    pub(crate) database: TestDatabase,
    settings: Settings,
    stop: CancellationToken,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(crate) async fn world() -> World {
    world_with(|_| {}).await
}

pub(crate) async fn world_with(change: impl FnOnce(&mut Settings)) -> World {
    let Servers { postgres_superuser_url, nats_url, .. } = servers();
    world_at(postgres_superuser_url, nats_url, change).await
}

/// On servers that the test may stop.
pub(crate) async fn world_on(servers: &OwnServers) -> World {
    world_at(&servers.postgres.superuser_url(), &servers.nats.url(), |_| {}).await
}

async fn world_at(postgres: &str, nats: &str, change: impl FnOnce(&mut Settings)) -> World {
    tls::install_crypto();
    let dir = tempfile::tempdir().unwrap();
    let migrations = holdfast_identity::migrations();
    let database = database_on(postgres, "identity", &migrations.views, &migrations.feeds).await;
    let authority = Authority::create(&dir.path().join("tls"), SystemClock.now()).unwrap();
    std::fs::write(dir.path().join("master-key"), "07".repeat(32)).unwrap();
    let pair = Ed25519KeyPair::from_seed_unchecked(&TOKEN_SEED).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    std::fs::write(dir.path().join("token-key"), der.as_ref()).unwrap();
    let mut settings = Settings {
        common: CommonSettings {
            listen: "127.0.0.1:0".parse().unwrap(),
            tls: authority.role("identity").unwrap().into(),
            database: DatabaseSettings {
                serve: DatabaseUrl::of(database.url.clone()),
                keys: KeysDatabaseUrl::of(database.keys_url.clone()),
                master_key_file: Some(dir.path().join("master-key")),
                ..DatabaseSettings::default()
            },
            nats: NatsUrl::of(nats.to_owned()),
            bus_prefix: format!(
                "t{}",
                dir.path().file_name().unwrap().to_str().unwrap().replace(['.', '-'], "").to_lowercase()
            ),
            ..CommonSettings::default()
        },
        identity: IdentitySettings {
            token_key_file: Some(dir.path().join("token-key")),
            mail_dir: Some(dir.path().join("mail")),
            ..IdentitySettings::default()
        },
    };
    change(&mut settings);
    let clock = FakeClock::monday_noon();
    let links = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&links);
    let announce: Announce = Arc::new(move |_, link| heard.lock().unwrap().push(link.to_owned()));
    let stop = CancellationToken::new();
    let address = serve(&settings, 1, &clock, Some(announce), &stop);
    let tls = Tls::load(&authority.role("gateway").unwrap()).unwrap();
    let channel = client::channel(Service::Identity, &address, &tls).unwrap();
    World {
        clock,
        identity: IdentityServiceClient::new(channel.clone()),
        channel,
        links,
        dir,
        address,
        requests: AtomicU64::new(1),
        database,
        settings,
        stop,
    }
}

/// Where it answers.
fn serve(
    settings: &Settings,
    seed: u64,
    clock: &FakeClock,
    announce: Option<Announce>,
    stop: &CancellationToken,
) -> Url {
    let ids = Arc::new(SeededIds::new(seed));
    let host = Host::bind(settings.common.listen, settings.common.tls.load().unwrap(), ids.clone()).unwrap();
    let address = Url::parse(&format!("https://localhost:{}", host.address().port())).unwrap();
    let (settings, clock, stop) = (settings.clone(), Arc::new(clock.clone()), stop.clone());
    tokio::spawn(async move {
        holdfast_identity::serve(&settings, host, clock, ids, announce, stop).await.unwrap();
    });
    address
}

impl World {
    /// Another process of the same service.
    pub(crate) fn beside(&self) -> IdentityServiceClient<Channel> {
        let address = serve(&self.settings, 2, &self.clock, None, &self.stop);
        let authority = Authority::create(&self.dir.path().join("tls"), SystemClock.now()).unwrap();
        let tls = Tls::load(&authority.role("gateway").unwrap()).unwrap();
        IdentityServiceClient::new(client::channel(Service::Identity, &address, &tls).unwrap())
    }

    /// A channel of somebody without a certificate.
    pub(crate) fn stranger(&self) -> Channel {
        let authority = Authority::create(&self.dir.path().join("tls"), SystemClock.now()).unwrap();
        let tls = Tls::load(&authority.role("gateway").unwrap()).unwrap().anonymous_client("localhost");
        Endpoint::from_shared(self.address.to_string()).unwrap().tls_config(tls).unwrap().connect_lazy()
    }

    /// A request id that was not used before.
    pub(crate) fn request_id(&self) -> String {
        Uuid::from_u64_pair(0xc0, self.requests.fetch_add(1, Ordering::SeqCst)).to_string()
    }

    pub(crate) fn mail_folder(&self) -> std::path::PathBuf {
        self.dir.path().join("mail")
    }

    pub(crate) async fn ask(&self, email: &str) -> Result<RequestSignInResponse, Status> {
        let request = RequestSignInRequest {
            request_id: self.request_id(),
            email: email.into(),
            browser_digest: sha256(BROWSER),
            locale: "en".into(),
        };
        self.identity.clone().request_sign_in(request).await.map(tonic::Response::into_inner)
    }

    /// The secret of the newest link.
    pub(crate) fn newest_link(&self) -> String {
        let links = self.links.lock().unwrap();
        links.last().unwrap().rsplit_once("/sign-in/").unwrap().1.to_owned()
    }

    pub(crate) fn completion(&self, link: &str) -> CompleteSignInRequest {
        CompleteSignInRequest {
            request_id: self.request_id(),
            link_secret: link.into(),
            browser_secret: BROWSER.into(),
            user_agent: "Firefox on Android".into(),
            device_digest: sha256("a telephone"),
        }
    }

    pub(crate) async fn complete(
        &self,
        request: CompleteSignInRequest,
    ) -> Result<CompleteSignInResponse, Status> {
        self.identity.clone().complete_sign_in(request).await.map(tonic::Response::into_inner)
    }

    /// Signs somebody in from nothing.
    pub(crate) async fn sign_in(&self, email: &str) -> CompleteSignInResponse {
        self.ask(email).await.unwrap();
        self.complete(self.completion(&self.newest_link())).await.unwrap()
    }

    pub(crate) async fn issue(&self, session_secret: &str) -> Result<AccessToken, Status> {
        let request = IssueTokenRequest { session_secret: session_secret.into() };
        self.identity.clone().issue_token(request).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn token(&self, session_secret: &str) -> String {
        self.issue(session_secret).await.unwrap().token
    }

    /// A token of somebody who need not have an account.
    pub(crate) fn token_of(&self, account: u128, roles: &[RoleAssignment]) -> String {
        self.token_as(account_id(account), roles)
    }

    pub(crate) fn token_as(&self, account: AccountId, roles: &[RoleAssignment]) -> String {
        let now = self.clock.now().timestamp();
        let claims = Claims {
            account,
            session: None::<SessionId>,
            roles: roles.to_vec(),
            iat: now,
            exp: now + LIFE_SECONDS_MAX,
        };
        TokenSigner::from_seed(&TOKEN_SEED).unwrap().sign(&claims).unwrap()
    }

    pub(crate) fn operator(&self) -> String {
        self.token_of(
            0x0909,
            &[RoleAssignment { role: Role::Operator, tenant: TenantId::new(Uuid::nil()), practice: None }],
        )
    }

    /// Who works there signs in by the link alone; what a second factor is for has tests of its own.
    pub(crate) async fn tenant(&self, id: u128) -> TenantId {
        self.tenant_with(id, SecondFactorPolicy::Invited).await
    }

    pub(crate) async fn tenant_with(&self, id: u128, policy: SecondFactorPolicy) -> TenantId {
        let tenant = TenantId::new(Uuid::from_u128(id));
        let request = CreateTenantRequest {
            request_id: self.request_id(),
            tenant: Some(Tenant {
                tenant_id: tenant.to_string(),
                display_name: format!("Network {id}"),
                second_factor_policy: policy.into(),
            }),
        };
        self.identity.clone().create_tenant(signed(request, &self.operator())).await.unwrap();
        tenant
    }

    pub(crate) async fn practice(&self, tenant: TenantId, name: &str) -> PracticeId {
        let request = CreatePracticeRequest {
            request_id: self.request_id(),
            practice: Some(Practice {
                tenant_id: tenant.to_string(),
                display_name: name.into(),
                disciplines: vec!["speech".into()],
                ..Practice::default()
            }),
        };
        let made = self.identity.clone().create_practice(signed(request, &self.operator())).await.unwrap();
        made.into_inner().practice_id.parse().unwrap()
    }

    pub(crate) async fn invite(&self, tenant: TenantId, name: &str) -> AccountId {
        let request = self.invitation(tenant, name);
        let made = self.identity.clone().invite_account(signed(request, &self.operator())).await.unwrap();
        made.into_inner().account_id.parse().unwrap()
    }

    pub(crate) fn invitation(&self, tenant: TenantId, name: &str) -> InviteAccountRequest {
        InviteAccountRequest {
            request_id: self.request_id(),
            tenant_id: tenant.to_string(),
            email: format!("{}@example.org", name.to_lowercase().replace(' ', ".")),
            display_name: name.into(),
            locale: "en".into(),
            discipline: "speech".into(),
            account_id: String::new(),
        }
    }

    pub(crate) async fn assign(
        &self,
        token: &str,
        to: AccountId,
        role: RoleAssignment,
    ) -> Result<AssignRoleResponse, Status> {
        let request = AssignRoleRequest {
            request_id: self.request_id(),
            account_id: to.to_string(),
            assignment: Some(assignment(&role)),
        };
        self.identity.clone().assign_role(signed(request, token)).await.map(tonic::Response::into_inner)
    }

    /// Everything on the log, as a peer reads it.
    pub(crate) async fn log(&self) -> Vec<Envelope> {
        let authority = Authority::create(&self.dir.path().join("tls"), SystemClock.now()).unwrap();
        let tls = Tls::load(&authority.role("audit").unwrap()).unwrap();
        let channel = client::channel(Service::Identity, &self.address, &tls).unwrap();
        let mut log = EventLogServiceClient::new(channel);
        let mut envelopes = Vec::new();
        for head in log.list_heads(ListHeadsRequest {}).await.unwrap().into_inner().heads {
            let request = ReadLaneRequest { lane: head.lane, after_seq: 0, page_size: 1000 };
            envelopes.extend(log.read_lane(request).await.unwrap().into_inner().envelopes);
        }
        envelopes
    }

    /// The looks and refusals that an account has on the log for an operation: `(permitted, ids returned)`.
    pub(crate) async fn accesses(&self, account: AccountId, operation: &str) -> Vec<(bool, Vec<String>)> {
        let recorded = self.recorded(account, operation).await.into_iter();
        let seen = |one: AccessRecorded| {
            (one.refusal_reason.is_empty(), one.returned.into_iter().map(|one| one.id).collect())
        };
        recorded.map(seen).collect()
    }

    /// The policies by which each was permitted.
    pub(crate) async fn rules(&self, account: AccountId, operation: &str) -> Vec<Vec<String>> {
        self.recorded(account, operation).await.into_iter().map(|one| one.rule_ids).collect()
    }

    async fn recorded(&self, account: AccountId, operation: &str) -> Vec<AccessRecorded> {
        let log = self.log().await;
        let recorded = log.iter().filter_map(|envelope| {
            let recorded: AccessRecorded = envelope.public_payload.as_ref()?.to_msg().ok()?;
            let ours = recorded.account_id == account.to_string() && recorded.operation == operation;
            ours.then_some(recorded)
        });
        recorded.collect()
    }
}

pub(crate) fn signed<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

pub(crate) fn assignment(role: &RoleAssignment) -> holdfast_proto::identity::v1::RoleAssignment {
    use holdfast_proto::Word as _;
    holdfast_proto::identity::v1::RoleAssignment {
        role: role.role.to_proto(),
        tenant_id: role.tenant.to_string(),
        practice_id: role.practice.map(|id| id.to_string()).unwrap_or_default(),
    }
}

pub(crate) fn at(role: Role, tenant: TenantId, practice: Option<PracticeId>) -> RoleAssignment {
    RoleAssignment { role, tenant, practice }
}

pub(crate) fn account_id(id: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(id))
}

pub(crate) fn sha256(text: &str) -> prost::bytes::Bytes {
    prost::bytes::Bytes::copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref())
}

pub(crate) fn reason<T: std::fmt::Debug>(outcome: Result<T, Status>) -> &'static str {
    holdfast_testkit::refusal::reason(&outcome.unwrap_err())
}
