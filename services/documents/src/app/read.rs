//! Documents and lists of them, without their bytes.
use super::{App, Failure};
use crate::{
    domain::document::Refusal,
    views::{self, Listing, Moments, Page, ShownDocument, Step},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Parts, Permit, Refused, RequestContext, Unreleased};
use holdfast_types::{Action, Category, DocumentId, PatientId};

impl App {
    #[tracing::instrument(skip_all, name = "documents.get_document")]
    pub(crate) async fn document(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        id: DocumentId,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<ShownDocument, Failure> {
        let permit = self.for_document(asked, Action::Read, patient, id, "documents.GetDocument").await?;
        self.shown(permit, id, as_of).await
    }

    /// In the permitted categories.
    #[tracing::instrument(skip_all, name = "documents.list_documents")]
    pub(crate) async fn documents(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        listing: Listing,
    ) -> Result<Page, Failure> {
        let gate = self.ground.gate();
        let permit = gate
            .authorise_in_part(asked, Action::Read, patient, Category::ALL, "documents.ListDocuments")
            .await?;
        let found = views::documents(self.log().pool(), self.log().keys(), &permit, listing)
            .await
            .map_err(Failure::Views)?;
        Ok(gate.release(permit, found).await?)
    }

    /// What was done last at a moment, in the permitted categories.
    #[tracing::instrument(skip_all, name = "documents.get_step")]
    pub(crate) async fn step(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        at: Option<DateTime<Utc>>,
    ) -> Result<(Moments, Step), Failure> {
        let gate = self.ground.gate();
        let permit =
            gate.authorise_in_part(asked, Action::Read, patient, Category::ALL, "documents.GetStep").await?;
        let moments = views::moments(self.log().pool(), &permit, at).await.map_err(Failure::Views)?;
        let found = match moments.step {
            Some(step) => views::step(self.log(), &permit, step).await.map_err(Failure::Views)?,
            None => Unreleased::new(Step::default(), Vec::new()),
        };
        Ok(gate.release(permit, found.map(|step| (moments, step))).await?)
    }

    /// The look is on the log when it returns, whether it found anything or not.
    pub(super) async fn shown(
        &self,
        permit: Permit<Parts>,
        id: DocumentId,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<ShownDocument, Failure> {
        let found = views::document(self.log().pool(), self.log().keys(), &permit, id, as_of)
            .await
            .map_err(Failure::Views)?;
        let patient = permit.patient();
        if let Some(found) = self.ground.gate().release(permit, found).await? {
            return Ok(found);
        }
        // Erased since it was permitted.
        let erased = views::is_erased(self.log().pool(), patient, id).await.map_err(Failure::Views)?;
        Err(match erased {
            true => Failure::Denied(Refused::Erased),
            false => Failure::Document(Refusal::NotAdded),
        })
    }
}
