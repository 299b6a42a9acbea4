//! How a terminal reaches the services, and as whom: with a token, as a service account, or as the operator of the installation here.
//! No certificate of a service is shown: a token says who asks.
use crate::roles::ISSUER;
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use holdfast_access::{Claims, LIFE_SECONDS_MAX, ProgramKey, RoleAssignment, TokenSigner};
use holdfast_host::{
    client::Outgoing,
    retry::Retry,
    status::{place_of, reason_of},
};
use holdfast_proto::identity::v1::{
    AccessToken, IssueServiceTokenRequest, identity_service_client::IdentityServiceClient,
};
use holdfast_types::{AccountId, Clock, Ids, Role, Service, SystemClock, SystemIds, TenantId};
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::Instant;
use tonic::{
    Status,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};
use uuid::Uuid;

/// Whoever holds the data directory, at its terminal.
const TERMINAL: AccountId = AccountId::new(Uuid::from_u128(0x5f0c_8b1e_3d27_4a94_b6c8_71d2_90ae_4e55));
/// Role assignments of operators name no tenant.
const INSTALLATION: TenantId = TenantId::new(Uuid::nil());
/// A token that lives five minutes is renewed this long after it was got.
const RENEW_AFTER: Duration = Duration::from_secs(240);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TOKEN_BYTES_MAX: u64 = 64 * 1024;
const PATIENCE: Retry =
    Retry { attempts_max: 8, first_delay: Duration::from_millis(100), delay_max: Duration::from_secs(2) };

#[derive(Args)]
pub(crate) struct Reach {
    /// The data directory of the `up` that runs.
    #[arg(long, default_value = ".holdfast")]
    data_dir: PathBuf,
    /// Address of the records service elsewhere, e.g. https://records:7100; then `--tls-ca-file` is needed, too.
    #[arg(long, env = "HOLDFAST_RECORDS_ADDR", value_name = "URL")]
    pub(crate) records_addr: Option<String>,
    /// Address of the identity service elsewhere, for a service account.
    #[arg(long, env = "HOLDFAST_IDENTITY_ADDR", value_name = "URL")]
    identity_addr: Option<String>,
    /// Certificate of that installation's authority, PEM.
    #[arg(long, env = "HOLDFAST_TLS_CA_FILE", value_name = "PATH")]
    tls_ca_file: Option<PathBuf>,
    /// File with an access token of whoever asks; `-` is standard input.
    #[arg(long, value_name = "PATH", conflicts_with = "service_account")]
    token_file: Option<PathBuf>,
    /// Ask as this service account.
    #[arg(long, value_name = "ID", requires = "key_file")]
    service_account: Option<AccountId>,
    /// File with its private key, as `holdfast service-key` makes it.
    #[arg(long, value_name = "PATH", requires = "service_account")]
    key_file: Option<PathBuf>,
    /// Name of that installation (its setting `issuer`, or else its public URL).
    #[arg(long, value_name = "NAME", requires = "service_account")]
    audience: Option<String>,
}

/// An open line to one service, good for as long as it takes.
pub(crate) struct Line {
    channel: Channel,
    speaker: Speaker,
    token: Option<(SecretString, Instant)>,
}

enum Speaker {
    Operator(TokenSigner),
    Bearer(SecretString),
    Program { account: AccountId, key: ProgramKey, audience: String, identity: Channel },
}

impl Reach {
    pub(crate) fn line_to_records(&self) -> Result<Line> {
        self.line_to(Service::Records, self.records_addr.as_deref())
    }

