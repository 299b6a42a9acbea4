//! A change of sharing before it is made: what it would have done to the looks that were, and what it does to who may look from now on.
//!
//! It is heard like any other saying of consent, and the one decision function is asked twice: without it and with it.
mod open;

use super::Saying;
use chrono::{DateTime, Utc};
use holdfast_access::{
    Caller, Decision, Facts, GrantFact, Grantee, Marked, Policies, Record, Request, RoleAssignment, Withheld,
    decide_in_part,
    replay::{Asked, Decided, Stood},
    views::ConsentFact,
};
use holdfast_types::{
    AccountId, Action, Basis, Category, PatientId, Period, PracticeId, Purpose, Role, TenantId,
};
use open::Open;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use uuid::Uuid;

/// What a grant may let somebody do.
const ACTIONS: [Action; 3] = [Action::Read, Action::Contribute, Action::Download];

pub struct Rehearsal<'a> {
    policies: &'a Policies,
    /// What consent said of the record, in the order of its lane, as far as it can be read.
    said: Vec<(u64, ConsentFact)>,
    /// What would be said at once: one thing, or a grant's end and what takes its place.
    change: Vec<ConsentFact>,
    /// What a mark of single things, or of one author, is about.
    things: BTreeSet<Uuid>,
}

/// A look or a refusal that would have gone otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Otherwise {
    pub effect: Effect,
    /// Rooms that would have been closed or opened, as wholes or in part.
    pub categories: Vec<Category>,
    /// Those of them of which only a part would have been.
    pub parts: Vec<Category>,
    /// Of what was shown.
    pub kept_back: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Stopped,
    Allowed,
}

/// Whom a change may concern.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whom {
    Account(AccountId),
    Practice(PracticeId, Role),
}

/// What somebody may do more or less from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    pub gained: Vec<Category>,
    pub lost: Vec<Category>,
    /// Those of both of which it is only a part.
    pub parts: Vec<Category>,
    pub less_within_rooms: bool,
    pub more_within_rooms: bool,
}

impl<'a> Rehearsal<'a> {
    pub fn new(
        policies: &'a Policies,
        said: Vec<Saying>,
        change: Vec<ConsentFact>,
        things: BTreeSet<Uuid>,
    ) -> Self {
        let said = said.into_iter().map_while(|saying| Some((saying.lane_seq, saying.fact?))).collect();
        Self { policies, said, change, things }
    }

    /// What single things, or what author, the change is about.
    pub fn marked(&self) -> Option<Marked> {
        self.change.iter().find_map(|change| marked(&self.said, change))
    }

    /// None: it would have gone as it did. `shown` are the ids that left.
    pub fn past(&self, decided: &Decided, shown: &[Uuid]) -> Option<Otherwise> {
        let Asked::Rooms { record, .. } = &decided.asked else { return None };
        if !self.concerns(&decided.caller) {
            return None;
        }
        let (before, after) = self.around(decided.consent_seq.unwrap_or_default(), decided.now);
        if holds_everything(&after.facts(&decided.caller, decided.now)) {
            return None;
        }
        let narrowed = self.narrowed(decided);
        let open = |stood: &Stood| {
            let again = narrowed.again(self.policies, stood);
            let categories = match again.decision {
                Decision::Permitted { categories, .. } => categories,
                Decision::Refused { .. } => Vec::new(),
            };
            Open::of(categories.into_iter().map(|category| (category, again.within.parts_of(category))))
        };
        let (was, would) = (open(&before), open(&after));
        let (lost, gained) = (was.beyond(&would), would.beyond(&was));
        let withheld = |stood: &Stood| {
            Withheld::of(&decided.caller, record.patient, &stood.facts(&decided.caller, decided.now))
        };
        let (less, more) = within(&withheld(&before), &withheld(&after));
        let kept_back = if less { shown.iter().filter(|id| self.things.contains(id)).count() } else { 0 };
        if !lost.is_empty() || kept_back > 0 {
            let parts = was.in_part(&would, &lost);
            return Some(Otherwise { effect: Effect::Stopped, categories: lost, parts, kept_back });
        }
        // What would have been shown beside is not known; that there could have been more, is.
        let looked = matches!(decided.decision, Decision::Permitted { .. });
        let opened = !gained.is_empty() || (more && looked);
        let parts = would.in_part(&was, &gained);
        opened.then_some(Otherwise { effect: Effect::Allowed, categories: gained, parts, kept_back: 0 })
    }

