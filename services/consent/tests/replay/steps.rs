//! What is commanded: every command of every aggregate, in small numbers, so that commands meet each other.
mod acting;
mod links;

use crate::treating;
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_consent::domain::{
    allowance::Use,
    authority::{self, Around, Change, Rules},
    emergency::{self, Finding, Taking},
    erasure::{self, CarriedOut, Grounds, Hold, Retained, Wish},
    grant::{self, Grantee, Offer},
    link,
    mark::{self, KeptFrom, Mark, Marked},
    record::{self, FREE_STANDING, Holder},
    treatment, treatment_policy, visit,
};
use holdfast_types::{
    AccountId, Action, Category, DocumentId, EventId, GrantId, HoldId, MarkId, Narrowing, PatientId,
    PracticeId, Relationship, Role, TenantId,
};
use proptest::{option, prelude::*, sample::select};
use std::sync::Arc;
use uuid::Uuid;

/// What happens to one of two records: time goes by, or something is commanded by one of three accounts, about one of three things.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) of: u8,
    pub(crate) by: u8,
    /// The grant, mark, hold, paper, authority or freeze.
    pub(crate) thing: u8,
    /// Which of the ways in which it can be said.
    pub(crate) way: u8,
    /// Of a period around now.
    pub(crate) from_hours: Option<i64>,
    pub(crate) until_hours: Option<i64>,
    pub(crate) what: What,
}

