//! Telemetry with a real OTLP receiver: a call's span continues the caller's trace; logs and metrics arrive.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]
mod served;

use holdfast_host::{LogStyle, Telemetry, client::Outgoing, rpc::Limits};
use holdfast_proto::eventlog::v1::{ListHeadsRequest, event_log_service_client::EventLogServiceClient};
use holdfast_types::Service;
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::{
            ExportLogsServiceRequest, ExportLogsServiceResponse,
            logs_service_server::{LogsService, LogsServiceServer},
        },
        metrics::v1::{
            ExportMetricsServiceRequest, ExportMetricsServiceResponse,
            metrics_service_server::{MetricsService, MetricsServiceServer},
        },
        trace::v1::{
            ExportTraceServiceRequest, ExportTraceServiceResponse,
            trace_service_server::{TraceService, TraceServiceServer},
        },
    },
    trace::v1::Span,
};
use std::sync::{Arc, Mutex};
use tonic::{Request, Response, Status, transport::server::TcpIncoming};
use tracing::Instrument as _;

#[derive(Clone, Default)]
struct Receiver {
    spans: Arc<Mutex<Vec<Span>>>,
    logs: Arc<Mutex<Vec<ExportLogsServiceRequest>>>,
    metrics: Arc<Mutex<Vec<ExportMetricsServiceRequest>>>,
}

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let spans = request.into_inner().resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        self.spans.lock().unwrap().extend(spans.flat_map(|scope| scope.spans));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        self.logs.lock().unwrap().push(request.into_inner());
        Ok(Response::new(ExportLogsServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.metrics.lock().unwrap().push(request.into_inner());
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_from_the_caller_to_the_service_and_its_logs_and_metrics() {
    let receiver = Receiver::default();
    let incoming = TcpIncoming::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let endpoint = format!("http://127.0.0.1:{}", incoming.local_addr().unwrap().port()).parse().unwrap();
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(receiver.clone()))
            .add_service(LogsServiceServer::new(receiver.clone()))
            .add_service(MetricsServiceServer::new(receiver.clone()))
            .serve_with_incoming(incoming),
    );
    let telemetry = Telemetry::start("holdfast-test", LogStyle::Json, "info", Some(&endpoint)).unwrap();
    let served = served::serve(Limits::default()).await;
    let call = async {
        tracing::info!("about to ask");
        let channel = served.peer(Service::Audit);
        EventLogServiceClient::with_interceptor(channel, Outgoing::new())
            .list_heads(ListHeadsRequest {})
            .await
    };
    call.instrument(tracing::info_span!("click")).await.unwrap();
    served.stop.cancel();
    served.ended.await.unwrap().unwrap();
    telemetry.shutdown().await;

    let spans = receiver.spans.lock().unwrap();
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let (click, rpc) = (named("click"), named("holdfast.eventlog.v1.EventLogService/ListHeads"));
    assert_eq!(rpc.trace_id, click.trace_id);
    assert_eq!(rpc.parent_span_id, click.span_id);
    let code = rpc.attributes.iter().find(|attribute| attribute.key == "rpc.grpc.status_code");
    assert!(format!("{code:?}").contains("IntValue(0)"), "{code:?}");
    let logs = format!("{:?}", receiver.logs.lock().unwrap());
    assert!(logs.contains("about to ask"), "{logs}");
    let metrics = format!("{:?}", receiver.metrics.lock().unwrap());
    assert!(metrics.contains("holdfast.rpc.latency_ms") && metrics.contains("holdfast-test"), "{metrics}");
}
