//! Documents and lists of them, without their bytes.
use super::{App, Failure};
use crate::{
    domain::document::Refusal,
    views::{self, Cursor, Page, ShownDocument},
};
use holdfast_access::{Parts, Permit, RequestContext};
use holdfast_types::{Action, Category, DocumentId, PatientId};

impl App {
    #[tracing::instrument(skip_all, name = "documents.get_document")]
    pub(crate) async fn document(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        id: DocumentId,
    ) -> Result<ShownDocument, Failure> {
        let permit = self.for_document(asked, Action::Read, patient, id, "documents.GetDocument").await?;
        self.shown(permit, id).await
    }

    /// In the permitted categories.
    #[tracing::instrument(skip_all, name = "documents.list_documents")]
    pub(crate) async fn documents(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        after: Option<Cursor>,
        page_size: u32,
    ) -> Result<Page, Failure> {
        let gate = self.ground.gate();
        let permit = gate
            .authorise_in_part(asked, Action::Read, patient, Category::ALL, "documents.ListDocuments")
            .await?;
        let found = views::documents(self.log().pool(), self.log().keys(), &permit, after, page_size)
            .await
            .map_err(Failure::Views)?;
        Ok(gate.release(permit, found).await?)
    }

    /// The look is on the log when it returns.
    pub(super) async fn shown(
        &self,
        permit: Permit<Parts>,
        id: DocumentId,
    ) -> Result<ShownDocument, Failure> {
        let found = views::document(self.log().pool(), self.log().keys(), &permit, id)
            .await
            .map_err(Failure::Views)?
            .ok_or(Failure::Document(Refusal::NotAdded))?;
        Ok(self.ground.gate().release(permit, found).await?)
    }
}
