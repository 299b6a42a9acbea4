//! Telling somebody by mail that they were signed in where they never were before.
use super::{App, AppError};
use crate::{domain::session::Start, letter::Letter, secret::Email, views::Known};
use holdfast_types::AccountId;
use std::sync::Arc;

impl App {
    /// What is known of the device before the session begins on it. One that keeps nothing is never known again.
    pub(super) async fn known_device(&self, account: AccountId, start: &Start) -> Result<Known, AppError> {
        Ok(self.views.knows_device(account, start.device_sha256).await?)
    }

    /// Nobody waits for it, and nobody is kept out by a mail server that is away.
    pub(super) async fn notify(&self, account: AccountId, known: Known, start: &Start) {
        if known != Known::OtherDevices {
            return;
        }
        let Ok(Some(view)) = self.views.own_account(account).await else { return };
        let Some(email) = view.email.as_deref().and_then(Email::parse) else { return };
        let letter = Letter::new_device(&view.addressed.locale, start.network.as_deref());
        let outbox = Arc::clone(&self.outbox);
        self.ground.tasks().spawn(async move {
            if let Err(error) = outbox.send(&email, &letter).await {
                tracing::error!(error = &error as &dyn std::error::Error, "a notice was not sent");
            }
        });
    }
}
