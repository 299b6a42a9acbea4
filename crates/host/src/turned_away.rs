//! Who was turned away: counted by reason while they come, and put on the service's log from time to time and at the end. Of whoever
//! it was nothing is kept. What was counted and not put down is lost with a process that is killed: at most one interval.
use crate::{
    Reason, catalogue,
    metadata::AUTHORIZATION,
    status::{ERROR_DOMAIN, chain},
};
use chrono::{DateTime, Utc};
use holdfast_access::DoorEvent;
use holdfast_eventlog::{Append, AppendError, Context, EventLog, Request, StreamAppend, Subject};
use holdfast_types::{Actor, Clock, Ids, Purpose, RequestId, TenantId};
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
    catalogue::ASSERTION_MALFORMED,
    catalogue::ASSERTION_ALGORITHM,
    catalogue::ASSERTION_KEY_UNKNOWN,
    catalogue::ASSERTION_SIGNATURE,
    catalogue::ASSERTION_SUBJECT,
    catalogue::ASSERTION_AUDIENCE,
    catalogue::ASSERTION_EXPIRED,
    catalogue::ASSERTION_EARLY,
    catalogue::ASSERTION_LIFE,
    catalogue::ASSERTION_REPLAYED,
    catalogue::PROVIDER_ANSWER_REFUSED,
    catalogue::PROVIDER_SIGN_IN_UNKNOWN,
    catalogue::PROVIDER_OTHER_BROWSER,
    catalogue::PROVIDER_EMAIL_UNVERIFIED,
    catalogue::PROVIDER_EMAIL_BEYOND,
    catalogue::PROVIDER_NOT_INVITED,
    catalogue::PROVIDER_LINK_IN_SESSION,
    catalogue::SECOND_FACTOR_NEEDED,
    catalogue::PASSKEY_REFUSED,
    catalogue::TOO_MANY_CHALLENGES,
    catalogue::SHARED_LINK_CLOSED,
    catalogue::PASSCODE_MISSING,
    catalogue::PASSCODE_WRONG,
];

/// No more entries than there are reasons.
type Counts = BTreeMap<&'static str, Count>;

pub(crate) struct TurnedAway {
    counts: Mutex<Counts>,
    /// On its way to the log, where it may have arrived already.
    pending: Mutex<Option<PutDown>>,
    clock: Arc<dyn Clock>,
}

/// What goes on the log together, under ids of its own: tried again, it is there once.
#[derive(Clone)]
struct PutDown {
    request: RequestId,
    stream: Uuid,
    counts: Counts,
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
        Self { counts: Mutex::default(), pending: Mutex::default(), clock }
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
        // What could not be put down the last time, and what was counted since.
        for _ in 0..2 {
            let Some(next) = self.next(log.ids()) else { return };
            let error = match timeout(PATIENCE, append(log, &next)).await {
                Ok(Ok(())) => {
                    *self.pending() = None;
                    continue;
                }
                Ok(Err(error)) => chain(&error),
                Err(late) => late.to_string(),
            };
            tracing::warn!(error, "who was turned away could not be put on the log yet");
            return;
        }
    }

    /// The same until it is there: whether an append that took too long has come about after all, nobody knows.
    fn next(&self, ids: &dyn Ids) -> Option<PutDown> {
        let mut pending = self.pending();
        if pending.is_none() {
            let counts = std::mem::take(&mut *self.counts());
            if counts.is_empty() {
                return None;
            }
            *pending = Some(PutDown { request: RequestId::new(ids.next()), stream: ids.next(), counts });
        }
        pending.clone()
    }

    fn count_in(&self, reason: &'static str, more: Count) {
        self.counts().entry(reason).and_modify(|count| *count = count.and(more)).or_insert(more);
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pending(&self) -> MutexGuard<'_, Option<PutDown>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
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
async fn append(log: &EventLog, put_down: &PutDown) -> Result<(), AppendError> {
    let PutDown { request, stream, counts } = put_down;
    let nobody = TenantId::new(Uuid::nil());
    let refused = |(reason, count): (&&'static str, &Count)| DoorEvent::Refused {
        reason: (*reason).to_owned(),
        count: count.times,
        from: count.from,
        until: count.until,
    };
    let events: Vec<DoorEvent> = counts.iter().map(refused).collect();
    let stream = StreamAppend::of(*stream, 0, &events)?;
    let context = Context {
        tenant: nobody,
        actor: Actor::Anonymous,
        on_behalf_of: None,
        purpose: Purpose::SystemAdministration,
        correlation: log.ids().next(),
        causation: None,
        traceparent: None,
        occurred: None,
        by_right: None,
    };
    // The id is this one's alone, so there is nothing to compare.
    let request = Some(Request { id: *request, fingerprint: [0; 32] });
    let append = Append { subject: Subject::Tenant(nobody), context, request, streams: vec![stream] };
    log.append(append).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Problem;
    use holdfast_types::{SystemClock, SystemIds};
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

    #[test]
    fn what_may_be_on_the_log_already_is_tried_again_as_it_was_before_anything_new() {
        let turned_away = TurnedAway::new(Arc::new(SystemClock));
        let expired = || Problem::new(catalogue::TOKEN_EXPIRED, "the token has expired").into();
        turned_away.hear(&expired());
        let first = turned_away.next(&SystemIds).unwrap();
        turned_away.hear(&expired());
        turned_away.hear(&expired());
        let times = |put_down: &PutDown| put_down.counts.values().map(|count| count.times).sum::<u64>();
        let again = turned_away.next(&SystemIds).unwrap();
        assert_eq!((again.request, again.stream, times(&again)), (first.request, first.stream, 1));
        *turned_away.pending() = None;
        let rest = turned_away.next(&SystemIds).unwrap();
        assert!(rest.request != first.request && times(&rest) == 2);
        *turned_away.pending() = None;
        assert!(turned_away.next(&SystemIds).is_none());
    }
}
