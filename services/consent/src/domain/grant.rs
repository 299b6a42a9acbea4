//! A grant: what a holder shares, with whom, what for and how long; it ends by its period or by revocation.
mod part;
mod treating;

pub use treating::Treating;

use super::emergency::Taking;
use chrono::{DateTime, Utc};
use holdfast_access::Roles;
use holdfast_eventlog::Decider;
use holdfast_types::{
    AccountId, Action, Basis, Category, GrantId, Narrowing, PatientId, Period, PracticeId, Purpose, Role,
};
use serde::{Deserialize, Serialize};

/// Grants of one record that have not ended. Every decision reads all of them that reach its caller.
pub const UNENDED_MAX: u32 = 200;

/// Visits that one grant is good for.
pub const USES_MAX: u32 = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grantee {
    Account(AccountId),
    /// Everybody with the role at the practice.
    Practice {
        practice: PracticeId,
        role: Role,
    },
}

/// What a grant says from the beginning to the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub patient: PatientId,
    pub given_by: AccountId,
    pub grantee: Grantee,
    pub categories: Vec<Category>,
    pub actions: Vec<Action>,
    pub purposes: Vec<Purpose>,
    pub period: Period,
    /// None: all of the categories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrowing: Option<Narrowing>,
    #[serde(default = "of_holder", skip_serializing_if = "Basis::is_holder")]
    pub basis: Basis,
    /// Why it was taken in an emergency; empty where a holder gave it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The grant that ended as this one took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<GrantId>,
    /// Visits that it is good for; None: as often as they want.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_max: Option<u32>,
}

/// Grants were given before they said by whose word.
const fn of_holder() -> Basis {
    Basis::Holder
}

/// What a holder wants to share; nothing of it is checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub patient: PatientId,
    pub given_by: AccountId,
    pub grantee: Grantee,
    pub categories: Vec<Category>,
    pub actions: Vec<Action>,
    /// Empty: treatment, or what the role is for.
    pub purposes: Vec<Purpose>,
    /// None: from now.
    pub from: Option<DateTime<Utc>>,
    /// None: until revoked.
    pub until: Option<DateTime<Utc>>,
    /// None, or saying nothing: all of the categories.
    pub narrowing: Option<Narrowing>,
    /// The grant that it is a change of.
    pub replaces: Option<GrantId>,
    /// None: as often as they want.
    pub uses_max: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Give {
        offer: Offer,
        now: DateTime<Utc>,
        /// Whether the grantee holds the record.
        to_holder: bool,
        /// Grants of the record that have not ended.
        unended: u32,
    },
    /// Nobody who holds the record was asked.
    Take(Taking),
    /// A holder agreed that a practice treats.
    Treat {
        treating: Treating,
        /// Grants of the record that have not ended.
        unended: u32,
    },
    Revoke {
        now: DateTime<Utc>,
        /// The revision that the holder saw; None when it does not matter.
        seen: Option<u64>,
        present: u64,
    },
    /// Another takes its place.
    Replace {
        /// Whose record the other is of.
        patient: PatientId,
        by: GrantId,
        now: DateTime<Utc>,
        seen: Option<u64>,
        present: u64,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "grant.given")]
    Given(Terms),
    #[serde(rename = "grant.taken")]
    Taken(Terms),
    #[serde(rename = "grant.revoked")]
    Revoked {
        patient: PatientId,
        revoked: DateTime<Utc>,
        /// The grant that took its place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaced_by: Option<GrantId>,
    },
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "grant";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Given(_) => "grant.given",
            Self::Taken(_) => "grant.taken",
            Self::Revoked { .. } => "grant.revoked",
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    NotGiven,
    Standing(Terms),
    Revoked {
        terms: Terms,
        revoked: DateTime<Utc>,
        replaced_by: Option<GrantId>,
    },
}

impl State {
    /// What it says, whatever became of it.
    pub const fn terms(&self) -> Option<&Terms> {
        match self {
            Self::NotGiven => None,
            Self::Standing(terms) | Self::Revoked { terms, .. } => Some(terms),
        }
    }

    pub fn is_in_force(&self, now: DateTime<Utc>) -> bool {
        matches!(self, Self::Standing(terms) if terms.period.contains(now))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the grant names no category or no action")]
    NothingShared,
    #[error("the period ends before it begins, or has ended already")]
    EndsBeforeItBegins,
    #[error("a grant names at most {} things and {} authors", part::ITEMS_MAX, part::AUTHORS_MAX)]
    TooMuchNamed,
    #[error("a grant is good for 1 to {USES_MAX} visits")]
    NoSuchNumber,
    #[error("the span of what is shared ends before it begins")]
    SpanEndsBeforeItBegins,
    #[error("a part of a category is for reading and downloading alone")]
    PartIsRead,
    #[error("demographics are one thing, of which there is no part")]
    OneThing,
    #[error("what is protected is shared by a grant of its own, and beside nothing else")]
    OwnGrantNeeded,
    #[error("what is protected is shared until a day")]
    EndMissing,
    #[error("the grantee holds the record")]
    ToHolder,
    #[error("the role sees nothing of {0}, whatever is shared with it")]
    BeyondRole(Category),
    #[error("the record has {UNENDED_MAX} grants that have not ended")]
    TooManyUnended,
    #[error("the grant was given already")]
    AlreadyGiven,
    #[error("there is no such grant")]
    NotGiven,
    #[error("the grant was revoked already")]
    AlreadyRevoked,
    #[error("the grant has changed since it was seen")]
    NotAsSeen,
    #[error("the grant was taken in an emergency, or is over, so that it is not changed")]
    NotChangeable,
}

/// A grant as it is shown, at one of its revisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownGrant {
    pub id: GrantId,
    pub revision: u64,
    pub terms: Terms,
    pub revoked: Option<DateTime<Utc>>,
    pub replaced_by: Option<GrantId>,
    /// Visits that were begun, and when the last was.
    pub uses: Used,
}

