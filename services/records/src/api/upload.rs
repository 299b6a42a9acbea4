//! A stream that begins with what it is for and goes on with bytes, up to the size of the largest bundle.
use bytes::Bytes;
use holdfast_fhir::Limits;
use holdfast_host::{Problem, catalogue, status::of_transport};
use holdfast_proto::records::v1 as pb;
use tonic::{Status, Streaming};

const CHUNK_BYTES_MAX: usize = 1024 * 1024;

pub(super) enum Part<S> {
    Start(S),
    Chunk(Bytes),
}

pub(super) trait UploadMessage: Send + 'static {
    type Start;
    fn part(self) -> Option<Part<Self::Start>>;
}

impl UploadMessage for pb::ImportBundleRequest {
    type Start = pb::ImportStart;
    fn part(self) -> Option<Part<pb::ImportStart>> {
        use pb::import_bundle_request::Part as Sent;
        self.part.map(|part| match part {
            Sent::Start(start) => Part::Start(start),
            Sent::Chunk(bytes) => Part::Chunk(bytes),
        })
    }
}

impl UploadMessage for pb::ImportDirectoryRequest {
    type Start = pb::DirectoryStart;
    fn part(self) -> Option<Part<pb::DirectoryStart>> {
        use pb::import_directory_request::Part as Sent;
        self.part.map(|part| match part {
            Sent::Start(start) => Part::Start(start),
            Sent::Chunk(bytes) => Part::Chunk(bytes),
        })
    }
}

pub(super) struct Upload<M: UploadMessage> {
    pub(super) start: M::Start,
    stream: Streaming<M>,
}

impl<M: UploadMessage> Upload<M> {
    pub(super) async fn begin(mut stream: Streaming<M>) -> Result<Self, Status> {
        match next(&mut stream).await? {
            Some(Part::Start(start)) => Ok(Self { start, stream }),
            Some(Part::Chunk(_)) | None => {
                Err(Problem::of_field(catalogue::FIELD_MISSING, "start", "the first message carries it")
                    .into())
            }
        }
    }

    /// The bytes as they came.
    pub(super) async fn rest(&mut self) -> Result<Vec<Bytes>, Status> {
        let size_bytes_max = Limits::default().size_bytes_max;
        let (mut chunks, mut size_bytes) = (Vec::new(), 0);
        while let Some(part) = next(&mut self.stream).await? {
            let Part::Chunk(chunk) = part else {
                return Err(Problem::of_field(
                    catalogue::FIELD_INVALID,
                    "start",
                    "only the first message carries it",
                )
                .into());
            };
            if chunk.len() > CHUNK_BYTES_MAX {
                let message = format!("a chunk has at most {CHUNK_BYTES_MAX} bytes");
                return Err(Problem::new(catalogue::MESSAGE_TOO_LARGE, message)
                    .with("size_bytes_max", CHUNK_BYTES_MAX)
                    .into());
            }
            size_bytes += chunk.len();
            if size_bytes > size_bytes_max {
                let message = format!("the bundle is larger than {size_bytes_max} bytes");
                return Err(Problem::new(catalogue::BUNDLE_TOO_LARGE, message)
                    .with("size_bytes_max", size_bytes_max)
                    .with("place", "Bundle")
                    .into());
            }
            chunks.push(chunk);
        }
        Ok(chunks)
    }
}

/// The next message that says something.
async fn next<M: UploadMessage>(stream: &mut Streaming<M>) -> Result<Option<Part<M::Start>>, Status> {
    loop {
        match stream.message().await {
            Ok(None) => return Ok(None),
            Ok(Some(message)) => {
                if let Some(part) = message.part() {
                    return Ok(Some(part));
                }
            }
            Err(status) => return Err(of_transport(&status).map_or(status, Into::into)),
        }
    }
}
