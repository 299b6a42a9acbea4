//! The rules of consent: a record and its holders, who acts for whom, a grant and its end, a link, what is opened in an emergency, the record's
//! erasure.
pub mod allowance;
pub mod authority;
pub mod emergency;
pub mod erasure;
pub mod grant;
pub mod link;
pub mod mark;
pub mod record;
pub mod retention;
pub mod visit;

#[cfg(test)]
mod golden;
