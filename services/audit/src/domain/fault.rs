//! What can be wrong with a log.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// A sequence number is missing; of several in a row the first is named.
    Hole,
    /// The log no longer says what it said.
    Altered,
    /// An envelope did not match its own leaf hash when it was heard.
    LeafMismatch,
}

impl FaultKind {
    pub const ALL: &'static [Self] = &[Self::Hole, Self::Altered, Self::LeafMismatch];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hole => "hole",
            Self::Altered => "altered",
            Self::LeafMismatch => "leaf-mismatch",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }
}
