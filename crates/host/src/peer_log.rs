//! Another service's event log over gRPC, as an inbox compares heads and reads holes back.
use crate::{catalogue, retry::Retry, status};
use holdfast_eventlog::{Envelope, ReadError, Source, SourceError};
use holdfast_proto::eventlog::v1::{
    ListHeadsRequest, ReadLaneRequest, event_log_service_client::EventLogServiceClient,
};
use holdfast_types::Service;
use std::{error::Error, time::Duration};
use tonic::{Request, Status, transport::Channel};

/// The longest page that the contract allows.
const PAGE_MAX: u32 = 1000;
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
#[error("a head names lane {lane}, which cannot be")]
struct BadLane {
    lane: u32,
}

#[derive(Clone)]
pub struct PeerLog {
    service: Service,
    client: EventLogServiceClient<Channel>,
    retry: Retry,
}

impl PeerLog {
    /// Over a channel that shows the certificate of a service that owns an event log.
    pub fn new(service: Service, channel: Channel) -> Self {
        Self { service, client: EventLogServiceClient::new(channel), retry: Retry::default() }
    }

    fn failed(&self, error: impl Error + Send + Sync + 'static) -> SourceError {
        SourceError { service: self.service.to_string(), source: Box::new(error) }
    }
}

#[async_trait::async_trait]
impl Source for PeerLog {
    fn service(&self) -> &str {
        self.service.as_str()
    }

    async fn heads(&self) -> Result<Vec<(u16, u64)>, SourceError> {
        let call = || async { self.client.clone().list_heads(limited(ListHeadsRequest {})).await };
        let answer = self.retry.idempotent(call).await.map_err(|status| self.failed(status))?;
        let heads = answer.into_inner().heads.into_iter().map(|head| {
            let lane = u16::try_from(head.lane).map_err(|_| self.failed(BadLane { lane: head.lane }))?;
            Ok((lane, head.last_seq))
        });
        heads.collect()
    }

    async fn read_lane(&self, lane: u16, after_seq: u64, limit: u32) -> Result<Vec<Envelope>, SourceError> {
        let page_size = i32::try_from(limit.clamp(1, PAGE_MAX)).unwrap_or_default();
        let request = ReadLaneRequest { lane: lane.into(), after_seq, page_size };
        let call = || async { self.client.clone().read_lane(limited(request)).await };
        let answer = self.retry.idempotent(call).await.map_err(|status| self.failed(status))?;
        let envelopes = answer.into_inner().envelopes.into_iter();
        envelopes.map(|envelope| Envelope::try_from(envelope).map_err(|error| self.failed(error))).collect()
    }
}

/// Whether a source is there and cannot read what it holds at the place it was asked for.
pub fn cannot_read(error: &SourceError) -> bool {
    if let Some(status) = error.source.downcast_ref::<Status>() {
        return status::reason_of(status) == Some(catalogue::INTERNAL_FAULT);
    }
    matches!(error.source.downcast_ref(), Some(ReadError::Row(_) | ReadError::Decode(_)))
}

fn limited<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(CALL_TIMEOUT);
    request
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Problem;
    use holdfast_eventlog::{KeyError, RowError};

    fn failed(source: impl Error + Send + Sync + 'static) -> SourceError {
        SourceError { service: "records".to_owned(), source: Box::new(source) }
    }

    #[test]
    fn a_source_that_is_away_is_told_from_one_that_cannot_read_its_own() {
        let broken = RowError { lane: 1, lane_seq: 2, column: "actor" };
        assert!(cannot_read(&failed(ReadError::Row(broken))));
        let fault = Problem::internal(&std::io::Error::other("a malformed row"));
        assert!(cannot_read(&failed(Status::from(fault))));
        for away in [
            failed(Status::unavailable("away")),
            failed(Status::from(Problem::new(catalogue::CALL_TIMED_OUT, "too long"))),
            failed(Status::internal("a broken connection")),
            failed(ReadError::Key(KeyError::Crypto)),
        ] {
            assert!(!cannot_read(&away), "{away:?}");
        }
    }
}
