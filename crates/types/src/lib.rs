//! The words every room shares: ids, clock, actor, category, action, purpose, role, period. No async, no IO.
mod actor;
mod clock;
mod ids;
mod narrowing;
mod period;
mod span;
mod text_enum;
mod vocabulary;

pub use actor::{Actor, ActorParseError};
pub use clock::{Clock, Ids, SystemClock, SystemIds};
pub use ids::*;
pub use narrowing::Narrowing;
pub use period::{Period, PeriodError};
pub use span::Span;
pub use text_enum::UnknownWord;
pub use vocabulary::{Action, Basis, Category, OrganizationKind, Purpose, Relationship, Role, Service};