    /// Whether the change speaks of this caller at all: most looks need not be decided again.
    fn concerns(&self, caller: &Caller) -> bool {
        let reaches = |grantee: &Grantee| match *grantee {
            Grantee::Account(account) => account == caller.account,
            Grantee::Practice { practice, role } => {
                caller.held_at_practices().any(|held| held == (role, practice))
            }
        };
        self.change.iter().any(|change| match change {
            ConsentFact::GrantGiven(grant) => reaches(&grant.grantee),
            ConsentFact::GrantRevoked { grant, .. } => self.said.iter().any(
                |(_, fact)| matches!(fact, ConsentFact::GrantGiven(given) if given.id == *grant && reaches(&given.grantee)),
            ),
            ConsentFact::MarkSet(mark) => mark.reaches(caller),
            ConsentFact::MarkLifted { mark, .. } => self
                .said
                .iter()
                .any(|(_, fact)| matches!(fact, ConsentFact::MarkSet(set) if set.id == *mark && set.reaches(caller))),
            ConsentFact::RecordOpened { .. }
            | ConsentFact::HolderAdded { .. }
            | ConsentFact::AuthoritySettled { .. }
            | ConsentFact::VisitBegun(_)
            | ConsentFact::RecordErased { .. } => true,
        })
    }

    /// The rooms that the change speaks of.
    fn rooms(&self) -> Vec<Category> {
        let rooms = self.change.iter().flat_map(|change| concerned(&self.said, change));
        rooms.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Rooms are decided each by itself where somebody reads: those that the change does not speak of stay as they are.
    fn narrowed(&self, decided: &Decided) -> Decided {
        let mut narrowed = decided.clone();
        if let Asked::Rooms { action: Action::Read | Action::Download, record, .. } = &mut narrowed.asked {
            let concerned = self.rooms();
            record.categories.retain(|category| concerned.contains(category));
        }
        narrowed
    }

    /// None: for this caller everything stays as it is.
    pub fn from_now_on(&self, caller: &Caller, patient: PatientId, now: DateTime<Utc>) -> Option<Reach> {
        if !self.concerns(caller) {
            return None;
        }
        let (before, after) = self.around(u64::MAX, now);
        if holds_everything(&after.facts(caller, now)) {
            return None;
        }
        let (was, would) = (self.may(&before, caller, patient, now), self.may(&after, caller, patient, now));
        let (lost, gained) = (was.beyond(&would), would.beyond(&was));
        let parts: BTreeSet<(Action, Category)> =
            was.in_part(&would, &lost).into_iter().chain(would.in_part(&was, &gained)).collect();
        let whole = |changed: &(Action, Category)| !parts.contains(changed);
        let wholes: BTreeSet<Category> =
            lost.iter().chain(&gained).filter(|changed| whole(changed)).map(|(_, room)| *room).collect();
        let rooms = |changed: &[(Action, Category)]| {
            let rooms: BTreeSet<Category> = changed.iter().map(|(_, category)| *category).collect();
            rooms.into_iter().collect::<Vec<_>>()
        };
        let facts = |stood: &Stood| Withheld::of(caller, patient, &stood.facts(caller, now));
        let (less, more) = within(&facts(&before), &facts(&after));
        let reads = |stood: &Stood| self.reads_anything(stood, caller, patient, now);
        let reach = Reach {
            gained: rooms(&gained),
            lost: rooms(&lost),
            parts: parts
                .iter()
                .map(|(_, room)| *room)
                .filter(|room| !wholes.contains(room))
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            less_within_rooms: less && reads(&before),
            more_within_rooms: more && reads(&after),
        };
        (reach != Reach::default()).then_some(reach)
    }

    /// Everybody whom what is given names, with the roles by which it reaches them.
    pub fn named(&self, now: DateTime<Utc>) -> BTreeMap<Whom, Caller> {
        let (before, after) = self.around(u64::MAX, now);
        let tenant = before.tenant().unwrap_or(TenantId::NIL);
        let grants = before.grants(now).chain(after.grants(now));
        grants.map(|grant| reached(grant, tenant)).collect()
    }

    /// Consent up to a place, and with the change, as if it had been made right then.
    fn around(&self, seq: u64, at: DateTime<Utc>) -> (Stood, Stood) {
        let mut before = Stood::default();
        for (_, fact) in self.said.iter().take_while(|(lane_seq, _)| *lane_seq <= seq) {
            before.hear(fact.clone());
        }
        let mut after = before.clone();
        for change in &self.change {
            after.hear(match change {
                ConsentFact::GrantGiven(grant) => {
                    let from = grant.period.from().min(at);
                    let period = Period::try_new(from, grant.period.until()).unwrap_or(grant.period);
                    // What is given for a number of visits is shown as it is on one.
                    ConsentFact::GrantGiven(GrantFact { period, uses: None, ..grant.clone() })
                }
                other => other.clone(),
            });
        }
        (before, after)
    }

    /// In the rooms that the change can concern, for the purposes that any grant names.
    fn may(
        &self,
        stood: &Stood,
        caller: &Caller,
        patient: PatientId,
        now: DateTime<Utc>,
    ) -> Open<(Action, Category)> {
        self.permitted(stood, caller, patient, now, &self.rooms(), &ACTIONS)
    }

    fn reads_anything(&self, stood: &Stood, caller: &Caller, patient: PatientId, now: DateTime<Utc>) -> bool {
        !self.permitted(stood, caller, patient, now, Category::ALL, &[Action::Read]).is_empty()
    }

    fn permitted(
        &self,
        stood: &Stood,
        caller: &Caller,
        patient: PatientId,
        now: DateTime<Utc>,
        categories: &[Category],
        actions: &[Action],
    ) -> Open<(Action, Category)> {
        let facts = stood.facts(caller, now);
        let facts = facts.on_visits(now).unwrap_or(facts);
        let purposes: BTreeSet<Purpose> =
            facts.grants.iter().flat_map(|grant| grant.purposes.iter().copied()).collect();
        let mut permitted = Vec::new();
        for action in actions {
            // A change is decided whole: each room is asked for by itself.
            for category in categories {
                let record = Record { patient, categories: vec![*category] };
                let decided = |purpose: &Purpose| {
                    let (action, purpose, consent_age_max) = (*action, *purpose, Duration::ZERO);
                    let request = Request { caller, action, record: &record, purpose, now, consent_age_max };
                    let (decision, within) = decide_in_part(self.policies, &request, &facts);
                    matches!(decision, Decision::Permitted { .. }).then(|| within.parts_of(*category))
                };
                permitted
                    .extend(purposes.iter().filter_map(decided).map(|parts| ((*action, *category), parts)));
            }
        }
        Open::of(permitted)
    }
}

/// Whoever does may do everything, whatever is given or marked.
fn holds_everything(facts: &Facts) -> bool {
    Action::ALL.iter().all(|action| facts.holds_all(*action, Category::ALL))
}

/// Whether more is kept back after than before, and whether less is.
fn within(before: &Withheld, after: &Withheld) -> (bool, bool) {
    let all = |withheld: &Withheld| -> BTreeSet<String> {
        let items = withheld.items().iter().map(ToString::to_string);
        items.chain(withheld.authors()).collect()
    };
    let (before, after) = (all(before), all(after));
    (after.difference(&before).next().is_some(), before.difference(&after).next().is_some())
}

/// The rooms that a change speaks of.
fn concerned(said: &[(u64, ConsentFact)], change: &ConsentFact) -> Vec<Category> {
    match change {
        ConsentFact::GrantGiven(grant) => grant.categories.clone(),
        ConsentFact::GrantRevoked { grant, .. } => {
            let given = said.iter().find_map(|(_, fact)| match fact {
                ConsentFact::GrantGiven(given) if given.id == *grant => Some(given.categories.clone()),
                _ => None,
            });
            given.unwrap_or_default()
        }
        ConsentFact::MarkSet(mark) => room_of(mark.what),
        ConsentFact::MarkLifted { .. } => set_before(said, change).map(room_of).unwrap_or_default(),
        ConsentFact::RecordOpened { .. }
        | ConsentFact::HolderAdded { .. }
        | ConsentFact::AuthoritySettled { .. }
        | ConsentFact::VisitBegun(_)
        | ConsentFact::RecordErased { .. } => Category::ALL.to_vec(),
    }
}

fn room_of(what: Marked) -> Vec<Category> {
    match what {
        Marked::Category(category) => vec![category],
        Marked::Item(_) | Marked::Author(_) => Vec::new(),
    }
}

fn marked(said: &[(u64, ConsentFact)], change: &ConsentFact) -> Option<Marked> {
    match change {
        ConsentFact::MarkSet(mark) => Some(mark.what),
        _ => set_before(said, change),
    }
}

fn set_before(said: &[(u64, ConsentFact)], change: &ConsentFact) -> Option<Marked> {
    let ConsentFact::MarkLifted { mark, .. } = change else { return None };
    said.iter().find_map(|(_, fact)| match fact {
        ConsentFact::MarkSet(set) if set.id == *mark => Some(set.what),
        _ => None,
    })
}

/// `tenant`: the record's network.
fn reached(grant: &GrantFact, tenant: TenantId) -> (Whom, Caller) {
    let nobody = |account, roles| Caller { account, session: None, roles, expires: DateTime::<Utc>::MAX_UTC };
    match grant.grantee {
        Grantee::Account(account) if grant.basis == Basis::Emergency => {
            // It was taken by somebody who treats at a practice of the network, and reaches nobody who does not.
            let practice = Some(PracticeId::NIL);
            let roles = vec![RoleAssignment { role: Role::Therapist, tenant, practice }];
            (Whom::Account(account), nobody(account, roles))
        }
        Grantee::Account(account) => (Whom::Account(account), nobody(account, Vec::new())),
        Grantee::Practice { practice, role } => {
            let tenant = TenantId::NIL;
            let roles = vec![RoleAssignment { role, tenant, practice: Some(practice) }];
            (Whom::Practice(practice, role), nobody(AccountId::NIL, roles))
        }
    }
}

#[cfg(test)]
mod tests;
