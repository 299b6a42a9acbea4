//! Who may do what with whose record: tokens, one policy set, one decision function, and a record of every look.
mod caller;
mod decision;
mod facts;
mod policies;
mod resource;
mod token;

pub use caller::{Caller, RoleAssignment};
pub use decision::{Decision, Denial, GrantRevision, Request, decide, decide_oversight};
pub use facts::{Facts, GrantFact, Grantee};
pub use policies::{CONSENT_IS_STALE, Policies, PoliciesError};
pub use resource::{Oversight, Record};
pub use token::{
    Claims, KeyError, LIFE_SECONDS_MAX, PublicKey, ROLES_MAX, TokenError, TokenSigner, TokenVerifier, key_set,
};
