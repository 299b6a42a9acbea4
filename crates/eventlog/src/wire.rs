//! An envelope as bytes: the contract `holdfast.eventlog.v1.Envelope`.
use crate::{Envelope, Header, Position, rows::right};
use holdfast_proto::{eventlog::v1 as pb, time, timestamp};
use holdfast_types::{EventId, PatientId, TenantId};
use prost::Message;
use uuid::Uuid;

/// An envelope that its sender did not make properly. Names the field only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the envelope's `{field}` is malformed")]
pub struct WireError {
    pub field: &'static str,
}

impl From<&Envelope> for pb::Envelope {
    fn from(envelope: &Envelope) -> Self {
        let header = &envelope.header;
        Self {
            service: header.service.clone(),
            lane: u32::from(header.lane),
            lane_seq: header.lane_seq,
            event_id: header.event_id.to_string(),
            stream: header.stream.to_string(),
            revision: header.revision,
            r#type: header.event_type.clone(),
            schema_version: u32::from(header.schema_version),
            tenant_id: header.tenant.to_string(),
            subject_id: header.subject.to_string(),
            patient_id: header.patient.map(|id| id.to_string()).unwrap_or_default(),
            actor: header.actor.to_string(),
            on_behalf_of: header.on_behalf_of.map(|id| id.to_string()).unwrap_or_default(),
            purpose: header.purpose.to_string(),
            correlation_id: header.correlation.to_string(),
            causation_id: header.causation.map(|id| id.to_string()).unwrap_or_default(),
            traceparent: header.traceparent.clone().unwrap_or_default(),
            occurred_time: Some(timestamp(header.occurred)),
            recorded_time: Some(timestamp(header.recorded)),
            key_id: header.key_id.to_string(),
            payload_sha256: header.payload_sha256.to_vec().into(),
            leaf_hash: envelope.leaf.to_vec().into(),
            public_payload: envelope.public_payload.clone(),
            by_right: header.by_right.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

impl TryFrom<pb::Envelope> for Envelope {
    type Error = WireError;
    fn try_from(wire: pb::Envelope) -> Result<Self, WireError> {
        let malformed = |field| WireError { field };
        let uuid = |text: &str, field| Uuid::try_parse(text).map_err(|_| malformed(field));
        let maybe = |text: &str, field| (!text.is_empty()).then(|| uuid(text, field)).transpose();
        let moment = |at: Option<prost_types::Timestamp>, field| {
            at.as_ref().and_then(|at| time(at).ok()).ok_or(malformed(field))
        };
        let header = Header {
            lane: u16::try_from(wire.lane)
                .ok()
                .filter(|lane| *lane < crate::LANES)
                .ok_or(malformed("lane"))?,
            lane_seq: wire.lane_seq,
            event_id: EventId::new(uuid(&wire.event_id, "event_id")?),
            tenant: TenantId::new(uuid(&wire.tenant_id, "tenant_id")?),
            stream: wire.stream.parse().map_err(|_| malformed("stream"))?,
            revision: wire.revision,
            event_type: wire.r#type,
            schema_version: u16::try_from(wire.schema_version).map_err(|_| malformed("schema_version"))?,
            subject: uuid(&wire.subject_id, "subject_id")?,
            patient: maybe(&wire.patient_id, "patient_id")?.map(PatientId::new),
            actor: wire.actor.parse().map_err(|_| malformed("actor"))?,
            on_behalf_of: maybe(&wire.on_behalf_of, "on_behalf_of")?.map(PatientId::new),
            purpose: wire.purpose.parse().map_err(|_| malformed("purpose"))?,
            correlation: uuid(&wire.correlation_id, "correlation_id")?,
            causation: maybe(&wire.causation_id, "causation_id")?.map(EventId::new),
            traceparent: Some(wire.traceparent).filter(|text| !text.is_empty()),
            occurred: moment(wire.occurred_time, "occurred_time")?,
            recorded: moment(wire.recorded_time, "recorded_time")?,
            key_id: uuid(&wire.key_id, "key_id")?,
            payload_sha256: wire
                .payload_sha256
                .as_ref()
                .try_into()
                .map_err(|_| malformed("payload_sha256"))?,
            by_right: right(Some(wire.by_right).filter(|text| !text.is_empty()))
                .map_err(|_| malformed("by_right"))?,
            service: wire.service,
        };
        let leaf = wire.leaf_hash.as_ref().try_into().map_err(|_| malformed("leaf_hash"))?;
        Ok(Self { header, leaf, public_payload: wire.public_payload })
    }
}

impl Envelope {
    pub fn to_bytes(&self) -> Vec<u8> {
        pb::Envelope::from(self).encode_to_vec()
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        pb::Envelope::decode(bytes).map_err(|_| WireError { field: "protobuf" })?.try_into()
    }
}

impl From<Position> for holdfast_proto::r#type::v1::Position {
    fn from(position: Position) -> Self {
        Self { service: position.service, lane: u32::from(position.lane), seq: position.seq }
    }
}

impl TryFrom<holdfast_proto::r#type::v1::Position> for Position {
    type Error = WireError;
    fn try_from(wire: holdfast_proto::r#type::v1::Position) -> Result<Self, WireError> {
        let lane = u16::try_from(wire.lane).map_err(|_| WireError { field: "lane" })?;
        Ok(Self { service: wire.service, lane, seq: wire.seq })
    }
}
