//! The settings of every role on one machine: ports taken, certificates made, addresses known to all.
use crate::{
    data_dir::DataDir,
    databases, erasures,
    serve::{Bound, Role},
    service_key,
};
use anyhow::{Context, Result, anyhow};
use futures::future::try_join_all;
use holdfast_audit::config::{LogSettings, WitnessAddress};
use holdfast_documents::config::ObjectStoreSettings;
use holdfast_host::{
    Host,
    authority::{Authority, RoleFiles},
    settings::{
        CommonSettings, DatabaseSettings, NatsUrl, PeerSettings, StepUp, TelemetrySettings, TlsSettings,
    },
};
use holdfast_identity::config::IdentitySettings;
use holdfast_types::{Clock, Ids, Service, SystemClock, SystemIds};
use std::{collections::BTreeMap, io::ErrorKind, net::SocketAddr, sync::Arc};
use url::Url;

/// The erasure ledger, beside what a backup of the databases brings back.
const LEDGER: &str = "erasures.jsonl";
/// Where the name of the installation is, among the secrets, for whoever is on this machine.
pub(crate) const ISSUER: &str = "issuer";

/// What the roles of one machine share.
pub(crate) struct Machine<'a> {
    pub(crate) dir: &'a DataDir,
    pub(crate) postgres: databases::Urls<'a>,
    pub(crate) nats_url: String,
    pub(crate) http: SocketAddr,
    pub(crate) telemetry: TelemetrySettings,
    /// Mail server and such; keys and folders are set here.
    pub(crate) identity: IdentitySettings,
    pub(crate) log: LogSettings,
    /// Who is asked to cosign the log.
    pub(crate) witnesses: Vec<WitnessAddress>,
    pub(crate) download_entries_max: u32,
    pub(crate) step_up: StepUp,
}

/// Every role with its port, and where they answer.
pub(crate) struct Roles {
    pub(crate) bound: Vec<(Role, Bound)>,
    pub(crate) peers: PeerSettings,
    pub(crate) certificates: BTreeMap<Service, TlsSettings>,
    pub(crate) public_url: Url,
}

impl Machine<'_> {
    pub(crate) async fn roles(&self) -> Result<Roles> {
        let authority = Authority::create(&self.dir.path("certificates"), SystemClock.now())?;
        let mut certificates = BTreeMap::new();
        for service in Service::ALL {
            certificates.insert(*service, tls(authority.role(service.as_str())?));
        }
        let mut hosts = BTreeMap::new();
        for service in Service::WITH_LOG {
            let tls = certificates.get(service).context("a certificate for each role")?.load()?;
            let listen = SocketAddr::from(([127, 0, 0, 1], self.port_of(*service)));
            let host = Host::bind(listen, tls.clone(), Arc::new(SystemIds))
                .or_else(|_| Host::bind(SocketAddr::from(([127, 0, 0, 1], 0)), tls, Arc::new(SystemIds)))?;
            self.keep_port(*service, host.address().port())?;
            hosts.insert(*service, host);
        }
        let http = tokio::net::TcpListener::bind(self.http).await.with_context(|| {
            format!("the pages cannot answer at {}: choose another with --http", self.http)
        })?;
        let public_url = Url::parse(&format!("http://localhost:{}", http.local_addr()?.port()))?;
        let peers = peers(&hosts)?;
        let databases = try_join_all(Service::WITH_LOG.iter().map(|&service| async move {
            let master = self.dir.secret(&databases::master_key(service), random_hex)?;
            let database = databases::prepare(service, &self.postgres, master).await?;
            anyhow::Ok((service, database))
        }))
        .await?;
        let mut databases: BTreeMap<Service, DatabaseSettings> = databases.into_iter().collect();
        erasures::again(&self.dir.path(LEDGER), &databases).await?;
        let mut bound = Vec::new();
        for (service, host) in hosts {
            let common = CommonSettings {
                listen: host.address(),
                public_url: public_url.clone(),
                peers: peers.clone(),
                tls: certificates.get(&service).cloned().unwrap_or_default(),
                database: databases.remove(&service).unwrap_or_default(),
                nats: NatsUrl::of(self.nats_url.clone()),
                telemetry: self.telemetry.clone(),
                step_up: self.step_up,
                ..CommonSettings::default()
            };
            bound.push((self.role(service, common)?, Bound::Grpc(host)));
        }
        let common = CommonSettings {
            listen: http.local_addr()?,
            public_url: public_url.clone(),
            peers: peers.clone(),
            tls: certificates.get(&Service::Gateway).cloned().unwrap_or_default(),
            telemetry: self.telemetry.clone(),
            step_up: self.step_up,
            ..CommonSettings::default()
        };
        bound.push((self.role(Service::Gateway, common)?, Bound::Http(http)));
        Ok(Roles { bound, peers, certificates, public_url })
    }

    fn role(&self, service: Service, common: CommonSettings) -> Result<Role> {
        Ok(match service {
            Service::Identity => Role::Identity(holdfast_identity::config::Settings {
                common,
                identity: IdentitySettings {
                    token_key_file: Some(self.dir.secret("token.key", service_key::pem)?),
                    mail_dir: Some(self.dir.private_dir("mail")?),
                    issuer: Some(self.issuer()?),
                    ..self.identity.clone()
                },
            }),
            Service::Records => Role::Records(holdfast_records::config::Settings { common }),
            Service::Documents => {
                let url = Url::from_directory_path(self.dir.private_dir("objects")?)
                    .map_err(|()| anyhow!("the data directory's path is no URL"))?;
                let object_store = ObjectStoreSettings { url: Some(url), ..ObjectStoreSettings::default() };
                Role::Documents(holdfast_documents::config::Settings { common, object_store })
            }
            Service::Consent => Role::Consent(holdfast_consent::config::Settings {
                common,
                erasure_ledger: Some(self.dir.path(LEDGER)),
                ..holdfast_consent::config::Settings::default()
            }),
            Service::Messaging => Role::Messaging(holdfast_messaging::config::Settings { common }),
            Service::Audit => Role::Audit(holdfast_audit::config::Settings {
                common,
                log: LogSettings { witnesses: self.witnesses.clone(), ..self.log.clone() },
                download_entries_max: self.download_entries_max,
                ..holdfast_audit::config::Settings::default()
            }),
            Service::Gateway => Role::Gateway(common.into()),
        })
    }

    fn issuer(&self) -> Result<String> {
        if let Some(said) = &self.identity.issuer {
            return Ok(said.clone());
        }
        let path = self.dir.secret(ISSUER, issuer)?;
        Ok(std::fs::read_to_string(path)?.trim().to_owned())
    }

    /// The port of the last time, where there was one.
    fn port_of(&self, service: Service) -> u16 {
        let kept = std::fs::read_to_string(self.dir.path(&format!("{service}.port")));
        kept.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }

    fn keep_port(&self, service: Service, port: u16) -> Result<()> {
        Ok(std::fs::write(self.dir.path(&format!("{service}.port")), port.to_string())?)
    }
}

