//! The layer around every call: one span that continues the caller's trace, a correlation id, a limit on calls in hand,
//! a time limit, and the transport's own refusals in our words.
use crate::{
    catalogue, metadata,
    metrics::Calls,
    status::{self, Problem},
    telemetry,
    turned_away::TurnedAway,
};
use futures::future::BoxFuture;
use holdfast_access::disclosure::{Disclosure, PART_2, noting};
use holdfast_types::Ids;
use http::{HeaderMap, HeaderValue, Request, Response};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use std::{
    collections::HashMap,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};
use tracing::{Instrument as _, Span, field::Empty};
use uuid::Uuid;

/// The id under which everything that one request causes can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correlation(pub Uuid);

tokio::task_local! {
    static CORRELATION: Uuid;
}

/// The correlation id of the request being handled by this task.
pub fn correlation() -> Option<Uuid> {
    CORRELATION.try_with(|id| *id).ok()
}

/// Handles something under a correlation id.
pub async fn with_correlation<F: Future>(id: Uuid, handling: F) -> F::Output {
    CORRELATION.scope(id, handling).await
}

/// What one role takes at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls that have not been answered yet, over all connections.
    pub calls_max: usize,
    /// For a call whose request is one message, until its answer begins.
    pub unary_timeout: Duration,
    /// For a call whose request is a stream, until its answer begins.
    pub upload_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls_max: 1024,
            unary_timeout: Duration::from_secs(15),
            upload_timeout: Duration::from_mins(5),
        }
    }
}

#[derive(Clone)]
pub(crate) struct RpcLayer(Arc<Shared>);

struct Shared {
    methods: HashMap<String, Method>,
    limits: Limits,
    calls: Semaphore,
    ids: Arc<dyn Ids>,
    metrics: Calls,
    /// None where there is no log to put it on.
    turned_away: Option<Arc<TurnedAway>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    OneMessage,
    Stream,
}

impl RpcLayer {
    pub(crate) fn new(
        limits: Limits,
        ids: Arc<dyn Ids>,
        turned_away: Option<Arc<TurnedAway>>,
    ) -> Result<Self, prost::DecodeError> {
        Ok(Self(Arc::new(Shared {
            methods: methods()?,
            limits,
            calls: Semaphore::new(limits.calls_max),
            ids,
            metrics: Calls::new(),
            turned_away,
        })))
    }
}

/// Every method of the contracts by its path.
fn methods() -> Result<HashMap<String, Method>, prost::DecodeError> {
    let mut methods = HashMap::new();
    for file in FileDescriptorSet::decode(holdfast_proto::DESCRIPTORS)?.file {
        for service in &file.service {
            for method in &service.method {
                let kind = if method.client_streaming() { Method::Stream } else { Method::OneMessage };
                methods.insert(format!("/{}.{}/{}", file.package(), service.name(), method.name()), kind);
            }
        }
    }
    Ok(methods)
}

impl<S> Layer<S> for RpcLayer {
    type Service = Rpc<S>;
    fn layer(&self, inner: S) -> Rpc<S> {
        Rpc { inner, shared: Arc::clone(&self.0) }
    }
}

#[derive(Clone)]
pub(crate) struct Rpc<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> Service<Request<Body>> for Rpc<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        // Health, reflection and what does not exist: nothing to trace, and a probe is never shed.
        let Some((path, kind)) = self.shared.methods.get_key_value(request.uri().path()) else {
            return Box::pin(async move { Ok(reworded(inner.call(request).await?)) });
        };
        let (path, kind, shared) = (path.clone(), *kind, Arc::clone(&self.shared));
        let id = sent_correlation(request.headers()).unwrap_or_else(|| shared.ids.next());
        request.extensions_mut().insert(Correlation(id));
        let span = span(&path, id);
        telemetry::continue_trace(&span, request.headers());
        let limit = match kind {
            Method::OneMessage => shared.limits.unary_timeout,
            Method::Stream => shared.limits.upload_timeout,
        };
        let observed =
            Observation { span: span.clone(), shared: Arc::clone(&shared), path, begin: Instant::now() };
        let handling = async move {
            let Ok(_permit) = shared.calls.try_acquire() else {
                return Ok(observed.refuse(Problem::new(catalogue::SERVER_BUSY, "too many calls in hand")));
            };
            match tokio::time::timeout(limit, noting(inner.call(request))).await {
                Ok((response, disclosure)) => Ok(observed.watch(noticed(reworded(response?), disclosure))),
                Err(_) => {
                    Ok(observed.refuse(Problem::new(catalogue::CALL_TIMED_OUT, "the call took too long")))
                }
            }
        };
        Box::pin(with_correlation(id, handling).instrument(span))
    }
}

