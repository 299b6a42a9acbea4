//! Who may do what with whose record: tokens, one policy set, one decision function, and a record of every look.
//!
//! A use case asks [`Gate::authorise`] for a [`Permit`], reads with it, and hands what it read ([`Unreleased`]) to
//! [`Gate::release`], which commits the access event and only then gives the value. There is no other way to open it.
mod assertion;
mod caller;
mod decision;
pub mod disclosure;
mod door;
mod event;
mod facts;
mod gate;
#[cfg(test)]
mod golden;
mod grounds;
mod kept;
mod mark;
mod metrics;
mod permit;
mod policies;
pub mod replay;
mod resource;
mod roles;
mod slices;
mod token;
pub mod views;
mod within;

pub use assertion::ProgramKey;
pub use caller::{Caller, RoleAssignment};
pub use decision::{
    Decision, Denial, GrantRevision, Request, decide, decide_in_part, decide_oversight, visits_wanted,
};
pub use door::DoorEvent;
pub use event::{Access, AccessEvent, RETURNED_MAX, Returned, publish};
pub use facts::{Facts, GrantFact, Grantee, Held, Uses};
pub use gate::{Freshness, Gate, OwnConsent, Refused, RequestContext, Visits};
pub use kept::PolicySets;
pub use mark::{KeptFrom, MarkFact, Marked, Withheld};
pub use permit::{Authority, Permit, Unreleased};
pub use policies::{CONSENT_IS_STALE, Policies, PoliciesError};
pub use resource::{OfRecord, Oversight, Parts, Record};
pub use roles::{Place, Roles, RolesError, usual_purpose};
pub use token::{
    Claims, KeyError, LIFE_SECONDS_MAX, Presence, PublicKey, ROLES_MAX, Shown, TokenError, TokenSigner,
    TokenVerifier, key_set,
};
pub use within::{Thing, Within};
