//! What a record's holders never share: rooms, which the policies close, and single things, which every read leaves out.
use crate::{Caller, Facts, Held};
use holdfast_types::{AccountId, Actor, Category, MarkId, PatientId, PracticeId};
use uuid::Uuid;

/// What is never shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Marked {
    Category(Category),
    /// An item, a document or a thread.
    Item(Uuid),
    /// Whatever an account wrote.
    Author(AccountId),
}

/// From whom it is kept; never from whoever holds the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptFrom {
    Everybody,
    Account(AccountId),
    /// Everybody who holds whatever role there.
    Practice(PracticeId),
}

/// A mark that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkFact {
    pub id: MarkId,
    pub patient: PatientId,
    pub what: Marked,
    pub kept_from: KeptFrom,
}

impl MarkFact {
    /// Whether something is kept from this caller, were it no holder.
    pub fn reaches(&self, caller: &Caller) -> bool {
        match self.kept_from {
            KeptFrom::Everybody => true,
            KeptFrom::Account(account) => account == caller.account,
            KeptFrom::Practice(practice) => caller.held_at_practices().any(|(_, held)| held == practice),
        }
    }
}

/// What is kept from one caller within the rooms that are permitted: every query leaves it out before it joins and counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Withheld {
    items: Vec<Uuid>,
    authors: Vec<AccountId>,
}

impl Withheld {
    pub fn of(caller: &Caller, patient: PatientId, facts: &Facts) -> Self {
        let mut withheld = Self::default();
        for mark in standing(caller, patient, facts) {
            match mark.what {
                Marked::Category(_) => {}
                Marked::Item(item) => withheld.items.push(item),
                Marked::Author(author) => withheld.authors.push(author),
            }
        }
        withheld
    }

    pub const fn is_empty(&self) -> bool {
        self.items.is_empty() && self.authors.is_empty()
    }

    /// Items, documents and threads.
    pub fn items(&self) -> &[Uuid] {
        &self.items
    }

    /// As the logs' headers write who acted.
    pub fn authors(&self) -> Vec<String> {
        self.authors.iter().map(|author| Actor::Account(*author).to_string()).collect()
    }

    /// `author` as the logs' headers write it; a thing whose author is not known is kept back where any author is.
    pub fn holds(&self, item: Uuid, author: Option<&str>) -> bool {
        let wrote = |withheld: &AccountId| {
            author.is_none_or(|author| author == Actor::Account(*withheld).to_string())
        };
        self.items.contains(&item) || self.authors.iter().any(wrote)
    }
}

/// The marks that keep something of this record from this caller, where it is no holder. Nothing is kept from who holds everything.
pub(crate) fn standing<'a>(
    caller: &'a Caller,
    patient: PatientId,
    facts: &'a Facts,
) -> impl Iterator<Item = &'a MarkFact> {
    let everything = facts.relationship.is_some() && facts.held == Held::Everything;
    let marks = if everything { &[][..] } else { &facts.marks };
    marks.iter().filter(move |mark| mark.patient == patient && mark.reaches(caller))
}
