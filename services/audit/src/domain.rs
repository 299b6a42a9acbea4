//! What an entry tells of, and what makes a log faulty: pure.
mod comparison;
mod fault;
mod hypothesis;
mod kind;
mod reader;
mod rehearsal;
mod replay;
mod room;
mod standing;
mod thing;

pub use comparison::{Heard, LaneCheck, Told};
pub use fault::FaultKind;
pub use hypothesis::{About, Conclusion, Hypothesis, ThingConclusion};
pub use kind::Kind;
pub use reader::{Count, Named, Reader, Reading, RoomThen, Rooms, readers};
pub use rehearsal::{Effect, Otherwise, Reach, Rehearsal, Whom};
pub use replay::{ConsentHeard, Outcome, Replay, Saying, Verdict};
pub use room::room;
pub use standing::{Known, Standing};
pub use thing::{ThingKind, ThingSaid, ThingThen, ThingVerdict};
