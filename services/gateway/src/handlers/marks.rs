//! What a record's holders never share, in words: the marks that stand, what each is about and from whom it is kept.
use crate::{
    directory::Known,
    failure::Failure,
    pages::{
        never::{MarkCard, Never},
        parts::Link,
    },
    shelf::Open,
};
use chrono::{DateTime, Utc};
use holdfast_host::catalogue;
use holdfast_proto::{
    Word as _,
    consent::v1::{Grant, ListMarksRequest, Mark, grantee, kept_from, marked},
    records::v1::GetItemRequest,
};
use holdfast_types::Category;
use std::collections::{BTreeSet, HashMap};

/// One thing of the record, and whose it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thing<'a> {
    pub id: &'a str,
    /// `account/<uuid>`, or the id alone.
    pub author: &'a str,
    /// None: it does not say.
    pub happened: Option<DateTime<Utc>>,
}

/// Marks with what they need to be told in words.
pub(super) struct Told {
    pub marks: Vec<Mark>,
    known: Known,
    /// Of items and documents, by id.
    titles: HashMap<String, String>,
}

impl Open {
    /// Those that stand; only the record's holders may ask.
    pub(super) async fn marks(&self) -> Result<Vec<Mark>, Failure> {
        let asked = ListMarksRequest { patient_id: self.patient_id() };
        Ok(self.consent().list_marks(asked).await?.into_inner().marks)
    }

    pub(super) async fn told(&self, marks: Vec<Mark>) -> Result<Told, Failure> {
        let known = self.known(marks.iter().flat_map(accounts)).await?;
        let titles = self.titles(marks.iter().filter_map(item)).await?;
        Ok(Told { marks, known, titles })
    }

