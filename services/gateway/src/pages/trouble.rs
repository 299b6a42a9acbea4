//! When a page cannot be shown: what happened, what is safe, what to do, a number to quote.

use askama::Template;
use axum::http::StatusCode;

use super::Frame;
use super::parts::Problem;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Refused and not found are one page: neither says whether there is something.
    NotShown,
    /// The look could not be recorded, so nothing was opened.
    Unrecordable,
    /// A part behind the pages does not answer.
    Unavailable,
    TooLarge,
    /// A form that cannot be read at all.
    BadForm,
    /// The newest sharing choices are not here yet.
    SharingLate,
    /// Something of ours failed.
    Failed,
}

impl Trouble {
    pub const ALL: [Self; 7] = [
        Self::NotShown,
        Self::Unrecordable,
        Self::Unavailable,
        Self::TooLarge,
        Self::BadForm,
        Self::SharingLate,
        Self::Failed,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::NotShown => "not-shown",
            Self::Unrecordable => "unrecordable",
            Self::Unavailable => "unavailable",
            Self::TooLarge => "too-large",
            Self::BadForm => "bad-form",
            Self::SharingLate => "sharing-late",
            Self::Failed => "failed",
        }
    }

    /// The key of its title, its reassurance (`safe`) or its advice (`todo`).
    pub fn key(self, part: &str) -> String {
        format!("trouble-{}-{part}", self.word())
    }

    pub fn status(self) -> StatusCode {
        match self {
            Self::NotShown => StatusCode::NOT_FOUND,
            Self::Unrecordable | Self::Unavailable | Self::SharingLate => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BadForm => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

#[derive(Debug, Template)]
#[template(path = "trouble.html")]
pub struct TroublePage {
    pub frame: Frame,
    pub trouble: Trouble,
    /// The number to quote: short, of this request alone.
    pub number: String,
    pub problems: Vec<Problem>,
    pub back: Option<String>,
}
