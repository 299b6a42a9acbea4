//! `LogService` over gRPC: the published files of the transparency log, as they are.
use crate::sequencer::{Shelf, VERIFIER_KEY_PATH};
use holdfast_host::{Ground, Problem, catalogue};
use holdfast_proto::audit::v1::{
    GetLogFileRequest, LogFile,
    log_service_server::{LogService, LogServiceServer},
};
use holdfast_translog::{CHECKPOINT_PATH, Tile, TileSource};
use tonic::{Request, Response, Status};

/// Without a shelf no log is kept, so there are no files.
pub(crate) fn service(ground: Ground, shelf: Option<Shelf>) -> LogServiceServer<impl LogService> {
    LogServiceServer::new(Api { ground, shelf })
}

struct Api {
    ground: Ground,
    shelf: Option<Shelf>,
}

#[tonic::async_trait]
impl LogService for Api {
    async fn get_log_file(&self, request: Request<GetLogFileRequest>) -> Result<Response<LogFile>, Status> {
        self.ground.enter_unsigned(&request).await?;
        let path = request.into_inner().path;
        if ![CHECKPOINT_PATH, VERIFIER_KEY_PATH].contains(&path.as_str()) && path.parse::<Tile>().is_err() {
            let message = "not the path of a file of the log";
            return Err(Problem::of_field(catalogue::FIELD_INVALID, "path", message).into());
        }
        let found = match &self.shelf {
            Some(shelf) => shelf.get(&path).await.map_err(|error| {
                tracing::warn!(error = &error as &dyn std::error::Error, "the log's files cannot be read");
                Problem::new(catalogue::LOG_UNAVAILABLE, "the log's files cannot be read")
            })?,
            None => None,
        };
        let unknown = || Problem::new(catalogue::LOG_FILE_UNKNOWN, "the log has no such file");
        Ok(Response::new(LogFile { content: found.ok_or_else(unknown)?.into() }))
    }
}
