//! Taking in what sources say, in one append: all of it, or nothing.
use super::{App, Failure, subject};
use crate::{
    domain::{
        content::{Content, Sha},
        import,
        item::{self, Command, Item, State},
        patient::{self, Patient},
    },
    views::{self, ItemHead},
};
use holdfast_access::Authority;
use holdfast_eventlog::{
    Append, AppendError, Decider, Event, NewEvent, Position, Request, StreamAppend, StreamName,
};
use holdfast_types::{Category, ItemId, PatientId};
use rayon::prelude::*;
use std::{collections::BTreeMap, sync::Arc};
use uuid::Uuid;

/// How often it is decided anew when others were faster.
const ATTEMPTS_MAX: u32 = 8;

/// What one source says of one item.
pub(super) struct Draft {
    pub(super) item: ItemId,
    pub(super) content: Arc<Content>,
}

impl Draft {
    /// What of it is new to the item as it stands, and whether the item is known at all.
    fn decide(&self, head: Option<&ItemHead>) -> Result<(Option<StreamAppend>, bool), Failure> {
        let (state, revision) = head.map_or((&State::Absent, 0), |head| (&head.state, head.revision));
        let events = Item::decide(state, Command::Record(self.content.clone())).map_err(Failure::Item)?;
        let stream = if events.is_empty() { None } else { Some(of_item(self.item, revision, events)?) };
        Ok((stream, revision > 0))
    }
}

/// What is taken in together.
pub(super) struct Batch {
    pub(super) patient: PatientId,
    pub(super) drafts: Vec<Draft>,
    /// Gives the record its demographics, where it has none yet.
    pub(super) registration: Option<patient::Command>,
    pub(super) import: Option<ImportOf>,
}

/// The taking in of a file.
pub(super) struct ImportOf {
    pub(super) id: Uuid,
    pub(super) source: Uuid,
    pub(super) source_name: String,
    pub(super) content: Sha,
    /// The same bytes were taken in before.
    pub(super) is_known: bool,
}

#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) tally: import::Tally,
    /// None: there was nothing new.
    pub(super) position: Option<Position>,
    pub(super) repeated: bool,
}

impl App {
    pub(super) async fn record(
        &self,
        authority: &Authority,
        request: Request,
        batch: &Batch,
    ) -> Result<Recorded, Failure> {
        let subject = subject(batch.patient);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let answered = async || self.log.answered(subject, Some(request)).await.map_err(Failure::Append);
            let (streams, tally) = match self.decide(batch).await {
                // What others have made of it since does not undo what the request did.
                Err(_) if answered().await?.is_some() => Default::default(),
                decided => decided?,
            };
            if streams.is_empty() {
                let position = answered().await?;
                return Ok(Recorded { tally, repeated: position.is_some(), position });
            }
            let append =
                Append { subject, context: authority.context().clone(), request: Some(request), streams };
            match self.log.append(append).await {
                Ok(appended) => {
                    let repeated = appended.repeated;
                    return Ok(Recorded { tally, position: Some(appended.position), repeated });
                }
                Err(AppendError::Stale) if attempt < ATTEMPTS_MAX => {}
                Err(error) => return Err(Failure::Append(error)),
            }
        }
    }

    async fn decide(&self, batch: &Batch) -> Result<(Vec<StreamAppend>, import::Tally), Failure> {
        let ids: Vec<ItemId> = batch.drafts.iter().map(|draft| draft.item).collect();
        let heads = views::heads(self.log.pool(), self.log.keys(), batch.patient, &ids)
            .await
            .map_err(Failure::Views)?;
        let decided: Result<Vec<_>, Failure> =
            batch.drafts.par_iter().map(|draft| draft.decide(heads.get(&draft.item))).collect();
        let mut streams = Vec::new();
        let mut tally = import::Tally::default();
        for (draft, (stream, is_known)) in batch.drafts.iter().zip(decided?) {
            let counted = match (&stream, is_known) {
                (None, _) => &mut tally.unchanged,
                (Some(_), false) => &mut tally.added,
                (Some(_), true) => &mut tally.changed,
            };
            count(counted, draft.content.category);
            streams.extend(stream);
        }
        streams.extend(self.registration(batch).await?);
        // A file that says nothing new is noted, too: by it the same bytes are known under another name.
        if let Some(import) = batch.import.as_ref().filter(|import| !import.is_known || !streams.is_empty()) {
            let (source, source_name) = (import.source, import.source_name.clone());
            let (tally, content) = (tally.clone(), Some(import.content));
            let completed = import::Event::Completed { source, source_name, tally, content };
            streams.push(StreamAppend::of(import.id, 0, &[completed]).map_err(Failure::Append)?);
        }
        Ok((streams, tally))
    }

    async fn registration(&self, batch: &Batch) -> Result<Option<StreamAppend>, Failure> {
        let Some(command) = &batch.registration else { return Ok(None) };
        let patient = batch.patient.uuid();
        let loaded =
            self.log.load::<Patient>(subject(batch.patient), patient).await.map_err(Failure::Read)?;
        match Patient::decide(&loaded.state, command.clone()) {
            Ok(events) => {
                StreamAppend::of(patient, loaded.revision, &events).map(Some).map_err(Failure::Append)
            }
            // Somebody registered the patient meanwhile: what they said stands.
            Err(_) => Ok(None),
        }
    }
}

/// Each event with the time at which its source says it happened.
pub(super) fn of_item(id: ItemId, revision: u64, events: Vec<item::Event>) -> Result<StreamAppend, Failure> {
    let encoded = events.into_iter().map(|event| {
        let occurred = event.content().and_then(|content| content.occurred);
        let mut new = NewEvent::keeping(event)?;
        new.occurred = occurred;
        Ok(new)
    });
    let events = encoded.collect::<Result<_, AppendError>>().map_err(Failure::Append)?;
    let stream = StreamName::new(item::Event::AGGREGATE, id.uuid());
    Ok(StreamAppend { stream, expected_revision: revision, events, own_key: false })
}

fn count(counts: &mut BTreeMap<Category, u32>, category: Category) {
    *counts.entry(category).or_default() += 1;
}
