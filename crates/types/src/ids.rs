//! Every id of the system, each its own type over a UUID; one list, so that none is missed.
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Of nothing and nobody (RFC 9562, section 5.9): what an id asks for that leads nowhere is refused and recorded as of it, like
            /// anything else that the caller may not see.
            pub const NIL: Self = Self(Uuid::nil());

            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
        impl FromStr for $name {
            type Err = IdParseError;
            fn from_str(text: &str) -> Result<Self, IdParseError> {
                Uuid::try_parse(text).map(Self).map_err(|_| IdParseError { kind: stringify!($name) })
            }
        }
    )+};
}

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID where a {kind} is expected")]
pub struct IdParseError {
    pub kind: &'static str,
}

ids! {
    /// A review of who holds which role in a tenant.
    ReviewId,
    /// A person's or an app's login; never a record.
    AccountId,
    /// A dated fact about who acts for the person of a record, or what holds somebody back from it.
    AuthorityId,
    /// A document's bytes and its description.
    DocumentId,
    /// One entry of an event log (UUIDv7).
    EventId,
    /// One decision of the patient about who sees what.
    GrantId,
    /// An order that forbids the erasure of a record.
    HoldId,
    /// One thing in a record, the same over all its versions.
    ItemId,
    /// A holder's word that something of a record is never shared.
    MarkId,
    /// A message inside a thread.
    MessageId,
    /// A record: the person whose health it tells of.
    PatientId,
    /// A practice: a clinic inside a tenant.
    PracticeId,
    /// One command as its sender names it; the same id acts once.
    RequestId,
    /// A signed-in browser or app.
    SessionId,
    /// A network of practices, isolated from every other.
    TenantId,
    /// A conversation between a family and a care team.
    ThreadId,
    /// That a practice treats the person of a record: one for each of both.
    TreatmentId,
    /// A document on its way in.
    UploadId,
}
