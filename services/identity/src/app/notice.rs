//! Telling somebody by mail: that they were signed in where they never were before, and that a record of theirs was opened in an emergency.
use super::{App, AppError};
use crate::{
    domain::session::Start,
    letter::Letter,
    secret::Email,
    views::{Known, Notice, ViewError},
};
use chrono::TimeDelta;
use holdfast_types::AccountId;
use std::{sync::Arc, time::Duration};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How soon after it was heard a holder is told.
const EVERY: Duration = Duration::from_secs(1);
/// Longer than a mail takes to send; one that failed is sent again after it.
const CLAIM: TimeDelta = TimeDelta::seconds(60);
const AT_ONCE_MAX: u32 = 16;

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

    /// Sends the notices of emergencies as they are heard, each once; until told to stop.
    pub(crate) async fn tell_of_emergencies(self: Arc<Self>, stop: CancellationToken) {
        let mut tick = interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(tick.tick()).await.is_some() {
            let now = self.now();
            let due = match self.views.claim_notices(now, now + CLAIM, AT_ONCE_MAX).await {
                Ok(due) => due,
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "notices of emergencies cannot be looked up"
                    );
                    continue;
                }
            };
            for notice in due {
                if let Err(error) = self.tell(notice).await {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "a notice of an emergency was not sent yet"
                    );
                }
            }
        }
    }

    /// Who has no address, as an app has none, cannot be told.
    async fn tell(&self, notice: Notice) -> Result<(), NoticeError> {
        let view = self.views.own_account(notice.account).await?;
        let address = view.as_ref().and_then(|view| view.email.as_deref()).and_then(Email::parse);
        if let (Some(view), Some(email)) = (&view, address) {
            self.outbox.send(&email, &Letter::emergency(&view.addressed.locale)).await?;
        }
        Ok(self.views.notice_sent(notice, self.now()).await?)
    }
}

#[derive(Debug, thiserror::Error)]
enum NoticeError {
    #[error("whom to tell cannot be looked up")]
    Views(#[from] ViewError),
    #[error("the mail cannot be sent")]
    Mail(#[from] crate::mail::MailError),
}