macro_rules! kinds {
    ($(#[$about:meta])* $name:ident: $($kind:ident),+) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum $name { $($kind),+ }

        impl $name {
            pub(crate) const ALL: &[Self] = &[$(Self::$kind),+];
        }
    };
}

kinds! {
    /// Kinds of commands. [`kind`] fails to compile where a command has none.
    What: Wait, Open, AddHolder, Give, Take, Revoke, Change, Visit, MakeLink, OpenLink, SetMark, LiftMark, PlaceHold, LiftHold,
    RequestErasure, WithdrawErasure, CarryOut,
    RepeatErasure, Review, Use, StatePerson, Record, Attest, Withdraw, Renew, End, Freeze, ReviewFreeze, Treat, Propose, Agree, Accept,
    Narrow, EndTreatment, SetPolicy
}

#[derive(Debug, Clone)]
pub(crate) enum Command {
    Record(record::Command),
    Grant(grant::Command),
    Link(link::Command),
    Mark(mark::Command),
    Erasure(erasure::Command),
    Emergency(emergency::Command),
    Allowance(Use),
    Visit(visit::Command),
    Authority(Box<authority::Command>),
    Treatment(Box<treatment::Command>),
    Policy(treatment_policy::Command),
}

/// Which of [`What`] a command is.
pub(crate) fn kind(command: &Command) -> What {
    match command {
        Command::Record(record::Command::Open { .. }) => What::Open,
        Command::Record(record::Command::AddHolder(_)) => What::AddHolder,
        Command::Grant(grant::Command::Give { .. }) => What::Give,
        Command::Grant(grant::Command::Take(_)) => What::Take,
        Command::Grant(grant::Command::Revoke { .. }) => What::Revoke,
        Command::Grant(grant::Command::Replace { .. }) => What::Change,
        Command::Link(link::Command::Make(_)) => What::MakeLink,
        Command::Link(link::Command::Open { .. }) => What::OpenLink,
        Command::Grant(grant::Command::Treat { .. }) => What::Treat,
        Command::Treatment(command) => treating::kind(command),
        Command::Policy(_) => What::SetPolicy,
        Command::Mark(mark::Command::Set { .. }) => What::SetMark,
        Command::Mark(mark::Command::Lift { .. }) => What::LiftMark,
        Command::Erasure(erasure::Command::PlaceHold(_)) => What::PlaceHold,
        Command::Erasure(erasure::Command::LiftHold { .. }) => What::LiftHold,
        Command::Erasure(erasure::Command::Erase { step, of: _ }) => match step {
            erasure::Step::Request(_) => What::RequestErasure,
            erasure::Step::Withdraw { .. } => What::WithdrawErasure,
            erasure::Step::CarryOut(_) => What::CarryOut,
            erasure::Step::Repeat { .. } => What::RepeatErasure,
        },
        Command::Emergency(emergency::Command { .. }) => What::Review,
        Command::Allowance(_) => What::Use,
        Command::Visit(visit::Command { .. }) => What::Visit,
        Command::Authority(command) => match &command.change {
            Change::Person(_) => What::StatePerson,
            Change::Recorded(_) => What::Record,
            Change::Attested { .. } => What::Attest,
            Change::Withdrawn { .. } => What::Withdraw,
            Change::Renewed { .. } => What::Renew,
            Change::Ended { .. } => What::End,
            Change::Frozen(_) => What::Freeze,
            Change::Reviewed { .. } => What::ReviewFreeze,
        },
    }
}

prop_compose! {
    pub(crate) fn step()(
        of in 0_u8..2,
        by in 0_u8..3,
        thing in 0_u8..3,
        way in 0_u8..4,
        from_hours in option::of(-2_i64..6),
        until_hours in option::of(-2_i64..6),
        what in select(What::ALL),
    ) -> Step {
        Step { of, by, thing, way, from_hours, until_hours, what }
    }
}

/// Something of everything, accepted: no table stays empty, and no kind of event is left out.
pub(crate) fn story() -> Vec<Step> {
    let record = |of: u8, steps: &[(What, u8, u8, u8)]| -> Vec<Step> {
        let (from_hours, until_hours) = (None, Some(5));
        let step = |&(what, by, thing, way)| Step { of, by, thing, way, from_hours, until_hours, what };
        steps.iter().map(step).collect()
    };
    let shared = [
        (What::Open, 0, 0, 0),
        (What::AddHolder, 1, 0, 0),
        (What::Give, 0, 0, 0),
        (What::Give, 0, 1, 1),
        (What::Wait, 0, 0, 0),
        (What::Revoke, 0, 0, 0),
        (What::Change, 0, 1, 0),
        (What::Give, 0, 2, 3),
        (What::Visit, 1, 2, 0),
        (What::Visit, 2, 2, 0),
        (What::Wait, 0, 0, 0),
        (What::Visit, 1, 2, 0),
        (What::Take, 2, 3, 0),
        (What::Use, 2, 3, 0),
        (What::Review, 0, 3, 0),
        (What::MakeLink, 0, 1, 1),
        (What::OpenLink, 0, 1, 0),
        (What::OpenLink, 0, 1, 1),
        (What::SetMark, 0, 0, 0),
        (What::LiftMark, 0, 0, 0),
        (What::SetMark, 0, 1, 1),
        (What::StatePerson, 0, 0, 1),
        (What::Record, 0, 0, 0),
        (What::Attest, 2, 0, 0),
        (What::Renew, 2, 0, 0),
        (What::End, 2, 0, 0),
        (What::Record, 0, 1, 1),
        (What::Withdraw, 0, 1, 0),
        (What::Freeze, 1, 2, 1),
        (What::ReviewFreeze, 0, 2, 1),
        (What::Record, 0, 2, 1),
    ];
    let papers = [
        (What::Open, 0, 0, 1),
        (What::PlaceHold, 2, 0, 0),
        (What::LiftHold, 2, 0, 0),
        (What::RequestErasure, 0, 0, 1),
        (What::WithdrawErasure, 0, 0, 1),
        (What::RequestErasure, 0, 0, 1),
        (What::CarryOut, 2, 0, 1),
        (What::RepeatErasure, 2, 1, 1),
        (What::RequestErasure, 0, 0, 0),
        (What::WithdrawErasure, 0, 0, 0),
        (What::RequestErasure, 0, 0, 0),
        (What::CarryOut, 2, 0, 0),
    ];
    let lost = [(What::Open, 0, 0, 0), (What::RepeatErasure, 2, 0, 0)];
    let asked = [(What::Open, 0, 0, 0), (What::RequestErasure, 0, 0, 1)];
    [record(0, &shared), record(0, &treating::STORY), record(1, &papers), record(2, &lost), record(3, &asked)]
        .concat()
}

/// Of those grants that are good for visits.
const USES_MAX: u32 = 2;

pub(crate) fn account(number: u8) -> AccountId {
    AccountId::new(Uuid::from_u128(0xACC0 + u128::from(number)))
}

/// What the moment and the log say of a command.
pub(crate) struct Now {
    pub(crate) time: DateTime<Utc>,
    pub(crate) around: Around,
    pub(crate) rules: Arc<Rules>,
    /// Of the grant that is commanded.
    pub(crate) revision: u64,
    /// Version of the policy.
    pub(crate) policy: u64,
}

impl Step {
    pub(crate) fn patient(&self) -> PatientId {
        PatientId::new(Uuid::from_u128(0xA0 + u128::from(self.of)))
    }

    /// The thing, which is one of its record's.
    pub(crate) fn id(&self) -> Uuid {
        Uuid::from_u128(0x6000 + 16 * u128::from(self.of) + u128::from(self.thing))
    }

    /// What takes the place of the thing.
    pub(crate) fn successor(&self) -> Uuid {
        Uuid::from_u128(self.id().as_u128() + 0x1000)
    }

    /// Somebody else than who commands.
    fn other(&self) -> AccountId {
        account((self.by + 1 + self.way % 2) % 3)
    }

    fn holder(&self, relationship: Relationship) -> Holder {
        Holder { account: account(self.by), relationship }
    }

    /// None: time goes by.
    pub(crate) fn command(&self, now: &Now) -> Option<Command> {
        let (by, time) = (account(self.by), now.time);
        let holds = now.around.holders.iter().any(|holder| holder.account == self.other());
        Some(match self.what {
            What::Wait => return None,
            What::Open => {
                let tenant = if self.way == 0 { FREE_STANDING } else { TenantId::new(Uuid::from_u128(7)) };
                Command::Record(record::Command::Open { tenant, holder: self.holder(Relationship::Parent) })
            }
            What::AddHolder => {
                Command::Record(record::Command::AddHolder(self.holder(Relationship::Patient)))
            }
            What::Give => Command::Grant(grant::Command::Give {
                offer: self.offer(time),
                now: time,
                to_holder: self.way > 0 && holds,
                unended: 0,
            }),
            What::Take => Command::Grant(grant::Command::Take(Taking {
                patient: self.patient(),
                by,
                reason: "found at the door".into(),
                now: time,
            })),
            What::Revoke => {
                let seen = (self.way > 0).then_some(u64::from(self.way));
                Command::Grant(grant::Command::Revoke { now: time, seen, present: now.revision })
            }
            What::Change => Command::Grant(grant::Command::Replace {
                patient: self.patient(),
                by: GrantId::new(self.successor()),
                now: time,
                seen: (self.way > 0).then_some(u64::from(self.way)),
                present: now.revision,
            }),
            What::MakeLink => Command::Link(self.make_link()),
            What::OpenLink => Command::Link(self.open_link(time)),
            What::SetMark => Command::Mark(mark::Command::Set {
                mark: self.mark(time),
                from_holder: self.thing == 1 && holds,
            }),
            What::LiftMark => Command::Mark(mark::Command::Lift {
                mark: MarkId::new(self.id()),
                by,
                lifted: time,
                reason: String::new(),
            }),
            What::Review => {
                let finding = if self.way == 0 { Finding::NotJustified } else { Finding::Justified };
                let review = emergency::Review { finding, note: String::new(), by, reviewed: time };
                Command::Emergency(emergency::Command { review, taken_by: self.other() })
            }
            What::Use => Command::Allowance(Use {
                grant: GrantId::new(self.id()),
                patient: self.patient(),
                used: time,
            }),
            What::Visit => Command::Visit(visit::Command {
                patient: self.patient(),
                account: by,
                now: time,
                lasts: TimeDelta::hours(1),
                uses_max: USES_MAX,
            }),
            What::Treat
            | What::Propose
            | What::Agree
            | What::Accept
            | What::Narrow
            | What::EndTreatment
            | What::SetPolicy => treating::commanded(self, by, time, now.policy),
            What::PlaceHold
            | What::LiftHold
            | What::RequestErasure
            | What::WithdrawErasure
            | What::CarryOut
            | What::RepeatErasure => Command::Erasure(self.erasure(time)),
            What::StatePerson
            | What::Record
            | What::Attest
            | What::Withdraw
            | What::Renew
            | What::End
            | What::Freeze
            | What::ReviewFreeze => {
                let (around, rules) = (now.around.clone(), Arc::clone(&now.rules));
                let change = self.change(time);
                let command =
                    authority::Command { by, now: time, seen: None, present: 0, change, around, rules };
                Command::Authority(Box::new(command))
            }
        })
    }

    pub(crate) fn offer(&self, now: DateTime<Utc>) -> Offer {
        let hours = |hours: Option<i64>| hours.map(|hours| now + TimeDelta::hours(hours));
        let items = Narrowing { items: vec![self.id()], ..Narrowing::default() };
        let grantee = match self.way {
            0 => Grantee::Practice { practice: PracticeId::new(self.id()), role: Role::Therapist },
            _ => Grantee::Account(self.other()),
        };
        Offer {
            patient: self.patient(),
            given_by: account(self.by),
            grantee,
            categories: vec![Category::Notes, Category::Goals],
            actions: vec![Action::Read],
            purposes: vec![],
            from: hours(self.from_hours),
            until: hours(self.until_hours),
            narrowing: (self.way == 1).then_some(items),
            uses_max: (self.way == 3).then_some(USES_MAX),
            replaces: (self.what == What::Change).then(|| GrantId::new(self.id())),
        }
    }

    fn mark(&self, set: DateTime<Utc>) -> Mark {
        let what = match self.way {
            0 => Marked::Category(Category::Notes),
            1 => Marked::Item(self.id()),
            _ => Marked::Author(self.other()),
        };
        let kept_from = match self.thing {
            0 => KeptFrom::Everybody,
            1 => KeptFrom::Account(self.other()),
            _ => KeptFrom::Practice(PracticeId::new(self.id())),
        };
        Mark {
            mark: MarkId::new(self.id()),
            what,
            kept_from,
            reason: String::new(),
            by: account(self.by),
            set,
        }
    }

    fn erasure(&self, now: DateTime<Utc>) -> erasure::Command {
        let (by, hold) = (account(self.by), HoldId::new(self.id()));
        let grounds = Grounds { authority: "county court".into(), reason: "an inquiry".into() };
        let step = match self.what {
            What::PlaceHold => return erasure::Command::PlaceHold(Hold { hold, by, placed: now, grounds }),
            What::LiftHold => return erasure::Command::LiftHold { hold, by, grounds },
            What::WithdrawErasure => erasure::Step::Withdraw { by },
            What::CarryOut => {
                let until = (now - TimeDelta::days(1)).date_naive();
                let retained = Retained { rule: "default".into(), until };
                erasure::Step::CarryOut(CarriedOut { by, erased: now, grounds, retained })
            }
            What::RepeatErasure => erasure::Step::Repeat { first: EventId::new(self.id()), erased: now },
            _ => erasure::Step::Request(Wish { by, requested: now }),
        };
        // A whole record is rarely erased: after that nothing is asked of it any more.
        let of = (self.way > 0).then(|| DocumentId::new(self.id()));
        erasure::Command::Erase { of, step }
    }
}