    /// Without an address to the installation here; with one, everything is elsewhere.
    pub(crate) fn line_to(&self, service: Service, address: Option<&str>) -> Result<Line> {
        let elsewhere = address.is_some();
        let speaker = match (&self.token_file, self.service_account, &self.key_file) {
            (Some(path), _, _) => Speaker::Bearer(token(path)?),
            (None, Some(account), Some(path)) => {
                let identity = self.identity_addr.as_deref().filter(|_| elsewhere);
                ensure!(identity.is_some() || !elsewhere, "where identity answers is not said");
                let identity = self.channel(Service::Identity, identity)?;
                let audience = match &self.audience {
                    Some(audience) => audience.clone(),
                    None if elsewhere => bail!("whom to sign for is not said: --audience"),
                    None => text(&self.data_dir.join("secrets").join(ISSUER))?.expose_secret().to_owned(),
                };
                let key = fs::read(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
                Speaker::Program { account, key: ProgramKey::from_pkcs8(&key)?, audience, identity }
            }
            _ if elsewhere => {
                bail!("say who asks: --token-file, or --service-account and --key-file")
            }
            _ => {
                let path = self.data_dir.join("secrets").join("token.key");
                let key = fs::read(&path).with_context(|| format!("`{}` cannot be read", path.display()))?;
                Speaker::Operator(TokenSigner::from_pkcs8(&key)?)
            }
        };
        let channel = self.channel(service, address)?;
        Ok(Line { channel, speaker, token: None })
    }

    fn channel(&self, service: Service, address: Option<&str>) -> Result<Channel> {
        let (address, ca) = match (address, &self.tls_ca_file) {
            (Some(address), Some(ca)) => (address.to_owned(), ca.clone()),
            (Some(_), None) => bail!("{service} is elsewhere: --tls-ca-file is needed"),
            (None, _) => {
                let path = self.data_dir.join(format!("{service}.port"));
                let port = fs::read_to_string(&path)
                    .with_context(|| format!("`{}` has no installation", self.data_dir.display()))?;
                let ca = self.data_dir.join("certificates").join("ca.crt");
                (format!("https://127.0.0.1:{}", port.trim()), ca)
            }
        };
        let ca = fs::read(&ca).with_context(|| format!("`{}` cannot be read", ca.display()))?;
        let tls =
            ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca)).domain_name(service.as_str());
        Ok(Endpoint::from_shared(address)?.tls_config(tls)?.connect_timeout(CONNECT_TIMEOUT).connect_lazy())
    }
}

impl Line {
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// What the next call carries: renewed in time, where it can be.
    pub(crate) async fn outgoing(&mut self) -> Result<Outgoing> {
        let fresh = self.token.as_ref().filter(|(_, got)| got.elapsed() < RENEW_AFTER);
        let token = match (fresh, &self.speaker) {
            (Some((token, _)), _) => token.clone(),
            (None, Speaker::Bearer(token)) => token.clone(),
            (None, Speaker::Operator(signer)) => operator(signer)?.into(),
            (None, Speaker::Program { account, key, audience, identity }) => {
                let client = IdentityServiceClient::new(identity.clone());
                // Signed anew for each try: the last one may have arrived.
                let AccessToken { token, .. } = ask(|| {
                    let mut client = client.clone();
                    let assertion = key.sign(*account, audience, SystemIds.next(), SystemClock.now());
                    async move {
                        let client_assertion =
                            assertion.map_err(|error| Status::internal(error.to_string()))?;
                        let request = IssueServiceTokenRequest {
                            account_id: account.to_string(),
                            client_assertion,
                            ..IssueServiceTokenRequest::default()
                        };
                        client.issue_service_token(request).await
                    }
                })
                .await?;
                token.into()
            }
        };
        self.token = Some((token.clone(), Instant::now()));
        Ok(Outgoing::new().bearer(token))
    }
}

/// A question, asked again while the other side is away.
pub(crate) async fn ask<T, F>(call: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<tonic::Response<T>, Status>>,
{
    match PATIENCE.idempotent(call).await {
        Ok(answer) => Ok(answer.into_inner()),
        Err(status) => {
            let reason = reason_of(&status).map_or("no reason", |reason| reason.name());
            match place_of(&status).filter(|place| !status.message().contains(place.as_str())) {
                Some(place) => bail!("{reason}: `{place}`: {}", status.message()),
                None => bail!("{reason}: {}", status.message()),
            }
        }
    }
}

fn operator(signer: &TokenSigner) -> Result<String> {
    let now = SystemClock.now().timestamp();
    let roles = vec![RoleAssignment { role: Role::Operator, tenant: INSTALLATION, practice: None }];
    let claims = Claims { account: TERMINAL, session: None, roles, iat: now, exp: now + LIFE_SECONDS_MAX };
    Ok(signer.sign(&claims)?)
}

fn token(path: &Path) -> Result<SecretString> {
    if path != Path::new("-") {
        return text(path);
    }
    let mut read = String::new();
    std::io::stdin().take(TOKEN_BYTES_MAX).read_to_string(&mut read)?;
    Ok(read.trim().to_owned().into())
}

fn text(path: &Path) -> Result<SecretString> {
    let file = fs::File::open(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    let mut read = String::new();
    file.take(TOKEN_BYTES_MAX).read_to_string(&mut read)?;
    Ok(read.trim().to_owned().into())
}
