//! `EventLogService`: a service's log as its peers read it back, for services that show their certificate and nobody else.
use crate::{catalogue, page, page::PageLimits, peer::Peer, status::Problem};
use holdfast_eventlog::{LANES, ReadError, Source, SourceError};
use holdfast_proto::eventlog::v1::{
    Envelope, Head, ListHeadsRequest, ListHeadsResponse, ReadLaneRequest, ReadLaneResponse,
    event_log_service_server::{EventLogService, EventLogServiceServer},
};
use prost::Message as _;
use std::{error::Error, sync::Arc};
use tonic::{Request, Response, Status};

const PAGE: PageLimits = PageLimits { default: 500, max: 1000 };
/// An answer stays well below what a client takes; the reader goes on after what it got.
const ANSWER_BYTES_MAX: usize = 3 * 1024 * 1024;

pub struct LogReader {
    log: Arc<dyn Source>,
}

impl LogReader {
    /// The service's own log.
    pub fn new(log: impl Source) -> Self {
        Self { log: Arc::new(log) }
    }

    pub fn into_server(self) -> EventLogServiceServer<Self> {
        EventLogServiceServer::new(self)
    }
}

#[tonic::async_trait]
impl EventLogService for LogReader {
    async fn list_heads(
        &self,
        request: Request<ListHeadsRequest>,
    ) -> Result<Response<ListHeadsResponse>, Status> {
        Peer::with_log(&request)?;
        let mut heads = self.log.heads().await.map_err(unreadable)?;
        heads.sort_unstable();
        let heads = heads.into_iter().map(|(lane, last_seq)| Head { lane: lane.into(), last_seq }).collect();
        Ok(Response::new(ListHeadsResponse { heads }))
    }

    async fn read_lane(
        &self,
        request: Request<ReadLaneRequest>,
    ) -> Result<Response<ReadLaneResponse>, Status> {
        Peer::with_log(&request)?;
        let ReadLaneRequest { lane, after_seq, page_size } = request.into_inner();
        let limit = page::size(page_size, PAGE)?;
        let lane = u16::try_from(lane)
            .ok()
            .filter(|lane| *lane < LANES)
            .ok_or_else(|| Problem::of_field(catalogue::LANE_OUT_OF_RANGE, "lane", "expected 0 to 1023"))?;
        let envelopes = self.log.read_lane(lane, after_seq, limit).await.map_err(unreadable)?;
        let envelopes = fitting(envelopes.iter().map(Envelope::from));
        Ok(Response::new(ReadLaneResponse { envelopes }))
    }
}

/// As many as fit into one answer, and always one.
fn fitting(envelopes: impl Iterator<Item = Envelope>) -> Vec<Envelope> {
    let mut bytes = 0;
    let mut kept = Vec::new();
    for envelope in envelopes {
        bytes += envelope.encoded_len();
        if bytes > ANSWER_BYTES_MAX && !kept.is_empty() {
            break;
        }
        kept.push(envelope);
    }
    kept
}

fn unreadable(error: SourceError) -> Problem {
    let SourceError { service, source } = error;
    match source.downcast::<ReadError>() {
        Ok(error) => (*error).into(),
        Err(source) => Problem::internal(&SourceError { service, source } as &(dyn Error + 'static)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_as_much_as_a_client_takes() {
        let large = || Envelope { payload_sha256: vec![0; 2 * 1024 * 1024].into(), ..Envelope::default() };
        assert_eq!(fitting([large(), large()].into_iter()).len(), 1);
        let huge = Envelope { payload_sha256: vec![0; ANSWER_BYTES_MAX + 1].into(), ..Envelope::default() };
        assert_eq!(fitting([huge].into_iter()).len(), 1, "a reader must get on");
        assert_eq!(fitting((0..1000).map(|_| Envelope::default())).len(), 1000);
    }
}
