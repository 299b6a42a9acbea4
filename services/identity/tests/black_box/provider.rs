//! A sign-in provider on loopback, which says what a test wants it to say; and browsers that come back from it.
use crate::world::*;
use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    signature::Ed25519KeyPair,
};
use axum::{
    Form, Json, Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use holdfast_proto::identity::v1::*;
use holdfast_types::{Clock as _, PracticeId, Role, TenantId};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tonic::Status;
use url::Url;

pub(crate) const DOMAIN: &str = "example.org";

/// What it does when it is asked.
pub(crate) struct Script {
    /// Over what a good answer says; null takes a claim away.
    pub(crate) says: Value,
    /// Told at the userinfo endpoint.
    pub(crate) besides: Value,
    pub(crate) signs_with: u8,
    pub(crate) publishes: u8,
    pub(crate) says_its_name: bool,
    /// The challenge of the sign-in that is under way, until its code is handed in.
    challenge: Option<String>,
}

#[derive(Clone)]
pub(crate) struct TestProvider {
    pub(crate) issuer: String,
    pub(crate) script: Arc<Mutex<Script>>,
}

/// A browser that was sent there.
pub(crate) struct Sent {
    pub(crate) state: String,
    pub(crate) url: Url,
}

fn key(seed: u8) -> EncodingKey {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    EncodingKey::from_ed_der(der.as_ref())
}

impl TestProvider {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let script = Script {
            says: json!({}),
            besides: Value::Null,
            signs_with: 1,
            publishes: 1,
            says_its_name: false,
            challenge: None,
        };
        let provider = Self { issuer, script: Arc::new(Mutex::new(script)) };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        provider
    }

    pub(crate) fn says(&self, says: Value) {
        self.script.lock().unwrap().says = says;
    }
}

async fn discovery(State(provider): State<TestProvider>) -> Json<Value> {
    let TestProvider { issuer, script } = provider;
    let script = script.lock().unwrap();
    let mut document = json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
        "authorization_response_iss_parameter_supported": script.says_its_name,
    });
    if !script.besides.is_null() {
        document["userinfo_endpoint"] = json!(format!("{issuer}/userinfo"));
    }
    Json(document)
}

async fn keys(State(provider): State<TestProvider>) -> Json<Value> {
    let seed = provider.script.lock().unwrap().publishes;
    let mut jwk = Jwk::from_encoding_key(&key(seed), Algorithm::EdDSA).unwrap();
    jwk.common.key_id = Some(seed.to_string());
    // One of a kind that nobody knows stands beside it.
    Json(json!({ "keys": [jwk, {"kty": "unheard of"}] }))
}

async fn token(State(provider): State<TestProvider>, Form(form): Form<HashMap<String, String>>) -> Response {
    let mut script = provider.script.lock().unwrap();
    let challenge = URL_SAFE_NO_PAD.encode(sha256(&form["code_verifier"]));
    if form["code"] != "good" || script.challenge.take() != Some(challenge) {
        return (http_bad(), Json(json!({"error": "invalid_grant"}))).into_response();
    }
    let mut claims = script.says.clone();
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let header = Header { kid: Some(script.signs_with.to_string()), ..Header::new(Algorithm::EdDSA) };
    let id_token = jsonwebtoken::encode(&header, &claims, &key(script.signs_with)).unwrap();
    Json(json!({"id_token": id_token, "access_token": "open", "token_type": "Bearer"})).into_response()
}

fn http_bad() -> axum::http::StatusCode {
    axum::http::StatusCode::BAD_REQUEST
}

async fn userinfo(State(provider): State<TestProvider>) -> Json<Value> {
    Json(provider.script.lock().unwrap().besides.clone())
}

impl World {
    pub(crate) fn provider_at(
        &self,
        provider: &TestProvider,
        tenant: TenantId,
        practice: PracticeId,
    ) -> SignInProvider {
        let mapping = |value: &str, role| RoleMapping {
            value: value.into(),
            assignment: Some(assignment(&at(role, tenant, Some(practice)))),
        };
        SignInProvider {
            tenant_id: tenant.to_string(),
            practice_id: practice.to_string(),
            issuer: provider.issuer.clone(),
            client_id: "holdfast".into(),
            scopes: vec!["profile".into()],
            email_domains: vec![DOMAIN.into()],
            role_claim: "groups".into(),
            role_mappings: vec![mapping("clinicians", Role::Therapist), mapping("desk", Role::FrontDesk)],
            second_factor_amr: vec!["mfa".into()],
            second_factor_acr: vec!["urn:two".into()],
        }
    }

    pub(crate) async fn set_provider(
        &self,
        token: &str,
        provider: SignInProvider,
    ) -> Result<SignInProvider, Status> {
        let request = SetSignInProviderRequest {
            request_id: self.request_id(),
            provider: Some(provider),
            client_secret: "a secret of the practice".into(),
        };
        let mut identity = self.identity.clone();
        identity.set_sign_in_provider(signed(request, token)).await.map(tonic::Response::into_inner)
    }

    /// A provider of a practice that asks for no second factor.
    pub(crate) async fn practice_with_provider(&self) -> (TestProvider, TenantId, PracticeId) {
        let provider = TestProvider::start().await;
        let tenant = self.tenant(1).await;
        let practice = self.practice(tenant, "Little Steps").await;
        self.set_provider(&self.operator(), self.provider_at(&provider, tenant, practice)).await.unwrap();
        (provider, tenant, practice)
    }

    pub(crate) async fn begin(&self, email: &str) -> Result<Url, Status> {
        let request = BeginProviderSignInRequest { email: email.into(), browser_digest: sha256(BROWSER) };
        let answer = self.identity.clone().begin_provider_sign_in(request).await?;
        Ok(Url::parse(&answer.into_inner().authorization_url).unwrap())
    }

    /// Sent to the provider, which will say who it is that comes back.
    pub(crate) async fn sent(&self, provider: &TestProvider, email: &str, over: Value) -> Sent {
        let url = self.begin(email).await.unwrap();
        let asked: HashMap<_, _> = url.query_pairs().into_owned().collect();
        let now = self.clock.now().timestamp();
        let mut says = json!({
            "iss": provider.issuer, "sub": email, "aud": "holdfast", "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], "email": email, "email_verified": true, "groups": ["clinicians"],
        });
        says.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
        provider.says(says);
        provider.script.lock().unwrap().challenge = Some(asked["code_challenge"].clone());
        Sent { state: asked["state"].clone(), url }
    }

    pub(crate) fn back(&self, sent: &Sent) -> CompleteProviderSignInRequest {
        CompleteProviderSignInRequest {
            request_id: self.request_id(),
            state: sent.state.clone(),
            code: "good".into(),
            browser_secret: BROWSER.into(),
            user_agent: "Firefox on Android".into(),
            device_digest: sha256("a telephone"),
            ..CompleteProviderSignInRequest::default()
        }
    }

    pub(crate) async fn come_back(
        &self,
        request: CompleteProviderSignInRequest,
    ) -> Result<CompleteSignInResponse, Status> {
        self.identity.clone().complete_provider_sign_in(request).await.map(tonic::Response::into_inner)
    }

    /// There and back.
    pub(crate) async fn vouched(
        &self,
        provider: &TestProvider,
        email: &str,
        over: Value,
    ) -> Result<CompleteSignInResponse, Status> {
        let sent = self.sent(provider, email, over).await;
        self.come_back(self.back(&sent)).await
    }

    pub(crate) async fn roles_of(&self, session: &CompleteSignInResponse) -> Vec<RoleAssignment> {
        self.issue(&session.session_secret).await.unwrap().account.unwrap().roles
    }
}
