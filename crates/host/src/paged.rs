//! Which messages are pages of a list and which are commands: the contracts' own lists, checked against the descriptors.
use holdfast_proto::{audit, consent, documents, identity, messaging, records};
use prost::{Message, Name};

/// A request for a page of a list.
pub trait PagedQuery: Message + Name + Clone {
    fn page_size(&self) -> i32;
    fn page_token(&self) -> &str;
    /// The query by itself.
    #[must_use]
    fn without_page(self) -> Self;
}

/// A request that changes something and therefore names itself.
pub trait CommandRequest: Message + Name + Clone {
    fn request_id(&self) -> &str;
    /// The content by itself.
    #[must_use]
    fn without_request_id(self) -> Self;
}

macro_rules! paged {
    ($($message:ty),+ $(,)?) => {
        $(impl PagedQuery for $message {
            fn page_size(&self) -> i32 {
                self.page_size
            }
            fn page_token(&self) -> &str {
                &self.page_token
            }
            fn without_page(mut self) -> Self {
                self.page_size = 0;
                self.page_token.clear();
                self
            }
        })+
        #[cfg(test)]
        fn paged() -> Vec<String> {
            vec![$(<$message>::full_name()),+]
        }
    };
}

macro_rules! commands {
    ($($message:ty),+ $(,)?) => {
        $(impl CommandRequest for $message {
            fn request_id(&self) -> &str {
                &self.request_id
            }
            fn without_request_id(mut self) -> Self {
                self.request_id.clear();
                self
            }
        })+
        #[cfg(test)]
        fn commands() -> Vec<String> {
            vec![$(<$message>::full_name()),+]
        }
    };
}

paged! {
    audit::v1::ListPatientEntriesRequest,
    audit::v1::ReplayDecisionsRequest,
    audit::v1::SearchEntriesRequest,
    consent::v1::ListRecordsRequest,
    consent::v1::ListGrantsRequest,
    consent::v1::ListEmergencyAccessesRequest,
    consent::v1::ListErasuresRequest,
    consent::v1::ListWaitingAuthorityRequest,
    consent::v1::ListPracticeTreatmentsRequest,
    documents::v1::ListDocumentsRequest,
    identity::v1::ListAccessReviewsRequest,
    identity::v1::ListSessionsRequest,
    identity::v1::ListPracticesRequest,
    identity::v1::SearchDirectoryRequest,
    identity::v1::ListInvitationsRequest,
    messaging::v1::ListThreadsRequest,
    messaging::v1::ListMessagesRequest,
    records::v1::ListItemsRequest,
    records::v1::ListProposalsRequest,
    records::v1::ListItemVersionsRequest,
    records::v1::ListStepChangesRequest,
}

