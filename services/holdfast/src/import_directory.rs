//! `holdfast import-directory`: files of organizations, places and practitioners into a tenant's directory, one after the other, each whole
//! or not at all.
use crate::line::{Line, Reach, ask};
use anyhow::{Context, Result};
use bytes::Bytes;
use futures::stream;
use holdfast_fhir::Limits;
use holdfast_proto::records::v1::{
    DirectoryStart, ImportDirectoryRequest, ImportDirectoryResponse, import_directory_request::Part,
    records_service_client::RecordsServiceClient,
};
use holdfast_types::{Ids, SystemIds, TenantId};
use std::{
    fs::File,
    io::{Read, Write as _, stderr, stdout},
    path::PathBuf,
};

const CHUNK_BYTES: usize = 256 * 1024;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    reach: Reach,
    /// Whose directory: whoever asks administers it, or operates the installation.
    #[arg(long, value_name = "ID")]
    tenant: TenantId,
    /// FHIR R4 bundles, JSON, at most 32 MiB each. Bringing one in again changes nothing.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Ends at the first file that is refused; those before it are in.
pub(crate) async fn run(args: Args) -> Result<()> {
    // What is not there is known before anything is sent.
    let open =
        |path: &PathBuf| File::open(path).with_context(|| format!("`{}` cannot be read", path.display()));
    let files: Vec<File> = args.files.iter().map(open).collect::<Result<_>>()?;
    let mut line = args.reach.line_to_records()?;
    let (count, mut all) = (files.len(), ImportDirectoryResponse::default());
    for (number, (path, file)) in (1..).zip(args.files.iter().zip(files)) {
        let path = path.display();
        writeln!(stderr(), "{number} of {count}: {path} …")?;
        let brought = bring_in(&mut line, args.tenant, file);
        let brought = brought.await.with_context(|| format!("`{path}` is not brought in"))?;
        writeln!(stdout(), "{path}: {}", told(&brought))?;
        all.added_count += brought.added_count;
        all.changed_count += brought.changed_count;
        all.unchanged_count += brought.unchanged_count;
    }
    Ok(writeln!(stdout(), "in all: {}", told(&all))?)
}

async fn bring_in(line: &mut Line, tenant: TenantId, file: File) -> Result<ImportDirectoryResponse> {
    let mut bytes = Vec::new();
    // One byte more is refused there as what it is.
    file.take(u64::try_from(Limits::default().size_bytes_max)? + 1).read_to_end(&mut bytes)?;
    let mut rest = Bytes::from(bytes);
    let start = DirectoryStart { request_id: SystemIds.next().to_string(), tenant_id: tenant.to_string() };
    let mut parts = vec![Part::Start(start)];
    while !rest.is_empty() {
        parts.push(Part::Chunk(rest.split_to(rest.len().min(CHUNK_BYTES))));
    }
    let client = RecordsServiceClient::with_interceptor(line.channel(), line.outgoing().await?);
    ask(|| {
        let (mut client, parts) = (client.clone(), parts.clone());
        let messages = parts.into_iter().map(|part| ImportDirectoryRequest { part: Some(part) });
        async move { client.import_directory(stream::iter(messages)).await }
    })
    .await
}

fn told(brought: &ImportDirectoryResponse) -> String {
    let ImportDirectoryResponse { added_count, changed_count, unchanged_count } = brought;
    format!("{added_count} new, {changed_count} changed, {unchanged_count} as they were")
}
