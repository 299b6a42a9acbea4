//! The rules of consent: a record and its holders, a grant and its end.
pub mod grant;
pub mod record;

#[cfg(test)]
mod golden;
