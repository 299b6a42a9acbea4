//! Proposals as they are shown, by permit; and, for whoever reviews them, where in all records some wait.
use super::{ViewsError, items::words, signed, unsigned};
use crate::domain::{
    content::Content,
    item,
    proposal::{Event, Kind, Made},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Caller, Permit, Returned, Unreleased, views::reachable};
use holdfast_eventlog::{EventLog, Header, Opened, ProjectionError, ReadError, Subject};
use holdfast_types::{Actor, Category, ItemId, PatientId};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// Records in which it is looked for what waits.
const RECORDS_MAX: u32 = 5_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProposalState {
    Waiting,
    Withdrawn,
    Accepted,
    Rejected,
}

impl ProposalState {
    const ALL: [Self; 4] = [Self::Waiting, Self::Withdrawn, Self::Accepted, Self::Rejected];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Withdrawn => "withdrawn",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }
}

/// Where a page ended.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct ProposalCursor {
    pub(crate) created: DateTime<Utc>,
    pub(crate) proposal: Uuid,
}

#[derive(Debug)]
pub(crate) struct ShownProposal {
    pub(crate) patient: PatientId,
    pub(crate) proposal: Uuid,
    pub(crate) revision: u64,
    pub(crate) kind: Kind,
    pub(crate) state: ProposalState,
    pub(crate) rooms: Vec<Category>,
    pub(crate) item: Option<ItemId>,
    pub(crate) created: DateTime<Utc>,
    pub(crate) decider: Option<String>,
    pub(crate) decided: Option<DateTime<Utc>>,
    pub(crate) made: Box<Made>,
    /// What the item said when it was proposed.
    pub(crate) before: Option<Arc<Content>>,
    pub(crate) answer: String,
    /// The item has changed since.
    pub(crate) outdated: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    patient: Uuid,
    proposal: Uuid,
    revision: i64,
    kind: String,
    state: String,
    categories: Vec<String>,
    item: Option<Uuid>,
    create_time: DateTime<Utc>,
    decider: Option<String>,
    decide_time: Option<DateTime<Utc>>,
    made: i64,
    decided: Option<i64>,
    before: Option<i64>,
    outdated: bool,
}

/// In permitted rooms, but for what is kept from the caller: by the item, by who had a hand in it, by who proposes; and but for what was
/// found to be protected since, where that room is closed.
macro_rules! shown {
    ($condition:literal) => {
        concat!(
            "SELECT p.patient, p.proposal, p.revision, p.kind, p.state, p.categories, p.item, p.create_time, p.decider,
                p.decide_time, p.made, p.decided, v.said AS before,
                coalesce(p.state = 'waiting' AND v.superseded IS NOT NULL, false) AS outdated
             FROM proposals AS p
             LEFT JOIN item_versions AS v ON v.patient = p.patient AND v.item = p.item AND v.revision = p.seen
             WHERE p.patient = $1 AND p.categories <@ $2::text[]
               AND (p.item IS NULL OR p.item <> ALL($3::uuid[])) AND p.proposer <> ALL($4::text[])
               AND NOT EXISTS (
                    SELECT FROM item_versions AS w
                    WHERE w.patient = p.patient AND w.item = p.item AND w.actor = ANY($4::text[]))
               AND NOT EXISTS (
                    SELECT FROM item_versions AS since
                    WHERE since.patient = p.patient AND since.item = p.item AND since.revision > coalesce(p.seen, 0)
                      AND since.category IN ('psychotherapy-notes', 'substance-use', 'confidential-services')
                      AND since.category <> ALL($2::text[]))
               AND ", $condition
        )
    };
}

const ONE: &str = shown!("p.proposal = ANY($5)");
const PAGE: &str = shown!(
    "($5::text IS NULL OR p.state = $5) AND ($6::timestamptz IS NULL OR (p.create_time, p.proposal) < ($6, $7::uuid))
     ORDER BY p.create_time DESC, p.proposal DESC
     LIMIT $8"
);

/// One page of a record's, newest first, and where it ended if there is another.
pub(crate) async fn proposals(
    log: &EventLog,
    permit: &Permit,
    state: Option<ProposalState>,
    after: Option<ProposalCursor>,
    size: u32,
) -> Result<Unreleased<(Vec<ShownProposal>, Option<ProposalCursor>)>, ViewsError> {
    let mut rows: Vec<Row> = sqlx::query_as(PAGE)
        .bind(permit.patient().uuid())
        .bind(words(permit))
        .bind(permit.withheld().items())
        .bind(permit.withheld().authors())
        .bind(state.map(ProposalState::as_str))
        .bind(after.map(|after| after.created))
        .bind(after.map(|after| after.proposal))
        .bind(i64::from(size) + 1)
        .fetch_all(log.pool())
        .await?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let shown = open(log, permit, rows).await?;
    Ok(shown.map(|shown| {
        let cursor = |last: &ShownProposal| ProposalCursor { created: last.created, proposal: last.proposal };
        let next = shown.last().filter(|_| more).map(cursor);
        (shown, next)
    }))
}

