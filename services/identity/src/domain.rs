//! The rules of identity, pure: accounts and roles, signing in, what they show to sign in, sessions, tenants and practices.
pub(crate) mod access_review;
pub(crate) mod account;
pub(crate) mod assertion;
pub(crate) mod digest;
pub(crate) mod discipline;
pub(crate) mod factors;
pub(crate) mod id_token;
pub(crate) mod invitation;
pub(crate) mod passkey;
pub(crate) mod practice;
pub(crate) mod provider;
pub(crate) mod provider_link;
pub(crate) mod role_change;
pub(crate) mod service_key;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod tenant;
pub(crate) mod totp;

#[cfg(test)]
mod golden;

pub(crate) use digest::Digest;
pub(crate) use discipline::Discipline;
