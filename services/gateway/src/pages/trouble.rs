//! When a page cannot be shown: what happened, what is safe, what to do, a number to quote.

use askama::Template;
use axum::http::StatusCode;
use holdfast_types::Service;

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
    /// Who does not answer, where something does not.
    pub away: Option<Service>,
    /// The number to quote: short, of this request alone.
    pub number: String,
    pub problems: Vec<Problem>,
    pub back: Option<String>,
}

impl TroublePage {
    /// What people call that which is away.
    pub fn part(&self) -> Option<String> {
        Some(self.frame.t(part_key(self.away?)?))
    }
}

/// The key of what people know a service by; they do not know the gateway.
pub fn part_key(service: Service) -> Option<&'static str> {
    Some(match service {
        Service::Identity => "trouble-part-sign-in",
        Service::Records => "tab-record",
        Service::Documents => "tab-papers",
        Service::Consent => "tab-sharing",
        Service::Messaging => "tab-messages",
        Service::Audit => "tab-looked",
        Service::Gateway => return None,
    })
}
