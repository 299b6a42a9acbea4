//! Reading a record: one item, a page of them, an item's history, a summary.
use super::{App, Failure};
use crate::{
    domain::{
        content::{Content, Named},
        item,
    },
    views::{self, Body, Cursor, Listing, SourceSummary, Summary, Version, ViewsError},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Parts, Permit, RequestContext, Unreleased};
use holdfast_fhir::summary::{self, RowValue};
use holdfast_types::{Action, Category, ItemId, PatientId};
use std::{collections::HashMap, sync::Arc};

/// A version with what the directory calls those that it refers to.
#[derive(Debug)]
pub(crate) struct NamedVersion {
    pub(crate) version: Version,
    pub(crate) names: Names,
}

impl NamedVersion {
    /// What stands nowhere yet, and of which nobody is looked up: for the values that it would have.
    pub(crate) fn proposed(patient: PatientId, content: &Arc<Content>) -> Self {
        let version = Version {
            patient,
            item: ItemId::new(uuid::Uuid::nil()),
            revision: 0,
            category: content.category,
            recorded: DateTime::UNIX_EPOCH,
            read: DateTime::UNIX_EPOCH,
            actor: String::new(),
            body: Body { content: Arc::clone(content), retraction: None, proposed: None },
        };
        Self { version, names: Names::default() }
    }
}

/// What the directory calls whom, by the key of a reference.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(Arc<HashMap<String, String>>);

impl Names {
    /// The directory's word first: it is the newest.
    pub(crate) fn of(&self, named: &Named) -> Option<String> {
        named.key.as_ref().and_then(|key| self.0.get(key)).or(named.display.as_ref()).cloned()
    }
}

pub(crate) struct ListItems {
    pub(crate) patient: PatientId,
    /// Never empty.
    pub(crate) categories: Vec<Category>,
    pub(crate) listing: Listing,
}

pub(crate) struct ListedItems {
    pub(crate) versions: Vec<NamedVersion>,
    pub(crate) total: i64,
    pub(crate) next: Option<Cursor>,
    pub(crate) sources: Vec<SourceSummary>,
    pub(crate) withheld: Vec<Category>,
}

impl App {
    #[tracing::instrument(skip_all, name = "records.list_items")]
    pub(crate) async fn list_items(
        &self,
        asked: &RequestContext,
        query: ListItems,
    ) -> Result<ListedItems, Failure> {
        let ListItems { patient, categories, listing } = query;
        let permit = self
            .gate
            .authorise_in_part(asked, Action::Read, patient, &categories, "records.ListItems")
            .await?;
        let withheld = categories.into_iter().filter(|category| !permit.covers(*category)).collect();
        let page = views::list(&self.log, &permit, listing).await.map_err(Failure::Views)?;
        let mut wanted = Vec::new();
        let page = page.map(|page| {
            wanted.extend(page.versions.iter().flat_map(performers).filter_map(|named| named.key.clone()));
            page
        });
        let names = self.names(&permit, wanted).await?;
        let listed = page.map(|page| ListedItems {
            versions: page
                .versions
                .into_iter()
                .map(|version| NamedVersion { version, names: names.clone() })
                .collect(),
            total: page.total,
            next: page.next,
            sources: page.sources,
            withheld,
        });
        Ok(self.gate.release(permit, listed).await?)
    }

    #[tracing::instrument(skip_all, name = "records.get_item")]
    pub(crate) async fn item(
        &self,
        asked: &RequestContext,
        (patient, item): (PatientId, ItemId),
        as_of: Option<DateTime<Utc>>,
    ) -> Result<NamedVersion, Failure> {
        let permit = self.permit_to_read(asked, patient, item, "records.GetItem").await?;
        let version = self.version(&permit, item, as_of).await?;
        let version = self.gate.release(permit, version).await?;
        version.ok_or(Failure::Item(item::Refusal::Unknown))
    }

