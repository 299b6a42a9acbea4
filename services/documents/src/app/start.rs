//! Beginning an upload, and how far it has come.
use super::{App, Failure, ShownUpload};
use crate::{
    domain::{
        media_type::MediaType,
        upload::{Announced, Command, Digest, LIFE, Refusal, Upload},
    },
    objects, views,
};
use holdfast_access::{RequestContext, Unreleased};
use holdfast_eventlog::Subject;
use holdfast_host::CommandId;
use holdfast_types::{Action, Category, PatientId, UploadId};

pub(crate) struct StartUpload {
    pub(crate) patient: PatientId,
    pub(crate) title: String,
    pub(crate) media_type: MediaType,
    pub(crate) size_bytes: u64,
    pub(crate) sha256: Option<Digest>,
    pub(crate) category: Category,
}

impl App {
    #[tracing::instrument(skip_all, name = "documents.start_upload")]
    pub(crate) async fn start_upload(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: StartUpload,
    ) -> Result<ShownUpload, Failure> {
        let StartUpload { patient, title, media_type, size_bytes, sha256, category } = command;
        let permit = self
            .ground
            .gate()
            .authorise(asked, Action::Contribute, patient, &[category], "documents.StartUpload")
            .await?;
        let now = self.log().clock().now();
        let open = views::open_uploads(self.log().pool(), &permit, now).await.map_err(Failure::Views)?;
        let authority = permit.into_authority();
        let by = authority.account();
        let upload = UploadId::new(id.makes(by, patient.uuid()));
        let folder = objects::folder(authority.context().tenant, patient, upload.uuid());
        let expires = now + LIFE;
        let announced =
            Announced { patient, by, category, title, media_type, size_bytes, sha256, folder, expires };
        let executed = self
            .log()
            .execute::<Upload>(
                Subject::Patient(patient),
                upload.uuid(),
                authority.context(),
                Some(id.request_of(by)),
                |_| Command::Start { announced: Box::new(announced.clone()), open },
            )
            .await
            .map_err(Failure::of_upload)?;
        let received = if executed.repeated { self.progress(upload).await?.received_bytes } else { 0 };
        // Of a repeated command the first time of expiry holds.
        let announced = executed.state.announced().ok_or(Failure::Upload(Refusal::NotStarted))?;
        Ok(ShownUpload::of(upload, announced, received))
    }

    #[tracing::instrument(skip_all, name = "documents.get_upload")]
    pub(crate) async fn upload(&self, asked: &RequestContext, id: UploadId) -> Result<ShownUpload, Failure> {
        let permit = self.own_upload(asked, id, "documents.GetUpload").await?;
        let loaded = self
            .log()
            .load::<Upload>(Subject::Patient(permit.patient()), id.uuid())
            .await
            .map_err(Failure::Read)?;
        let announced = loaded.state.open().map_err(Failure::Upload)?;
        if self.log().clock().now() >= announced.expires {
            return Err(Failure::Upload(Refusal::Ended));
        }
        let shown = ShownUpload::of(id, announced, self.progress(id).await?.received_bytes);
        Ok(self.ground.gate().release(permit, Unreleased::new(shown, Vec::new())).await?)
    }
}
