//! Stepping through a record: what was recorded last at a moment, against what stood before.
use super::{
    App, Failure, NamedVersion,
    reading::references,
    told::{self, DemographicsChanged, Told},
};
use crate::views::{self, Changed, Moments, StepCursor};
use chrono::{DateTime, Utc};
use holdfast_access::{RequestContext, Unreleased};
use holdfast_eventlog::Right;
use holdfast_types::{Action, Category, PatientId};

pub(crate) struct ListStep {
    pub(crate) patient: PatientId,
    pub(crate) at: Option<DateTime<Utc>>,
    pub(crate) after: Option<StepCursor>,
    pub(crate) size: u32,
}

/// One page of a step.
pub(crate) struct Step {
    pub(crate) moments: Moments,
    pub(crate) demographics: Vec<DemographicsChanged>,
    pub(crate) changes: Vec<NamedChange>,
    pub(crate) next: Option<StepCursor>,
    pub(crate) total: i64,
}

pub(crate) struct NamedChange {
    pub(crate) version: NamedVersion,
    pub(crate) before: Option<NamedVersion>,
    pub(crate) by_right: Option<Right>,
}

impl App {
    #[tracing::instrument(skip_all, name = "records.list_step_changes")]
    pub(crate) async fn step(&self, asked: &RequestContext, query: ListStep) -> Result<Step, Failure> {
        let ListStep { patient, at, after, size } = query;
        let permit = self
            .gate
            .authorise_in_part(asked, Action::Read, patient, Category::ALL, "records.ListStepChanges")
            .await?;
        let told = self.told(&permit).await?;
        let besides: Vec<DateTime<Utc>> = told.iter().map(|told| told.recorded).collect();
        // A page goes on in the step that it began in, whatever was recorded since.
        let at = after.map(|after| after.step).or(at);
        let moments = views::moments(self.log.pool(), &permit, at, &besides).await.map_err(Failure::Views)?;
        let Some(step) = moments.step else {
            let nothing = Step { moments, demographics: vec![], changes: vec![], next: None, total: 0 };
            return Ok(self.gate.release(permit, Unreleased::new(nothing, Vec::new())).await?);
        };
        let found = views::changes(&self.log, &permit, step, after, size).await.map_err(Failure::Views)?;
        let of_first_page: &[Told] = if after.is_none() { &told } else { &[] };
        let besides =
            i64::try_from(told.iter().filter(|told| told.recorded == step).count()).unwrap_or_default();
        let mut wanted = Vec::new();
        let found = found.map(|(changes, more, total)| {
            let versions =
                changes.iter().flat_map(|change| std::iter::once(&change.version).chain(&change.before));
            wanted.extend(versions.flat_map(references));
            (changes, more, total)
        });
        let names = self.names(&permit, wanted).await?;
        let answer = found.with(told::of_step(&permit, of_first_page, step)).map(|(found, demographics)| {
            let (changes, more, total) = found;
            let cursor = |last: &Changed| {
                let (item, revision) = (last.version.item, last.version.revision);
                StepCursor { step, item, revision }
            };
            let next = changes.last().filter(|_| more).map(cursor);
            let named = |version| NamedVersion { version, names: names.clone() };
            let changes = changes.into_iter().map(|Changed { version, before, by_right }| NamedChange {
                version: named(version),
                before: before.map(named),
                by_right,
            });
            Step { moments, demographics, changes: changes.collect(), next, total: total + besides }
        });
        Ok(self.gate.release(permit, answer).await?)
    }
}
