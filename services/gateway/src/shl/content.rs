//! What a link's grant opens, as records and documents answer its bearer: by the one decision function, each look recorded.
use super::document::{Content, Paper, Room};
use crate::{site::Site, words::Words};
use holdfast_host::client::Outgoing;
use holdfast_proto::{
    Word as _,
    consent::v1::OpenLinkResponse,
    documents::v1::{
        Document, DownloadDocumentRequest, ListDocumentsRequest, download_document_response::Part,
    },
    identity::v1::IssueLinkTokenResponse,
    records::v1::{GetPatientRequest, Item, ListItemsRequest, Patient},
};
use holdfast_types::{Category, Purpose};
use tokio::sync::SemaphorePermit;
use tonic::Status;

const ITEMS_AT_ONCE: i32 = 200;
/// Of one link; what is older is left out, and the document says so.
const ITEMS_MAX: usize = 2_000;
const PAPERS_MAX: i32 = 100;
/// Of all papers together; those that do not fit are named without their content.
const PAPER_BYTES_MAX: i64 = 8 * 1024 * 1024;
/// Rooms of which records keeps no items.
const ELSEWHERE: [Category; 3] = [Category::Demographics, Category::Documents, Category::Messages];

/// Whoever bears the link, with the token that identity gave.
pub(super) struct Bearer<'a> {
    site: &'a Site,
    /// Held for as long as what is given out is in memory.
    _one_of_few: SemaphorePermit<'a>,
    words: Words,
    saying: Outgoing,
    opened: OpenLinkResponse,
    rooms: Vec<Category>,
}

impl<'a> Bearer<'a> {
    /// None where consent's answer is missing.
    pub(super) fn of(
        site: &'a Site,
        one_of_few: SemaphorePermit<'a>,
        words: Words,
        issued: IssueLinkTokenResponse,
        saying: Outgoing,
    ) -> Option<Self> {
        let opened = issued.opened?;
        let saying = saying.bearer(issued.token.into()).purpose(Purpose::PatientRequest);
        let saying = saying.after(opened.position.clone());
        let rooms = opened.categories.iter().filter_map(|room| Category::from_proto(*room)).collect();
        Some(Self { site, _one_of_few: one_of_few, words, saying, opened, rooms })
    }

    pub(super) const fn opened(&self) -> &OpenLinkResponse {
        &self.opened
    }

    pub(super) async fn content(&self) -> Result<Content, Status> {
        let (person, (rooms, left_out), papers) =
            tokio::try_join!(self.person(), self.rooms(), self.papers())?;
        Ok(Content {
            words: self.words,
            now: self.site.now(),
            link: self.opened.link_id.clone(),
            until: self.opened.until_time,
            person,
            rooms,
            papers,
            left_out,
        })
    }

    fn patient_id(&self) -> String {
        self.opened.patient_id.clone()
    }

    async fn person(&self) -> Result<Option<Patient>, Status> {
        if !self.rooms.contains(&Category::Demographics) {
            return Ok(None);
        }
        let asked = GetPatientRequest { patient_id: self.patient_id(), ..GetPatientRequest::default() };
        Ok(Some(self.site.services.records(self.saying.clone()).get_patient(asked).await?.into_inner()))
    }

    /// What is in each room, and whether older things were left out.
    async fn rooms(&self) -> Result<(Vec<Room>, bool), Status> {
        let asked: Vec<Category> =
            self.rooms.iter().copied().filter(|room| !ELSEWHERE.contains(room)).collect();
        let mut rooms: Vec<Room> = asked.iter().map(|room| Room { room: *room, items: Vec::new() }).collect();
        if asked.is_empty() {
            return Ok((rooms, false));
        }
        let categories: Vec<i32> = asked.iter().map(|room| room.to_proto()).collect();
        let (mut page_token, mut taken) = (String::new(), 0);
        loop {
            let asked = ListItemsRequest {
                patient_id: self.patient_id(),
                categories: categories.clone(),
                page_size: ITEMS_AT_ONCE,
                page_token,
                include_fhir_json: true,
                ..ListItemsRequest::default()
            };
            let page = self.site.services.records(self.saying.clone()).list_items(asked).await?.into_inner();
            taken += page.items.len();
            for item in page.items {
                put(&mut rooms, item);
            }
            page_token = page.next_page_token;
            if page_token.is_empty() || taken >= ITEMS_MAX {
                return Ok((rooms, !page_token.is_empty()));
            }
        }
    }

    async fn papers(&self) -> Result<Vec<Paper>, Status> {
        if !self.rooms.contains(&Category::Documents) {
            return Ok(Vec::new());
        }
        let asked = ListDocumentsRequest {
            patient_id: self.patient_id(),
            page_size: PAPERS_MAX,
            ..ListDocumentsRequest::default()
        };
        let documents = self.site.services.documents(self.saying.clone());
        let listed = documents.clone().list_documents(asked).await?.into_inner().documents;
        let (mut papers, mut left) = (Vec::with_capacity(listed.len()), PAPER_BYTES_MAX);
        for document in listed {
            let fits = self.opened.download && document.size_bytes <= left;
            let content = if fits { Some(self.bytes(&document).await?) } else { None };
            left -= if fits { document.size_bytes } else { 0 };
            papers.push(Paper { document, content });
        }
        Ok(papers)
    }

    async fn bytes(&self, document: &Document) -> Result<Vec<u8>, Status> {
        let document_id = document.document_id.clone();
        let asked = DownloadDocumentRequest { patient_id: self.patient_id(), document_id };
        let documents = self.site.services.documents(self.saying.clone());
        let mut parts = { documents }.download_document(asked).await?.into_inner();
        let mut bytes = Vec::with_capacity(usize::try_from(document.size_bytes).unwrap_or_default());
        while let Some(part) = parts.message().await? {
            if let Some(Part::Chunk(chunk)) = part.part {
                bytes.extend_from_slice(&chunk);
            }
        }
        Ok(bytes)
    }
}

fn put(rooms: &mut [Room], item: Item) {
    let room = Category::from_proto(item.category);
    if let Some(found) = rooms.iter_mut().find(|found| Some(found.room) == room) {
        found.items.push(item);
    }
}
