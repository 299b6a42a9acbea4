//! What nobody asked: whether an account might have done something with rooms of a record, or one thing in it, at a moment.
use super::{
    Known, Standing,
    thing::{ThingKind, ThingSaid, ThingThen, ThingVerdict},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Decision, Denial, Policies};
use holdfast_types::{AccountId, Action, Category, PatientId, Purpose, Relationship};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hypothesis {
    pub account: AccountId,
    pub action: Action,
    pub about: About,
    /// None: by what the account is towards the record.
    pub purpose: Option<Purpose>,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    Rooms(Vec<Category>),
    /// An item, a document, a thread, or a message, which stands for its thread.
    Thing(Uuid),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conclusion {
    pub decision: Decision,
    pub relationship: Option<Relationship>,
    pub consent_seq: u64,
    pub thing: Option<ThingConclusion>,
}

/// Of a thing that is not open, nothing was permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThingConclusion {
    pub kind: ThingKind,
    pub category: Category,
    pub verdict: ThingVerdict,
}

impl Hypothesis {
    /// `said` is what the stream of the thing said that is asked about. None: there was no such thing.
    pub fn decide(
        &self,
        policies: &Policies,
        patient: PatientId,
        told: Known,
        said: Option<&(Uuid, Vec<ThingSaid>)>,
    ) -> Option<Conclusion> {
        let (categories, thing) = match &self.about {
            About::Rooms(rooms) => (rooms.clone(), None),
            About::Thing(_) => {
                let (id, said) = said?;
                let thing = ThingThen::of(*id, said)?;
                (vec![thing.category], Some(thing))
            }
        };
        let standing = Standing::of(policies, patient, self.account, self.at, told);
        let decided = standing.decide(self.action, &categories, self.purpose);
        let thing = thing.map(|thing| ThingConclusion {
            verdict: standing.verdict(&thing, &decided),
            kind: thing.kind,
            category: thing.category,
        });
        let kept_back =
            |thing: &ThingConclusion| !matches!(thing.verdict, ThingVerdict::Open | ThingVerdict::RoomClosed);
        let decision = match thing.as_ref().is_some_and(kept_back) {
            true => Decision::Refused { reason: Denial::NotPermitted, rule_ids: Vec::new() },
            false => decided.0,
        };
        let (relationship, consent_seq) = (standing.relationship(), standing.consent_seq());
        Some(Conclusion { decision, relationship, consent_seq, thing })
    }
}
