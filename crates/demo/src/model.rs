//! What the generator hands out: plain structs, each with a stable key.

mod cover;
mod family_life;
mod goal;
mod network;
mod patient;
mod visit;

pub use cover::*;
pub use family_life::*;
pub use goal::*;
pub use network::*;
pub use patient::*;
pub use visit::*;

use chrono::{DateTime, FixedOffset};

/// A moment with the practice's own offset.
pub type Moment = DateTime<FixedOffset>;

/// Stands on every document and on the tenant.
pub const SYNTHETIC: &str = "Synthetic demonstration record";

/// A stable slug, unique in the network: lower-case letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The same key, one level deeper.
    pub(crate) fn child(&self, part: impl std::fmt::Display) -> Self {
        Self(format!("{}-{part}", self.0))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
