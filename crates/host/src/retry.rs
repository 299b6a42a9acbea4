//! Trying again: only what may be repeated, only when the other side is away, a stated number of times, each wait longer.
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    pub attempts_max: u32,
    pub first_delay: Duration,
    pub delay_max: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts_max: 5, first_delay: Duration::from_millis(50), delay_max: Duration::from_secs(1) }
    }
}

impl Retry {
    /// Calls until it is answered with anything but UNAVAILABLE. The call must be idempotent: a question, or a command
    /// with its `request_id`.
    pub async fn idempotent<T, F>(&self, mut call: impl FnMut() -> F) -> Result<T, Status>
    where
        F: Future<Output = Result<T, Status>>,
    {
        let mut attempt = 1;
        loop {
            match call().await {
                Err(status) if status.code() == Code::Unavailable && attempt < self.attempts_max => {
                    tokio::time::sleep(self.delay(attempt, &status)).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Doubles from attempt to attempt, and is no shorter than what the other side asked for, up to the longest.
    fn delay(&self, attempt: u32, status: &Status) -> Duration {
        let doubled = self.first_delay.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
        let asked = status.get_details_retry_info().and_then(|info| info.retry_delay).unwrap_or_default();
        doubled.max(asked).min(self.delay_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    const AT_ONCE: Retry = Retry { attempts_max: 5, first_delay: Duration::ZERO, delay_max: Duration::ZERO };

    async fn attempts(code: Code) -> u32 {
        let made = Cell::new(0);
        let outcome: Result<(), Status> = AT_ONCE
            .idempotent(|| async {
                made.set(made.get() + 1);
                Err(Status::new(code, "no"))
            })
            .await;
        assert_eq!(outcome.unwrap_err().code(), code);
        made.get()
    }

    #[tokio::test]
    async fn only_the_absence_of_the_other_side_is_tried_again() {
        assert_eq!(attempts(Code::Unavailable).await, 5);
        assert_eq!(attempts(Code::FailedPrecondition).await, 1);
        assert_eq!(attempts(Code::DeadlineExceeded).await, 1);
    }

    #[tokio::test]
    async fn the_first_answer_ends_the_tries() {
        let made = Cell::new(0);
        let outcome = AT_ONCE
            .idempotent(|| async {
                made.set(made.get() + 1);
                if made.get() < 3 { Err(Status::unavailable("away")) } else { Ok(made.get()) }
            })
            .await;
        assert_eq!(outcome.unwrap(), 3);
    }

    #[test]
    fn waits_grow_up_to_the_longest_and_heed_the_other_side() {
        let retry = Retry::default();
        let plain = Status::unavailable("away");
        assert_eq!(retry.delay(1, &plain), Duration::from_millis(50));
        assert_eq!(retry.delay(3, &plain), Duration::from_millis(200));
        assert_eq!(retry.delay(40, &plain), Duration::from_secs(1));
        let asking = Status::from(crate::status::Problem::new(crate::catalogue::SERVER_BUSY, "busy"));
        assert_eq!(retry.delay(1, &asking), Duration::from_secs(1));
    }
}