/// How often a grant was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    pub count: u32,
    pub last: Option<DateTime<Utc>>,
    /// The end of the newest visit of who asks; none to holders, who need none.
    pub visit_until: Option<DateTime<Utc>>,
}

impl ShownGrant {
    /// As it was given, whatever became of it.
    pub fn as_given(id: GrantId, terms: Terms) -> Self {
        Self { id, revision: 1, terms, revoked: None, replaced_by: None, uses: Used::default() }
    }
}

/// The rules.
pub struct Grant;

impl Decider for Grant {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Refusal> {
        match (state, command) {
            (State::NotGiven, Command::Give { offer, now, to_holder, unended }) => {
                let terms = terms(offer, now)?;
                if to_holder {
                    return Err(Refusal::ToHolder);
                }
                if unended >= UNENDED_MAX {
                    return Err(Refusal::TooManyUnended);
                }
                Ok(vec![Event::Given(terms)])
            }
            (State::NotGiven, Command::Take(taking)) => Ok(vec![Event::Taken(taking.terms()?)]),
            (State::NotGiven, Command::Treat { unended, .. }) if unended >= UNENDED_MAX => {
                Err(Refusal::TooManyUnended)
            }
            (State::NotGiven, Command::Treat { treating, .. }) => Ok(vec![Event::Given(treating.terms())]),
            (
                State::Standing(_) | State::Revoked { .. },
                Command::Give { .. } | Command::Take(_) | Command::Treat { .. },
            ) => Err(Refusal::AlreadyGiven),
            (State::NotGiven, Command::Revoke { .. } | Command::Replace { .. }) => Err(Refusal::NotGiven),
            (State::Standing(terms) | State::Revoked { terms, .. }, Command::Replace { patient, .. })
                if terms.patient != patient =>
            {
                Err(Refusal::NotGiven)
            }
            (State::Revoked { .. }, Command::Revoke { .. } | Command::Replace { .. }) => {
                Err(Refusal::AlreadyRevoked)
            }
            (
                State::Standing(_),
                Command::Revoke { seen: Some(seen), present, .. }
                | Command::Replace { seen: Some(seen), present, .. },
            ) if seen != present => Err(Refusal::NotAsSeen),
            (State::Standing(terms), Command::Revoke { now, .. }) => {
                Ok(vec![Event::Revoked { patient: terms.patient, revoked: now, replaced_by: None }])
            }
            (State::Standing(terms), Command::Replace { now, .. })
                if !terms.basis.is_holder() || terms.period.until().is_some_and(|until| until <= now) =>
            {
                Err(Refusal::NotChangeable)
            }
            (State::Standing(terms), Command::Replace { now, by, .. }) => {
                Ok(vec![Event::Revoked { patient: terms.patient, revoked: now, replaced_by: Some(by) }])
            }
        }
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (_, Event::Given(terms) | Event::Taken(terms)) => State::Standing(terms.clone()),
            (State::Standing(terms), Event::Revoked { revoked, replaced_by, .. }) => {
                State::Revoked { terms, revoked: *revoked, replaced_by: *replaced_by }
            }
            (state @ (State::NotGiven | State::Revoked { .. }), Event::Revoked { .. }) => state,
        }
    }
}

fn terms(offer: Offer, now: DateTime<Utc>) -> Result<Terms, Refusal> {
    let Offer {
        patient,
        given_by,
        grantee,
        categories,
        actions,
        mut purposes,
        from,
        until,
        narrowing,
        replaces,
        uses_max,
    } = offer;
    if categories.is_empty() || actions.is_empty() {
        return Err(Refusal::NothingShared);
    }
    if uses_max.is_some_and(|uses| uses == 0 || uses > USES_MAX) {
        return Err(Refusal::NoSuchNumber);
    }
    if until.is_some_and(|until| until <= now) {
        return Err(Refusal::EndsBeforeItBegins);
    }
    // 45 CFR 164.508(b)(3)(ii), 42 CFR 2.31(a)(7).
    if categories.iter().any(|category| category.is_protected()) {
        if categories.len() > 1 {
            return Err(Refusal::OwnGrantNeeded);
        }
        until.ok_or(Refusal::EndMissing)?;
    }
    let period = Period::try_new(from.unwrap_or(now), until).map_err(|_| Refusal::EndsBeforeItBegins)?;
    let narrowing = part::part(narrowing, &categories, &actions)?;
    if purposes.is_empty() {
        purposes.push(match grantee {
            Grantee::Account(_) => Purpose::Treatment,
            Grantee::Practice { role, .. } => Roles::table().usual_purpose(role),
        });
    }
    if let Some(category) = beyond_role(grantee, &categories, &actions, &purposes) {
        return Err(Refusal::BeyondRole(category));
    }
    let (basis, reason) = (Basis::Holder, String::new());
    Ok(Terms {
        patient,
        given_by,
        grantee,
        categories,
        actions,
        purposes,
        period,
        narrowing,
        basis,
        reason,
        replaces,
        uses_max,
    })
}

/// The first category of which the role would see nothing: nobody is to believe that it is shared.
fn beyond_role(
    grantee: Grantee,
    categories: &[Category],
    actions: &[Action],
    purposes: &[Purpose],
) -> Option<Category> {
    let Grantee::Practice { role, .. } = grantee else { return None };
    let opens = |category: Category| {
        let for_some = |action: &Action| {
            purposes.iter().any(|purpose| Roles::table().opens(role, *action, *purpose, category))
        };
        actions.iter().any(for_some)
    };
    categories.iter().copied().find(|category| !opens(*category))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::samples;
