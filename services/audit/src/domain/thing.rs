//! One thing of a record as the logs tell of it by a moment, and whether somebody to whom its room is open would be shown it: the rule
//! by which records, documents and messaging leave out, of one thing and in memory.
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_access::{Caller, Facts, Marked, Thing, Withheld, Within};
use holdfast_proto::messaging::v1::ThreadStarted;
use holdfast_types::{Action, Actor, Category, MarkId, PracticeId};
use prost_types::Any;
use uuid::Uuid;

/// An event that says no time is said to have occurred when it was written, shortly before it is recorded: then its thing happened when
/// it first came.
const SAYS_NO_TIME: TimeDelta = TimeDelta::seconds(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThingKind {
    Item,
    Document,
    Thread,
}

/// An item, a document or a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThingThen {
    pub kind: ThingKind,
    pub id: Uuid,
    pub category: Category,
    /// Everybody who had a hand in it, as the logs' headers write who acted.
    authors: Vec<String>,
    came: DateTime<Utc>,
    /// When it happened: from when to when.
    pub first: DateTime<Utc>,
    last: DateTime<Utc>,
    /// With which a thread is.
    practice: Option<PracticeId>,
}

/// What an event says of its thing beside its words.
#[derive(Debug, Clone)]
pub struct ThingSaid {
    pub event_type: String,
    pub category: Option<Category>,
    /// As the log's header writes it.
    pub actor: String,
    pub occurred: DateTime<Utc>,
    pub recorded: DateTime<Utc>,
    pub published: Option<Any>,
}

/// What would come of asking for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ThingVerdict {
    Open,
    RoomClosed,
    /// By these marks.
    Marked(Vec<MarkId>),
    BeyondPart,
    OfAnotherPractice,
    /// With its record, or a document alone; its service says so, or answers like of what is not there.
    Erased {
        is_said: bool,
    },
}

impl ThingThen {
    /// From what its stream said, in its order. None: nothing of it was said yet.
    pub fn of(id: Uuid, said: &[ThingSaid]) -> Option<Self> {
        let mut said = said.iter();
        let mut thing = Self::begun(id, said.next()?)?;
        for more in said {
            thing.hear(more);
        }
        Some(thing)
    }

    fn begun(id: Uuid, said: &ThingSaid) -> Option<Self> {
        let kind = match said.event_type.as_str() {
            "item.recorded" => ThingKind::Item,
            "document.added" => ThingKind::Document,
            "thread.started" => ThingKind::Thread,
            _ => return None,
        };
        let started: Option<ThreadStarted> = said.published.as_ref().and_then(|any| any.to_msg().ok());
        Some(Self {
            kind,
            id,
            category: said.category?,
            // A thread is of those who wrote in it.
            authors: Vec::from_iter((kind != ThingKind::Thread).then(|| said.actor.clone())),
            came: said.recorded,
            first: said.occurred,
            last: said.occurred,
            practice: started.and_then(|started| started.practice_id.parse().ok()),
        })
    }

    fn hear(&mut self, said: &ThingSaid) {
        match said.event_type.as_str() {
            "item.changed" => {
                let says_none = (TimeDelta::zero()..SAYS_NO_TIME).contains(&(said.recorded - said.occurred));
                let happened = if says_none { self.came } else { said.occurred };
                (self.first, self.last) = (happened, happened);
            }
            "thread.message-posted" => self.last = said.occurred,
            "item.retracted" => {}
            _ => return,
        }
        self.category = said.category.unwrap_or(self.category);
        if !self.authors.contains(&said.actor) {
            self.authors.push(said.actor.clone());
        }
    }

    /// To a caller to whom its room is open, as a whole or within.
    pub fn verdict(&self, caller: &Caller, facts: &Facts, within: &Within) -> ThingVerdict {
        let marks = self.kept_by(facts);
        // A holder sees the threads with all practices.
        let is_theirs = |practice: PracticeId| {
            self.is_held(facts) || caller.held_at_practices().any(|(_, held)| held == practice)
        };
        if facts.erased {
            ThingVerdict::Erased { is_said: true }
        } else if !marks.is_empty() {
            ThingVerdict::Marked(marks)
        } else if !within.shows(&self.shape()) {
            ThingVerdict::BeyondPart
        } else if self.kind == ThingKind::Thread && !self.practice.is_some_and(is_theirs) {
            ThingVerdict::OfAnotherPractice
        } else {
            ThingVerdict::Open
        }
    }

    /// Whether whoever is permitted that much of its room is shown it.
    pub fn is_shown(&self, withheld: &Withheld, within: &Within) -> bool {
        let kept_back = self.authors.iter().any(|author| withheld.holds(self.id, Some(author)))
            || withheld.items().contains(&self.id);
        !kept_back && within.shows(&self.shape())
    }

    fn shape(&self) -> Thing<'_> {
        let Self { category, id, first, last, .. } = *self;
        Thing { category, id, authors: &self.authors, first, last }
    }

    fn is_held(&self, facts: &Facts) -> bool {
        facts.towards(Action::Read, self.category).is_some()
    }

    /// The marks that reach the caller, of whom the facts are; nothing is kept from who holds the room.
    fn kept_by(&self, facts: &Facts) -> Vec<MarkId> {
        if self.is_held(facts) {
            return Vec::new();
        }
        let keeps = |what: Marked| match what {
            Marked::Category(_) => false,
            Marked::Item(item) => item == self.id,
            Marked::Author(author) => self.authors.contains(&Actor::Account(author).to_string()),
        };
        facts.marks.iter().filter(|mark| keeps(mark.what)).map(|mark| mark.id).collect()
    }
}

#[cfg(test)]
mod tests;
