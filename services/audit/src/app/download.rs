//! What an officer found, to take along as one file of lines: page by page, each on the log as a download before it leaves.
use super::App;
use crate::views::{self, Cursor, Entry, Filter, Found};
use holdfast_access::{Oversight, RequestContext, Unreleased};
use holdfast_host::{Entered, Problem, catalogue, rpc::with_correlation};
use holdfast_types::{PatientId, TenantId};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

const OPERATION: &str = "audit.DownloadEntries";
/// On their way to their readers, however slow these are: each holds a few pages.
const AT_ONCE: usize = 8;
const PAGE_SIZE: u32 = 200;
/// Pages that wait for a slow reader.
const WAITING_MAX: usize = 2;
/// Before the token of whoever asks has expired.
const TIME_MAX: Duration = Duration::from_mins(4);

type Part = Result<Vec<Entry>, Problem>;

#[derive(Clone)]
pub(crate) struct Downloads {
    entries_max: u32,
    turns: Arc<Semaphore>,
    stop: CancellationToken,
}

/// What is taken along, and by whom.
struct Download {
    app: App,
    context: RequestContext,
    asked: Oversight,
    filter: Filter,
}

impl Downloads {
    pub(crate) fn new(entries_max: u32, stop: CancellationToken) -> Self {
        Self { entries_max, turns: Arc::new(Semaphore::new(AT_ONCE)), stop }
    }
}

impl App {
    /// Of a period that has an end: what is recorded from now on, these looks among it, is for the next.
    #[tracing::instrument(skip_all, name = "audit.download_entries")]
    pub(crate) async fn download_entries(
        &self,
        entered: &Entered,
        tenant: TenantId,
        patient: Option<PatientId>,
        filter: Filter,
    ) -> Result<mpsc::Receiver<Part>, Problem> {
        let busy = |_| Problem::new(catalogue::SERVER_BUSY, "too many downloads are on their way");
        let turn = Arc::clone(&self.downloads.turns).try_acquire_owned().map_err(busy)?;
        let until = filter.until.unwrap_or_else(|| self.ground.clock().now());
        let filter = Filter { until: Some(until), ..filter };
        let asked = Oversight::TenantHistory { tenant, patient };
        let correlation = entered.context.correlation;
        let download = Download { app: self.clone(), context: entered.context.clone(), asked, filter };
        download.is_one_file().await?;
        let first = download.page(None).await?;
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let sending = async move { download.send(first, &sender, turn).await };
        self.ground.tasks().spawn(with_correlation(correlation, sending).in_current_span());
        Ok(receiver)
    }
}

impl Download {
    /// That it was asked for is on the log, whether or not it is too much.
    async fn is_one_file(&self) -> Result<(), Problem> {
        let (gate, entries_max) = (self.app.ground.gate(), self.app.downloads.entries_max);
        let permit = gate.authorise_export(&self.context, self.asked, OPERATION).await?;
        let count_max = i64::from(entries_max) + 1;
        let count = views::count(self.app.ground.log().pool(), &permit, &self.filter, count_max).await?;
        let count = gate.release(permit, Unreleased::new(count, Vec::new())).await?;
        if count < count_max {
            return Ok(());
        }
        let message = format!("more than {entries_max} entries were found");
        Err(Problem::of_field(catalogue::TOO_MANY_ENTRIES, "from_time", message)
            .with("entries_max", entries_max))
    }

    async fn page(&self, after: Option<&Cursor>) -> Result<Found, Problem> {
        let gate = self.app.ground.gate();
        let permit = gate.authorise_export(&self.context, self.asked, OPERATION).await?;
        let pool = self.app.ground.log().pool();
        let page = views::found(pool, &permit, &self.filter, after, PAGE_SIZE).await?;
        Ok(gate.release(permit, page).await?)
    }

    /// Until all is sent or the reader is gone. Otherwise the failure is the last thing sent: a stream that merely ends is whole.
    async fn send(&self, first: Found, sender: &mpsc::Sender<Part>, _turn: OwnedSemaphorePermit) {
        let sent = tokio::select! {
            () = self.app.downloads.stop.cancelled() => {
                Err(Problem::new(catalogue::LOG_UNAVAILABLE, "the service is shutting down"))
            }
            () = sender.closed() => return,
            () = sleep(TIME_MAX) => {
                Err(Problem::new(catalogue::CALL_TIMED_OUT, "the history was not taken in time"))
            }
            sent = self.send_pages(first, sender) => sent,
        };
        if let Err(problem) = sent {
            let _ = sender.send(Err(problem)).await;
        }
    }

    async fn send_pages(&self, first: Found, sender: &mpsc::Sender<Part>) -> Result<(), Problem> {
        let (mut entries, mut next) = first;
        loop {
            if sender.send(Ok(entries)).await.is_err() {
                return Ok(());
            }
            let Some(cursor) = next else { return Ok(()) };
            (entries, next) = self.page(Some(&cursor)).await?;
        }
    }
}
