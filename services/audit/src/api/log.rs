//! `LogService` over gRPC: the published files of the transparency log, as they are. Not its entries: they name nobody, but tell when
//! something happened to which pseudonym, and whoever knows a record's id knows its pseudonym. Auditors have them from the store.
use crate::sequencer::Shelf;
use holdfast_host::{Ground, Problem, catalogue};
use holdfast_proto::audit::v1::{
    GetLogFileRequest, LogFile,
    log_service_server::{LogService, LogServiceServer},
};
use holdfast_translog::{CHECKPOINT_PATH, Tile, TileSource, VERIFIER_KEY_PATH};
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
        if !is_for_everybody(&path) {
            let message = "not the path of a file of the log that is for everybody";
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

fn is_for_everybody(path: &str) -> bool {
    match path {
        CHECKPOINT_PATH | VERIFIER_KEY_PATH => true,
        path => matches!(path.parse(), Ok(Tile::Hashes { .. })),
    }
}
