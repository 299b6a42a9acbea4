//! The rules of consent: a record and its holders, a grant and its end, the record's erasure.
pub mod erasure;
pub mod grant;
pub mod mark;
pub mod record;
pub mod retention;

#[cfg(test)]
mod golden;