fn sent_correlation(headers: &HeaderMap) -> Option<Uuid> {
    headers.get(metadata::CORRELATION)?.to_str().ok().and_then(|text| Uuid::try_parse(text).ok())
}

fn span(path: &str, correlation: Uuid) -> Span {
    let method = path.trim_start_matches('/');
    tracing::info_span!(
        "rpc",
        otel.name = method,
        otel.kind = "server",
        otel.status_code = Empty,
        rpc.system = "grpc",
        rpc.method = method,
        rpc.grpc.status_code = Empty,
        %correlation,
    )
}

/// The transport's own refusals become ours; all else passes.
fn reworded(response: Response<Body>) -> Response<Body> {
    match Status::from_header_map(response.headers()).as_ref().and_then(status::of_transport) {
        Some(problem) => Status::from(problem).into_http(),
        None => response,
    }
}

/// What was disclosed goes with its notice and names its consent.
fn noticed(mut response: Response<Body>, disclosure: Option<Disclosure>) -> Response<Body> {
    let Some(Disclosure { grants }) = disclosure else { return response };
    let headers = response.headers_mut();
    headers.insert(metadata::NOTICE, HeaderValue::from_static(PART_2));
    let grants: Vec<String> = grants.iter().map(ToString::to_string).collect();
    // Ids are header text; were they none, the notice stands alone.
    if let Ok(grants) = HeaderValue::try_from(grants.join(",")) {
        headers.insert(metadata::DISCLOSED_BY, grants);
    }
    response
}

struct Observation {
    span: Span,
    shared: Arc<Shared>,
    path: String,
    begin: Instant,
}

impl Observation {
    fn refuse(self, problem: Problem) -> Response<Body> {
        self.watch(Status::from(problem).into_http())
    }

    fn watch(self, response: Response<Body>) -> Response<Body> {
        // A refusal has its status in the headers, an answer has it in the trailers.
        if let Some(code) = grpc_status(response.headers()) {
            if code != Code::Ok
                && let Some(turned_away) = &self.shared.turned_away
                && let Some(refusal) = Status::from_header_map(response.headers())
            {
                turned_away.hear(&refusal);
            }
            self.end(code);
            return response;
        }
        response.map(|body| Body::new(Watched { body, observation: Some(self) }))
    }

    fn end(self, code: Code) {
        self.span.record("rpc.grpc.status_code", code as i64);
        if matches!(code, Code::Internal | Code::Unknown | Code::DataLoss) {
            self.span.record("otel.status_code", "ERROR");
        }
        self.shared.metrics.record(&self.path, code, self.begin.elapsed());
    }
}

/// An answer on its way; its trailers end the observation, and so does its being dropped.
struct Watched {
    body: Body,
    observation: Option<Observation>,
}

impl HttpBody for Watched {
    type Data = bytes::Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<bytes::Bytes>, Status>>> {
        let span = self.observation.as_ref().map(|observation| observation.span.clone());
        let _entered = span.as_ref().map(Span::enter);
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let code = match &frame {
            Some(Ok(frame)) => frame.trailers_ref().and_then(grpc_status),
            Some(Err(status)) => Some(status.code()),
            None => Some(Code::Unknown),
        };
        if let Some((code, observation)) = code.and_then(|code| Some((code, self.observation.take()?))) {
            observation.end(code);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(observation) = self.observation.take() {
            observation.end(Code::Cancelled);
        }
    }
}

fn grpc_status(headers: &HeaderMap) -> Option<Code> {
    headers.get("grpc-status").map(|value| Code::from_bytes(value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_the_contracts_has_its_limit() {
        let methods = methods().unwrap();
        assert!(methods["/holdfast.records.v1.RecordsService/ImportBundle"] == Method::Stream);
        assert!(methods["/holdfast.records.v1.RecordsService/GetItem"] == Method::OneMessage);
        assert!(methods["/holdfast.eventlog.v1.EventLogService/ReadLane"] == Method::OneMessage);
    }

    #[tokio::test]
    async fn outside_a_request_there_is_no_correlation() {
        assert_eq!(correlation(), None);
        let id = Uuid::from_u128(5);
        assert_eq!(with_correlation(id, async { correlation() }).await, Some(id));
    }
}
