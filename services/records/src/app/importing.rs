//! Taking a file in: read whole, checked against the person, and recorded in one append.
use super::{
    App, Failure, Unfit,
    incoming::{self, System},
    made_by,
    recording::{Batch, ImportOf},
    request, subject,
};
use crate::{
    domain::{
        content::Sha,
        directory::key_id,
        import::{self, Import},
        patient::{self, Patient},
    },
    views,
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use holdfast_access::RequestContext;
use holdfast_eventlog::Position;
use holdfast_fhir::{Bundle, BundleError, Limits, Sought, Warning, read_bundle};
use holdfast_host::CommandId;
use holdfast_types::{Action, PatientId, TenantId};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const OPERATION: &str = "records.ImportBundle";

pub(crate) struct ImportBundle {
    pub(crate) patient: PatientId,
    pub(crate) source_name: String,
    /// Entries whose codes are of systems that are not known here are taken, too.
    pub(crate) accepts_unknown_codes: bool,
    pub(crate) file: File,
}

/// A file that came whole. One that cannot be read says nothing about its categories, nor about anybody's record.
pub(crate) struct File {
    pub(crate) bundle: Result<Bundle, BundleError>,
    /// SHA-256 of its bytes.
    pub(crate) content: Sha,
}

pub(crate) struct Imported {
    pub(crate) tally: import::Tally,
    pub(crate) warnings: Vec<Warning>,
    /// The bundle does not say who it is about.
    pub(crate) nameless: bool,
    pub(crate) position: Option<Position>,
    /// When the same bytes were brought in before.
    pub(crate) before: Option<DateTime<Utc>>,
    /// By type, whom the file names by an identifier and nobody here knows.
    pub(crate) unresolved: BTreeMap<String, Unresolved>,
}

#[derive(Default)]
pub(crate) struct Unresolved {
    pub(crate) targets: usize,
    pub(crate) references: usize,
}

impl App {
    /// Asked before anything of the file is taken: who may contribute nothing at all sends nothing.
    #[tracing::instrument(skip_all, name = "records.may_import")]
    pub(crate) async fn may_import(&self, asked: &RequestContext, patient: PatientId) -> Result<(), Failure> {
        Ok(self.gate.authorise_any(asked, Action::Contribute, patient, OPERATION).await?)
    }

    #[tracing::instrument(skip_all, name = "records.import_bundle")]
    pub(crate) async fn import_bundle(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: ImportBundle,
    ) -> Result<Imported, Failure> {
        let ImportBundle { patient, source_name, accepts_unknown_codes, file } = command;
        let File { bundle, content } = file;
        let mut bundle = bundle.map_err(Failure::Bundle)?;
        if bundle.patient.is_none() && bundle.items.is_empty() {
            return Err(Failure::Unfit(Unfit::NothingOfAPatient));
        }
        if bundle.unknown_codes.count > 0 && !accepts_unknown_codes {
            return Err(Failure::UnknownCodes(bundle.unknown_codes));
        }
        let categories = incoming::categories(&bundle);
        let permit = self.gate.authorise(asked, Action::Contribute, patient, &categories, OPERATION).await?;
        let authority = permit.into_authority();
        let request = request(authority.account(), id);
        let import_id = made_by(authority.account(), id, patient.uuid());
        let (warnings, nameless) = (std::mem::take(&mut bundle.warnings), bundle.patient.is_none());
        let unresolved = self.unresolved(authority.context().tenant, &bundle.sought).await?;
        let answer =
            |tally, position, before| Imported { tally, warnings, nameless, position, before, unresolved };
        let _turn = views::turn(self.log.pool(), patient).await.map_err(Failure::Views)?;
        if let Some(position) =
            self.log.answered(subject(patient), Some(request)).await.map_err(Failure::Append)?
        {
            return Ok(answer(self.tally_of(patient, import_id).await?, Some(position), None));
        }
        let registration = self.registration_from(patient, &bundle).await?;
        let earlier = views::earlier_import(self.log.pool(), self.log.keys(), patient, &content)
            .await
            .map_err(Failure::Views)?;
        let system = System::of(patient, bundle.origin.as_deref(), earlier, &source_name);
        let import = ImportOf {
            id: import_id,
            source: system.id,
            source_name: source_name.clone(),
            content,
            is_known: earlier.is_some(),
        };
        let drafts = incoming::drafts(patient, &system, bundle)?;
        let batch = Batch { patient, drafts, registration, import: Some(import) };
        let recorded = self.record(&authority, request, &batch).await?;
        let tally = if recorded.repeated { self.tally_of(patient, import_id).await? } else { recorded.tally };
        let before = earlier.filter(|_| !recorded.repeated).map(|earlier| earlier.time);
        // Nobody waits until a large file is freed.
        drop(tokio::task::spawn_blocking(move || drop(batch)));
        Ok(answer(tally, recorded.position, before))
    }

    /// Those sought whom the tenant's directory does not hold.
    async fn unresolved(
        &self,
        tenant: TenantId,
        sought: &Sought,
    ) -> Result<BTreeMap<String, Unresolved>, Failure> {
        let known = views::directory_keys(self.log.pool(), tenant, sought.keys().map(String::as_str))
            .await
            .map_err(Failure::Views)?;
        let mut unresolved: BTreeMap<String, Unresolved> = BTreeMap::new();
        for (whom, references) in sought.iter().filter(|(whom, _)| !known.contains(&key_id(tenant, whom))) {
            let resource_type = whom.split('?').next().unwrap_or_default();
            let of_type = unresolved.entry(resource_type.to_owned()).or_default();
            of_type.targets += 1;
            of_type.references += references;
        }
        Ok(unresolved)
    }

    /// What an import brought when it was done.
    async fn tally_of(&self, patient: PatientId, import_id: uuid::Uuid) -> Result<import::Tally, Failure> {
        let loaded = self.log.load::<Import>(subject(patient), import_id).await.map_err(Failure::Read)?;
        match loaded.state {
            import::State::OfRecord(tally) => Ok(tally),
            import::State::Unknown | import::State::OfDirectory(_) => Ok(import::Tally::default()),
        }
    }

    /// Refuses a bundle about somebody else; a record without demographics gets them from it.
    async fn registration_from(
        &self,
        patient: PatientId,
        bundle: &Bundle,
    ) -> Result<Option<patient::Command>, Failure> {
        let Some(read) = &bundle.patient else { return Ok(None) };
        let loaded =
            self.log.load::<Patient>(subject(patient), patient.uuid()).await.map_err(Failure::Read)?;
        match loaded.state {
            patient::State::Unregistered => {
                Ok(Some(patient::Command::Register(incoming::demographics(read))))
            }
            patient::State::Registered(known) if incoming::may_be(&known, read) => Ok(None),
            patient::State::Registered(_) => Err(Failure::Unfit(Unfit::OtherPatient)),
        }
    }
}

/// Away from the tasks that answer: a large file takes a while.
#[tracing::instrument(skip_all, name = "records.read_file")]
pub(crate) async fn read_file(chunks: Vec<Bytes>) -> Result<File, Failure> {
    let reading = tokio::task::spawn_blocking(move || {
        let bytes = chunks.concat();
        let (bundle, content) =
            rayon::join(|| read_bundle(&bytes, &Limits::default()), || Sha256::digest(&bytes).into());
        File { bundle, content }
    });
    reading.await.map_err(|_| Failure::Interrupted)
}
