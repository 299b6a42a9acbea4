//! The rules of records: pure, synchronous, total.
pub mod change;
pub mod content;
pub mod demographics;
pub mod differing;
pub mod directory;
#[cfg(test)]
mod golden;
pub mod import;
pub mod item;
pub mod locks;
pub mod patient;
pub mod proposal;
