//! `AuditService` over gRPC: what was asked for out of the message, and the answer into one.
mod hypothesis;
pub(crate) mod log;
mod reader;
mod rehearsal;
pub(crate) mod replay;
mod wire;

use crate::{
    app::App,
    views::{Cursor, Filter, History, HistoryError},
};
use futures::{Stream, StreamExt};
use holdfast_host::{Page, PageLimits, Problem, catalogue, field};
use holdfast_proto::audit::v1::{
    DownloadEntriesRequest, DownloadEntriesResponse, DownloadPatientProofRequest,
    DownloadPatientProofResponse, GetLogHealthRequest, ListPatientEntriesRequest, ListPatientEntriesResponse,
    LogHealth, SearchEntriesRequest, SearchEntriesResponse, VerifyLogsRequest,
    audit_service_server::{AuditService, AuditServiceServer},
};
use holdfast_types::{PatientId, Period};
use std::pin::Pin;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

/// A browser keeps one; whoever collects them shows the newest.
const OLDER_SIZES_MAX: usize = 8;
const PAGE: PageLimits = PageLimits { default: 50, max: 200 };

pub(crate) fn service(app: App) -> AuditServiceServer<Api> {
    AuditServiceServer::new(Api { app })
}

pub(crate) struct Api {
    app: App,
}

#[tonic::async_trait]
impl AuditService for Api {
    async fn list_patient_entries(
        &self,
        request: Request<ListPatientEntriesRequest>,
    ) -> Result<Response<ListPatientEntriesResponse>, Status> {
        let entered = self.app.ground().enter(&request).await?;
        let query = request.into_inner();
        let patient = field::id("patient_id", &query.patient_id)?;
        let filter = Filter { kinds: wire::kinds("kinds", &query.kinds)?, ..Filter::default() };
        let page = Page::of(&query, PAGE)?;
        let history =
            self.app.list_patient_entries(&entered, patient, &filter, page.after(), page.size()).await?;
        Ok(Response::new(ListPatientEntriesResponse {
            next_page_token: token(&page, &history)?,
            total_size: wire::total(history.total),
            lag_ms: wire::lag_ms(self.app.lag_max()),
            entries: history.entries.into_iter().map(wire::entry).collect(),
        }))
    }

    type DownloadPatientProofStream =
        Pin<Box<dyn Stream<Item = Result<DownloadPatientProofResponse, Status>> + Send>>;

    async fn download_patient_proof(
        &self,
        request: Request<DownloadPatientProofRequest>,
    ) -> Result<Response<Self::DownloadPatientProofStream>, Status> {
        let entered = self.app.ground().enter(&request).await?;
        let query = request.into_inner();
        let patient = field::id("patient_id", &query.patient_id)?;
        field::count("older_sizes", query.older_sizes.len(), OLDER_SIZES_MAX)?;
        let parts = self.app.download_patient_proof(&entered, patient, query.older_sizes).await?;
        let answers = ReceiverStream::new(parts).map(|part| match part {
            Ok(content) => Ok(DownloadPatientProofResponse { content }),
            Err(problem) => Err(problem.into()),
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn search_entries(
        &self,
        request: Request<SearchEntriesRequest>,
    ) -> Result<Response<SearchEntriesResponse>, Status> {
        let entered = self.app.ground().enter(&request).await?;
        let query = request.into_inner();
        let tenant = field::id("tenant_id", &query.tenant_id)?;
        let patient = field::optional_id("patient_id", &query.patient_id)?;
        let filter = filter(&query)?;
        let page = Page::of(&query, PAGE)?;
        bounded(patient, &filter)?;
        let history =
            self.app.search_entries(&entered, tenant, patient, &filter, page.after(), page.size()).await?;
        Ok(Response::new(SearchEntriesResponse {
            next_page_token: token(&page, &history)?,
            total_size: wire::total(history.total),
            lag_ms: wire::lag_ms(self.app.lag_max()),
            entries: history.entries.into_iter().map(wire::entry).collect(),
        }))
    }

    type DownloadEntriesStream = Pin<Box<dyn Stream<Item = Result<DownloadEntriesResponse, Status>> + Send>>;

    async fn download_entries(
        &self,
        request: Request<DownloadEntriesRequest>,
    ) -> Result<Response<Self::DownloadEntriesStream>, Status> {
        let entered = self.app.ground().enter(&request).await?;
        self.app.ground().stepped_up(&entered)?;
        let DownloadEntriesRequest { tenant_id, patient_id, account_id, from_time, until_time, kinds } =
            request.into_inner();
        let tenant = field::id("tenant_id", &tenant_id)?;
        let patient = field::optional_id("patient_id", &patient_id)?;
        let period = SearchEntriesRequest { account_id, from_time, until_time, kinds, ..Default::default() };
        let filter = filter(&period)?;
        bounded(patient, &filter)?;
        let pages = self.app.download_entries(&entered, tenant, patient, filter).await?;
        let answers = ReceiverStream::new(pages)
            .map(|page| Ok(DownloadEntriesResponse { content: wire::lines(page?)? }));
        Ok(Response::new(Box::pin(answers)))
    }

    async fn get_log_health(
        &self,
        request: Request<GetLogHealthRequest>,
    ) -> Result<Response<LogHealth>, Status> {
        let entered = self.app.ground().enter(&request).await?;
        let logs = self.app.get_log_health(&entered).await?;
        Ok(Response::new(self.health(logs)))
    }

    async fn verify_logs(&self, request: Request<VerifyLogsRequest>) -> Result<Response<LogHealth>, Status> {
        let entered = self.app.ground().enter(&request).await?;
        let logs = self.app.verify_logs(&entered).await?;
        Ok(Response::new(self.health(logs)))
    }
}

impl Api {
    fn health(&self, logs: Vec<crate::views::LogHealth>) -> LogHealth {
        let services = logs.into_iter().map(|log| {
            let lag = self.app.lag(log.service);
            wire::log_health(log, lag)
        });
        LogHealth { services: services.collect() }
    }
}

fn filter(query: &SearchEntriesRequest) -> Result<Filter, Problem> {
    let from = field::time("from_time", query.from_time.as_ref())?;
    let until = field::time("until_time", query.until_time.as_ref())?;
    if let Some(from) = from {
        Period::try_new(from, until).map_err(|error| {
            Problem::of_field(catalogue::PERIOD_ENDS_BEFORE_IT_BEGINS, "until_time", error.to_string())
        })?;
    }
    let actor = field::optional_id("account_id", &query.account_id)?;
    Ok(Filter { actor, from, until, kinds: wire::kinds("kinds", &query.kinds)? })
}

/// A period without a beginning is no bound.
fn bounded(patient: Option<PatientId>, filter: &Filter) -> Result<(), Problem> {
    if patient.is_none() && filter.actor.is_none() && filter.from.is_none() {
        let message = "name a patient, an account or the beginning of a period";
        return Err(Problem::of_field(catalogue::SEARCH_UNBOUNDED, "patient_id", message));
    }
    Ok(())
}

fn token(page: &Page<Cursor>, history: &History) -> Result<String, Problem> {
    history.next.as_ref().map_or_else(|| Ok(String::new()), |cursor| page.token_after(cursor))
}

impl From<HistoryError> for Problem {
    fn from(error: HistoryError) -> Self {
        let message = error.to_string();
        tracing::error!(error = &error as &dyn std::error::Error, "the history cannot be reached");
        Self::new(catalogue::LOG_UNAVAILABLE, message)
    }
}
