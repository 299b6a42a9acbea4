//! Decides again what is on a log: a decision with its inputs as its access event tells them, consent as it had been heard, and the one
//! decision function.
mod decided;
mod stood;

pub use decided::{Asked, Decided, NoReplay};
pub use stood::Stood;

use crate::{Decision, Facts, Policies, Request, Within, decide, decide_in_part, decide_oversight};
use holdfast_types::Relationship;

/// What differs between a recorded decision and the one that the log leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// Permitted or refused.
    Outcome,
    Categories,
    Rules,
    /// Which grants decided, or their revisions.
    Grants,
    Relationship,
    /// Why it was refused.
    Reason,
}

/// A decision as the log leads to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    pub decision: Decision,
    pub relationship: Option<Relationship>,
    /// What of the rooms would be shown.
    pub within: Within,
}

impl Decided {
    /// `stood` is what consent had said of the record up to `consent_seq`; it does not matter where no record is asked about.
    pub fn again(&self, policies: &Policies, stood: &Stood) -> Replayed {
        let heard = match self.asked.patient() {
            Some(_) => stood.facts(&self.caller, self.now),
            None => Facts::default(),
        };
        let facts = Facts { consent_age: self.consent_age, consent_seq: self.consent_seq, ..heard };
        let (decision, within) = match &self.asked {
            Asked::Rooms { action, record, in_part, ahead_of_visit } => {
                let begun = if *ahead_of_visit { facts.on_visits(self.now) } else { None };
                let facts = begun.as_ref().unwrap_or(&facts);
                let (action, purpose, now) = (*action, self.purpose, self.now);
                let (caller, consent_age_max) = (&self.caller, self.consent_age_max);
                let request = Request { caller, action, record, purpose, now, consent_age_max };
                match in_part {
                    true => decide_in_part(policies, &request, facts),
                    false => (decide(policies, &request, facts), Within::default()),
                }
            }
            Asked::Beside(oversight) => {
                (decide_oversight(policies, &self.caller, oversight, &facts), Within::default())
            }
        };
        Replayed { decision, relationship: facts.relationship, within }
    }

    /// Nothing, if it is decided as it was.
    pub fn differences(&self, replayed: &Replayed) -> Vec<Difference> {
        let mut differences = match (&self.decision, &replayed.decision) {
            (
                Decision::Permitted { categories, parts, rule_ids, grants },
                Decision::Permitted {
                    categories: categories_now,
                    parts: parts_now,
                    rule_ids: rules_now,
                    grants: grants_now,
                },
            ) => vec![
                (categories != categories_now || parts != parts_now, Difference::Categories),
                (rule_ids != rules_now, Difference::Rules),
                (grants != grants_now, Difference::Grants),
            ],
            (
                Decision::Refused { reason, rule_ids },
                Decision::Refused { reason: reason_now, rule_ids: rules_now },
            ) => vec![(reason != reason_now, Difference::Reason), (rule_ids != rules_now, Difference::Rules)],
            _ => vec![(true, Difference::Outcome)],
        };
        differences.push((self.relationship != replayed.relationship, Difference::Relationship));
        differences.into_iter().filter(|(differs, _)| *differs).map(|(_, what)| what).collect()
    }
}