/// Those of them that may be shown, in no order.
pub(crate) async fn proposals_named(
    log: &EventLog,
    permit: &Permit,
    ids: &[Uuid],
) -> Result<Unreleased<Vec<ShownProposal>>, ViewsError> {
    let rows = sqlx::query_as(ONE)
        .bind(permit.patient().uuid())
        .bind(words(permit))
        .bind(permit.withheld().items())
        .bind(permit.withheld().authors())
        .bind(ids)
        .fetch_all(log.pool())
        .await?;
    open(log, permit, rows).await
}

pub(crate) async fn proposal(
    log: &EventLog,
    permit: &Permit,
    proposal: Uuid,
) -> Result<Unreleased<Option<ShownProposal>>, ViewsError> {
    Ok(proposals_named(log, permit, &[proposal]).await?.map(|mut found| found.pop()))
}

/// How many of the record wait.
pub(crate) async fn waiting_count(pool: &PgPool, permit: &Permit) -> Result<i64, ViewsError> {
    let count = "SELECT count(*) FROM proposals WHERE patient = $1 AND state = 'waiting'";
    Ok(sqlx::query_scalar(count).bind(permit.patient().uuid()).fetch_one(pool).await?)
}

/// What a command needs to know of a proposal.
pub(crate) struct ProposalHead {
    pub(crate) rooms: Vec<Category>,
    pub(crate) item: Option<ItemId>,
    pub(crate) proposer: String,
}

pub(crate) async fn proposal_head(
    pool: &PgPool,
    patient: PatientId,
    proposal: Uuid,
) -> Result<Option<ProposalHead>, ViewsError> {
    let row: Option<(Vec<String>, Option<Uuid>, String)> = sqlx::query_as(
        "SELECT categories, item, proposer FROM proposals WHERE patient = $1 AND proposal = $2",
    )
    .bind(patient.uuid())
    .bind(proposal)
    .fetch_optional(pool)
    .await?;
    let Some((rooms, item, proposer)) = row else { return Ok(None) };
    Ok(Some(ProposalHead { rooms: categories(&rooms)?, item: item.map(ItemId::new), proposer }))
}

/// Where something waits: a candidate, not a permit.
pub(crate) struct Candidate {
    pub(crate) patient: PatientId,
    pub(crate) proposal: Uuid,
    pub(crate) rooms: Vec<Category>,
}

/// What others propose in records that the caller may reach, oldest first, and where the page ended if there is more.
pub(crate) async fn waiting(
    pool: &PgPool,
    caller: &Caller,
    now: DateTime<Utc>,
    after: Option<ProposalCursor>,
    size: u32,
) -> Result<(Vec<Candidate>, Option<ProposalCursor>), ViewsError> {
    let records = reachable(pool, caller, now, None, RECORDS_MAX).await?;
    let mut rows: Vec<(Uuid, Uuid, Vec<String>, DateTime<Utc>)> = sqlx::query_as(
        "SELECT patient, proposal, categories, create_time FROM proposals
         WHERE state = 'waiting' AND patient = ANY($1) AND proposer <> $2
           AND ($3::timestamptz IS NULL OR (create_time, proposal) > ($3, $4::uuid))
         ORDER BY create_time, proposal
         LIMIT $5",
    )
    .bind(records.iter().map(|patient| patient.uuid()).collect::<Vec<_>>())
    .bind(Actor::Account(caller.account).to_string())
    .bind(after.map(|after| after.created))
    .bind(after.map(|after| after.proposal))
    .bind(i64::from(size) + 1)
    .fetch_all(pool)
    .await?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let next = rows.last().filter(|_| more);
    let next =
        next.map(|(_, proposal, _, created)| ProposalCursor { created: *created, proposal: *proposal });
    let candidate = |(patient, proposal, rooms, _): (Uuid, Uuid, Vec<String>, _)| {
        Ok(Candidate { patient: PatientId::new(patient), proposal, rooms: categories(&rooms)? })
    };
    Ok((rows.into_iter().map(candidate).collect::<Result<_, ViewsError>>()?, next))
}

