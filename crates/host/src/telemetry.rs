//! Logs to stderr always; traces, metrics and logs by OTLP only when an endpoint is set. W3C Trace Context joins them up.
use http::HeaderMap;
use opentelemetry::{
    KeyValue, global,
    propagation::{Extractor, Injector, TextMapPropagator as _},
    trace::TracerProvider as _,
};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{LogExporter, MetricExporter, SpanExporter, WithTonicConfig as _};
use opentelemetry_sdk::{
    Resource, logs::SdkLoggerProvider, metrics::SdkMeterProvider, propagation::TraceContextPropagator,
    trace::SdkTracerProvider,
};
use std::time::Duration;
use std::{path::PathBuf, sync::Mutex};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::ParseError, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};
use url::Url;

const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);
/// What the exporter itself does must not be exported again.
const NEVER_EXPORTED: [&str; 6] =
    ["h2=off", "hyper=off", "hyper_util=off", "tonic=off", "tower=off", "opentelemetry=off"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogStyle {
    /// One JSON object per line.
    Json,
    /// For a person at a terminal.
    Pretty,
    /// JSON appended to a file, where the terminal is for the person who runs it.
    File(PathBuf),
}

#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("the log file `{path}` cannot be written")]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("`{filter}` is not a log filter")]
    Filter {
        filter: String,
        #[source]
        source: ParseError,
    },
    #[error("`{endpoint}` is not an OTLP endpoint")]
    Endpoint {
        endpoint: Url,
        #[source]
        source: tonic::transport::Error,
    },
    #[error("the OTLP exporter cannot be made")]
    Exporter(#[source] opentelemetry_otlp::ExporterBuildError),
    #[error("telemetry was started before")]
    Started,
}

/// Running telemetry. Keep it, and shut it down last, so that what is under way is sent.
#[must_use = "dropped telemetry sends nothing"]
pub struct Telemetry {
    export: Option<Export>,
}

struct Export {
    tracer: SdkTracerProvider,
    meter: SdkMeterProvider,
    logger: SdkLoggerProvider,
}

impl Telemetry {
    /// Once per process, inside a tokio runtime. `name` is the OpenTelemetry service name, e.g. `holdfast-records`.
    pub fn start(
        name: &str,
        style: LogStyle,
        filter: &str,
        endpoint: Option<&Url>,
    ) -> Result<Self, TelemetryError> {
        let shown = parse(filter)?;
        let stderr = match style {
            LogStyle::Json => tracing_subscriber::fmt::layer()
                .json()
                .flatten_event(true)
                .with_writer(std::io::stderr)
                .boxed(),
            LogStyle::Pretty => tracing_subscriber::fmt::layer()
                .compact()
                .with_target(false)
                .with_writer(std::io::stderr)
                .boxed(),
            LogStyle::File(path) => {
                let file = std::fs::File::options().create(true).append(true).open(&path);
                let file = file.map_err(|source| TelemetryError::File { path, source })?;
                tracing_subscriber::fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_writer(Mutex::new(file))
                    .boxed()
            }
        };
        let export = endpoint.map(|endpoint| Export::start(name, endpoint)).transpose()?;
        let mut layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> = vec![stderr.with_filter(shown).boxed()];
        if let Some(export) = &export {
            let traces = tracing_opentelemetry::layer().with_tracer(export.tracer.tracer("holdfast"));
            layers.push(traces.with_filter(exported(filter)?).boxed());
            let logs = OpenTelemetryTracingBridge::new(&export.logger);
            layers.push(logs.with_filter(exported(filter)?).boxed());
        }
        tracing_subscriber::registry().with(layers).try_init().map_err(|_| TelemetryError::Started)?;
        Ok(Self { export })
    }

    /// Sends what is under way, for as long as the exporters' own limits allow.
    pub async fn shutdown(self) {
        let Some(export) = self.export else { return };
        // The providers block while they send.
        let ended = tokio::task::spawn_blocking(move || {
            [export.tracer.shutdown(), export.meter.shutdown(), export.logger.shutdown()]
        });
        for outcome in ended.await.into_iter().flatten() {
            if let Err(error) = outcome {
                tracing::warn!(%error, "telemetry was not sent to the end");
            }
        }
    }
}

impl Export {
    fn start(name: &str, endpoint: &Url) -> Result<Self, TelemetryError> {
        let channel = channel(endpoint)?;
        let resource = Resource::builder()
            .with_service_name(name.to_owned())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let failed = TelemetryError::Exporter;
        let spans =
            SpanExporter::builder().with_tonic().with_channel(channel.clone()).build().map_err(failed)?;
        let metrics =
            MetricExporter::builder().with_tonic().with_channel(channel.clone()).build().map_err(failed)?;
        let logs = LogExporter::builder().with_tonic().with_channel(channel).build().map_err(failed)?;
        let export = Self {
            tracer: SdkTracerProvider::builder()
                .with_batch_exporter(spans)
                .with_resource(resource.clone())
                .build(),
            meter: SdkMeterProvider::builder()
                .with_periodic_exporter(metrics)
                .with_resource(resource.clone())
                .build(),
            logger: SdkLoggerProvider::builder().with_batch_exporter(logs).with_resource(resource).build(),
        };
        global::set_text_map_propagator(TraceContextPropagator::new());
        global::set_tracer_provider(export.tracer.clone());
        global::set_meter_provider(export.meter.clone());
        Ok(export)
    }
}

fn channel(endpoint: &Url) -> Result<Channel, TelemetryError> {
    let failed = |source| TelemetryError::Endpoint { endpoint: endpoint.clone(), source };
    let mut builder = Endpoint::from_shared(endpoint.to_string()).map_err(failed)?.timeout(EXPORT_TIMEOUT);
    if endpoint.scheme() == "https" {
        builder = builder.tls_config(ClientTlsConfig::new().with_native_roots()).map_err(failed)?;
    }
    Ok(builder.connect_lazy())
}

fn parse(filter: &str) -> Result<EnvFilter, TelemetryError> {
    EnvFilter::try_new(filter).map_err(|source| TelemetryError::Filter { filter: filter.to_owned(), source })
}

fn exported(filter: &str) -> Result<EnvFilter, TelemetryError> {
    parse(&[filter, &NEVER_EXPORTED.join(",")].join(","))
}

/// Makes a span part of the trace that the headers name.
pub(crate) fn continue_trace(span: &Span, headers: &HeaderMap) {
    let parent = TraceContextPropagator::new().extract(&Headers(headers));
    // An error means that no trace is kept here.
    let _ = span.set_parent(parent);
}

/// The current span as a W3C `traceparent`; None when no trace is kept here.
pub fn traceparent() -> Option<String> {
    let mut carrier = Traceparent(None);
    TraceContextPropagator::new().inject_context(&Span::current().context(), &mut carrier);
    carrier.0
}

/// Makes a span part of the trace of a stored `traceparent`: the bus and the inbox go on with it.
pub fn continue_from(span: &Span, traceparent: &str) {
    let parent = TraceContextPropagator::new().extract(&Traceparent(Some(traceparent.to_owned())));
    let _ = span.set_parent(parent);
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }
    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

struct Traceparent(Option<String>);

impl Injector for Traceparent {
    fn set(&mut self, key: &str, value: String) {
        if key == crate::metadata::TRACEPARENT {
            self.0 = Some(value);
        }
    }
}

impl Extractor for Traceparent {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.as_deref().filter(|_| key == crate::metadata::TRACEPARENT)
    }
    fn keys(&self) -> Vec<&str> {
        vec![crate::metadata::TRACEPARENT]
    }
}
