//! Sharing that begins at one thing: an item or a paper, or all that its author alone wrote in its room.
use crate::{failure::Failure, form::Fields, shelf::Open};
use holdfast_proto::{
    Word as _, consent::v1::Narrowing, documents::v1::GetDocumentRequest, records::v1::GetItemRequest,
};
use holdfast_types::{AccountId, Category};
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Item(Uuid),
    Paper(Uuid),
}

/// What of its room is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Only {
    Thing,
    Author(AccountId),
    /// The part that stands in a grant that is changed.
    Kept,
    /// No part of it: all of the rooms.
    Whole,
}

/// What a thing is called, where it is and who wrote it.
pub(super) struct Found {
    pub title: String,
    pub room: Category,
    pub author: Option<(AccountId, String)>,
}

impl Thing {
    /// As the form sends it: `item:<uuid>` or `paper:<uuid>`.
    pub(super) fn read(fields: &Fields) -> Option<Self> {
        let (kind, id) = fields.one("thing").split_once(':')?;
        let id = id.parse().ok()?;
        match kind {
            "item" => Some(Self::Item(id)),
            "paper" => Some(Self::Paper(id)),
            _ => None,
        }
    }

    pub(super) fn value(self) -> String {
        match self {
            Self::Item(id) => format!("item:{id}"),
            Self::Paper(id) => format!("paper:{id}"),
        }
    }

    pub(super) async fn find(self, open: &Open) -> Result<Found, Failure> {
        let patient_id = open.patient_id();
        let (title, category, author) = match self {
            Self::Item(id) => {
                let asked = GetItemRequest { patient_id, item_id: id.to_string(), as_of_time: None };
                let found = open.records().get_item(asked).await?.into_inner();
                (found.title, found.category, found.recorded_by)
            }
            Self::Paper(id) => {
                let asked = GetDocumentRequest { patient_id, document_id: id.to_string(), as_of_time: None };
                let found = open.documents().get_document(asked).await?.into_inner();
                (found.title, found.category, found.created_by)
            }
        };
        let account = author.strip_prefix("account/").and_then(|id| id.parse().ok());
        let author = match account {
            Some(account) => Some((account, open.known([author.as_str()]).await?.actor(open, &author).name)),
            None => None,
        };
        Ok(Found { title, room: Category::from_proto(category).unwrap_or(Category::Other), author })
    }
}

impl Only {
    /// As the form sends it: `thing`, `author:<uuid>`, `kept` or `whole`.
    pub(super) fn read(fields: &Fields) -> Option<Self> {
        match fields.one("only").split_once(':') {
            None => [Self::Thing, Self::Kept, Self::Whole]
                .into_iter()
                .find(|only| only.value() == fields.one("only")),
            Some(("author", id)) => Some(Self::Author(id.parse().ok()?)),
            Some(_) => None,
        }
    }

    pub(super) fn value(self) -> String {
        match self {
            Self::Thing => "thing".to_owned(),
            Self::Author(account) => format!("author:{account}"),
            Self::Kept => "kept".to_owned(),
            Self::Whole => "whole".to_owned(),
        }
    }

    pub(super) fn narrowing(self, thing: Thing) -> Narrowing {
        let (Thing::Item(id) | Thing::Paper(id)) = thing;
        match self {
            Self::Thing => Narrowing { item_ids: vec![id.to_string()], ..Narrowing::default() },
            Self::Author(account) => {
                Narrowing { author_account_ids: vec![account.to_string()], ..Narrowing::default() }
            }
            Self::Kept | Self::Whole => Narrowing::default(),
        }
    }
}
