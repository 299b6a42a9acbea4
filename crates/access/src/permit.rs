//! The right to one answer: made by the gate alone, demanded by every read of personal data, spent by its release.
use crate::{OfRecord, Record, Returned, Withheld, Within, grounds::Grounds};
use holdfast_eventlog::{Context, Right};
use holdfast_types::{AccountId, Action, Category, PatientId, Purpose, Relationship};

/// That the caller may do one thing: with categories of one record as wholes, with [`Parts`] of them, or with an
/// [`Oversight`](crate::Oversight). A read that leaves out what is not [`within`](Permit::within) demands a `&Permit<Parts>`; whoever
/// cannot demands a `&Permit`, which nobody gets by a grant of a part:
/// ```compile_fail,E0308
/// fn all(_: &holdfast_access::Permit) {}
/// fn some(permit: &holdfast_access::Permit<holdfast_access::Parts>) {
///     all(permit)
/// }
/// ```
///
/// It is good for one answer:
/// ```compile_fail,E0599
/// fn twice(permit: holdfast_access::Permit) -> (holdfast_access::Permit, holdfast_access::Permit) {
///     (permit.clone(), permit)
/// }
/// ```
#[derive(Debug)]
#[must_use = "a permit is spent by `Gate::release` or `into_authority`"]
pub struct Permit<T = Record> {
    target: T,
    grounds: Box<Grounds>,
}

impl<T: OfRecord> Permit<T> {
    pub fn patient(&self) -> PatientId {
        self.target.record().patient
    }

    /// Those of the categories asked for that are permitted; never empty. Filter by them before joining and counting.
    pub fn categories(&self) -> &[Category] {
        &self.target.record().categories
    }

    /// What is kept from the caller within them. Leave it out before joining and counting.
    pub const fn withheld(&self) -> &Withheld {
        &self.grounds.withheld
    }

    /// What may be shown of them. Leave out the rest before joining and counting.
    pub fn within(&self) -> &Within {
        self.target.within()
    }

    pub fn covers(&self, category: Category) -> bool {
        self.categories().contains(&category)
    }

    /// The caller holds the room, and it is not only shared with them.
    pub fn holds(&self, category: Category) -> bool {
        self.grounds.held.contains(&category)
    }

    /// Rooms of the record that the caller does not hold, whoever shares them; none where everything is held.
    pub fn not_held(&self) -> Vec<(Action, Vec<Category>)> {
        self.grounds.not_held.clone()
    }

    /// The category, and no part of it is left out.
    pub fn covers_whole(&self, category: Category) -> bool {
        self.covers(category) && !self.grounds.access.part_categories.contains(&category)
    }
}

impl<T> Permit<T> {
    pub(crate) const fn new(target: T, grounds: Box<Grounds>) -> Self {
        Self { target, grounds }
    }

    /// What is permitted.
    pub const fn target(&self) -> &T {
        &self.target
    }

    pub const fn action(&self) -> Action {
        self.grounds.access.action
    }

    pub const fn account(&self) -> AccountId {
        self.grounds.access.account
    }

    pub const fn purpose(&self) -> Purpose {
        self.grounds.context.purpose
    }

    /// What the caller is towards the record, if it holds any of it; whether a room is held, [`holds`](Permit::holds) says.
    pub const fn relationship(&self) -> Option<Relationship> {
        self.grounds.access.relationship
    }

    /// For a command: its own event, which carries actor, purpose and what permitted it, is the record. An answer with content needs a
    /// release.
    pub fn into_authority(self) -> Authority {
        let Grounds { access, context, .. } = *self.grounds;
        let grants = access.grants.iter().map(|grant| (grant.grant, grant.revision));
        let by_right = Right::of(access.rule_ids.iter().map(String::as_str), grants);
        Authority { account: access.account, context: Context { by_right, ..context } }
    }

    pub(crate) fn into_grounds(self) -> Box<Grounds> {
        self.grounds
    }
}

/// Who acts, why and in which tenant, for the events of a permitted command.
#[derive(Debug, Clone)]
pub struct Authority {
    account: AccountId,
    context: Context,
}

impl Authority {
    pub const fn account(&self) -> AccountId {
        self.account
    }

    pub const fn context(&self) -> &Context {
        &self.context
    }
}

/// What a store read, still closed: it can be shaped, but only [`Gate::release`](crate::Gate::release) opens it.
/// ```compile_fail,E0616
/// fn open<T>(unreleased: holdfast_access::Unreleased<T>) -> T {
///     unreleased.value
/// }
/// ```
#[must_use = "what was read is never answered unless it is released"]
pub struct Unreleased<T> {
    value: T,
    returned: Vec<Returned>,
}

impl<T> std::fmt::Debug for Unreleased<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unreleased").field("returned", &self.returned.len()).finish_non_exhaustive()
    }
}

impl<T> Unreleased<T> {
    /// `returned` names everything in `value` that has an id.
    pub const fn new(value: T, returned: Vec<Returned>) -> Self {
        Self { value, returned }
    }

    pub fn map<U>(self, shape: impl FnOnce(T) -> U) -> Unreleased<U> {
        Unreleased { value: shape(self.value), returned: self.returned }
    }

    pub fn try_map<U, E>(self, shape: impl FnOnce(T) -> Result<U, E>) -> Result<Unreleased<U>, E> {
        Ok(Unreleased { value: shape(self.value)?, returned: self.returned })
    }

    /// Both in one answer.
    pub fn with<U>(mut self, other: Unreleased<U>) -> Unreleased<(T, U)> {
        self.returned.extend(other.returned);
        Unreleased { value: (self.value, other.value), returned: self.returned }
    }

    pub(crate) fn into_parts(self) -> (T, Vec<Returned>) {
        (self.value, self.returned)
    }
}