commands! {
    consent::v1::OpenRecordRequest,
    consent::v1::AddHolderRequest,
    consent::v1::GiveGrantRequest,
    consent::v1::RevokeGrantRequest,
    consent::v1::SetMarkRequest,
    consent::v1::LiftMarkRequest,
    consent::v1::RequestErasureRequest,
    consent::v1::WithdrawErasureRequest,
    consent::v1::PlaceHoldRequest,
    consent::v1::LiftHoldRequest,
    consent::v1::CarryOutErasureRequest,
    consent::v1::MakeLinkRequest,
    consent::v1::OpenLinkRequest,
    consent::v1::BeginEmergencyAccessRequest,
    consent::v1::ReviewEmergencyAccessRequest,
    consent::v1::StatePersonRequest,
    consent::v1::RecordAuthorityRequest,
    consent::v1::AttestAuthorityRequest,
    consent::v1::WithdrawAuthorityRequest,
    consent::v1::RenewAuthorityRequest,
    consent::v1::EndAuthorityRequest,
    consent::v1::AppointProxyRequest,
    consent::v1::FreezeHolderRequest,
    consent::v1::ReviewFreezeRequest,
    consent::v1::SetTreatmentPolicyRequest,
    consent::v1::ProposeTreatmentRequest,
    consent::v1::AgreeToTreatmentRequest,
    consent::v1::AcceptTreatmentRequest,
    consent::v1::EndTreatmentRequest,
    documents::v1::StartUploadRequest,
    documents::v1::CompleteUploadRequest,
    documents::v1::WithdrawDocumentRequest,
    identity::v1::OpenAccessReviewRequest,
    identity::v1::DecideAccessReviewLinesRequest,
    identity::v1::SignOffAccessReviewRequest,
    identity::v1::IssueLinkTokenRequest,
    identity::v1::RequestSignInRequest,
    identity::v1::CompleteSignInRequest,
    identity::v1::CompletePasskeySignInRequest,
    identity::v1::ShowCodeRequest,
    identity::v1::ShowPasskeyRequest,
    identity::v1::BeginTotpRequest,
    identity::v1::ConfirmTotpRequest,
    identity::v1::RemoveTotpRequest,
    identity::v1::MakeRecoveryCodesRequest,
    identity::v1::AddPasskeyRequest,
    identity::v1::RemovePasskeyRequest,
    identity::v1::UpdateAccountRequest,
    identity::v1::EndSessionRequest,
    identity::v1::SignOutEverywhereRequest,
    identity::v1::CreateTenantRequest,
    identity::v1::CreatePracticeRequest,
    identity::v1::InviteAccountRequest,
    identity::v1::CreateServiceAccountRequest,
    identity::v1::AddServiceKeysRequest,
    identity::v1::SetSignInProviderRequest,
    identity::v1::RemoveSignInProviderRequest,
    identity::v1::CompleteProviderSignInRequest,
    identity::v1::RemoveServiceKeyRequest,
    identity::v1::AssignRoleRequest,
    identity::v1::WithdrawRoleRequest,
    identity::v1::InviteFamilyRequest,
    identity::v1::WithdrawInvitationRequest,
    identity::v1::AnswerInvitationRequest,
    messaging::v1::StartThreadRequest,
    messaging::v1::PostMessageRequest,
    messaging::v1::MarkReadRequest,
    messaging::v1::CloseThreadRequest,
    records::v1::RegisterPatientRequest,
    records::v1::UpdatePatientRequest,
    records::v1::ImportStart,
    records::v1::DirectoryStart,
    records::v1::CreateItemRequest,
    records::v1::BatchCreateItemsRequest,
    records::v1::UpdateItemRequest,
    records::v1::SetFieldLocksRequest,
    records::v1::ProposeChangeRequest,
    records::v1::WithdrawProposalRequest,
    records::v1::ReviewProposalRequest,
    records::v1::RetractItemRequest,
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost_types::{DescriptorProto, FileDescriptorSet};

    fn with_field(field: &str) -> Vec<String> {
        fn walk(scope: &str, message: &DescriptorProto, field: &str, found: &mut Vec<String>) {
            let name = format!("{scope}.{}", message.name());
            if message.field.iter().any(|candidate| candidate.name() == field) {
                found.push(name.clone());
            }
            for nested in &message.nested_type {
                walk(&name, nested, field, found);
            }
        }
        let files = FileDescriptorSet::decode(holdfast_proto::DESCRIPTORS).unwrap();
        let mut found = Vec::new();
        for file in files.file.iter().filter(|file| file.package().starts_with("holdfast.")) {
            for message in &file.message_type {
                walk(file.package(), message, field, &mut found);
            }
        }
        found.sort();
        found
    }

    #[test]
    fn every_message_with_a_page_token_is_a_paged_query() {
        let mut listed = paged();
        listed.sort();
        assert_eq!(listed, with_field("page_token"));
    }

    #[test]
    fn every_message_with_a_request_id_is_a_command() {
        let mut listed = commands();
        listed.sort();
        assert_eq!(listed, with_field("request_id"));
    }
}