/// What the log was called the last time, where it was given a name.
pub(crate) const LOG_NAME: &str = "log.origin";

/// The log's name, folder and key. Another name begins another log, in a folder of its own, and stays until there is a third.
pub(crate) fn log_settings(dir: &DataDir, name: Option<&str>) -> Result<LogSettings> {
    let LogSettings { origin: first, .. } = LogSettings::default();
    let origin = match (name, std::fs::read_to_string(dir.path(LOG_NAME))) {
        (Some(name), _) => name.to_owned(),
        (None, Ok(kept)) => kept,
        (None, Err(error)) if error.kind() == ErrorKind::NotFound => first.clone(),
        (None, Err(error)) => return Err(error).context("what the log is called cannot be read"),
    };
    let folder = if origin == first { "log".to_owned() } else { format!("log-{}", origin.replace('/', "-")) };
    let tiles = Url::from_directory_path(dir.private_dir(&folder)?)
        .map_err(|()| anyhow!("the data directory's path is no URL"))?;
    let key_file = dir.secret("log.key", random_hex)?;
    Ok(LogSettings { tiles: Some(tiles), key_file: Some(key_file), origin, ..LogSettings::default() })
}

fn tls(files: RoleFiles) -> TlsSettings {
    TlsSettings { cert_file: Some(files.cert), key_file: Some(files.key), ca_file: Some(files.ca) }
}

fn peers(hosts: &BTreeMap<Service, Host>) -> Result<PeerSettings> {
    let address = |service: Service| -> Result<Option<Url>> {
        let host = hosts.get(&service).context("every service has a port")?;
        Ok(Some(Url::parse(&format!("https://{}", host.address()))?))
    };
    Ok(PeerSettings {
        identity: address(Service::Identity)?,
        records: address(Service::Records)?,
        documents: address(Service::Documents)?,
        consent: address(Service::Consent)?,
        messaging: address(Service::Messaging)?,
        audit: address(Service::Audit)?,
    })
}

/// A name that no other installation has, whatever port it answers at.
fn issuer() -> Result<String> {
    Ok(format!("urn:uuid:{}", SystemIds.next()))
}

/// 32 random bytes in hexadecimal.
pub(crate) fn random_hex() -> Result<String> {
    let bytes: [u8; 32] = rand::random();
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
