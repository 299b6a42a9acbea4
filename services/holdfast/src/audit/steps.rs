//! `holdfast audit steps`: one thing in a record as it came to be, version by version: who, when, and what changed between.
use super::AuditReach;
use crate::line::{Line, ask};
use anyhow::{Context, Result, ensure};
use holdfast_proto::{
    records::v1::{Item, ListItemVersionsRequest, records_service_client::RecordsServiceClient},
    time,
};
use holdfast_records::domain::differing::{Differing, differing};
use holdfast_types::{ItemId, PatientId};
use serde_json::Value;
use std::io::{Write, stdout};

const PAGE_SIZE: i32 = 200;
/// More versions than anybody steps through.
const VERSIONS_MAX: usize = 10_000;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    reach: AuditReach,
    /// The record.
    #[arg(long, value_name = "ID")]
    patient: PatientId,
    /// The thing in it.
    #[arg(long, value_name = "ID")]
    item: ItemId,
}

/// Whoever asks must be let see the thing; the look is recorded as any other.
pub(crate) async fn run(args: Args) -> Result<()> {
    let mut line = args.reach.line_to_records()?;
    let versions = versions(&mut line, &args).await?;
    write(&mut stdout().lock(), &versions)
}

/// Oldest first.
async fn versions(line: &mut Line, args: &Args) -> Result<Vec<Item>> {
    let mut versions = Vec::new();
    let mut query = ListItemVersionsRequest {
        patient_id: args.patient.to_string(),
        item_id: args.item.to_string(),
        page_size: PAGE_SIZE,
        page_token: String::new(),
    };
    loop {
        let client = RecordsServiceClient::with_interceptor(line.channel(), line.outgoing().await?);
        let page = ask(|| {
            let (mut client, query) = (client.clone(), query.clone());
            async move { client.list_item_versions(query).await }
        })
        .await?;
        versions.extend(page.versions);
        ensure!(versions.len() <= VERSIONS_MAX, "there are more than {VERSIONS_MAX} versions");
        if page.next_page_token.is_empty() {
            versions.reverse();
            return Ok(versions);
        }
        query.page_token = page.next_page_token;
    }
}

fn write(out: &mut impl Write, versions: &[Item]) -> Result<()> {
    let mut before = Value::Null;
    for (number, version) in versions.iter().enumerate() {
        let at = version.recorded_time.as_ref().map(time).transpose()?.context("a version without a time")?;
        writeln!(out, "{}. {at} by {}", number + 1, version.recorded_by)?;
        if !version.retraction_reason.is_empty() {
            writeln!(out, "   entered in error: {}", version.retraction_reason)?;
        }
        let content: Value = serde_json::from_slice(&version.fhir_json).context("a version is not JSON")?;
        for Differing { place, before, after } in differing(&before, &content) {
            match (before, after) {
                (Some(was), Some(is)) => writeln!(out, "   {place}: {was} -> {is}")?,
                (None, Some(is)) => writeln!(out, "   + {place}: {is}")?,
                (Some(was), None) => writeln!(out, "   - {place}: {was}")?,
                (None, None) => {}
            }
        }
        before = content;
    }
    Ok(out.flush()?)
}
