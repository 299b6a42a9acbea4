//! Who was turned away: counted by reason while they come, and put on the service's log from time to time and at the end. Of whoever
//! it was nothing is kept. What was counted and not put down is lost with a process that is killed: at most one interval.
use crate::{
    Reason, catalogue,
    metadata::AUTHORIZATION,
    status::{ERROR_DOMAIN, chain},
};
use chrono::{DateTime, Utc};
use holdfast_access::DoorEvent;
use holdfast_eventlog::{Append, AppendError, Context, EventLog, StreamAppend, Subject};
use holdfast_types::{Actor, Clock, Purpose, TenantId};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic_types::StatusExt as _;
use uuid::Uuid;

/// How long the log is waited for when the service ends.
const PATIENCE: Duration = Duration::from_secs(5);

/// With which somebody is refused of whom nobody knows who it is.
pub(crate) const AT_THE_DOOR: &[&Reason] = &[
    catalogue::TOKEN_MISSING,
    catalogue::TOKEN_INVALID,
    catalogue::TOKEN_EXPIRED,
    catalogue::PEER_CERTIFICATE_MISSING,
    catalogue::PEER_NOT_PERMITTED,
    catalogue::TOO_MANY_LINKS,
    catalogue::LINK_UNKNOWN,
    catalogue::LINK_USED,
    catalogue::LINK_EXPIRED,
    catalogue::LINK_OTHER_BROWSER,
    catalogue::SESSION_ENDED,
    catalogue::SECRET_WRONG,
];

/// No more entries than there are reasons.
pub(crate) struct TurnedAway {
    counts: Mutex<BTreeMap<&'static str, Count>>,
    clock: Arc<dyn Clock>,
}

#[derive(Clone, Copy)]
struct Count {
    times: u64,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Count {
    fn and(self, other: Self) -> Self {
        Self {
            times: self.times.saturating_add(other.times),
            from: self.from.min(other.from),
            until: self.until.max(other.until),
        }
    }
}

impl TurnedAway {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { counts: Mutex::default(), clock }
    }

    /// Counts a refusal in, if it is one of the door's.
    pub(crate) fn hear(&self, refusal: &Status) {
        if let Some(reason) = of_the_door(refusal) {
            let now = self.clock.now();
            self.count_in(reason.name(), Count { times: 1, from: now, until: now });
        }
    }

    pub(crate) async fn run(self: Arc<Self>, log: EventLog, every: Duration, stop: CancellationToken) {
        let mut poll = interval(every);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! { () = stop.cancelled() => return, _ = poll.tick() => {} }
            self.put_down(&log).await;
        }
    }

    /// What was counted is on the log; or is kept for the next time, where the log cannot be reached.
    pub(crate) async fn put_down(&self, log: &EventLog) {
        let counts = std::mem::take(&mut *self.counts());
        if counts.is_empty() {
            return;
        }
        let outcome = timeout(PATIENCE, append(log, &counts)).await;
        let error = match outcome {
            Ok(Ok(())) => return,
            Ok(Err(error)) => chain(&error),
            Err(late) => late.to_string(),
        };
        tracing::warn!(error, "who was turned away could not be put on the log yet");
        for (reason, count) in counts {
            self.count_in(reason, count);
        }
    }

    fn count_in(&self, reason: &'static str, more: Count) {
        self.counts().entry(reason).and_modify(|count| *count = count.and(more)).or_insert(more);
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<&'static str, Count>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of_the_door(refusal: &Status) -> Option<&'static Reason> {
    let details = refusal.get_error_details();
    let info = details.error_info().filter(|info| info.domain == ERROR_DOMAIN)?;
    let reason = catalogue::find(&info.reason)?;
    let other_scheme = reason == catalogue::METADATA_MALFORMED
        && info.metadata.get("key").is_some_and(|key| key == AUTHORIZATION);
    (other_scheme || AT_THE_DOOR.contains(&reason)).then_some(reason)
}

/// Under no patient, no account and no tenant.
async fn append(log: &EventLog, counts: &BTreeMap<&'static str, Count>) -> Result<(), AppendError> {
    let nobody = TenantId::new(Uuid::nil());
    let refused = |(reason, count): (&&'static str, &Count)| DoorEvent::Refused {
        reason: (*reason).to_owned(),
        count: count.times,
        from: count.from,
        until: count.until,
    };
    let events: Vec<DoorEvent> = counts.iter().map(refused).collect();
    let stream = StreamAppend::of(log.ids().next(), 0, &events)?;
    let context = Context {
        tenant: nobody,
        actor: Actor::Anonymous,
        on_behalf_of: None,
        purpose: Purpose::SystemAdministration,
        correlation: log.ids().next(),
        causation: None,
        traceparent: None,
        occurred: None,
    };
    let append = Append { subject: Subject::Tenant(nobody), context, request: None, streams: vec![stream] };
    log.append(append).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Problem;
    use holdfast_types::SystemClock;
    use tonic::Code;

    #[test]
    fn every_reason_of_a_caller_nobody_knows_is_of_the_door() {
        for reason in catalogue::ALL.iter().filter(|reason| reason.code() == Code::Unauthenticated) {
            assert!(AT_THE_DOOR.contains(reason), "{}", reason.name());
        }
    }

    #[test]
    fn refusals_are_counted_by_reason_and_nothing_else_is() {
        let turned_away = TurnedAway::new(Arc::new(SystemClock));
        let expired = || Problem::new(catalogue::TOKEN_EXPIRED, "the token has expired");
        let malformed = |key| Problem::new(catalogue::METADATA_MALFORMED, "malformed").with("key", key);
        for problem in [
            expired(),
            expired(),
            malformed(AUTHORIZATION),
            malformed("traceparent"),
            Problem::new(catalogue::NOT_PERMITTED, "not permitted"),
        ] {
            turned_away.hear(&problem.into());
        }
        turned_away.hear(&Status::unauthenticated("somebody else's refusal"));
        let counts: Vec<_> =
            turned_away.counts().iter().map(|(reason, count)| (*reason, count.times)).collect();
        assert_eq!(counts, [("METADATA_MALFORMED", 1), ("TOKEN_EXPIRED", 2)]);
    }
}
