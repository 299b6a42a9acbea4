//! What programs have signed and shown: beside the log, and only for as long as it could be shown again.
use super::{ViewError, Views};
use crate::domain::assertion::Shown;
use chrono::{DateTime, Utc};
use holdfast_types::AccountId;

impl Views {
    /// Whether it is shown for the first time, whichever process it was shown to. Takes away more that are over than one request makes.
    pub(crate) async fn note_assertion(
        &self,
        account: AccountId,
        shown: &Shown,
        now: DateTime<Utc>,
    ) -> Result<bool, ViewError> {
        sqlx::query(
            "DELETE FROM assertions WHERE (account, jti_sha256) IN (
                 SELECT account, jti_sha256 FROM assertions
                 WHERE expire_time <= $1
                 LIMIT 8
                 FOR UPDATE SKIP LOCKED)",
        )
        .bind(now)
        .execute(&self.pool)
        .await?;
        let noted = sqlx::query(
            "INSERT INTO assertions (account, jti_sha256, expire_time)
             VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING",
        )
        .bind(account.uuid())
        .bind(shown.id.bytes().as_slice())
        .bind(shown.until)
        .execute(&self.pool)
        .await?;
        Ok(noted.rows_affected() == 1)
    }
}
