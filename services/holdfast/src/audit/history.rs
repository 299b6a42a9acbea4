//! `holdfast audit replay`: the history of a record, an actor, a tenant or a period, newest first: one JSON object on each line, or a table.
use super::{
    AuditReach,
    progress::Progress,
    sink::{Format, Sink},
};
use crate::line::{Line, ask};
use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use clap::ValueEnum;
use holdfast_proto::{
    audit::v1::{
        Entry, EntryKind, ListPatientEntriesRequest, SearchEntriesRequest,
        audit_service_client::AuditServiceClient,
    },
    timestamp,
};
use holdfast_types::{AccountId, Clock, PatientId, SystemClock, TenantId};
use std::path::PathBuf;

const PAGE_SIZE: i32 = 200;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    reach: AuditReach,
    /// The tenant whose compliance officer asks; without it a holder of the record asks.
    #[arg(long, value_name = "ID", required_unless_present = "patient")]
    tenant: Option<TenantId>,
    /// One record.
    #[arg(long, value_name = "ID")]
    patient: Option<PatientId>,
    /// Whoever acted.
    #[arg(long, value_name = "ID", requires = "tenant")]
    actor: Option<AccountId>,
    /// Recorded at or after this time, e.g. 2026-11-01T00:00:00Z.
    #[arg(long, value_name = "TIME", requires = "tenant")]
    from: Option<DateTime<Utc>>,
    /// Recorded before this time; otherwise now.
    #[arg(long, value_name = "TIME", requires = "tenant")]
    until: Option<DateTime<Utc>>,
    /// Only entries of these kinds.
    #[arg(long, value_enum)]
    kind: Vec<Kind>,
    /// Where to write to: a new file, which has this name once it is whole. Otherwise the terminal.
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// What to write; otherwise what the name of the file says: a table where it ends in `.parquet`.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Go on with the lines of a replay of the same that ended early, by what it said then; needs the same `--until`.
    #[arg(long, value_name = "TOKEN")]
    page_token: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Read,
    Change,
    Sharing,
    Refused,
    Account,
}

impl From<Kind> for EntryKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Read => Self::Read,
            Kind::Change => Self::Change,
            Kind::Sharing => Self::Sharing,
            Kind::Refused => Self::Refused,
            Kind::Account => Self::Account,
        }
    }
}

/// One page of either list.
struct Page {
    entries: Vec<Entry>,
    next: String,
    total: i32,
}

enum Query {
    OfRecord(ListPatientEntriesRequest),
    OfTenant(SearchEntriesRequest),
}

pub(crate) async fn run(args: Args) -> Result<()> {
    let mut line = args.reach.line()?;
    let until = args.until.unwrap_or_else(|| SystemClock.now());
    let mut query = Query::of(&args, until);
    let format = args.format.unwrap_or_else(|| Format::of(args.out.as_deref()));
    let mut sink = Sink::open(args.out.as_deref(), format, args.page_token.is_some())?;
    let mut progress = Progress::begin("entries");
    if let Err(error) = replay(&mut line, &mut query, &mut sink, &mut progress).await {
        let token = query.page_token();
        let again = match &query {
            _ if token.is_empty() || !sink.goes_on() => String::new(),
            Query::OfTenant(_) => format!("; go on with --until {} --page-token {token}", until.to_rfc3339()),
            Query::OfRecord(_) => format!("; go on with --page-token {token}"),
        };
        bail!("{error:#}{}{again}", sink.give_up());
    }
    sink.finish()?;
    progress.end();
    Ok(())
}

/// A page is out before the next one is asked for, so that what is said after a failure is where to go on.
async fn replay(line: &mut Line, query: &mut Query, sink: &mut Sink, progress: &mut Progress) -> Result<()> {
    let mut first = true;
    loop {
        let page = query.page(line).await?;
        if std::mem::take(&mut first) {
            progress.expect(page.total);
        }
        sink.page(&page.entries)?;
        progress.step(page.entries.len());
        if page.next.is_empty() {
            return Ok(());
        }
        query.go_on(page.next);
    }
}

impl Query {
    fn of(args: &Args, until: DateTime<Utc>) -> Self {
        let kinds = args.kind.iter().map(|kind| EntryKind::from(*kind).into()).collect();
        let page_token = args.page_token.clone().unwrap_or_default();
        let patient_id = args.patient.map(|id| id.to_string()).unwrap_or_default();
        let Some(tenant) = args.tenant else {
            let page_size = PAGE_SIZE;
            return Self::OfRecord(ListPatientEntriesRequest { patient_id, kinds, page_size, page_token });
        };
        // Audit refuses a search without any bound: the whole of a tenant begins with time.
        let unbounded = args.patient.is_none() && args.actor.is_none();
        let from = args.from.or(unbounded.then_some(DateTime::UNIX_EPOCH));
        Self::OfTenant(SearchEntriesRequest {
            tenant_id: tenant.to_string(),
            patient_id,
            account_id: args.actor.map(|id| id.to_string()).unwrap_or_default(),
            from_time: from.map(timestamp),
            until_time: Some(timestamp(until)),
            kinds,
            page_size: PAGE_SIZE,
            page_token,
        })
    }

    fn page_token(&self) -> &str {
        match self {
            Self::OfRecord(query) => &query.page_token,
            Self::OfTenant(query) => &query.page_token,
        }
    }

    fn go_on(&mut self, token: String) {
        match self {
            Self::OfRecord(query) => query.page_token = token,
            Self::OfTenant(query) => query.page_token = token,
        }
    }

    async fn page(&self, line: &mut Line) -> Result<Page> {
        let client = AuditServiceClient::with_interceptor(line.channel(), line.outgoing().await?);
        Ok(match self {
            Self::OfRecord(query) => {
                let page = ask(|| {
                    let (mut client, query) = (client.clone(), query.clone());
                    async move { client.list_patient_entries(query).await }
                })
                .await?;
                Page { entries: page.entries, next: page.next_page_token, total: page.total_size }
            }
            Self::OfTenant(query) => {
                let page = ask(|| {
                    let (mut client, query) = (client.clone(), query.clone());
                    async move { client.search_entries(query).await }
                })
                .await?;
                Page { entries: page.entries, next: page.next_page_token, total: page.total_size }
            }
        })
    }
}
