//! The rules of consent: a record and its holders, who acts for whom, a grant and its end, a link, which practices treat, what is opened in
//! an emergency, the record's erasure.
pub mod allowance;
pub mod authority;
pub mod care;
pub mod emergency;
pub mod erasure;
pub mod grant;
pub mod link;
pub mod mark;
pub mod record;
pub mod retention;
pub mod treatment;
pub mod treatment_policy;
pub mod visit;

#[cfg(test)]
mod golden;
