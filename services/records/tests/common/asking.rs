//! What a test asks of records.
use super::*;
use futures::stream;

impl World {
    pub async fn import(&self, by: &Person, bundle: &[u8]) -> Result<pb::ImportBundleResponse, Status> {
        self.import_as(by, SystemIds.next(), "Hospital portal", bundle).await
    }

    pub async fn import_as(
        &self,
        by: &Person,
        request: Uuid,
        source_name: &str,
        bundle: &[u8],
    ) -> Result<pb::ImportBundleResponse, Status> {
        let start = pb::ImportStart {
            request_id: request.to_string(),
            patient_id: patient().to_string(),
            source_name: source_name.to_owned(),
            accept_unknown_code_systems: false,
        };
        self.import_from(by, start, bundle).await
    }

    pub async fn import_from(
        &self,
        by: &Person,
        start: pb::ImportStart,
        bundle: &[u8],
    ) -> Result<pb::ImportBundleResponse, Status> {
        let first = pb::import_bundle_request::Part::Start(start);
        let chunks = bundle
            .chunks(256 * 1024)
            .map(|chunk| pb::import_bundle_request::Part::Chunk(chunk.to_vec().into()));
        let parts: Vec<_> = std::iter::once(first).chain(chunks).collect();
        let messages = parts.into_iter().map(|part| pb::ImportBundleRequest { part: Some(part) });
        Ok(self.client(by).import_bundle(stream::iter(messages)).await?.into_inner())
    }

    pub async fn import_directory(
        &self,
        by: &Person,
        request: Uuid,
        bundle: &[u8],
    ) -> Result<pb::ImportDirectoryResponse, Status> {
        let start = pb::DirectoryStart { request_id: request.to_string(), tenant_id: tenant().to_string() };
        let first = pb::import_directory_request::Part::Start(start);
        let chunks = bundle
            .chunks(256 * 1024)
            .map(|chunk| pb::import_directory_request::Part::Chunk(chunk.to_vec().into()));
        let parts: Vec<_> = std::iter::once(first).chain(chunks).collect();
        let messages = parts.into_iter().map(|part| pb::ImportDirectoryRequest { part: Some(part) });
        Ok(self.client(by).import_directory(stream::iter(messages)).await?.into_inner())
    }

    pub async fn list(
        &self,
        by: &Person,
        asked: pb::ListItemsRequest,
    ) -> Result<pb::ListItemsResponse, Status> {
        Ok(self.client(by).list_items(asked).await?.into_inner())
    }

    /// The whole record, page by page.
    pub async fn everything(&self, by: &Person) -> Vec<pb::Item> {
        let mut asked = pb::ListItemsRequest { page_size: 200, ..listing() };
        let mut items = Vec::new();
        loop {
            let page = self.list(by, asked.clone()).await.unwrap();
            items.extend(page.items);
            if page.next_page_token.is_empty() {
                return items;
            }
            asked.page_token = page.next_page_token;
        }
    }

    pub async fn create(&self, by: &Person, key: &str, json: &str) -> Result<pb::CreateItemResponse, Status> {
        let item = pb::NewItem { fhir_json: json.as_bytes().to_vec().into(), source_key: key.to_owned() };
        let request_id = SystemIds.next().to_string();
        let asked = pb::CreateItemRequest { request_id, patient_id: patient().to_string(), item: Some(item) };
        Ok(self.client(by).create_item(asked).await?.into_inner())
    }

    pub async fn get(&self, by: &Person, item: &str) -> Result<pb::Item, Status> {
        let asked = pb::GetItemRequest {
            patient_id: patient().to_string(),
            item_id: item.to_owned(),
            as_of_time: None,
        };
        Ok(self.client(by).get_item(asked).await?.into_inner())
    }

    pub async fn update(&self, by: &Person, item: &pb::Item, json: &str) -> Result<pb::Item, Status> {
        let asked = pb::UpdateItemRequest {
            request_id: SystemIds.next().to_string(),
            item_id: item.item_id.clone(),
            patient_id: patient().to_string(),
            fhir_json: json.as_bytes().to_vec().into(),
            etag: item.etag.clone(),
        };
        Ok(self.client(by).update_item(asked).await?.into_inner().item.unwrap())
    }

