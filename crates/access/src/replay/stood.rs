//! What consent had said of one record by some place in its log: the tables of [`crate::views`], of one record and in memory.
use crate::{
    Caller, Facts, GrantFact, Grantee, Held, MarkFact, Uses,
    views::{ConsentFact, GRANTS_MAX, VisitFact},
};
use chrono::{DateTime, Utc};
use holdfast_types::{AccountId, GrantId, MarkId, Relationship, Span, TenantId};
use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stood {
    tenant: Option<TenantId>,
    erased: bool,
    /// Named, and nothing more was said.
    holders: BTreeMap<AccountId, Relationship>,
    /// With the revision that settled them, in the place of the holders.
    spans: Option<(u64, Vec<Span>)>,
    grants: BTreeMap<GrantId, GrantFact>,
    /// The end of the newest visit of each account by a grant.
    visits: BTreeMap<(GrantId, AccountId), DateTime<Utc>>,
    /// None: lifted.
    marks: BTreeMap<MarkId, Option<MarkFact>>,
}

impl Stood {
    /// Takes in one fact about the record, in the order of its lane; one that is known already, or older than what is known, changes nothing.
    pub fn hear(&mut self, fact: ConsentFact) {
        match fact {
            ConsentFact::RecordOpened { tenant, .. } => {
                self.tenant.get_or_insert(tenant);
            }
            ConsentFact::HolderAdded { account, relationship, .. } => {
                self.holders.insert(account, relationship);
            }
            ConsentFact::AuthoritySettled { spans, revision, .. } => {
                let newer = self.spans.as_ref().is_none_or(|(known, _)| *known < revision);
                if newer && self.tenant.is_some() {
                    self.spans = Some((revision, spans));
                }
            }
            ConsentFact::GrantGiven(grant) => {
                self.grants.entry(grant.id).or_insert(grant);
            }
            ConsentFact::GrantRevoked { grant, revoked, revision } => {
                if let Some(known) = self.grants.get_mut(&grant).filter(|known| known.revision < revision) {
                    (known.revoked, known.revision) = (Some(revoked), revision);
                }
            }
            ConsentFact::VisitBegun(VisitFact { grant, account, number, until, .. }) => {
                if let Some(uses) = self.grants.get_mut(&grant).and_then(|known| known.uses.as_mut()) {
                    uses.used = uses.used.max(number);
                }
                let newest = self.visits.entry((grant, account)).or_insert(until);
                *newest = (*newest).max(until);
            }
            ConsentFact::RecordErased { .. } => self.erased = true,
            ConsentFact::MarkSet(mark) => {
                self.marks.entry(mark.id).or_insert(Some(mark));
            }
            ConsentFact::MarkLifted { mark, .. } => {
                if let Some(known) = self.marks.get_mut(&mark) {
                    *known = None;
                }
            }
        }
    }

    /// Everything that was given and has not ended.
    pub fn grants(&self, now: DateTime<Utc>) -> impl Iterator<Item = &GrantFact> {
        self.grants.values().filter(move |grant| counts(grant, now))
    }

    /// What was given or set; a mark that was lifted is none.
    pub fn mark(&self, mark: MarkId) -> Option<&MarkFact> {
        self.marks.get(&mark)?.as_ref()
    }

    /// None: it was not opened yet.
    pub const fn tenant(&self) -> Option<TenantId> {
        self.tenant
    }

    pub fn grant(&self, grant: GrantId) -> Option<&GrantFact> {
        self.grants.get(&grant)
    }

    /// The facts that [`crate::views::facts`] would have read for the caller at that moment, as fresh as can be.
    pub fn facts(&self, caller: &Caller, now: DateTime<Utc>) -> Facts {
        let reaches = |grant: &&GrantFact| match grant.grantee {
            Grantee::Account(account) => account == caller.account,
            Grantee::Practice { practice, role } => {
                caller.held_at_practices().any(|held| held == (role, practice))
            }
        };
        let mut grants: Vec<GrantFact> = self.grants(now).filter(reaches).cloned().collect();
        grants.sort_by_key(|grant| (Reverse(grant.period.from()), grant.id));
        grants.truncate(usize::try_from(GRANTS_MAX).unwrap_or(usize::MAX));
        for grant in &mut grants {
            let visit_until = self.visits.get(&(grant.id, caller.account)).copied();
            grant.uses = grant.uses.map(|uses| Uses { visit_until, ..uses });
        }
        let (relationship, held) = self.stands(caller.account, now);
        let everything = relationship.is_some() && held == Held::Everything;
        let marks = self.marks.values().flatten().filter(|mark| mark.reaches(caller));
        Facts {
            record_tenant: self.tenant,
            relationship,
            held,
            grants,
            marks: if everything { Vec::new() } else { marks.copied().collect() },
            consent_age: Some(Duration::ZERO),
            consent_seq: None,
            erased: self.erased,
        }
    }

    fn stands(&self, account: AccountId, now: DateTime<Utc>) -> (Option<Relationship>, Held) {
        let own = |spans: &Vec<Span>| {
            let own: Vec<Span> = spans.iter().filter(|span| span.account == account).cloned().collect();
            (!own.is_empty()).then_some(own)
        };
        match &self.spans {
            Some((_, spans)) => Held::at(None, own(spans), now),
            None => Held::at(self.holders.get(&account).copied(), None, now),
        }
    }
}

fn counts(grant: &GrantFact, now: DateTime<Utc>) -> bool {
    grant.revoked.is_none() && grant.period.until().is_none_or(|until| until > now)
}
