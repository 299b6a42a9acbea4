//! What was done under each grant, out of the record's history: the last look, and the papers that were saved.
use crate::{failure::Failure, handlers::messages::papers, shelf::Open};
use holdfast_proto::audit::v1::{EntryKind, ListPatientEntriesRequest};
use std::collections::{BTreeSet, HashMap};

const PAGE_SIZE: i32 = 200;
/// The last 1,000 looks; what was before is said to be before.
const PAGES_MAX: usize = 5;

#[derive(Default)]
struct Use {
    last: Option<prost_types::Timestamp>,
    /// Documents that left.
    saved: BTreeSet<String>,
}

/// By grant.
#[derive(Default)]
pub(super) struct Uses {
    by_grant: HashMap<String, Use>,
    whole: bool,
}

impl Uses {
    pub(super) async fn of(open: &Open) -> Result<Self, Failure> {
        let (mut uses, mut page_token) = (Self::default(), String::new());
        for _ in 0..PAGES_MAX {
            let asked = ListPatientEntriesRequest {
                patient_id: open.patient_id(),
                kinds: vec![EntryKind::Read.into()],
                page_size: PAGE_SIZE,
                page_token,
            };
            let page = open.audit().list_patient_entries(asked).await?.into_inner();
            page.entries.into_iter().for_each(|entry| uses.note(entry));
            page_token = page.next_page_token;
            uses.whole = page_token.is_empty();
            if uses.whole {
                break;
            }
        }
        Ok(uses)
    }

    /// Entries come newest first.
    fn note(&mut self, entry: holdfast_proto::audit::v1::Entry) {
        let Some(access) = entry.access else { return };
        for grant in &access.grants {
            let known = self.by_grant.entry(grant.grant_id.clone()).or_default();
            known.last = known.last.or(entry.recorded_time);
            if access.operation == "documents.DownloadDocument" {
                known.saved.extend(access.returned.iter().map(|returned| returned.id.clone()));
            }
        }
    }

    /// Whether the whole history was read.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    pub(super) fn last_look(&self, open: &Open, grant: &str) -> String {
        let last = self.by_grant.get(grant).and_then(|known| open.when(known.last.as_ref()));
        let none = if self.whole { "grant-no-look" } else { "grant-no-look-lately" };
        last.map_or_else(|| open.words().t(none), |when| when.text)
    }

    /// What the papers that were saved are called; those that are taken back, or older than the newest, go by their kind alone.
    pub(super) async fn saved(&self, open: &Open, grant: &str) -> Result<Vec<String>, Failure> {
        let Some(known) = self.by_grant.get(grant).filter(|known| !known.saved.is_empty()) else {
            return Ok(Vec::new());
        };
        let titles: HashMap<String, String> =
            papers(open).await?.into_iter().map(|paper| (paper.document_id, paper.title)).collect();
        let title = |id: &String| titles.get(id).cloned().unwrap_or_else(|| open.words().t("message-paper"));
        Ok(known.saved.iter().map(title).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_proto::{
        access::v1::{AccessRecorded, GrantRevision, Returned},
        audit::v1::Entry,
    };

    fn look(operation: &str, seconds: i64, document: &str) -> Entry {
        let access = AccessRecorded {
            operation: operation.into(),
            grants: vec![GrantRevision { grant_id: "g1".into(), revision: 1 }],
            returned: vec![Returned { id: document.into(), revision: 1 }],
            ..AccessRecorded::default()
        };
        let recorded_time = Some(prost_types::Timestamp { seconds, nanos: 0 });
        Entry { access: Some(access), recorded_time, ..Entry::default() }
    }

    #[test]
    fn the_newest_look_counts_and_only_what_was_saved_is_kept() {
        let mut uses = Uses::default();
        uses.note(look("documents.GetDocument", 30, "read"));
        uses.note(look("documents.DownloadDocument", 20, "saved"));
        uses.note(look("documents.DownloadDocument", 10, "saved"));
        let known = &uses.by_grant["g1"];
        assert_eq!(known.last.unwrap().seconds, 30);
        assert_eq!(known.saved.iter().collect::<Vec<_>>(), ["saved"]);
    }
}