    pub async fn retract(&self, by: &Person, item: &pb::Item, reason: &str) -> Result<pb::Item, Status> {
        let asked = pb::RetractItemRequest {
            request_id: SystemIds.next().to_string(),
            item_id: item.item_id.clone(),
            patient_id: patient().to_string(),
            reason: reason.to_owned(),
            etag: item.etag.clone(),
        };
        Ok(self.client(by).retract_item(asked).await?.into_inner().item.unwrap())
    }

    pub async fn versions(&self, by: &Person, item: &str) -> Result<Vec<pb::Item>, Status> {
        let asked = pb::ListItemVersionsRequest {
            patient_id: patient().to_string(),
            item_id: item.to_owned(),
            ..pb::ListItemVersionsRequest::default()
        };
        Ok(self.client(by).list_item_versions(asked).await?.into_inner().versions)
    }

    /// What families may not change, said anew by an administrator of the network.
    pub async fn lock(
        &self,
        locks: &[(Option<Category>, &str)],
        reviewed: &[Category],
    ) -> Result<pb::SetFieldLocksResponse, Status> {
        let lock = |(room, field): &(Option<Category>, &str)| pb::FieldLock {
            category: room.map_or(0, Word::to_proto),
            field: (*field).to_owned(),
            ..pb::FieldLock::default()
        };
        let asked = pb::SetFieldLocksRequest {
            request_id: SystemIds.next().to_string(),
            tenant_id: tenant().to_string(),
            locks: locks.iter().map(lock).collect(),
            reviewed_categories: reviewed.iter().map(|room| room.to_proto()).collect(),
            etag: String::new(),
        };
        Ok(self.proposals(&administrator()).set_field_locks(asked).await?.into_inner())
    }

    pub async fn propose(&self, by: &Person, change: Change, etag: &str) -> Result<String, Status> {
        let asked = pb::ProposeChangeRequest {
            request_id: SystemIds.next().to_string(),
            patient_id: patient().to_string(),
            reason: "It is otherwise".to_owned(),
            etag: etag.to_owned(),
            change: Some(change),
        };
        Ok(self.proposals(by).propose_change(asked).await?.into_inner().proposal_id)
    }

    pub async fn proposal(&self, by: &Person, proposal: &str) -> Result<pb::Proposal, Status> {
        let (patient_id, proposal_id) = (patient().to_string(), proposal.to_owned());
        let asked = pb::GetProposalRequest { patient_id, proposal_id };
        Ok(self.proposals(by).get_proposal(asked).await?.into_inner())
    }

    pub async fn review(
        &self,
        by: &Person,
        proposal: &str,
        accept: bool,
        answer: &str,
    ) -> Result<pb::ReviewProposalResponse, Status> {
        let asked = pb::ReviewProposalRequest {
            request_id: SystemIds.next().to_string(),
            patient_id: patient().to_string(),
            proposal_id: proposal.to_owned(),
            accept,
            answer: answer.to_owned(),
            etag: String::new(),
        };
        Ok(self.proposals(by).review_proposal(asked).await?.into_inner())
    }

    pub async fn withdraw(&self, by: &Person, proposal: &str) -> Result<(), Status> {
        let asked = pb::WithdrawProposalRequest {
            request_id: SystemIds.next().to_string(),
            patient_id: patient().to_string(),
            proposal_id: proposal.to_owned(),
        };
        self.proposals(by).withdraw_proposal(asked).await.map(|_| ())
    }
}

/// What can be proposed.
pub use pb::propose_change_request::Change;

/// What no network opens.
pub const REQUIRED: [(Option<Category>, &str); 2] =
    [(Some(Category::Conditions), "code"), (Some(Category::Demographics), "identifiers")];

pub fn renamed(demographics: pb::Demographics, paths: &[&str]) -> Change {
    let paths = paths.iter().map(ToString::to_string).collect();
    Change::Person(pb::DemographicsProposal {
        demographics: Some(demographics),
        update_mask: Some(prost_types::FieldMask { paths }),
    })
}

pub fn changed(item: &pb::Item, json: &str) -> Change {
    let fhir_json = json.as_bytes().to_vec().into();
    Change::ChangedItem(pb::ItemProposal { item_id: item.item_id.clone(), fhir_json })
}

pub fn added(json: &str) -> Change {
    Change::NewFhirJson(json.as_bytes().to_vec().into())
}
