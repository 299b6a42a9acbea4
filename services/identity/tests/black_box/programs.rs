//! Programs: they show who they are by what their keys sign, each time anew.
use crate::world::{ISSUER, World, account_id, assignment, at, reason, signed, world};
use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    signature::Ed25519KeyPair,
};
use holdfast_access::{ProgramKey, key_set};
use holdfast_proto::identity::v1::{identity_service_client::IdentityServiceClient, *};
use holdfast_types::{AccountId, Clock as _, Role, TenantId};
use serde_json::{Value, json};
use tonic::{Status, transport::Channel};
use uuid::Uuid;

impl World {
    /// A program that signs with the key of the seed.
    pub(crate) async fn program(&self, tenant: TenantId, key: &ProgramKey) -> AccountId {
        let request = CreateServiceAccountRequest {
            request_id: self.request_id(),
            tenant_id: tenant.to_string(),
            display_name: "Scheduler".into(),
            jwks_json: key_set(&[key.public_key()]),
        };
        let made = self.identity.clone().create_service_account(signed(request, &self.operator())).await;
        made.unwrap().into_inner().account.unwrap().account_id.parse().unwrap()
    }

    pub(crate) async fn assert(
        &self,
        program: AccountId,
        client_assertion: String,
    ) -> Result<AccessToken, Status> {
        let request = IssueServiceTokenRequest {
            account_id: program.to_string(),
            client_assertion,
            ..IssueServiceTokenRequest::default()
        };
        self.identity.clone().issue_service_token(request).await.map(tonic::Response::into_inner)
    }

    /// A token for what the key has signed just now, under an id that was never used.
    async fn signs(&self, program: AccountId, key: &ProgramKey) -> Result<AccessToken, Status> {
        let id = Uuid::parse_str(&self.request_id()).unwrap();
        self.assert(program, key.sign(program, ISSUER, id, self.clock.now()).unwrap()).await
    }

    async fn add_keys(&self, token: &str, to: AccountId, jwks_json: String) -> Result<Vec<Value>, Status> {
        let (request_id, account_id) = (self.request_id(), to.to_string());
        let request = AddServiceKeysRequest { request_id, account_id, jwks_json };
        let answer = self.identity.clone().add_service_keys(signed(request, token)).await?;
        Ok(keys_of(&answer.into_inner()))
    }

    async fn remove_key(&self, token: &str, of: AccountId, key_id: &str) -> Result<Vec<Value>, Status> {
        let (request_id, account_id) = (self.request_id(), of.to_string());
        let request = RemoveServiceKeyRequest { request_id, account_id, key_id: key_id.into() };
        let answer = self.identity.clone().remove_service_key(signed(request, token)).await?;
        Ok(keys_of(&answer.into_inner()))
    }
}

pub(crate) fn program_key(seed: u8) -> ProgramKey {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    ProgramKey::from_pkcs8(der.as_ref()).unwrap()
}

fn keys_of(answer: &ServiceKeys) -> Vec<Value> {
    let set: Value = serde_json::from_str(&answer.jwks_json).unwrap();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect()
}

#[tokio::test]
async fn a_program_gets_tokens_for_what_its_key_has_signed() {
    let world = world().await;
    let (tenant, key) = (world.tenant(1).await, program_key(1));
    let program = world.program(tenant, &key).await;
    let issued = world.signs(program, &key).await.unwrap();
    assert_eq!(issued.account.unwrap().roles, [assignment(&at(Role::ServiceAccount, tenant, None))]);
    assert_eq!(reason(world.signs(program, &program_key(2)).await), "ASSERTION_KEY_UNKNOWN");
    assert_eq!(reason(world.signs(account_id(4), &key).await), "ASSERTION_KEY_UNKNOWN");
    let person = world.sign_in("rosa@example.org").await.account_id.parse().unwrap();
    assert_eq!(reason(world.signs(person, &key).await), "ASSERTION_KEY_UNKNOWN");
}

