//! What a page may say on top after a redirect.

/// Keys of the locales.
pub const SAYINGS: &[&str] = &[
    "factor-saved",
    "factor-removed",
    "me-saved",
    "me-ended",
    "sharing-given",
    "sharing-changed",
    "sharing-stopped",
    "never-marked",
    "never-lifted",
    "emergency-opened",
    "emergency-signed",
    "erasure-said",
    "erasure-taken-back",
    "acts-helping",
    "acts-proposed",
    "acts-recorded",
    "acts-stated",
    "acts-ended",
    "acts-withdrawn",
    "proposal-said",
    "proposal-withdrawn",
    "proposal-accepted",
    "proposal-rejected",
];
