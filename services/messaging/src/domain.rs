//! The rules of messaging: a thread between a family and a care team.
pub mod thread;

#[cfg(test)]
mod golden;
