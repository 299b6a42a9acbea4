//! Cases to decide: callers, grants of whole rooms and of parts, marks, requests, and what would explain an answer, in so many words.
use crate::given::*;
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_access::*;
use holdfast_types::*;
use proptest::{collection::vec, option, prelude::*, sample::select, sample::subsequence};
use std::{sync::LazyLock, time::Duration};

pub(crate) static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::load().unwrap());

/// The same, with none of them left out beforehand.
pub(crate) static UNSLICED: LazyLock<Policies> = LazyLock::new(|| Policies::unsliced().unwrap());

pub(crate) fn practices() -> impl Strategy<Value = PracticeId> {
    select(vec![practice(), other_practice()])
}

pub(crate) fn callers() -> impl Strategy<Value = Caller> {
    let role = (select(Role::ALL), option::of(practices()), prop::bool::weighted(0.2));
    vec(role, 0..3).prop_map(|roles| Caller {
        roles: roles
            .into_iter()
            .map(|(role, practice, elsewhere)| {
                let tenant = if elsewhere { other_tenant() } else { tenant() };
                RoleAssignment { role, tenant, practice }
            })
            .collect(),
        ..caller(&[])
    })
}

pub(crate) fn grantees() -> impl Strategy<Value = Grantee> {
    prop_oneof![
        select(vec![account(), AccountId::new(id(0xACD))]).prop_map(Grantee::Account),
        (practices(), select(Role::ALL)).prop_map(|(practice, role)| Grantee::Practice { practice, role }),
    ]
}

prop_compose! {
    pub(crate) fn narrowings()(
        items in subsequence((1..5_u128).map(id).collect::<Vec<_>>(), 0..=4),
        authors in subsequence(authors(), 0..=2),
        since in option::of(moments()),
        until in option::of(moments()),
    ) -> Narrowing {
        Narrowing { items, authors, since, until }
    }
}

/// What is there to be shown, or not.
#[derive(Debug, Clone)]
pub(crate) struct There {
    pub(crate) category: Category,
    pub(crate) item: u128,
    pub(crate) authors: Vec<AccountId>,
    pub(crate) first: DateTime<Utc>,
    pub(crate) lasted: TimeDelta,
}

prop_compose! {
    pub(crate) fn things()(
        category in select(Category::ALL),
        item in 1..6_u128,
        authors in subsequence(authors(), 0..=2),
        first in moments(),
        hours in 0..3_i64,
    ) -> There {
        There { category, item, authors, first, lasted: TimeDelta::hours(hours) }
    }
}

pub(crate) fn authors() -> Vec<AccountId> {
    vec![account(), AccountId::new(id(0xACE))]
}

pub(crate) fn moments() -> impl Strategy<Value = DateTime<Utc>> {
    (-3..4_i64).prop_map(|hours| now() + TimeDelta::hours(hours))
}

impl There {
    pub(crate) fn shown_by(&self, within: &Within) -> bool {
        let authors: Vec<String> =
            self.authors.iter().map(|author| Actor::Account(*author).to_string()).collect();
        let (first, last) = (self.first, self.first + self.lasted);
        within.shows(&Thing { category: self.category, id: id(self.item), authors: &authors, first, last })
    }

    /// In so many words.
    pub(crate) fn named_by(&self, grant: &GrantFact) -> bool {
        grant.narrowing.as_ref().is_none_or(|part| {
            (part.items.is_empty() || part.items.contains(&id(self.item)))
                && (part.authors.is_empty()
                    || (!self.authors.is_empty()
                        && self.authors.iter().all(|author| part.authors.contains(author))))
                && part.since.is_none_or(|since| since <= self.first)
                && part.until.is_none_or(|until| self.first + self.lasted < until)
        })
    }
}

prop_compose! {
    /// Of a few visits some, and the caller's own going on, over, or never begun.
    pub(crate) fn uses()(max in 1..4_u32, used in 0..4_u32, visit_until in option::of(moments())) -> Uses {
        Uses { max, used, visit_until }
    }
}

prop_compose! {
    pub(crate) fn grants()(
        number in 1..1000_u128,
        grantee in grantees(),
        patient in select(vec![patient(), patient(), patient(), other_patient()]),
        categories in subsequence(Category::ALL, 0..=Category::ALL.len()),
        actions in subsequence(Action::ALL, 1..=Action::ALL.len()),
        purposes in subsequence(Purpose::ALL, 1..=Purpose::ALL.len()),
        from in -3..2_i64,
        hours in option::of(1..4_i64),
        revoked in prop::bool::weighted(0.2),
        narrowing in option::weighted(0.3, narrowings()),
        basis in prop_oneof![3 => Just(Basis::Holder), 2 => Just(Basis::Emergency)],
        uses in option::weighted(0.3, uses()),
    ) -> GrantFact {
        let from = now() + TimeDelta::hours(from);
        let period = Period::try_new(from, hours.map(|hours| from + TimeDelta::hours(hours))).unwrap();
        let revoked = revoked.then(|| now() - TimeDelta::minutes(1));
        GrantFact { id: GrantId::new(id(number)), revision: 1, patient, grantee, categories, actions, purposes, period, revoked, basis, narrowing, uses }
    }
}

