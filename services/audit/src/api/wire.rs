//! Entries and health as the contract has them.
use crate::{
    domain::{FaultKind, Kind},
    told::write_line,
    views,
};
use bytes::Bytes;
use holdfast_eventlog::Right;
use holdfast_host::{Problem, catalogue, field};
use holdfast_proto::{Word, access::v1::GrantRevision, audit::v1 as pb, timestamp};
use holdfast_types::{Category, GrantId};
use prost::{Message, Name};
use prost_types::Any;
use std::time::Duration;

/// Those asked for, each once; none is every kind.
pub(super) fn kinds(path: &str, numbers: &[i32]) -> Result<Vec<Kind>, Problem> {
    field::count(path, numbers.len(), Kind::ALL.len())?;
    let mut kinds = Vec::new();
    for (index, number) in numbers.iter().enumerate() {
        let known = Kind::ALL.iter().copied().find(|kind| i32::from(kind_to_proto(*kind)) == *number);
        let unknown = || {
            Problem::of_field(catalogue::FIELD_INVALID, format!("{path}[{index}]"), "not a value of its enum")
        };
        let kind = known.ok_or_else(unknown)?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}

pub(super) fn entry(entry: views::Entry) -> pb::Entry {
    let kind = Kind::parse(&entry.kind).map(kind_to_proto).unwrap_or_default();
    let category = entry.category.and_then(|word| word.parse::<Category>().ok());
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let right: Option<Right> = entry.by_right.and_then(|text| text.parse().ok());
    let grant = |(grant, revision): (GrantId, u64)| GrantRevision { grant_id: grant.to_string(), revision };
    pb::Entry {
        event_id: entry.event_id.to_string(),
        service: entry.service,
        lane: u32::try_from(entry.lane).unwrap_or_default(),
        lane_seq: u64::try_from(entry.lane_seq).unwrap_or_default(),
        kind: kind.into(),
        r#type: entry.event_type,
        actor: entry.actor,
        on_behalf_of: id(entry.on_behalf_of),
        patient_id: id(entry.patient),
        tenant_id: entry.tenant.to_string(),
        purpose: entry.purpose,
        occurred_time: Some(timestamp(entry.occurred)),
        recorded_time: Some(timestamp(entry.recorded)),
        access: entry.public_payload.as_deref().and_then(published),
        door_refused: entry.public_payload.as_deref().and_then(published),
        category: category.map(Word::to_proto).unwrap_or_default(),
        stream: entry.stream,
        correlation_id: entry.correlation.to_string(),
        leaf_hash: entry.leaf.into(),
        rule_ids: right.iter().flat_map(Right::rules).map(str::to_owned).collect(),
        grants: right.iter().flat_map(Right::grants).map(grant).collect(),
    }
}

/// One line for each.
pub(super) fn lines(entries: Vec<views::Entry>) -> Result<Bytes, Problem> {
    let mut lines = Vec::new();
    for found in entries {
        // Into memory: that cannot fail.
        write_line(&mut lines, &entry(found)).map_err(|error| Problem::internal(&error))?;
    }
    Ok(lines.into())
}

/// None for what tells of something else.
fn published<M: Name + Default>(public_payload: &[u8]) -> Option<M> {
    Any::decode(public_payload).ok()?.to_msg().ok()
}

pub(super) fn log_health(log: views::LogHealth, lag: Option<Duration>) -> pb::ServiceLogHealth {
    pb::ServiceLogHealth {
        service: log.service.to_string(),
        entry_count: log.entry_count,
        lag_ms: lag_ms(lag),
        faults: log.faults.into_iter().map(fault).collect(),
        verify_time: log.verify_time.map(timestamp),
    }
}

fn fault(fault: views::LogFault) -> pb::LogFault {
    let kind = match FaultKind::parse(&fault.kind) {
        Some(FaultKind::Hole) => pb::FaultKind::Hole,
        Some(FaultKind::Altered) => pb::FaultKind::Altered,
        Some(FaultKind::LeafMismatch) => pb::FaultKind::LeafMismatch,
        None => pb::FaultKind::Unspecified,
    };
    pb::LogFault {
        kind: kind.into(),
        lane: u32::try_from(fault.lane).unwrap_or_default(),
        lane_seq: u64::try_from(fault.lane_seq).unwrap_or_default(),
        found_time: Some(timestamp(fault.found_time)),
    }
}

pub(super) fn total(total: i64) -> i32 {
    i32::try_from(total).unwrap_or(i32::MAX)
}

/// What was never heard is further behind than any lag.
pub(super) fn lag_ms(lag: Option<Duration>) -> i64 {
    lag.map_or(i64::MAX, |lag| i64::try_from(lag.as_millis()).unwrap_or(i64::MAX))
}

fn kind_to_proto(kind: Kind) -> pb::EntryKind {
    match kind {
        Kind::Read => pb::EntryKind::Read,
        Kind::Change => pb::EntryKind::Change,
        Kind::Sharing => pb::EntryKind::Sharing,
        Kind::Refused => pb::EntryKind::Refused,
        Kind::Account => pb::EntryKind::Account,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_can_be_asked_for_once_and_none_is_every_kind() {
        let numbers: Vec<i32> = (1..=5).collect();
        assert_eq!(kinds("kinds", &numbers).unwrap().len(), 5);
        assert_eq!(kinds("kinds", &[2, 2]).unwrap(), [Kind::Change]);
        assert_eq!(kinds("kinds", &[]).unwrap(), []);
        assert_eq!(kinds("kinds", &[0]).unwrap_err().reason(), catalogue::FIELD_INVALID);
        assert_eq!(kinds("kinds", &[99]).unwrap_err().reason(), catalogue::FIELD_INVALID);
        assert_eq!(kinds("kinds", &[1; 6]).unwrap_err().reason(), catalogue::TOO_MANY);
    }

    #[test]
    fn what_was_never_heard_lags_more_than_anything() {
        assert_eq!(lag_ms(Some(Duration::from_millis(7))), 7);
        assert_eq!(lag_ms(None), i64::MAX);
    }
}