/// Keeps a proposal's row.
pub(super) async fn project(
    conn: &mut PgConnection,
    header: &Header,
    event: &Event,
) -> Result<(), ProjectionError> {
    let Event::Made(made) = event else { return decide(conn, header, event).await };
    let (item, seen) = made.wish.item().unzip();
    sqlx::query(
        "INSERT INTO proposals (patient, proposal, revision, kind, state, categories, item, seen, proposer, create_time, made)
         VALUES ($1, $2, $3, $4, 'waiting', $5, $6, $7, $8, $9, $10)
         ON CONFLICT DO NOTHING",
    )
    .bind(header.subject)
    .bind(header.stream.id())
    .bind(signed(header.revision))
    .bind(made.wish.kind().as_str())
    .bind(made.wish.rooms().iter().map(|room| room.as_str()).collect::<Vec<_>>())
    .bind(item.map(ItemId::uuid))
    .bind(seen.map(signed))
    .bind(header.actor.to_string())
    .bind(header.recorded)
    .bind(signed(header.lane_seq))
    .execute(conn)
    .await?;
    Ok(())
}

async fn decide(conn: &mut PgConnection, header: &Header, event: &Event) -> Result<(), ProjectionError> {
    let (state, item) = match event {
        Event::Made(_) => return Ok(()),
        Event::Withdrawn => (ProposalState::Withdrawn, None),
        Event::Accepted { item, .. } => (ProposalState::Accepted, *item),
        Event::Rejected { .. } => (ProposalState::Rejected, None),
    };
    sqlx::query(
        "UPDATE proposals
         SET revision = $3, state = $4, item = coalesce(item, $5), decider = $6, decide_time = $7, decided = $8
         WHERE patient = $1 AND proposal = $2 AND revision < $3",
    )
    .bind(header.subject)
    .bind(header.stream.id())
    .bind(signed(header.revision))
    .bind(state.as_str())
    .bind(item.map(ItemId::uuid))
    .bind(header.actor.to_string())
    .bind(header.recorded)
    .bind(signed(header.lane_seq))
    .execute(conn)
    .await?;
    Ok(())
}

fn categories(words: &[String]) -> Result<Vec<Category>, ViewsError> {
    words.iter().map(|word| word.parse().map_err(|_| ViewsError::Malformed("category"))).collect()
}

async fn open(
    log: &EventLog,
    permit: &Permit,
    rows: Vec<Row>,
) -> Result<Unreleased<Vec<ShownProposal>>, ViewsError> {
    let places = rows.iter().flat_map(|row| [Some(row.made), row.decided, row.before]);
    let mut places: Vec<u64> = places.flatten().map(unsigned).collect();
    places.sort_unstable();
    places.dedup();
    let events = log.at(Subject::Patient(permit.patient()), &places).await?;
    let shown: Vec<ShownProposal> =
        rows.into_iter().map(|row| row.shown(&events)).collect::<Result<_, ViewsError>>()?;
    let returned = shown.iter().map(|one| Returned { id: one.proposal, revision: one.revision });
    let returned = returned.collect();
    Ok(Unreleased::new(shown, returned))
}

impl Row {
    fn shown(self, events: &HashMap<u64, Opened>) -> Result<ShownProposal, ViewsError> {
        let place =
            |place: i64| events.get(&unsigned(place)).ok_or(ViewsError::Malformed("place in the log"));
        let said = |at: i64| Ok::<Event, ViewsError>(place(at)?.decode().map_err(ReadError::Decode)?);
        let Event::Made(made) = said(self.made)? else {
            return Err(ViewsError::Malformed("place of what is proposed"));
        };
        let answer = match self.decided.map(said).transpose()? {
            Some(Event::Accepted { answer, .. } | Event::Rejected { answer }) => answer,
            Some(Event::Made(_) | Event::Withdrawn) | None => String::new(),
        };
        let before = match self.before {
            Some(at) => match place(at)?.decode::<item::Event>().map_err(ReadError::Decode)? {
                item::Event::Recorded(content) | item::Event::Changed(content) => Some(content),
                item::Event::Retracted { .. } => None,
            },
            None => None,
        };
        let known = |kind: &Kind| kind.as_str() == self.kind;
        let stands = |state: &ProposalState| state.as_str() == self.state;
        Ok(ShownProposal {
            patient: PatientId::new(self.patient),
            proposal: self.proposal,
            revision: unsigned(self.revision),
            kind: Kind::ALL.into_iter().find(known).ok_or(ViewsError::Malformed("kind"))?,
            state: ProposalState::ALL.into_iter().find(stands).ok_or(ViewsError::Malformed("state"))?,
            rooms: categories(&self.categories)?,
            item: self.item.map(ItemId::new),
            created: self.create_time,
            // Who takes back decides nothing.
            decider: self.decider.filter(|_| self.state != ProposalState::Withdrawn.as_str()),
            decided: self.decide_time,
            made,
            before,
            answer,
            outdated: self.outdated,
        })
    }
}