pub(crate) fn marks() -> impl Strategy<Value = MarkFact> {
    let what = prop_oneof![
        3 => select(Category::ALL).prop_map(Marked::Category),
        1 => (1..5_u128).prop_map(|number| Marked::Item(id(number))),
        1 => select(vec![account(), AccountId::new(id(0xACE))]).prop_map(Marked::Author),
    ];
    let kept_from = prop_oneof![
        2 => Just(KeptFrom::Everybody),
        1 => select(vec![account(), AccountId::new(id(0xACD))]).prop_map(KeptFrom::Account),
        1 => practices().prop_map(KeptFrom::Practice),
    ];
    let of = select(vec![patient(), patient(), patient(), other_patient()]);
    (1..1000_u128, of, what, kept_from).prop_map(|(number, patient, what, kept_from)| MarkFact {
        id: MarkId::new(id(number)),
        patient,
        what,
        kept_from,
    })
}

prop_compose! {
    /// In force.
    pub(crate) fn spans()(
        relationship in select(Relationship::ALL),
        categories in subsequence(Category::ALL, 1..=Category::ALL.len()),
        actions in subsequence(Action::ALL, 1..=Action::ALL.len()),
    ) -> Span {
        let period = Period::try_new(now() - TimeDelta::hours(1), None).unwrap();
        Span { account: account(), relationship, categories, actions, period, authority: None }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) caller: Caller,
    pub(crate) action: Action,
    pub(crate) purpose: Purpose,
    pub(crate) record: Record,
    pub(crate) facts: Facts,
    /// Whoever answers leaves out what is not granted.
    pub(crate) in_part: bool,
}

impl Case {
    pub(crate) fn decide(&self) -> Decision {
        self.decide_within().0
    }

    pub(crate) fn decide_within(&self) -> (Decision, Within) {
        self.decide_by(&POLICIES)
    }

    pub(crate) fn decide_by(&self, policies: &Policies) -> (Decision, Within) {
        let request = Request { purpose: self.purpose, ..request(&self.caller, self.action, &self.record) };
        match self.in_part {
            true => decide_in_part(policies, &request, &self.facts),
            false => (decide(policies, &request, &self.facts), Within::default()),
        }
    }

    /// Whether the answer to what is asked has it.
    pub(crate) fn shows(&self, there: &There) -> bool {
        let (decision, within) = self.decide_within();
        permitted(&decision).contains(&there.category) && there.shown_by(&within)
    }

    /// A mark that keeps the room from the caller, in so many words.
    pub(crate) fn is_kept(&self, category: Category) -> bool {
        self.facts.marks.iter().any(|mark| {
            mark.patient == self.record.patient
                && mark.what == Marked::Category(category)
                && match mark.kept_from {
                    KeptFrom::Everybody => true,
                    KeptFrom::Account(account) => account == self.caller.account,
                    KeptFrom::Practice(practice) => {
                        self.caller.roles.iter().any(|held| held.practice == Some(practice))
                    }
                }
        })
    }

    pub(crate) fn withheld(&self) -> Withheld {
        Withheld::of(&self.caller, self.record.patient, &self.facts)
    }

    /// A grant that says, in so many words, what is asked: written without the policies in view.
    pub(crate) fn explained_by(&self, grant: &GrantFact, category: Category) -> bool {
        let reaches = match grant.grantee {
            Grantee::Account(account) => account == self.caller.account,
            Grantee::Practice { practice, role } => {
                self.caller.roles.iter().any(|held| held.role == role && held.practice == Some(practice))
            }
        };
        reaches
            && grant.patient == self.record.patient
            && grant.revoked.is_none()
            && grant.period.contains(now())
            && grant.categories.contains(&category)
            && grant.actions.contains(&self.action)
            && grant.purposes.contains(&self.purpose)
            && grant.uses.is_none_or(|uses| uses.visit_until.is_some_and(|until| now() < until))
            && (grant.narrowing.is_none()
                || (self.in_part && matches!(self.action, Action::Read | Action::Download)))
            && (grant.basis.is_holder() || self.is_emergency_of(grant))
            && self.is_under_the_ceiling(grant, category)
    }

    /// What a grant to a role opens at most, whatever it says.
    pub(crate) fn is_under_the_ceiling(&self, grant: &GrantFact, category: Category) -> bool {
        match grant.grantee {
            Grantee::Account(_) => true,
            Grantee::Practice { role, .. } => Roles::table().opens(role, self.action, self.purpose, category),
        }
    }

    /// What was taken: to read, for an emergency, by a person of their own who treats at a practice of the record's network.
    pub(crate) fn is_emergency_of(&self, grant: &GrantFact) -> bool {
        let treats = |held: &RoleAssignment| {
            [Role::Therapist, Role::Supervisor].contains(&held.role)
                && held.practice.is_some()
                && Some(held.tenant) == self.facts.record_tenant
        };
        grant.grantee == Grantee::Account(self.caller.account)
            && self.action == Action::Read
            && self.purpose == Purpose::EmergencyTreatment
            && self.caller.roles.iter().any(treats)
            && self.caller.roles.iter().all(|held| held.role != Role::ServiceAccount)
    }
}

prop_compose! {
    pub(crate) fn cases()(
        caller in callers(),
        action in select(Action::ALL),
        purpose in select(Purpose::ALL),
        categories in subsequence(Category::ALL, 0..=6),
        relationship in option::weighted(0.2, select(Relationship::ALL)),
        grants in vec(grants(), 0..5),
        marks in vec(marks(), 0..3),
        consent_age_ms in option::weighted(0.9, 0..12_000_u64),
        in_part in prop::bool::ANY,
    ) -> Case {
        let consent_age = consent_age_ms.map(Duration::from_millis);
        Case { caller, action, purpose, record: record(&categories), facts: Facts { consent_age, marks, ..facts(relationship, grants) }, in_part }
    }
}

pub(crate) fn permitted(decision: &Decision) -> &[Category] {
    match decision {
        Decision::Permitted { categories, .. } => categories,
        Decision::Refused { .. } => &[],
    }
}
