//! How old the feed from consent is, by which third parties are decided.
use std::time::Duration;

/// How current this service's view of consent is.
pub trait Freshness: Send + Sync + 'static {
    /// Time since everything that consent has said was heard; `None` if it never was.
    fn consent_age(&self) -> Option<Duration>;
}

impl Freshness for holdfast_eventlog::Inbox {
    fn consent_age(&self) -> Option<Duration> {
        self.age()
    }
}

/// Consent itself, which needs not be told.
#[derive(Debug, Clone, Copy)]
pub struct OwnConsent;

impl Freshness for OwnConsent {
    fn consent_age(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }
}
