//! Torture for the event log: many writers in several processes, every part killed again and again, then every event and every
//! effect counted. `holdfast torture` runs it for as long as asked, the tests for a short while.
mod chaos;
mod check;
mod crew;
mod order;
mod place;
mod round;
mod run;
mod tally;
mod views;
mod worker;
mod writer;

pub use check::{CheckError, Counts, count};
pub use crew::{Acked, Program, Worker};
pub use order::{Order, Role, Writing};
pub use place::{Place, PlaceError, migrations};
pub use round::{Fault, Plan, TortureError, round};
pub use run::{Torture, torture};
pub use views::TablesError;
pub use worker::{WorkError, listener, log, work};
