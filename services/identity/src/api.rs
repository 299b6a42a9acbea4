//! gRPC: proto to domain and back, and refusals to problems.
mod account;
mod administration;
mod directory;
mod factors;
pub(crate) mod invitation;
mod link;
mod message;
mod passkey;
mod provider;
mod refusal;
pub(crate) mod reviews;
mod sign_in;

use crate::app::App;
use holdfast_host::Problem;
use holdfast_proto::identity::v1::{
    identity_service_server::{IdentityService, IdentityServiceServer},
    *,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub(crate) use link::Consent;

/// `consent`: none where it is not said where it is.
pub(crate) fn service(app: Arc<App>, consent: Option<Consent>) -> IdentityServiceServer<Rpc> {
    IdentityServiceServer::new(Rpc(app, consent))
}

pub(crate) struct Rpc(Arc<App>, Option<Consent>);

type Answer<T> = Result<Response<T>, Status>;

fn answer<T>(outcome: Result<T, Problem>) -> Answer<T> {
    outcome.map(Response::new).map_err(Status::from)
}

#[tonic::async_trait]
impl IdentityService for Rpc {
    async fn request_sign_in(&self, request: Request<RequestSignInRequest>) -> Answer<RequestSignInResponse> {
        answer(sign_in::request(&self.0, request).await)
    }
    async fn complete_sign_in(
        &self,
        request: Request<CompleteSignInRequest>,
    ) -> Answer<CompleteSignInResponse> {
        answer(sign_in::complete(&self.0, request).await)
    }
    async fn begin_passkey_sign_in(
        &self,
        request: Request<BeginPasskeySignInRequest>,
    ) -> Answer<PasskeyChallenge> {
        answer(passkey::begin_sign_in(&self.0, request).await)
    }
    async fn complete_passkey_sign_in(
        &self,
        request: Request<CompletePasskeySignInRequest>,
    ) -> Answer<CompleteSignInResponse> {
        answer(passkey::complete_sign_in(&self.0, request).await)
    }
    async fn show_code(&self, request: Request<ShowCodeRequest>) -> Answer<ShowCodeResponse> {
        answer(factors::show_code(&self.0, request).await)
    }
    async fn begin_passkey_showing(
        &self,
        request: Request<BeginPasskeyShowingRequest>,
    ) -> Answer<PasskeyChallenge> {
        answer(passkey::begin_showing(&self.0, request).await)
    }
    async fn show_passkey(&self, request: Request<ShowPasskeyRequest>) -> Answer<ShowPasskeyResponse> {
        answer(passkey::show(&self.0, request).await)
    }
    async fn get_factors(&self, request: Request<GetFactorsRequest>) -> Answer<Factors> {
        answer(factors::get(&self.0, request).await)
    }
    async fn begin_totp(&self, request: Request<BeginTotpRequest>) -> Answer<BeginTotpResponse> {
        answer(factors::begin_totp(&self.0, request).await)
    }
    async fn confirm_totp(&self, request: Request<ConfirmTotpRequest>) -> Answer<RecoveryCodes> {
        answer(factors::confirm_totp(&self.0, request).await)
    }
    async fn remove_totp(&self, request: Request<RemoveTotpRequest>) -> Answer<RemoveTotpResponse> {
        answer(factors::remove_totp(&self.0, request).await)
    }
    async fn make_recovery_codes(&self, request: Request<MakeRecoveryCodesRequest>) -> Answer<RecoveryCodes> {
        answer(factors::make_recovery_codes(&self.0, request).await)
    }
    async fn begin_passkey(&self, request: Request<BeginPasskeyRequest>) -> Answer<PasskeyChallenge> {
        answer(passkey::begin(&self.0, request).await)
    }
    async fn add_passkey(&self, request: Request<AddPasskeyRequest>) -> Answer<RecoveryCodes> {
        answer(passkey::add(&self.0, request).await)
    }
    async fn remove_passkey(&self, request: Request<RemovePasskeyRequest>) -> Answer<RemovePasskeyResponse> {
        answer(passkey::remove(&self.0, request).await)
    }
    async fn issue_token(&self, request: Request<IssueTokenRequest>) -> Answer<AccessToken> {
        answer(sign_in::issue_token(&self.0, request).await)
    }
    async fn issue_service_token(&self, request: Request<IssueServiceTokenRequest>) -> Answer<AccessToken> {
        answer(sign_in::issue_service_token(&self.0, request).await)
    }
    async fn issue_link_token(
        &self,
        request: Request<IssueLinkTokenRequest>,
    ) -> Answer<IssueLinkTokenResponse> {
        link::issue_token(&self.0, self.1.as_ref(), request).await.map(Response::new)
    }
    async fn get_key_set(&self, _: Request<GetKeySetRequest>) -> Answer<KeySet> {
        answer(Ok(KeySet { jwks_json: self.0.key_set() }))
    }
    async fn get_account(&self, request: Request<GetAccountRequest>) -> Answer<Account> {
        answer(account::get(&self.0, request).await)
    }
    async fn update_account(&self, request: Request<UpdateAccountRequest>) -> Answer<Account> {
        answer(account::update(&self.0, request).await)
    }
    async fn list_sessions(&self, request: Request<ListSessionsRequest>) -> Answer<ListSessionsResponse> {
        answer(account::list_sessions(&self.0, request).await)
    }
    async fn end_session(&self, request: Request<EndSessionRequest>) -> Answer<EndSessionResponse> {
        answer(account::end_session(&self.0, request).await)
    }
    async fn sign_out_everywhere(
        &self,
        request: Request<SignOutEverywhereRequest>,
    ) -> Answer<SignOutEverywhereResponse> {
        answer(account::sign_out_everywhere(&self.0, request).await)
    }
    async fn create_tenant(&self, request: Request<CreateTenantRequest>) -> Answer<Tenant> {
        answer(administration::create_tenant(&self.0, request).await)
    }
    async fn create_practice(&self, request: Request<CreatePracticeRequest>) -> Answer<Practice> {
        answer(administration::create_practice(&self.0, request).await)
    }
    async fn list_practices(&self, request: Request<ListPracticesRequest>) -> Answer<ListPracticesResponse> {
        answer(directory::list_practices(&self.0, request).await)
    }
    async fn invite_account(&self, request: Request<InviteAccountRequest>) -> Answer<Account> {
        answer(administration::invite(&self.0, request).await)
    }
    async fn create_service_account(
        &self,
        request: Request<CreateServiceAccountRequest>,
    ) -> Answer<CreateServiceAccountResponse> {
        answer(administration::create_service_account(&self.0, request).await)
    }
    async fn add_service_keys(&self, request: Request<AddServiceKeysRequest>) -> Answer<ServiceKeys> {
        answer(administration::add_service_keys(&self.0, request).await)
    }
    async fn remove_service_key(&self, request: Request<RemoveServiceKeyRequest>) -> Answer<ServiceKeys> {
        answer(administration::remove_service_key(&self.0, request).await)
    }
    async fn get_service_keys(&self, request: Request<GetServiceKeysRequest>) -> Answer<ServiceKeys> {
        answer(administration::get_service_keys(&self.0, request).await)
    }
    async fn set_sign_in_provider(
        &self,
        request: Request<SetSignInProviderRequest>,
    ) -> Answer<SignInProvider> {
        answer(provider::set(&self.0, request).await)
    }
    async fn remove_sign_in_provider(
        &self,
        request: Request<RemoveSignInProviderRequest>,
    ) -> Answer<RemoveSignInProviderResponse> {
        answer(provider::remove(&self.0, request).await)
    }
    async fn get_sign_in_provider(
        &self,
        request: Request<GetSignInProviderRequest>,
    ) -> Answer<SignInProvider> {
        answer(provider::get(&self.0, request).await)
    }
    async fn begin_provider_sign_in(
        &self,
        request: Request<BeginProviderSignInRequest>,
    ) -> Answer<BeginProviderSignInResponse> {
        answer(provider::begin(&self.0, request).await)
    }
    async fn complete_provider_sign_in(
        &self,
        request: Request<CompleteProviderSignInRequest>,
    ) -> Answer<CompleteSignInResponse> {
        answer(provider::complete(&self.0, request).await)
    }
    async fn assign_role(&self, request: Request<AssignRoleRequest>) -> Answer<AssignRoleResponse> {
        answer(administration::assign_role(&self.0, request).await)
    }
    async fn withdraw_role(&self, request: Request<WithdrawRoleRequest>) -> Answer<WithdrawRoleResponse> {
        answer(administration::withdraw_role(&self.0, request).await)
    }
    async fn search_directory(
        &self,
        request: Request<SearchDirectoryRequest>,
    ) -> Answer<SearchDirectoryResponse> {
        answer(directory::search(&self.0, request).await)
    }
    async fn batch_get_profiles(
        &self,
        request: Request<BatchGetProfilesRequest>,
    ) -> Answer<BatchGetProfilesResponse> {
        answer(directory::profiles(&self.0, request).await)
    }
}
