//! The looks of one record, each decided again with a change that nobody has made yet, and whom it would reach from now on.
use super::{HistoryError, decisions::saying};
use crate::domain::{Effect, Otherwise, Reach, Rehearsal, Whom};
use chrono::{DateTime, Utc};
use holdfast_access::{
    Caller, Marked, Oversight, Permit, Policies, Returned, Unreleased, replay::Decided, views::ConsentFact,
};
use holdfast_proto::{access::v1::AccessRecorded, messaging::v1::MessagePosted};
use holdfast_types::{AccountId, PatientId};
use prost::Message;
use prost_types::Any;
use sqlx::{FromRow, PgPool};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The newest looks and refusals that are decided again.
const LOOKS_MAX: i64 = 2_000;
const SHOWN_MAX: usize = 20;
const REACHES_MAX: usize = 100;
/// Things of one author, and messages of one thread.
const THINGS_MAX: i64 = 20_000;
/// Others are let go on after so many decisions.
const AT_ONCE: usize = 16;

#[derive(Debug, Default)]
pub struct Rehearsed {
    pub decisions: usize,
    pub whole: bool,
    pub stopped: usize,
    pub allowed: usize,
    /// Newest first.
    pub looks: Vec<Past>,
    pub reaches: Vec<(Whom, Reach)>,
}

/// A look that would have gone otherwise.
#[derive(Debug)]
pub struct Past {
    pub event_id: Uuid,
    pub recorded: DateTime<Utc>,
    pub account: AccountId,
    pub operation: String,
    pub otherwise: Otherwise,
}

#[derive(FromRow)]
struct Logged {
    event_id: Uuid,
    revision: i64,
    recorded: DateTime<Utc>,
    public_payload: Option<Vec<u8>>,
}

/// What a permit for the history of one record lets be rehearsed. One for anything else lets nothing.
pub async fn rehearsed(
    pool: &PgPool,
    permit: &Permit<Oversight>,
    policies: &Policies,
    change: Vec<ConsentFact>,
    now: DateTime<Utc>,
) -> Result<Unreleased<Rehearsed>, HistoryError> {
    let Oversight::RecordHistory(patient) = *permit.target() else {
        return Ok(Unreleased::new(Rehearsed::default(), Vec::new()));
    };
    let said: Vec<(i64, Option<Vec<u8>>)> = sqlx::query_as(
        "SELECT lane_seq, public_payload
         FROM entries
         WHERE service = 'consent' AND kind = 'sharing' AND public_payload IS NOT NULL
           AND patient = $1
         ORDER BY lane_seq",
    )
    .bind(patient.uuid())
    .fetch_all(pool)
    .await?;
    let said = || said.iter().map(|(seq, payload)| saying(*seq, payload.as_deref())).collect();
    let marked = Rehearsal::new(policies, said(), change.clone(), BTreeSet::new()).marked();
    let things = match marked {
        Some(marked) => things(pool, patient, marked).await?,
        None => BTreeSet::new(),
    };
    let rehearsal = Rehearsal::new(policies, said(), change, things);
    let mut logged: Vec<Logged> = sqlx::query_as(
        "SELECT event_id, revision, recorded, public_payload
         FROM entries
         WHERE patient = $1 AND kind IN ('read', 'refused') AND event_type <> 'door.refused'
         ORDER BY recorded DESC, service DESC, lane DESC, lane_seq DESC
         LIMIT $2",
    )
    .bind(patient.uuid())
    .bind(LOOKS_MAX + 1)
    .persistent(false)
    .fetch_all(pool)
    .await?;
    let more = logged.len() > usize::try_from(LOOKS_MAX).unwrap_or(usize::MAX);
    logged.truncate(usize::try_from(LOOKS_MAX).unwrap_or(usize::MAX));
    let mut told = Rehearsed { whole: !more, ..Rehearsed::default() };
    let (mut callers, mut returned) = (rehearsal.named(now), Vec::new());
    let mut seen: BTreeSet<AccountId> = BTreeSet::new();
    for (number, logged) in logged.iter().enumerate() {
        if number % AT_ONCE == AT_ONCE - 1 {
            tokio::task::yield_now().await;
        }
        let Some(event) = logged.access() else {
            told.whole = false;
            continue;
        };
        let Ok(decided) = Decided::read(&event) else {
            // A rule of a service's own refused: no change of sharing alters that.
            told.whole &= event.policy_digest.is_empty();
            continue;
        };
        told.decisions += 1;
        // The newest look has the newest roles.
        if decided.relationship.is_none() && seen.insert(decided.caller.account) {
            callers.insert(Whom::Account(decided.caller.account), decided.caller.clone());
        }
        let shown: Vec<Uuid> = event.returned.iter().filter_map(|one| one.id.parse().ok()).collect();
        let Some(otherwise) = rehearsal.past(&decided, &shown) else { continue };
        match otherwise.effect {
            Effect::Stopped => told.stopped += 1,
            Effect::Allowed => told.allowed += 1,
        }
        if told.looks.len() < SHOWN_MAX {
            let revision = u64::try_from(logged.revision).unwrap_or_default();
            returned.push(Returned { id: logged.event_id, revision });
            told.looks.push(Past {
                event_id: logged.event_id,
                recorded: logged.recorded,
                account: decided.caller.account,
                operation: event.operation,
                otherwise,
            });
        }
    }
    told.reaches = reaches(&rehearsal, callers, patient, now);
    Ok(Unreleased::new(told, returned))
}

