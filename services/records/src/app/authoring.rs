//! Items that a person or an app writes, replaces and retracts.
use super::{
    App, Failure, NamedVersion, Unfit,
    importing::read_file,
    incoming::draft,
    recording::{Batch, Draft},
    request, subject,
};
use crate::{
    domain::{
        content::{Content, Source, SourceKind},
        item::{self, Command, Item, SourceIdentity, source_id},
    },
    views,
};
use bytes::Bytes;
use holdfast_access::{Permit, RequestContext};
use holdfast_eventlog::Position;
use holdfast_fhir::PATIENT_REFERENCE;
use holdfast_host::CommandId;
use holdfast_types::{Action, Category, ItemId, PatientId, Role};
use serde_json::value::RawValue;

pub(crate) struct NewItem {
    pub(crate) json: Bytes,
    /// Empty: the resource's own type and id.
    pub(crate) source_key: String,
}

/// Items after a command: their ids in any case, and the one item as far as its author may read it.
pub(crate) struct Authored {
    pub(crate) items: Vec<ItemId>,
    pub(crate) shown: Option<NamedVersion>,
    pub(crate) revision: u64,
    pub(crate) position: Option<Position>,
}

impl App {
    #[tracing::instrument(skip_all, name = "records.create_items")]
    pub(crate) async fn create_items(
        &self,
        asked: &RequestContext,
        id: CommandId,
        patient: PatientId,
        new: Vec<NewItem>,
        operation: &'static str,
    ) -> Result<Authored, Failure> {
        let items = read_items(patient, &new).await?;
        let categories = categories(&items);
        let permit = self.gate.authorise(asked, Action::Contribute, patient, &categories, operation).await?;
        let acts = request(permit.account(), id);
        // What has been added stays so, whatever has been locked since: the request is answered as it was.
        if self.log.answered(subject(patient), Some(acts)).await.map_err(Failure::Append)?.is_none() {
            self.may_add(asked, &permit, &categories).await?;
        }
        let source = author(&permit, asked);
        let authority = permit.into_authority();
        let drafts = items.into_iter().zip(new).map(|(content, new)| {
            let key = if new.source_key.is_empty() { content.source.key } else { new.source_key };
            draft(patient, Content { source: Source { key, ..source.clone() }, ..content })
        });
        let drafts: Vec<Draft> = drafts.collect::<Result<_, _>>()?;
        let ids: Vec<ItemId> = drafts.iter().map(|draft| draft.item).collect();
        if let Some(twice) = (1..ids.len()).find(|at| ids.iter().take(*at).any(|id| Some(id) == ids.get(*at)))
        {
            return Err(Failure::Unfit(Unfit::NotAnItem { place: format!("items[{twice}].source_key") }));
        }
        let batch = Batch { patient, drafts, registration: None, import: None };
        let recorded = self.record(&authority, acts, &batch).await?;
        let shown = match ids.as_slice() {
            [one] => self.shown_after(asked, patient, *one, operation).await,
            _ => None,
        };
        let revision = shown.as_ref().map_or(1, |shown| shown.version.revision);
        Ok(Authored { items: ids, shown, revision, position: recorded.position })
    }