#[tokio::test]
async fn what_was_shown_once_is_refused_by_every_process_until_it_is_too_old_to_be_shown() {
    let world = world().await;
    let (tenant, key) = (world.tenant(1).await, program_key(1));
    let program = world.program(tenant, &key).await;
    let beside = world.beside();
    let now = world.clock.now();
    let assertion = key.sign(program, ISSUER, Uuid::from_u128(1), now).unwrap();
    let show = |to: &IdentityServiceClient<Channel>| {
        let mut identity = to.clone();
        let request = IssueServiceTokenRequest {
            account_id: program.to_string(),
            client_assertion: assertion.clone(),
            ..IssueServiceTokenRequest::default()
        };
        async move { identity.issue_service_token(request).await.map(tonic::Response::into_inner) }
    };
    let (here, there) = tokio::join!(show(&world.identity), show(&beside));
    assert_eq!([&here, &there].iter().filter(|one| one.is_ok()).count(), 1, "of two at once one is taken");
    for to in [&world.identity, &beside] {
        assert_eq!(reason(show(to).await), "ASSERTION_REPLAYED");
    }
    world.clock.advance(chrono::TimeDelta::seconds(119));
    assert_eq!(reason(show(&world.identity).await), "ASSERTION_REPLAYED");
    world.clock.advance(chrono::TimeDelta::seconds(1));
    assert_eq!(reason(show(&world.identity).await), "ASSERTION_EXPIRED");
    // Another program may have the same thought.
    let other = program_key(2);
    let second = world.program(tenant, &other).await;
    let same = other.sign(second, ISSUER, Uuid::from_u128(1), world.clock.now()).unwrap();
    world.assert(second, same).await.unwrap();
}

#[tokio::test]
async fn each_refusal_of_an_assertion_has_its_reason() {
    let world = world().await;
    let (tenant, key) = (world.tenant(1).await, program_key(1));
    let program = world.program(tenant, &key).await;
    let elsewhere = key.sign(program, "https://elsewhere.example", Uuid::from_u128(1), world.clock.now());
    assert_eq!(reason(world.assert(program, elsewhere.unwrap()).await), "ASSERTION_AUDIENCE");
    assert_eq!(reason(world.assert(program, "no assertion".into()).await), "ASSERTION_MALFORMED");
    let of_another = key.sign(account_id(9), ISSUER, Uuid::from_u128(2), world.clock.now()).unwrap();
    assert_eq!(reason(world.assert(program, of_another).await), "ASSERTION_SUBJECT");
    let early = world.clock.now() + chrono::TimeDelta::seconds(61);
    let early = key.sign(program, ISSUER, Uuid::from_u128(3), early).unwrap();
    assert_eq!(reason(world.assert(program, early).await), "ASSERTION_EARLY");
    #[expect(deprecated, reason = "whoever still sends one is told")]
    let secret = IssueServiceTokenRequest {
        account_id: program.to_string(),
        secret: "of old".into(),
        client_assertion: String::new(),
    };
    assert_eq!(reason(world.identity.clone().issue_service_token(secret).await), "FIELD_INVALID");
}