fn reaches(
    rehearsal: &Rehearsal<'_>,
    callers: BTreeMap<Whom, Caller>,
    patient: PatientId,
    now: DateTime<Utc>,
) -> Vec<(Whom, Reach)> {
    let reach = |(whom, caller): (Whom, Caller)| Some((whom, rehearsal.from_now_on(&caller, patient, now)?));
    callers.into_iter().filter_map(reach).take(REACHES_MAX).collect()
}

/// The ids under which looks name what is marked: the thing itself, or all that the author wrote, and the messages of each thread.
async fn things(pool: &PgPool, patient: PatientId, marked: Marked) -> Result<BTreeSet<Uuid>, HistoryError> {
    let mut things = match marked {
        Marked::Category(_) => return Ok(BTreeSet::new()),
        Marked::Item(item) => BTreeSet::from([item]),
        Marked::Author(author) => {
            let streams: Vec<String> = sqlx::query_scalar(
                "SELECT DISTINCT stream
                 FROM entries
                 WHERE patient = $1 AND actor_account = $2
                   AND event_type IN ('item.recorded', 'item.changed', 'item.retracted', 'document.added', 'thread.message-posted', 'thread.started')
                 LIMIT $3",
            )
            .bind(patient.uuid())
            .bind(author.uuid())
            .bind(THINGS_MAX)
            .persistent(false)
            .fetch_all(pool)
            .await?;
            streams.iter().filter_map(|stream| stream.split_once('/')?.1.parse().ok()).collect()
        }
    };
    let threads: Vec<String> = things.iter().map(|thing| format!("thread/{thing}")).collect();
    let messages: Vec<Option<Vec<u8>>> = sqlx::query_scalar(
        "SELECT public_payload
         FROM entries
         WHERE patient = $1 AND event_type = 'thread.message-posted' AND stream = ANY($2)
         LIMIT $3",
    )
    .bind(patient.uuid())
    .bind(threads)
    .bind(THINGS_MAX)
    .persistent(false)
    .fetch_all(pool)
    .await?;
    let posted = |payload: &Vec<u8>| Any::decode(payload.as_slice()).ok()?.to_msg::<MessagePosted>().ok();
    things.extend(
        messages.iter().flatten().filter_map(|payload| posted(payload)?.message_id.parse::<Uuid>().ok()),
    );
    Ok(things)
}

impl Logged {
    fn access(&self) -> Option<AccessRecorded> {
        Any::decode(self.public_payload.as_deref()?).ok()?.to_msg().ok()
    }
}
