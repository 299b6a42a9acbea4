//! Demographics as the log tells them, version by version: the read model holds only what they are now.
use super::{App, Failure, subject};
use crate::{
    domain::{content::Proposed, demographics::Demographics, patient},
    views::ShownPatient,
};
use chrono::{DateTime, Utc};
use holdfast_access::{OfRecord, Parts, Permit, Returned, Unreleased};
use holdfast_eventlog::{Event as _, ReadError, Right, StreamName};
use holdfast_types::{Category, TenantId};

/// One version of a record's demographics.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) demographics: Demographics,
    pub(crate) tenant: TenantId,
    pub(crate) recorded: DateTime<Utc>,
    pub(crate) actor: String,
    pub(crate) revision: u64,
    pub(crate) by_right: Option<Right>,
    pub(crate) proposed: Option<Proposed>,
}

/// Demographics of a step, and what they were before it.
#[derive(Debug)]
pub(crate) struct DemographicsChanged {
    pub(crate) version: Told,
    pub(crate) before: Option<Demographics>,
}

impl App {
    /// Oldest first; none where demographics, which are one thing, are not permitted as a whole.
    pub(super) async fn told<T: OfRecord>(&self, permit: &Permit<T>) -> Result<Vec<Told>, Failure> {
        if !permit.covers_whole(Category::Demographics) {
            return Ok(Vec::new());
        }
        let patient = permit.patient();
        let name = StreamName::new(patient::Event::AGGREGATE, patient.uuid());
        let events = self.log.stream(subject(patient), &name).await.map_err(Failure::Read)?;
        let told = events.iter().map(|opened| {
            let event: patient::Event = opened.decode().map_err(ReadError::Decode)?;
            Ok(Told {
                demographics: event.demographics().clone(),
                tenant: opened.header.tenant,
                recorded: opened.header.recorded,
                actor: opened.header.actor.to_string(),
                revision: opened.header.revision,
                by_right: opened.header.by_right.clone(),
                proposed: event.proposed(),
            })
        });
        told.collect::<Result<_, ReadError>>().map_err(Failure::Read)
    }

    /// The demographics as they were recorded at a time.
    pub(super) async fn patient_then(
        &self,
        permit: &Permit,
        at: DateTime<Utc>,
    ) -> Result<Unreleased<Option<ShownPatient>>, Failure> {
        let mut told = self.told(permit).await?;
        told.retain(|told| told.recorded <= at);
        let (Some(created), Some(last)) = (told.first().map(|first| first.recorded), told.pop()) else {
            return Ok(Unreleased::new(None, Vec::new()));
        };
        let patient = permit.patient();
        let returned = vec![Returned { id: patient.uuid(), revision: last.revision }];
        let shown = ShownPatient {
            patient,
            tenant: last.tenant,
            demographics: last.demographics,
            created,
            updated: last.recorded,
            revision: last.revision,
        };
        Ok(Unreleased::new(Some(shown), returned))
    }
}

/// Those of a step, each with what it changed.
pub(super) fn of_step(
    permit: &Permit<Parts>,
    told: &[Told],
    step: DateTime<Utc>,
) -> Unreleased<Vec<DemographicsChanged>> {
    let befores = std::iter::once(None).chain(told.iter().map(Some));
    let mut returned = Vec::new();
    let mut changed = Vec::new();
    for (version, before) in told.iter().zip(befores).filter(|(version, _)| version.recorded == step) {
        let revisions = before.map(|before| before.revision).into_iter().chain([version.revision]);
        returned.extend(revisions.map(|revision| Returned { id: permit.patient().uuid(), revision }));
        let before = before.map(|before| before.demographics.clone());
        changed.push(DemographicsChanged { version: version.clone(), before });
    }
    Unreleased::new(changed, returned)
}
