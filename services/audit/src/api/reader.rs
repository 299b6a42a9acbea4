//! How a record stood to somebody at a moment, and for whom that may be asked, as the contract has it.
use super::{hypothesis::thing, replay::grounds};
use crate::domain::{Count, Named, Reader, Reading, RoomThen, ThingVerdict};
use chrono::{DateTime, Utc};
use holdfast_host::{Problem, catalogue, field};
use holdfast_proto::{Word, audit::v1 as pb};
use holdfast_types::{Category, PatientId};
use uuid::Uuid;

const THINGS_MAX: usize = 200;

pub(super) fn asked(
    asked: &pb::DecideForReaderRequest,
    now: DateTime<Utc>,
) -> Result<(PatientId, Reader), Problem> {
    let patient = field::id("patient_id", &asked.patient_id)?;
    let account = field::id("account_id", &asked.account_id)?;
    let at = field::time("at_time", asked.at_time.as_ref())?.unwrap_or(now);
    let happened_by = field::time("happened_by_time", asked.happened_by_time.as_ref())?;
    field::count("thing_ids", asked.thing_ids.len(), THINGS_MAX)?;
    let id = |(index, text): (usize, &String)| {
        let at = format!("thing_ids[{index}]");
        text.parse::<Uuid>().map_err(|_| Problem::of_field(catalogue::ID_MALFORMED, &at, "expected a UUID"))
    };
    let things = asked.thing_ids.iter().enumerate().map(id).collect::<Result<Vec<Uuid>, _>>()?;
    let count = match (asked.count_kept_back, happened_by) {
        (false, _) => Count::None,
        (true, None) => Count::All,
        (true, Some(by)) => Count::HappenedBy(by),
    };
    Ok((patient, Reader { account, at, rooms: Category::ALL.to_vec(), things, count }))
}

/// Without what is the same in every answer. What decided is told of others: holders of the record alone ask for them.
pub(super) fn told(reading: Reading, of_others: bool) -> pb::DecideForReaderResponse {
    let things = reading.things.into_iter().map(|(id, mut conclusion)| {
        if !of_others && conclusion.verdict != ThingVerdict::Open {
            conclusion.verdict = ThingVerdict::RoomClosed;
        }
        pb::ReaderThing { thing_id: id.to_string(), thing: Some(thing(conclusion)) }
    });
    pb::DecideForReaderResponse {
        things: things.collect(),
        rooms: reading.rooms.into_iter().map(|then| room(then, of_others)).collect(),
        relationship: reading.relationship.map(Word::to_proto).unwrap_or_default(),
        roles: reading.roles.into_iter().map(Word::to_proto).collect(),
        consent_seq: reading.consent_seq,
        ..pb::DecideForReaderResponse::default()
    }
}

fn room(then: RoomThen, with_grounds: bool) -> pb::ReaderRoom {
    pb::ReaderRoom {
        category: then.category.to_proto(),
        open: then.is_open(),
        in_part: then.is_in_part(),
        kept_back_count: then.kept_back.map(|count| i32::try_from(count).unwrap_or(i32::MAX)),
        grounds: with_grounds.then(|| grounds(then.decision)),
    }
}

pub(super) fn named(named: Named) -> pb::Reader {
    pb::Reader {
        account_id: named.account.to_string(),
        relationship: named.relationship.map(Word::to_proto).unwrap_or_default(),
        granted: named.granted,
    }
}
