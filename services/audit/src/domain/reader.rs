//! How a record stood to somebody who reads it at a moment: each room by itself, things in them, and how much is kept back.
use super::{Saying, Standing, ThingConclusion, ThingKind, ThingSaid, ThingThen, ThingVerdict};
use chrono::{DateTime, Utc};
use holdfast_access::{Caller, Decision, Grantee, Withheld, Within, replay::Stood, views::ConsentFact};
use holdfast_types::{AccountId, Category, Relationship, Role};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Reader {
    pub account: AccountId,
    pub at: DateTime<Utc>,
    pub rooms: Vec<Category>,
    pub things: Vec<Uuid>,
    pub count: Count,
}

/// Which of the items that are kept back are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    None,
    All,
    HappenedBy(DateTime<Utc>),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    pub rooms: Vec<RoomThen>,
    /// Without those that the record did not have by then.
    pub things: Vec<(Uuid, ThingConclusion)>,
    pub relationship: Option<Relationship>,
    pub roles: BTreeSet<Role>,
    pub consent_seq: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomThen {
    pub category: Category,
    pub decision: Decision,
    /// Items of a room that was open. None: they are not counted.
    pub kept_back: Option<usize>,
}

impl RoomThen {
    pub const fn is_open(&self) -> bool {
        matches!(self.decision, Decision::Permitted { .. })
    }

    pub fn is_in_part(&self) -> bool {
        matches!(&self.decision, Decision::Permitted { parts, .. } if !parts.is_empty())
    }
}

/// The rooms as they stood to a reader.
pub struct Rooms<'a> {
    standing: Standing<'a>,
    decided: BTreeMap<Category, (Decision, Within)>,
}

impl<'a> Rooms<'a> {
    pub fn of(standing: Standing<'a>, rooms: &[Category]) -> Self {
        let decided = rooms.iter().map(|room| (*room, standing.reads(*room))).collect();
        Self { standing, decided }
    }

    /// Whether single things may be kept back in a room that was open: else none has to be looked at to count them.
    pub fn leave_out(&self) -> bool {
        let open = |decided: &&(Decision, Within)| matches!(decided.0, Decision::Permitted { .. });
        self.decided.values().filter(open).any(|(_, within)| self.standing.leaves_out(within))
    }

    /// `said` is what the streams of things said, each in its order; with `counted` those of all items. Of what is not shown to whoever
    /// asks today nothing is told.
    pub fn reading(
        &self,
        reader: &Reader,
        said: &BTreeMap<Uuid, Vec<ThingSaid>>,
        counted: bool,
        today: (&Withheld, &Within),
    ) -> Reading {
        let then =
            |id: &Uuid| ThingThen::of(*id, said.get(id)?).filter(|thing| thing.is_shown(today.0, today.1));
        let things = reader.things.iter().filter_map(|id| Some((*id, self.conclude(&then(id)?))));
        let mut kept_back: BTreeMap<Category, usize> = BTreeMap::new();
        if counted {
            for thing in said.keys().filter_map(then).filter(|thing| reader.count.takes(thing)) {
                let verdict = self.conclude(&thing).verdict;
                let kept = !matches!(verdict, ThingVerdict::Open | ThingVerdict::RoomClosed);
                *kept_back.entry(thing.category).or_default() += usize::from(kept);
            }
        }
        let room = |(category, (decision, _)): (&Category, &(Decision, Within))| {
            let open = matches!(decision, Decision::Permitted { .. });
            let kept = kept_back.get(category).copied().unwrap_or_default();
            RoomThen {
                category: *category,
                decision: decision.clone(),
                kept_back: (counted && open).then_some(kept),
            }
        };
        Reading {
            things: things.collect(),
            rooms: self.decided.iter().map(room).collect(),
            relationship: self.standing.relationship(),
            roles: self.standing.roles(),
            consent_seq: self.standing.consent_seq(),
        }
    }

    /// A room that was not asked for is closed.
    fn conclude(&self, thing: &ThingThen) -> ThingConclusion {
        let verdict = self.decided.get(&thing.category).map(|decided| self.standing.verdict(thing, decided));
        ThingConclusion {
            kind: thing.kind,
            category: thing.category,
            verdict: verdict.unwrap_or(ThingVerdict::RoomClosed),
        }
    }
}

impl Count {
    fn takes(self, thing: &ThingThen) -> bool {
        thing.kind == ThingKind::Item
            && match self {
                Self::None => false,
                Self::All => true,
                Self::HappenedBy(by) => thing.first <= by,
            }
    }
}

/// Somebody for whom it may be asked how a record stood to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub account: AccountId,
    pub relationship: Option<Relationship>,
    /// Something was shared with the account by name.
    pub granted: bool,
}

/// The record's holders, then those with whom it was shared by name, then those who had looked.
pub fn readers(said: Vec<Saying>, looked: impl Iterator<Item = AccountId>, at: DateTime<Utc>) -> Vec<Named> {
    let (mut stood, mut holders) = (Stood::default(), Vec::new());
    for fact in said.into_iter().map_while(|saying| saying.fact) {
        if let ConsentFact::HolderAdded { account, .. } = &fact {
            holders.push(*account);
        }
        stood.hear(fact);
    }
    let to = |grantee: &Grantee| match grantee {
        Grantee::Account(account) => Some(*account),
        Grantee::Practice { .. } => None,
    };
    let granted: Vec<AccountId> = stood
        .grants(at)
        .filter(|grant| grant.period.from() <= at)
        .filter_map(|grant| to(&grant.grantee))
        .collect();
    let towards = |account: AccountId| {
        let caller = Caller { account, session: None, roles: Vec::new(), expires: DateTime::<Utc>::MAX_UTC };
        stood.facts(&caller, at).relationship
    };
    let mut named: Vec<Named> = Vec::new();
    for account in holders.into_iter().chain(granted.iter().copied()).chain(looked) {
        if !named.iter().any(|known| known.account == account) {
            let granted = granted.contains(&account);
            named.push(Named { account, relationship: towards(account), granted });
        }
    }
    named
}

#[cfg(test)]
mod tests;
