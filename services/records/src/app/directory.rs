//! Taking in a tenant's directory: organizations, places and practitioners that belong to no patient.
use super::{App, Failure, Unfit, importing::File, incoming::RESOURCE_BYTES_MAX, made_by, request};
use crate::{
    domain::{
        directory::{self, Directory, Entry, State},
        import::{self, DirectoryTally, Import},
    },
    views,
};
use holdfast_access::{Authority, Oversight, RequestContext};
use holdfast_eventlog::{Append, AppendError, Decider, StreamAppend, Subject};
use holdfast_host::CommandId;
use holdfast_types::TenantId;
use std::collections::HashMap;
use uuid::Uuid;

const ATTEMPTS_MAX: u32 = 8;

impl App {
    /// Asked before anything of the file is taken.
    #[tracing::instrument(skip_all, name = "records.may_import_directory")]
    pub(crate) async fn may_import_directory(
        &self,
        asked: &RequestContext,
        tenant: TenantId,
    ) -> Result<Authority, Failure> {
        let oversight = Oversight::Tenant(tenant);
        let permit = self.gate.authorise_oversight(asked, oversight, "records.ImportDirectory").await?;
        Ok(permit.into_authority())
    }

    #[tracing::instrument(skip_all, name = "records.import_directory")]
    pub(crate) async fn import_directory(
        &self,
        authority: &Authority,
        id: CommandId,
        tenant: TenantId,
        file: File,
    ) -> Result<DirectoryTally, Failure> {
        let bundle = file.bundle.map_err(Failure::Bundle)?;
        if bundle.patient.is_some() || !bundle.items.is_empty() {
            return Err(Failure::Unfit(Unfit::OfAPatient));
        }
        let entries = bundle.directory.into_iter().map(Entry::of).collect::<Result<Vec<_>, _>>()?;
        if entries.iter().any(|entry| entry.resource.as_str().len() > RESOURCE_BYTES_MAX) {
            return Err(Failure::Unfit(Unfit::EntryTooLarge));
        }
        // Two entries with one identity: the last one says what holds.
        let entries: HashMap<Uuid, Entry> =
            entries.into_iter().map(|entry| (entry.id(tenant), entry)).collect();
        let (subject, request) = (Subject::Tenant(tenant), request(authority.account(), id));
        let import_id = made_by(authority.account(), id, tenant.uuid());
        let mut attempt = 0;
        loop {
            attempt += 1;
            if self.log.answered(subject, Some(request)).await.map_err(Failure::Append)?.is_some() {
                let loaded = self.log.load::<Import>(subject, import_id).await.map_err(Failure::Read)?;
                return Ok(match loaded.state {
                    import::State::OfDirectory(tally) => tally,
                    import::State::Unknown | import::State::OfRecord(_) => DirectoryTally::default(),
                });
            }
            let (mut streams, tally) = self.news(tenant, &entries).await?;
            if streams.is_empty() {
                return Ok(tally);
            }
            let completed = import::Event::DirectoryCompleted(tally);
            streams.push(StreamAppend::of(import_id, 0, &[completed]).map_err(Failure::Append)?);
            let append =
                Append { subject, context: authority.context().clone(), request: Some(request), streams };
            match self.log.append(append).await {
                Ok(appended) if !appended.repeated => return Ok(tally),
                Ok(_) => {}
                Err(AppendError::Stale) if attempt < ATTEMPTS_MAX => {}
                Err(error) => return Err(Failure::Append(error)),
            }
        }
    }

    async fn news(
        &self,
        tenant: TenantId,
        entries: &HashMap<Uuid, Entry>,
    ) -> Result<(Vec<StreamAppend>, DirectoryTally), Failure> {
        let ids: Vec<Uuid> = entries.keys().copied().collect();
        let heads = views::directory_heads(self.log.pool(), self.log.keys(), tenant, &ids)
            .await
            .map_err(Failure::Views)?;
        let mut streams = Vec::new();
        let mut tally = DirectoryTally::default();
        for (id, entry) in entries {
            let head = heads.get(id);
            let state = head.map_or(State::Absent, |head| State::Recorded(head.content));
            let events: Vec<directory::Event> =
                Directory::decide(&state, Box::new(entry.clone())).unwrap_or_else(|never| match never {});
            match (events.is_empty(), head) {
                (true, _) => tally.unchanged += 1,
                (false, None) => tally.added += 1,
                (false, Some(_)) => tally.changed += 1,
            }
            if !events.is_empty() {
                let revision = head.map_or(0, |head| head.revision);
                streams.push(StreamAppend::of(*id, revision, &events).map_err(Failure::Append)?);
            }
        }
        Ok((streams, tally))
    }
}
