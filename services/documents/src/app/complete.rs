//! Completing an upload: what has arrived is looked at as a whole and becomes a document, or nothing.
use super::{App, Failure, parts_of};
use crate::{
    domain::{
        document::{self, Document, Paper},
        media_type::Look,
        upload::{self, Event, Found, Refusal, Upload},
    },
    objects::Parts,
    views::ShownDocument,
};
use futures::TryStreamExt;
use holdfast_access::RequestContext;
use holdfast_eventlog::{Append, AppendError, Appended, Decider, Position, StreamAppend, Subject};
use holdfast_host::CommandId;
use holdfast_types::{DocumentId, PatientId, UploadId};
use sha2::{Digest, Sha256};
use std::pin::pin;

/// How often it is decided anew when somebody else was faster.
const ATTEMPTS_MAX: u32 = 4;

impl App {
    #[tracing::instrument(skip_all, name = "documents.complete_upload")]
    pub(crate) async fn complete_upload(
        &self,
        asked: &RequestContext,
        id: CommandId,
        upload: UploadId,
    ) -> Result<(ShownDocument, Option<Position>), Failure> {
        let permit = self.own_upload(asked, upload, "documents.CompleteUpload").await?;
        let patient = permit.patient();
        let authority = permit.into_authority();
        let (subject, request) = (Subject::Patient(patient), Some(id.request_of(authority.account())));
        for _ in 0..ATTEMPTS_MAX {
            if let Some(position) = self.log().answered(subject, request).await.map_err(Failure::Append)? {
                return Ok((self.outcome(patient, upload).await?, Some(position)));
            }
            let loaded = self.log().load::<Upload>(subject, upload.uuid()).await.map_err(Failure::Read)?;
            let announced = loaded.state.open().map_err(Failure::Upload)?;
            let (progress, now) = (self.progress(upload).await?, self.log().clock().now());
            let received = progress.received_bytes;
            announced.may_complete(received, now).map_err(Failure::Upload)?;
            let of = parts_of(upload, announced, progress.parts);
            let found = self.look(patient, &of).await?;
            let ended = Upload::decide(&loaded.state, upload::Command::Complete { received, found, now })
                .map_err(Failure::Upload)?;
            let mut streams =
                vec![StreamAppend::of(upload.uuid(), loaded.revision, &ended).map_err(Failure::Append)?];
            let outcome = match ended.as_slice() {
                [Event::Completed { media_type }] => Ok(Box::new(Paper {
                    patient,
                    category: announced.category,
                    title: announced.title.clone(),
                    media_type: *media_type,
                    size_bytes: announced.size_bytes,
                    sha256: found.sha256,
                    added_by: announced.by,
                    added: now,
                    folder: of.folder,
                    parts: of.names,
                })),
                [Event::Abandoned { cause }] => Err(Refusal::from(*cause)),
                _ => Err(Refusal::Ended),
            };
            if let Ok(paper) = &outcome {
                let add = document::Command::Add(paper.clone());
                let added = Document::decide(&document::State::NotAdded, add).map_err(Failure::Document)?;
                streams.push(StreamAppend::of(upload.uuid(), 0, &added).map_err(Failure::Append)?);
            }
            let context = authority.context().clone();
            match self.log().append(Append { subject, context, request, streams }).await {
                Ok(Appended { position, repeated: false, .. }) => {
                    return match outcome {
                        Ok(paper) => Ok((added(upload, *paper), Some(position))),
                        Err(refusal) => Err(Failure::Upload(refusal)),
                    };
                }
                Ok(Appended { repeated: true, .. }) | Err(AppendError::Stale) => {}
                Err(error) => return Err(Failure::Append(error)),
            }
        }
        Err(Failure::Append(AppendError::Stale))
    }

    /// The first answer to a command that is repeated.
    async fn outcome(&self, patient: PatientId, upload: UploadId) -> Result<ShownDocument, Failure> {
        let subject = Subject::Patient(patient);
        let ended = self.log().load::<Upload>(subject, upload.uuid()).await.map_err(Failure::Read)?;
        if let upload::State::Abandoned(_, cause) = ended.state {
            return Err(Failure::Upload(cause.into()));
        }
        let loaded = self.log().load::<Document>(subject, upload.uuid()).await.map_err(Failure::Read)?;
        match loaded.state {
            document::State::NotAdded => Err(Failure::Upload(Refusal::Ended)),
            document::State::Standing(paper) | document::State::Withdrawn(paper, _) => {
                Ok(added(upload, *paper))
            }
        }
    }

    async fn look(&self, patient: PatientId, of: &Parts) -> Result<Found, Failure> {
        let key = self.key(patient, of.document.uuid()).await?;
        let (mut hash, mut look) = (Sha256::new(), Look::default());
        let mut parts = pin!(self.objects.all(&key, of));
        while let Some(part) = parts.try_next().await.map_err(Failure::Objects)? {
            hash.update(&part);
            look.at(&part);
        }
        Ok(Found { sha256: hash.finalize().into(), media_type: look.found() })
    }
}

/// As it was when it was added.
const fn added(upload: UploadId, paper: Paper) -> ShownDocument {
    let id = DocumentId::new(upload.uuid());
    ShownDocument { id, revision: 1, paper, withdrawal: None, withdrawn_by: None }
}
