//! A real OTLP receiver that keeps all it is sent, and wakes whoever waits for something.
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
    common::v1::{KeyValue, any_value::Value as Attribute},
    metrics::v1::{Metric, NumberDataPoint, metric::Data, number_data_point::Value},
    trace::v1::Span,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::sync::watch;
use tonic::{Request, Response, Status, transport::server::TcpIncoming};

/// Nothing is measured by it: a test that would wait for ever ends.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Default)]
pub(crate) struct Received {
    pub(crate) spans: Vec<Span>,
    /// Each request as it came, to be searched.
    pub(crate) texts: Vec<String>,
    pub(crate) metrics: BTreeSet<String>,
    /// What each said last, by its name and its attributes: of a histogram the sum, and how often it was measured.
    values: BTreeMap<(String, BTreeMap<String, String>), (f64, u64)>,
}

impl Received {
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &Span> {
        self.spans.iter().filter(move |span| span.name == name)
    }

    /// What a metric says where it has these attributes, over all others that it has.
    pub(crate) fn sum(&self, name: &str, attributes: &[(&str, &str)]) -> f64 {
        self.said(name, attributes).iter().map(|(value, _)| value).sum()
    }

    /// How often it was measured.
    pub(crate) fn count(&self, name: &str, attributes: &[(&str, &str)]) -> u64 {
        self.said(name, attributes).iter().map(|(_, count)| count).sum()
    }

    fn said(&self, name: &str, attributes: &[(&str, &str)]) -> Vec<(f64, u64)> {
        let has = |own: &BTreeMap<String, String>| {
            attributes.iter().all(|(key, value)| own.get(*key).is_some_and(|own| own == value))
        };
        let values = self.values.iter().filter(|((own, attributes), _)| own == name && has(attributes));
        values.map(|(_, value)| *value).collect()
    }

    fn measured(&mut self, Metric { name, data, .. }: Metric) {
        let attributes = |attributes: Vec<KeyValue>| -> BTreeMap<String, String> {
            let text = |one: KeyValue| match one.value?.value? {
                Attribute::StringValue(text) => Some((one.key, text)),
                _ => None,
            };
            attributes.into_iter().filter_map(text).collect()
        };
        let number = |point: NumberDataPoint| {
            let value = match point.value? {
                Value::AsDouble(value) => value,
                Value::AsInt(value) => value as f64,
            };
            Some((attributes(point.attributes), (value, 1)))
        };
        let points: Vec<_> = match data {
            Some(Data::Sum(sum)) => sum.data_points.into_iter().filter_map(number).collect(),
            Some(Data::Gauge(gauge)) => gauge.data_points.into_iter().filter_map(number).collect(),
            Some(Data::Histogram(histogram)) => {
                let points = histogram.data_points.into_iter();
                points
                    .filter_map(|point| Some((attributes(point.attributes), (point.sum?, point.count))))
                    .collect()
            }
            _ => Vec::new(),
        };
        for (attributes, value) in points {
            self.values.insert((name.clone(), attributes), value);
        }
        self.metrics.insert(name);
    }
}

#[derive(Clone)]
pub(crate) struct Receiver(watch::Sender<Received>);

impl Receiver {
    /// The receiver, and its address.
    pub(crate) fn start() -> (Self, String) {
        let receiver = Self(watch::Sender::new(Received::default()));
        let incoming = TcpIncoming::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let endpoint = format!("http://{}", incoming.local_addr().unwrap());
        let server = tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(receiver.clone()))
            .add_service(LogsServiceServer::new(receiver.clone()))
            .add_service(MetricsServiceServer::new(receiver.clone()))
            .serve_with_incoming(incoming);
        tokio::spawn(server);
        (receiver, endpoint)
    }

    pub(crate) async fn until(&self, arrived: impl FnMut(&Received) -> bool) {
        let mut seen = self.0.subscribe();
        if tokio::time::timeout(PATIENCE, seen.wait_for(arrived)).await.is_err() {
            let seen = self.0.borrow();
            let names: BTreeSet<_> = seen.spans.iter().map(|span| &span.name).collect();
            panic!("it did not arrive; what did: {names:?}, {:?}", seen.metrics);
        }
    }

    pub(crate) fn look<T>(&self, at: impl FnOnce(&Received) -> T) -> T {
        at(&self.0.borrow())
    }
}

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let request = request.into_inner();
        self.0.send_modify(|received| {
            received.texts.push(format!("{request:?}"));
            let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
            received.spans.extend(scopes.flat_map(|scope| scope.spans));
        });
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let text = format!("{:?}", request.into_inner());
        self.0.send_modify(|received| received.texts.push(text));
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let request = request.into_inner();
        self.0.send_modify(|received| {
            received.texts.push(format!("{request:?}"));
            let scopes = request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
            scopes.flat_map(|scope| scope.metrics).for_each(|metric| received.measured(metric));
        });
        Ok(Response::new(Default::default()))
    }
}
