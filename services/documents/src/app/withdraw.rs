//! Taking a document out of the lists.
use super::{App, Failure};
use crate::{
    domain::document::{Command, Document, Refusal, State},
    views::ShownDocument,
};
use holdfast_access::RequestContext;
use holdfast_eventlog::{Position, Subject};
use holdfast_host::CommandId;
use holdfast_types::{Action, Actor, DocumentId, PatientId};

pub(crate) struct WithdrawDocument {
    pub(crate) patient: PatientId,
    pub(crate) document: DocumentId,
    pub(crate) reason: String,
    /// The revision that the caller saw.
    pub(crate) seen: Option<u64>,
}

const OPERATION: &str = "documents.WithdrawDocument";

impl App {
    /// For those who may contribute and read: the answer shows what they take out.
    #[tracing::instrument(skip_all, name = "documents.withdraw_document")]
    pub(crate) async fn withdraw(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: WithdrawDocument,
    ) -> Result<(ShownDocument, Option<Position>), Failure> {
        let WithdrawDocument { patient, document, reason, seen } = command;
        let permit = self.for_document(asked, Action::Contribute, patient, document, OPERATION).await?;
        let authority = permit.into_authority();
        let withdrawn_by = Some(Actor::Account(authority.account()).to_string());
        // The look is recorded before the command, so that nothing can fail after it.
        let look = self.for_document(asked, Action::Read, patient, document, OPERATION).await?;
        let shown = self.shown(look, document, None).await?;
        let now = self.log().clock().now();
        let executed = self
            .log()
            .execute::<Document>(
                Subject::Patient(patient),
                document.uuid(),
                authority.context(),
                Some(id.request_of(authority.account())),
                |loaded| Command::Withdraw { reason: reason.clone(), now, seen, present: loaded.revision },
            )
            .await
            .map_err(Failure::of_document)?;
        let State::Withdrawn(paper, withdrawal) = executed.state else {
            return Err(Failure::Document(Refusal::NotAdded));
        };
        let (revision, withdrawal) = (executed.revision, Some(withdrawal));
        let document = ShownDocument { id: shown.id, revision, paper: *paper, withdrawal, withdrawn_by };
        Ok((document, executed.position))
    }
}