    /// What the record's holder calls some of its things: items and documents. A conversation has no title here.
    pub(super) async fn titles(
        &self,
        ids: impl Iterator<Item = &str>,
    ) -> Result<HashMap<String, String>, Failure> {
        let ids: BTreeSet<&str> = ids.collect();
        let mut titles = HashMap::new();
        if !ids.is_empty() {
            let papers = super::messages::papers(self).await?;
            titles.extend(papers.into_iter().map(|paper| (paper.document_id, paper.title)));
        }
        for id in ids {
            if titles.contains_key(id) {
                continue;
            }
            let asked =
                GetItemRequest { patient_id: self.patient_id(), item_id: id.to_owned(), as_of_time: None };
            match self.records().get_item(asked).await.map_err(Failure::from) {
                Ok(found) => {
                    titles.insert(id.to_owned(), found.into_inner().title);
                }
                Err(failure) if failure.is(catalogue::ITEM_UNKNOWN) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(titles)
    }

    /// The marks on one thing, and the way to set another; none where the record is not held.
    pub(super) async fn never(
        &self,
        path: &str,
        category: Category,
        thing: Thing<'_>,
    ) -> Result<Option<Never>, Failure> {
        if !self.record.may_share() {
            return Ok(None);
        }
        let mut marks = self.marks().await?;
        marks.retain(|mark| is_about(mark, category, thing));
        let told = self.told(marks).await?;
        let link = |mark: &Mark| {
            Link::new(told.href(self, mark), format!("{}: {}", told.what(self, mark), told.from(self, mark)))
        };
        let marks = told.marks.iter().map(link).collect();
        Ok(Some(Never { href: format!("{path}/never"), share_href: format!("{path}/share"), marks }))
    }
}

impl Told {
    pub(super) fn href(&self, open: &Open, mark: &Mark) -> String {
        open.path(&format!("/sharing/never/{}", mark.mark_id))
    }

    pub(super) fn card(&self, open: &Open, mark: &Mark) -> MarkCard {
        MarkCard {
            href: self.href(open, mark),
            what: self.what(open, mark),
            from: self.from(open, mark),
            why: mark.reason.clone(),
            since: open.when(mark.set_time.as_ref()).map(|when| when.text).unwrap_or_default(),
        }
    }

    pub(super) fn what(&self, open: &Open, mark: &Mark) -> String {
        let words = open.words();
        match mark.what.as_ref().and_then(|what| what.kind.as_ref()) {
            Some(marked::Kind::Category(number)) => Category::from_proto(*number)
                .map_or_else(|| words.t("rooms-some"), |room| words.category(room)),
            Some(marked::Kind::ItemId(id)) => {
                self.titles.get(id).cloned().unwrap_or_else(|| words.t("never-conversation"))
            }
            Some(marked::Kind::AuthorAccountId(id)) => {
                words.say("never-author").with("name", self.known.actor(open, id).name).plain()
            }
            None => words.t("rooms-some"),
        }
    }

    pub(super) fn from(&self, open: &Open, mark: &Mark) -> String {
        match mark.kept_from.as_ref().and_then(|from| from.kind.as_ref()) {
            Some(kept_from::Kind::AccountId(id)) => self.known.actor(open, id).name,
            Some(kept_from::Kind::PracticeId(id)) => self.known.practice(open, id),
            None => open.words().t("never-everybody"),
        }
    }
}

/// Whether a mark keeps what a grant would show.
pub(super) fn keeps(mark: &Mark, category: Category, thing: Thing<'_>, grant: &Grant) -> bool {
    let to = grant.grantee.as_ref().and_then(|grantee| grantee.kind.as_ref());
    let from_them = match (mark.kept_from.as_ref().and_then(|from| from.kind.as_ref()), to) {
        (None, _) => true,
        (Some(kept_from::Kind::AccountId(from)), Some(grantee::Kind::AccountId(to))) => from == to,
        (Some(kept_from::Kind::PracticeId(from)), Some(grantee::Kind::PracticeId(to))) => from == to,
        (Some(_), _) => false,
    };
    from_them && is_about(mark, category, thing)
}

fn is_room(mark: &Mark, category: Category) -> bool {
    let kind = mark.what.as_ref().and_then(|what| what.kind.as_ref());
    matches!(kind, Some(marked::Kind::Category(number)) if *number == category.to_proto())
}

fn is_about(mark: &Mark, category: Category, thing: Thing<'_>) -> bool {
    let author = thing.author.strip_prefix("account/").unwrap_or(thing.author);
    match mark.what.as_ref().and_then(|what| what.kind.as_ref()) {
        Some(marked::Kind::Category(_)) => is_room(mark, category),
        Some(marked::Kind::ItemId(id)) => id == thing.id,
        Some(marked::Kind::AuthorAccountId(id)) => id == author,
        None => false,
    }
}

fn item(mark: &Mark) -> Option<&str> {
    match mark.what.as_ref()?.kind.as_ref()? {
        marked::Kind::ItemId(id) => Some(id),
        marked::Kind::Category(_) | marked::Kind::AuthorAccountId(_) => None,
    }
}

fn accounts(mark: &Mark) -> impl Iterator<Item = &str> {
    let author = match mark.what.as_ref().and_then(|what| what.kind.as_ref()) {
        Some(marked::Kind::AuthorAccountId(id)) => Some(id.as_str()),
        _ => None,
    };
    let from = match mark.kept_from.as_ref().and_then(|from| from.kind.as_ref()) {
        Some(kept_from::Kind::AccountId(id)) => Some(id.as_str()),
        _ => None,
    };
    author.into_iter().chain(from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_proto::consent::v1::{Grantee, KeptFrom, Marked};

    fn mark(what: marked::Kind, from: Option<kept_from::Kind>) -> Mark {
        Mark {
            what: Some(Marked { kind: Some(what) }),
            kept_from: from.map(|kind| KeptFrom { kind: Some(kind) }),
            ..Mark::default()
        }
    }

    fn to(kind: grantee::Kind) -> Grant {
        Grant { grantee: Some(Grantee { kind: Some(kind), role: 0 }), ..Grant::default() }
    }

    #[test]
    fn a_mark_keeps_what_it_names_from_whom_it_names() {
        let thing = Thing { id: "t1", author: "account/a1", happened: None };
        let (dana, oak) =
            (|| grantee::Kind::AccountId("dana".into()), || grantee::Kind::PracticeId("oak".into()));
        let notes = || marked::Kind::Category(Category::Notes.to_proto());
        for what in [notes(), marked::Kind::ItemId("t1".into()), marked::Kind::AuthorAccountId("a1".into())] {
            let everybody = mark(what.clone(), None);
            assert!(keeps(&everybody, Category::Notes, thing, &to(dana())));
            assert!(keeps(&everybody, Category::Notes, thing, &to(oak())));
            let one = mark(what.clone(), Some(kept_from::Kind::AccountId("dana".into())));
            assert!(
                keeps(&one, Category::Notes, thing, &to(dana()))
                    && !keeps(&one, Category::Notes, thing, &to(oak()))
            );
            let practice = mark(what, Some(kept_from::Kind::PracticeId("oak".into())));
            assert!(keeps(&practice, Category::Notes, thing, &to(oak())));
        }
        for what in [marked::Kind::ItemId("t2".into()), marked::Kind::AuthorAccountId("a2".into())] {
            assert!(!keeps(&mark(what, None), Category::Notes, thing, &to(dana())));
        }
        assert!(!keeps(&mark(notes(), None), Category::Goals, thing, &to(dana())));
    }
}