    /// Newest first, and whether there are more.
    #[tracing::instrument(skip_all, name = "records.list_item_versions")]
    pub(crate) async fn item_versions(
        &self,
        asked: &RequestContext,
        (patient, item): (PatientId, ItemId),
        before: Option<u64>,
        size: u32,
    ) -> Result<(Vec<NamedVersion>, bool), Failure> {
        let permit = self.permit_to_read(asked, patient, item, "records.ListItemVersions").await?;
        let versions =
            views::versions(&self.log, &permit, item, before, size).await.map_err(Failure::Views)?;
        let mut wanted = Vec::new();
        let versions = versions.map(|(versions, more)| {
            wanted.extend(versions.iter().flat_map(references));
            (versions, more)
        });
        let names = self.names(&permit, wanted).await?;
        let named = versions.map(|(versions, more)| {
            (
                versions
                    .into_iter()
                    .map(|version| NamedVersion { version, names: names.clone() })
                    .collect::<Vec<_>>(),
                more,
            )
        });
        let (versions, more) = self.gate.release(permit, named).await?;
        if versions.is_empty() && before.is_none() {
            return Err(Failure::Item(item::Refusal::Unknown));
        }
        Ok((versions, more))
    }

    #[tracing::instrument(skip_all, name = "records.summarize_record")]
    pub(crate) async fn summarize(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        times: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
        with_sources: bool,
    ) -> Result<Summary, Failure> {
        let permit = self
            .gate
            .authorise_in_part(asked, Action::Read, patient, Category::ALL, "records.SummarizeRecord")
            .await?;
        let summary =
            views::summary(&self.log, &permit, times, with_sources).await.map_err(Failure::Views)?;
        Ok(self.gate.release(permit, summary).await?)
    }

    pub(super) async fn version(
        &self,
        permit: &Permit<Parts>,
        item: ItemId,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<Unreleased<Option<NamedVersion>>, Failure> {
        let found = views::item(&self.log, permit, item, as_of).await.map_err(Failure::Views)?;
        let mut wanted = Vec::new();
        let found = found.map(|version| {
            wanted.extend(version.iter().flat_map(references));
            version
        });
        let names = self.names(permit, wanted).await?;
        Ok(found.map(|version| version.map(|version| NamedVersion { version, names })))
    }

    /// By the categories that the item has had; for what is not there, or kept from the caller, by any.
    async fn permit_to_read(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        item: ItemId,
        operation: &'static str,
    ) -> Result<Permit<Parts>, Failure> {
        let had = views::categories_of(self.log.pool(), patient, item).await.map_err(Failure::Views)?;
        let gate = &self.gate;
        if !had.is_empty() {
            let permit = gate.authorise_in_part(asked, Action::Read, patient, &had, operation).await?;
            if !views::is_withheld(&self.log, &permit, item).await.map_err(Failure::Views)? {
                return Ok(permit);
            }
        }
        Ok(gate.authorise_in_part(asked, Action::Read, patient, Category::ALL, operation).await?)
    }

    pub(super) async fn names(&self, permit: &Permit<Parts>, wanted: Vec<String>) -> Result<Names, Failure> {
        let wanted = wanted.iter().map(String::as_str);
        let names: Result<_, ViewsError> =
            views::names(self.log.pool(), self.log.keys(), permit, wanted).await;
        names.map(|names| Names(Arc::new(names))).map_err(Failure::Views)
    }
}

fn performers(version: &Version) -> impl Iterator<Item = &Named> {
    version.body.content.performers.iter()
}

/// The keys of everything that an item's page names.
pub(super) fn references(version: &Version) -> Vec<String> {
    let content = &version.body.content;
    let rows = summary::of(content.resource.as_str().as_bytes()).map(|said| said.rows).unwrap_or_default();
    let in_rows = rows.iter().filter_map(|row| match &row.value {
        RowValue::Reference(reference) => Named::of(reference).key,
        RowValue::Text(_) | RowValue::When(_) | RowValue::Span { .. } => None,
    });
    let by = content.attested.iter().flat_map(|attested| &attested.by);
    let attested = by.flat_map(|by| std::iter::once(&by.who).chain(&by.on_behalf_of));
    performers(version).chain(attested).filter_map(|named| named.key.clone()).chain(in_rows).collect()
}
