//! Sign-in providers over HTTP (OpenID Connect Discovery 1.0; RFC 6749, section 4.1.3): what they publish, kept for a while, and what they
//! say for a code. No redirect is followed, no answer is large, and none is waited for long.
use crate::domain::id_token::{Broken, Expected, Identified, identified};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::Jwk;
use reqwest::{Client, RequestBuilder, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::Mutex;
use url::Url;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(8);
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// How long what a provider publishes is kept.
const KEPT: TimeDelta = TimeDelta::minutes(10);
/// For a key that is not known it is asked again, but not more often.
const AGAIN_AFTER: TimeDelta = TimeDelta::seconds(10);
const PROVIDERS_MAX: usize = 1_000;

#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    #[error("the provider does not answer")]
    Away(#[source] reqwest::Error),
    #[error("the provider answers with status {0}")]
    Status(u16),
    #[error("the provider answers what cannot be read, or too much")]
    Unreadable,
    #[error("the provider names an address that is not HTTPS")]
    Address,
    #[error("the provider names itself differently")]
    OtherName,
    #[error("the provider takes the code no more")]
    CodeRefused,
    #[error("the provider's answer breaks a rule")]
    Broken(#[source] Broken),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct Endpoint(Url);

impl TryFrom<String> for Endpoint {
    type Error = url::ParseError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Url::parse(&text).map(Self)
    }
}

/// What a provider publishes of itself.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Discovered {
    issuer: String,
    authorization_endpoint: Endpoint,
    token_endpoint: Endpoint,
    jwks_uri: Endpoint,
    userinfo_endpoint: Option<Endpoint>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// RFC 9207, section 3.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

struct Kept {
    discovered: Arc<Discovered>,
    keys: Arc<Vec<Jwk>>,
    time: DateTime<Utc>,
}

/// Whom a code is handed in as, and for what.
pub(crate) struct Exchange<'a> {
    pub client_id: &'a str,
    pub client_secret: &'a SecretString,
    pub code: &'a str,
    pub verifier: &'a str,
    pub redirect_uri: &'a str,
    pub nonce: &'a str,
    /// The claim without which the userinfo endpoint is asked, too.
    pub wanted: &'a str,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

/// Those that were asked lately.
pub(crate) struct Providers {
    client: Client,
    /// Whether this installation is itself on loopback, where nothing is encrypted.
    on_loopback: bool,
    kept: Mutex<HashMap<String, Kept>>,
}

impl Discovered {
    pub(crate) fn authorization_endpoint(&self) -> Url {
        self.authorization_endpoint.0.clone()
    }

    /// RFC 9207, section 2.4: the answer says whose it is where the provider says that it does.
    pub(crate) fn answers_as(&self, issuer: Option<&str>) -> bool {
        match issuer {
            Some(issuer) => issuer == self.issuer,
            None => !self.authorization_response_iss_parameter_supported,
        }
    }

    fn takes_secret_in_body(&self) -> bool {
        self.token_endpoint_auth_methods_supported.as_ref().is_some_and(|methods| {
            let takes = |wanted: &str| methods.iter().any(|method| method == wanted);
            takes("client_secret_post") && !takes("client_secret_basic")
        })
    }
}

impl Providers {
    pub(crate) fn new(public_url: &Url) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .redirect(redirect::Policy::none())
            .build()?;
        Ok(Self { client, on_loopback: is_loopback(public_url), kept: Mutex::default() })
    }

    /// HTTPS, or where this installation is on loopback, loopback.
    pub(crate) fn takes(&self, url: &Url) -> bool {
        url.username().is_empty()
            && url.password().is_none()
            && (url.scheme() == "https" || (self.on_loopback && url.scheme() == "http" && is_loopback(url)))
    }

    pub(crate) async fn discovered(
        &self,
        issuer: &str,
        now: DateTime<Utc>,
    ) -> Result<Arc<Discovered>, ProviderError> {
        Ok(self.published(issuer, now, KEPT).await?.0)
    }

    /// Who it is that brought the code.
    pub(crate) async fn exchange(
        &self,
        issuer: &str,
        exchange: &Exchange<'_>,
        now: DateTime<Utc>,
    ) -> Result<Identified, ProviderError> {
        let (discovered, keys) = self.published(issuer, now, KEPT).await?;
        let tokens: Tokens = self.tokens(&discovered, exchange).await?;
        let Exchange { client_id, nonce, .. } = *exchange;
        let expected = Expected { issuer, client_id, nonce, now };
        let known = match identified(&tokens.id_token, &keys, expected) {
            // It may have begun to sign with another.
            Err(Broken::Key) => {
                let (_, keys) = self.published(issuer, now, AGAIN_AFTER).await?;
                identified(&tokens.id_token, &keys, expected)
            }
            outcome => outcome,
        }
        .map_err(ProviderError::Broken)?;
        let lacks = known.verified_email().is_none() || known.claims.get(exchange.wanted).is_none();
        match (&discovered.userinfo_endpoint, &tokens.access_token) {
            (Some(endpoint), Some(token)) if lacks => {
                let told = self.answer(self.client.get(endpoint.0.clone()).bearer_auth(token)).await?;
                known.beside(told).map_err(ProviderError::Broken)
            }
            _ => Ok(known),
        }
    }

    async fn tokens(
        &self,
        discovered: &Discovered,
        exchange: &Exchange<'_>,
    ) -> Result<Tokens, ProviderError> {
        let secret = exchange.client_secret.expose_secret();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", exchange.code),
            ("redirect_uri", exchange.redirect_uri),
            ("code_verifier", exchange.verifier),
        ];
        let mut request = self.client.post(discovered.token_endpoint.0.clone());
        if discovered.takes_secret_in_body() {
            form.extend([("client_id", exchange.client_id), ("client_secret", secret)]);
        } else {
            // RFC 6749, section 2.3.1: encoded as a form would be.
            request = request.basic_auth(encoded(exchange.client_id), Some(encoded(secret)));
        }
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = request
            .header(reqwest::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(reqwest::header::ACCEPT, "application/json")
            .body(body);
        match self.answer(request).await {
            Err(ProviderError::Status(400)) => Err(ProviderError::CodeRefused),
            outcome => outcome,
        }
    }

    /// What the provider publishes, not older than said. Who asks meanwhile waits for the same answer.
    async fn published(
        &self,
        issuer: &str,
        now: DateTime<Utc>,
        older_than: TimeDelta,
    ) -> Result<(Arc<Discovered>, Arc<Vec<Jwk>>), ProviderError> {
        let fresh = |kept: &Kept| now - kept.time < older_than;
        if let Some(kept) = self.kept.lock().await.get(issuer).filter(|kept| fresh(kept)) {
            return Ok((Arc::clone(&kept.discovered), Arc::clone(&kept.keys)));
        }
        let (discovered, keys) = self.ask(issuer).await?;
        let (discovered, keys) = (Arc::new(discovered), Arc::new(keys));
        let mut all = self.kept.lock().await;
        all.retain(|_, kept| now - kept.time < KEPT);
        if all.len() < PROVIDERS_MAX {
            let (discovered, keys) = (Arc::clone(&discovered), Arc::clone(&keys));
            all.insert(issuer.to_owned(), Kept { discovered, keys, time: now });
        }
        Ok((discovered, keys))
    }

    async fn ask(&self, issuer: &str) -> Result<(Discovered, Vec<Jwk>), ProviderError> {
        let document = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let document =
            Url::parse(&document).ok().filter(|url| self.takes(url)).ok_or(ProviderError::Address)?;
        let discovered: Discovered = self.answer(self.client.get(document)).await?;
        if discovered.issuer != issuer {
            return Err(ProviderError::OtherName);
        }
        let named = [&discovered.authorization_endpoint, &discovered.token_endpoint, &discovered.jwks_uri];
        if !named.into_iter().chain(&discovered.userinfo_endpoint).all(|endpoint| self.takes(&endpoint.0)) {
            return Err(ProviderError::Address);
        }
        #[derive(Deserialize)]
        struct KeySet {
            keys: Vec<Value>,
        }
        let KeySet { keys } = self.answer(self.client.get(discovered.jwks_uri.0.clone())).await?;
        // Keys of a kind that nobody here knows are passed over.
        let keys = keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect();
        Ok((discovered, keys))
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ProviderError> {
        let mut response = request.send().await.map_err(|error| ProviderError::Away(error.without_url()))?;
        let mut body = Vec::new();
        while let Some(part) =
            response.chunk().await.map_err(|error| ProviderError::Away(error.without_url()))?
        {
            body.extend_from_slice(&part);
            if body.len() > ANSWER_BYTES_MAX {
                return Err(ProviderError::Unreadable);
            }
        }
        match response.status().as_u16() {
            200 => serde_json::from_slice(&body).map_err(|_| ProviderError::Unreadable),
            status => Err(ProviderError::Status(status)),
        }
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_https_but_for_loopback_beside_loopback() {
        let takes = |public: &str, url: &str| {
            Providers::new(&Url::parse(public).unwrap()).unwrap().takes(&Url::parse(url).unwrap())
        };
        holdfast_host::tls::install_crypto();
        assert!(takes("https://holdfast.example", "https://login.example"));
        assert!(takes("http://localhost:8080", "http://127.0.0.1:9"));
        assert!(takes("http://localhost:8080", "http://[::1]:9"));
        for url in
            ["http://login.example", "http://127.0.0.1:9", "https://user:pass@login.example", "file:///a"]
        {
            assert!(!takes("https://holdfast.example", url), "{url}");
        }
        assert!(!takes("http://localhost:8080", "http://login.example"));
    }
}
