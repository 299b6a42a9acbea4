//! Who holds which rooms from when to when, out of what is known and the rules: pure, and computed ahead for all time to come.
//!
//! It is reckoned moment by moment: for every moment at which something may change, what each claim gives. Between two of them nothing
//! does, so that the spans of one claim never overlap.
use super::{
    Authority, Basis, Known, relationship,
    rules::{Parents, Persons, Rules, birthday},
};
use crate::domain::record::Holder;
use chrono::{DateTime, Utc};
use holdfast_types::{AccountId, Action, AuthorityId, Category, Period, Relationship, Span};
use std::collections::{BTreeMap, BTreeSet};

/// What is held of each room.
pub type Rooms = BTreeMap<Category, BTreeSet<Action>>;

const READS: [Action; 2] = [Action::Read, Action::Download];

/// What the record itself says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around {
    pub holders: Vec<Holder>,
    /// No network opened it. It holds the family's own papers: what a law closes to parents in a practice's, they keep until there is
    /// somebody to hand it to, so that no room is held by nobody.
    pub free_standing: bool,
}

impl Around {
    /// Whether the account was named as the person's own.
    pub fn of_person(&self, account: AccountId) -> bool {
        let own = |holder: &Holder| holder.relationship == Relationship::Patient;
        self.holders.iter().any(|holder| holder.account == account && own(holder))
    }
}

/// The settled list.
pub fn spans(known: &Known, around: &Around, rules: &Rules) -> Vec<Span> {
    let reckoning = Reckoning { known, around, rules };
    let moments = moments(known, rules);
    reckoning.claims().iter().flat_map(|claim| reckoning.runs(claim, &moments)).collect()
}

/// What an account holds at a moment but as a proxy: what it may have somebody help with.
pub fn held_by(
    known: &Known,
    around: &Around,
    rules: &Rules,
    account: AccountId,
    at: DateTime<Utc>,
) -> Rooms {
    Reckoning { known, around, rules }.held(account, at, |claim| !claim.is_appointment())
}

/// What an account holds at a moment, by whatever claim.
pub fn everything(
    known: &Known,
    around: &Around,
    rules: &Rules,
    account: AccountId,
    at: DateTime<Utc>,
) -> Rooms {
    Reckoning { known, around, rules }.held(account, at, |_| true)
}

/// Every moment at which something may change: before all of them the person's birth, or the beginning of time.
pub(super) fn moments(known: &Known, rules: &Rules) -> BTreeSet<DateTime<Utc>> {
    let beginning = known.person.as_ref().map_or(DateTime::UNIX_EPOCH, |person| birthday(person.born, 0));
    let mut moments = BTreeSet::from([beginning]);
    if let Some(person) = &known.person {
        moments.extend(rules.ages(&person.state).into_iter().map(|age| birthday(person.born, age)));
    }
    for authority in &known.authorities {
        moments.insert(authority.period.from());
        moments.extend(authority.period.until());
    }
    for freeze in &known.freezes {
        moments.insert(freeze.placed);
        moments.extend(freeze.ends());
    }
    // Before somebody is born nothing of theirs is held.
    moments.split_off(&beginning)
}

/// By which an account holds something.
enum Claim<'a> {
    /// It was named, and nothing more was said.
    Named(&'a Holder),
    By(&'a Authority),
}

impl Claim<'_> {
    const fn account(&self) -> AccountId {
        match self {
            Self::Named(holder) => holder.account,
            Self::By(authority) => authority.account,
        }
    }

    const fn relationship(&self) -> Relationship {
        match self {
            Self::Named(holder) => holder.relationship,
            Self::By(authority) => relationship(authority.basis),
        }
    }

    const fn authority(&self) -> Option<AuthorityId> {
        match self {
            Self::Named(_) => None,
            Self::By(authority) => Some(authority.id),
        }
    }

    fn is_appointment(&self) -> bool {
        matches!(self, Self::By(authority) if authority.basis == Basis::Appointment)
    }
}

struct Reckoning<'a> {
    known: &'a Known,
    around: &'a Around,
    rules: &'a Rules,
}

