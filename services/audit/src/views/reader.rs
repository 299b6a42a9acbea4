//! How a record stood to somebody at a moment, out of all that the logs had told by then; and for whom that may be asked.
use super::{
    HistoryError,
    hypothesis::{known, named, said_in_each, sayings},
};
use crate::domain::{Count, Named, Reader, Reading, Rooms, Standing, ThingSaid, readers};
use chrono::{DateTime, Utc};
use holdfast_access::{Oversight, Parts, Permit, Policies, Returned, Unreleased, Withheld, Within};
use holdfast_types::{AccountId, PatientId};
use sqlx::PgPool;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Changes of one record's items; of more nothing is counted.
const CHANGES_MAX: i64 = 50_000;
/// The newest looks among which readers are found.
const LOOKS_MAX: i64 = 20_000;
const READERS_MAX: usize = 100;

/// Of anybody, for a permit for the history of one record. One for anything else lets nothing.
pub async fn read_by(
    pool: &PgPool,
    permit: &Permit<Oversight>,
    policies: &Policies,
    reader: &Reader,
) -> Result<Unreleased<Reading>, HistoryError> {
    let Oversight::RecordHistory(patient) = *permit.target() else {
        return Ok(Unreleased::new(Reading::default(), Vec::new()));
    };
    reading(pool, patient, policies, reader, (&Withheld::default(), &Within::default())).await
}

/// Of whoever asks, and of rooms that they may read today.
pub async fn read_by_oneself(
    pool: &PgPool,
    permit: &Permit<Parts>,
    policies: &Policies,
    reader: &Reader,
) -> Result<Unreleased<Reading>, HistoryError> {
    let rooms = permit.categories().to_vec();
    let own = Reader { account: permit.account(), rooms, ..reader.clone() };
    reading(pool, permit.patient(), policies, &own, (permit.withheld(), permit.within())).await
}

async fn reading(
    pool: &PgPool,
    patient: PatientId,
    policies: &Policies,
    reader: &Reader,
    today: (&Withheld, &Within),
) -> Result<Unreleased<Reading>, HistoryError> {
    let told = known(pool, patient, reader.account, reader.at).await?;
    let standing = Standing::of(policies, patient, reader.account, reader.at, told);
    let rooms = Rooms::of(standing, &reader.rooms);
    let mut said = match reader.things.as_slice() {
        [] => BTreeMap::new(),
        things => said_in_each(pool, patient, Some(things), reader.at, i64::MAX).await?,
    };
    let mut counted = reader.count != Count::None;
    if counted && rooms.leave_out() {
        let items = said_in_each(pool, patient, None, reader.at, CHANGES_MAX + 1).await?;
        let changes = items.values().map(Vec::<ThingSaid>::len).sum::<usize>();
        counted = i64::try_from(changes).is_ok_and(|changes| changes <= CHANGES_MAX);
        said.extend(items);
    }
    let reading = rooms.reading(reader, &said, counted, today);
    // One grant opens several rooms.
    let grants: BTreeMap<Uuid, Returned> =
        reading.rooms.iter().flat_map(|room| named(&room.decision)).map(|grant| (grant.id, grant)).collect();
    Ok(Unreleased::new(reading, grants.into_values().collect()))
}

/// For a permit for the history of one record. One for anything else lets nothing.
pub async fn readers_of(
    pool: &PgPool,
    permit: &Permit<Oversight>,
    at: DateTime<Utc>,
) -> Result<Unreleased<Vec<Named>>, HistoryError> {
    let Oversight::RecordHistory(patient) = *permit.target() else {
        return Ok(Unreleased::new(Vec::new(), Vec::new()));
    };
    let said = sayings(pool, patient, at).await?;
    let looked: Vec<Uuid> = sqlx::query_scalar(
        "SELECT actor_account
         FROM (
            SELECT actor_account, recorded
            FROM entries
            WHERE patient = $1 AND recorded <= $2 AND kind = 'read' AND actor_account IS NOT NULL
            ORDER BY recorded DESC, service DESC, lane DESC, lane_seq DESC
            LIMIT $3
         ) AS looks
         GROUP BY actor_account
         ORDER BY max(recorded) DESC",
    )
    .bind(patient.uuid())
    .bind(at)
    .bind(LOOKS_MAX)
    .persistent(false)
    .fetch_all(pool)
    .await?;
    let mut readers = readers(said, looked.into_iter().map(AccountId::new), at);
    readers.truncate(READERS_MAX);
    Ok(Unreleased::new(readers, Vec::new()))
}