#[tokio::test]
async fn a_program_goes_over_to_another_key_without_a_moment_in_which_none_is_taken() {
    let world = world().await;
    let (old, new) = (program_key(1), program_key(2));
    let program = world.program(world.tenant(1).await, &old).await;
    let operator = world.operator();
    let both = world.add_keys(&operator, program, key_set(&[new.public_key()])).await.unwrap();
    assert_eq!(both.len(), 2);
    world.signs(program, &old).await.unwrap();
    world.signs(program, &new).await.unwrap();
    let left = world.remove_key(&operator, program, &old.public_key().kid()).await.unwrap();
    assert_eq!(left, [json!(new.public_key().kid())]);
    assert_eq!(reason(world.signs(program, &old).await), "ASSERTION_KEY_UNKNOWN");
    world.signs(program, &new).await.unwrap();
    let asked = GetServiceKeysRequest { account_id: program.to_string() };
    let held = world.identity.clone().get_service_keys(signed(asked, &operator)).await.unwrap();
    assert_eq!(keys_of(&held.into_inner()), left);
    world.remove_key(&operator, program, &new.public_key().kid()).await.unwrap();
    assert_eq!(reason(world.signs(program, &new).await), "ASSERTION_KEY_UNKNOWN");
    let log = world.log().await;
    let changes = log.iter().filter(|one| one.r#type.starts_with("account.key")).count();
    assert_eq!(changes, 3, "each change is an event");
}

#[tokio::test]
async fn operators_alone_change_keys_and_only_those_of_programs() {
    let world = world().await;
    let (tenant, key) = (world.tenant(1).await, program_key(1));
    let program = world.program(tenant, &key).await;
    let administrator = world.token_of(8, &[at(Role::PracticeAdministrator, tenant, None)]);
    let another = || key_set(&[program_key(2).public_key()]);
    assert_eq!(reason(world.add_keys(&administrator, program, another()).await), "NOT_PERMITTED");
    assert_eq!(reason(world.remove_key(&administrator, program, "a").await), "NOT_PERMITTED");
    let asked = GetServiceKeysRequest { account_id: program.to_string() };
    let refused = world.identity.clone().get_service_keys(signed(asked, &administrator)).await;
    assert_eq!(reason(refused), "NOT_PERMITTED");
    let operator = world.operator();
    let same = key_set(&[key.public_key()]);
    assert_eq!(reason(world.add_keys(&operator, program, same).await), "SERVICE_KEY_KNOWN");
    assert_eq!(reason(world.remove_key(&operator, program, "a").await), "SERVICE_KEY_UNKNOWN");
    let many: Vec<_> = (2..7).map(|seed| program_key(seed).public_key()).collect();
    assert_eq!(reason(world.add_keys(&operator, program, key_set(&many)).await), "TOO_MANY_SERVICE_KEYS");
    let person = world.sign_in("rosa@example.org").await.account_id.parse().unwrap();
    assert_eq!(reason(world.add_keys(&operator, person, another()).await), "KEY_FOR_PROGRAMS");
    assert_eq!(reason(world.add_keys(&operator, account_id(4), another()).await), "ACCOUNT_UNKNOWN");
    let private = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AQ", "d": "AQ"}]}).to_string();
    assert_eq!(reason(world.add_keys(&operator, program, private).await), "KEY_SET_REFUSED");
}

#[tokio::test]
async fn a_service_account_is_created_once_and_by_operators_alone() {
    let world = world().await;
    let tenant = world.tenant(1).await;
    let request = CreateServiceAccountRequest {
        request_id: world.request_id(),
        tenant_id: tenant.to_string(),
        display_name: "Scheduler".into(),
        jwks_json: key_set(&[program_key(1).public_key()]),
    };
    let create = |request: CreateServiceAccountRequest, token: String| {
        let mut identity = world.identity.clone();
        async move {
            identity.create_service_account(signed(request, &token)).await.map(tonic::Response::into_inner)
        }
    };
    let made = create(request.clone(), world.operator()).await.unwrap();
    assert_eq!(create(request.clone(), world.operator()).await.unwrap(), made, "it acts once");
    let administrator = world.token_of(8, &[at(Role::PracticeAdministrator, tenant, None)]);
    let other = CreateServiceAccountRequest { request_id: world.request_id(), ..request.clone() };
    assert_eq!(reason(create(other, administrator).await), "NOT_PERMITTED");
    let keyless = CreateServiceAccountRequest {
        request_id: world.request_id(),
        jwks_json: json!({"keys": []}).to_string(),
        ..request
    };
    assert_eq!(reason(create(keyless, world.operator()).await), "KEY_SET_REFUSED");
}
