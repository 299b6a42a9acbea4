//! What an entry tells of, and what makes a log faulty: pure.
mod comparison;
mod fault;
mod kind;
mod room;

pub use comparison::{Heard, LaneCheck, Told};
pub use fault::FaultKind;
pub use kind::Kind;
pub use room::room;