impl<'a> Reckoning<'a> {
    fn claims(&self) -> Vec<Claim<'a>> {
        let named = self.around.holders.iter().map(Claim::Named);
        named.chain(self.known.authorities.iter().filter(|one| one.counts()).map(Claim::By)).collect()
    }

    fn held(&self, account: AccountId, at: DateTime<Utc>, which: impl Fn(&Claim<'_>) -> bool) -> Rooms {
        let mut held = Rooms::new();
        for claim in self.claims().iter().filter(|claim| claim.account() == account && which(claim)) {
            for (room, actions) in self.rooms(claim, at) {
                held.entry(room).or_default().extend(actions);
            }
        }
        held
    }

    /// Stretches in which a claim gives the same.
    fn runs(&self, claim: &Claim<'_>, moments: &BTreeSet<DateTime<Utc>>) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut run: Option<(DateTime<Utc>, Rooms)> = None;
        for moment in moments {
            let rooms = self.rooms(claim, *moment);
            if run.as_ref().is_some_and(|(_, held)| *held == rooms) {
                continue;
            }
            if let Some((from, held)) = run.replace((*moment, rooms)) {
                spans.extend(lines(claim, &held, from, Some(*moment)));
            }
        }
        spans.extend(run.into_iter().flat_map(|(from, held)| lines(claim, &held, from, None)));
        spans
    }

    fn rooms(&self, claim: &Claim<'_>, at: DateTime<Utc>) -> Rooms {
        if self.known.freezes.iter().any(|freeze| freeze.holds_back(claim.account(), at)) {
            return Rooms::new();
        }
        match claim {
            Claim::Named(holder) if holder.relationship == Relationship::Patient => self.of_person(at),
            Claim::Named(holder) if self.is_ordered(holder.account, None, at) => Rooms::new(),
            Claim::Named(_) => self.narrowed(all(), at),
            Claim::By(authority) => self.by(authority, at),
        }
    }

    fn by(&self, authority: &Authority, at: DateTime<Utc>) -> Rooms {
        if !authority.stands(at) {
            return Rooms::new();
        }
        match authority.basis {
            Basis::Person => self.of_person(at),
            Basis::Birth if self.is_ordered(authority.account, Some(authority.period.from()), at) => {
                Rooms::new()
            }
            Basis::Assent if self.passes_at_majority(at) => Rooms::new(),
            Basis::Assent => authority.rooms(),
            Basis::Appointment => {
                let own = self.held(authority.by, at, |claim| !claim.is_appointment());
                common(authority.rooms(), &own)
            }
            basis if basis.outlasts_majority() && self.is_of_age(at) => authority.rooms(),
            _ => self.narrowed(authority.rooms(), at),
        }
    }

    /// A custody order takes the place of what a parent held before it, and when it has ended that does not come back by itself.
    fn is_ordered(&self, account: AccountId, since: Option<DateTime<Utc>>, at: DateTime<Utc>) -> bool {
        let begun = |one: &Authority| {
            let from = one.period.from();
            from <= at && since.is_none_or(|since| since <= from)
        };
        let ordered = |one: &&Authority| one.basis == Basis::Custody && one.account == account;
        self.known.authorities.iter().filter(ordered).any(|one| one.counts() && begun(one))
    }

    /// What is left of rooms to whoever acts for a minor.
    fn narrowed(&self, mut rooms: Rooms, at: DateTime<Utc>) -> Rooms {
        if self.passes_at_majority(at) {
            return Rooms::new();
        }
        rooms.retain(|room, _| !self.is_closed(*room, at));
        rooms
    }

    fn is_closed(&self, room: Category, at: DateTime<Utc>) -> bool {
        let closes = self.reached(room, at).any(|row| row.parents == Parents::Closed);
        closes && self.can_be_handed_over()
    }

    fn passes_at_majority(&self, at: DateTime<Utc>) -> bool {
        self.is_of_age(at) && self.can_be_handed_over()
    }

    fn can_be_handed_over(&self) -> bool {
        let named = self.around.holders.iter().any(|holder| holder.relationship == Relationship::Patient);
        let recorded = self.known.authorities.iter().any(|one| one.counts() && one.basis == Basis::Person);
        !self.around.free_standing || named || recorded
    }

    fn is_of_age(&self, at: DateTime<Utc>) -> bool {
        self.known.person.as_ref().is_some_and(|person| {
            let majority = self.rules.majority(&person.state);
            majority.is_some_and(|age| birthday(person.born, age) <= at)
        })
    }

    /// What a person has of their own record: everything, until it was said that they are a minor or that somebody stands in their place.
    fn of_person(&self, at: DateTime<Utc>) -> Rooms {
        let minor = self.known.person.is_some() && !self.is_of_age(at);
        let replaced = self.known.stand(at).any(|one| one.in_place_of_person);
        let decides = |room: Category| match minor {
            true => self.reached(room, at).any(|row| row.persons == Persons::Decides),
            false => !replaced,
        };
        let reads = || READS.into_iter().collect();
        let whole = || Action::ALL.iter().copied().collect();
        Category::ALL.iter().map(|room| (*room, if decides(*room) { whole() } else { reads() })).collect()
    }

    /// The rows of minors whose age the person has.
    fn reached(&self, room: Category, at: DateTime<Utc>) -> impl Iterator<Item = &super::rules::Row> {
        self.known.person.iter().flat_map(move |person| {
            let rows = self.rules.of_minors(&person.state, room);
            rows.filter(move |row| birthday(person.born, row.age) <= at)
        })
    }
}

fn all() -> Rooms {
    Category::ALL.iter().map(|room| (*room, Action::ALL.iter().copied().collect())).collect()
}

fn common(mut rooms: Rooms, own: &Rooms) -> Rooms {
    rooms.retain(|room, actions| {
        actions.retain(|action| own.get(room).is_some_and(|held| held.contains(action)));
        !actions.is_empty()
    });
    rooms
}

/// Rooms of which the same is held share a line.
fn lines(claim: &Claim<'_>, held: &Rooms, from: DateTime<Utc>, until: Option<DateTime<Utc>>) -> Vec<Span> {
    let Ok(period) = Period::try_new(from, until) else { return Vec::new() };
    let mut by_actions: BTreeMap<&BTreeSet<Action>, Vec<Category>> = BTreeMap::new();
    for (room, actions) in held {
        by_actions.entry(actions).or_default().push(*room);
    }
    let line = |(actions, categories): (&BTreeSet<Action>, Vec<Category>)| Span {
        account: claim.account(),
        relationship: claim.relationship(),
        categories,
        actions: actions.iter().copied().collect(),
        period,
        authority: claim.authority(),
    };
    by_actions.into_iter().map(line).collect()
}