    #[tracing::instrument(skip_all, name = "records.update_item")]
    pub(crate) async fn update_item(
        &self,
        asked: &RequestContext,
        id: CommandId,
        (patient, item): (PatientId, ItemId),
        json: Bytes,
        seen: Option<u64>,
    ) -> Result<Authored, Failure> {
        let content = read_items(patient, &[NewItem { json, source_key: String::new() }]).await?.pop();
        let content = content.ok_or_else(|| Failure::Unfit(not_an_item(0)))?;
        let becomes = Some(content.category);
        let permit = self.permit_to_change(asked, (patient, item), becomes, "records.UpdateItem").await?;
        let source = Source { key: content.source.key.clone(), ..author(&permit, asked) };
        let content = draft(patient, Content { source, ..content })?.content;
        let locks = self.locks_for(asked, &permit).await?;
        self.change_item(asked, id, permit, item, "records.UpdateItem", |revision| Command::Replace {
            content: content.clone(),
            as_seen: seen.is_none_or(|seen| seen == revision),
            locks: locks.clone(),
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "records.retract_item")]
    pub(crate) async fn retract_item(
        &self,
        asked: &RequestContext,
        id: CommandId,
        (patient, item): (PatientId, ItemId),
        reason: String,
        seen: Option<u64>,
    ) -> Result<Authored, Failure> {
        let permit = self.permit_to_change(asked, (patient, item), None, "records.RetractItem").await?;
        let locks = self.locks_for(asked, &permit).await?;
        self.change_item(asked, id, permit, item, "records.RetractItem", |revision| Command::Retract {
            reason: reason.clone(),
            as_seen: seen.is_none_or(|seen| seen == revision),
            locks: locks.clone(),
            proposed: None,
        })
        .await
    }

    async fn change_item(
        &self,
        asked: &RequestContext,
        id: CommandId,
        permit: Permit,
        item: ItemId,
        operation: &'static str,
        command: impl Fn(u64) -> Command + Send + Sync,
    ) -> Result<Authored, Failure> {
        let patient = permit.patient();
        let authority = permit.into_authority();
        let request = Some(request(authority.account(), id));
        let done = self
            .log
            .execute::<Item>(subject(patient), item.uuid(), authority.context(), request, |loaded| {
                command(loaded.revision)
            })
            .await
            .map_err(|error| Failure::of(error, Failure::Item))?;
        let shown = self.shown_after(asked, patient, item, operation).await;
        Ok(Authored { items: vec![item], shown, revision: done.revision, position: done.position })
    }

    /// To change the item as it is and as it will be.
    pub(super) async fn permit_to_change(
        &self,
        asked: &RequestContext,
        (patient, item): (PatientId, ItemId),
        becomes: Option<Category>,
        operation: &'static str,
    ) -> Result<Permit, Failure> {
        let heads =
            views::heads(self.log.pool(), self.log.keys(), patient, &[item]).await.map_err(Failure::Views)?;
        let stands = match heads.get(&item).map(|head| &head.state) {
            Some(item::State::Standing(standing) | item::State::Retracted(standing)) => {
                Some(standing.category)
            }
            Some(item::State::Absent) | None => None,
        };
        if let Some(category) = stands {
            let mut categories: Vec<Category> = std::iter::once(category).chain(becomes).collect();
            categories.sort_unstable();
            categories.dedup();
            let permit =
                self.gate.authorise(asked, Action::Contribute, patient, &categories, operation).await?;
            if !views::is_withheld(&self.log, &permit, item).await.map_err(Failure::Views)? {
                return Ok(permit);
            }
        }
        // Who may change everything may know that it is not there; what is kept from somebody is not there either.
        let _everything =
            self.gate.authorise(asked, Action::Contribute, patient, Category::ALL, operation).await?;
        Err(Failure::Item(item::Refusal::Unknown))
    }

    /// It is done: whether it can be shown does not change that.
    async fn shown_after(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        item: ItemId,
        operation: &'static str,
    ) -> Option<NamedVersion> {
        let categories = views::categories_of(self.log.pool(), patient, item).await.ok()?;
        let permits = self
            .gate
            .authorise_each_in_part(asked, Action::Read, &[patient], &categories, operation)
            .await
            .ok()?;
        let permit = permits.into_iter().next()?;
        let version = self.version(&permit, item, None).await.ok()?;
        self.gate.release(permit, version).await.ok()?
    }
}

fn categories(contents: &[Content]) -> Vec<Category> {
    let mut categories: Vec<Category> = contents.iter().map(|content| content.category).collect();
    categories.sort_unstable();
    categories.dedup();
    categories
}

/// Whoever writes is a source of their own: nobody else's key is theirs.
pub(super) fn author(permit: &Permit, asked: &RequestContext) -> Source {
    let account = permit.account();
    let kind = match permit.relationship() {
        Some(_) => SourceKind::Patient,
        None if asked.caller.roles.iter().any(|held| held.role == Role::ServiceAccount) => SourceKind::App,
        None => SourceKind::Practice,
    };
    let id = source_id(permit.patient(), &SourceIdentity::Account(account));
    Source { id, kind, name: String::new(), key: String::new() }
}

/// Reads resources as strictly as a bundle, in which they may refer to each other.
pub(super) async fn read_items(patient: PatientId, new: &[NewItem]) -> Result<Vec<Content>, Failure> {
    let mut bundle = br#"{"resourceType":"Bundle","type":"collection","entry":["#.to_vec();
    for (at, item) in new.iter().enumerate() {
        let json: &RawValue =
            serde_json::from_slice(&item.json).map_err(|_| Failure::Unfit(not_an_item(at)))?;
        bundle.extend_from_slice(if at == 0 { br#"{"resource":"# } else { br#",{"resource":"# });
        bundle.extend_from_slice(known_as_self(patient, json.get()).as_bytes());
        bundle.push(b'}');
    }
    bundle.extend_from_slice(b"]}");
    let bundle = read_file(vec![bundle.into()]).await?.bundle.map_err(Failure::Resource)?;
    let about_another = bundle.outside_patient.as_deref().is_some_and(|called| called != PATIENT_REFERENCE);
    if about_another || bundle.items.len() != new.len() {
        let kept = bundle.items.len().min(new.len().saturating_sub(1));
        return Err(Failure::Unfit(not_an_item(if about_another { 0 } else { kept })));
    }
    let unnamed =
        Source { id: uuid::Uuid::nil(), kind: SourceKind::App, name: String::new(), key: String::new() };
    let content = |read: holdfast_fhir::Item| {
        let source = Source { key: read.source_key.clone(), ..unnamed.clone() };
        Content::of(read, source, Vec::new()).map_err(Failure::from)
    };
    bundle.items.into_iter().map(content).collect()
}

fn not_an_item(at: usize) -> Unfit {
    Unfit::NotAnItem { place: format!("items[{at}].fhir_json") }
}

/// As resources leave, they call the patient by id; as they are kept, by no name.
fn known_as_self(patient: PatientId, json: &str) -> String {
    json.replace(&format!("\"Patient/{patient}\""), &format!("\"{PATIENT_REFERENCE}\""))
}
