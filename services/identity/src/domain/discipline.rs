//! The professional disciplines that a practitioner has and a practice offers.
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Discipline {
    /// Applied behaviour analysis.
    Aba,
    Speech,
    Occupational,
    Physical,
}

impl Discipline {
    pub(crate) const ALL: &'static [Self] = &[Self::Aba, Self::Speech, Self::Occupational, Self::Physical];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Aba => "aba",
            Self::Speech => "speech",
            Self::Occupational => "occupational",
            Self::Physical => "physical",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|discipline| discipline.as_str() == word)
    }
}
