//! What operations need to see of the log. The names stand once, here; units last.
use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Gauge, Histogram},
};
use std::time::Duration;

/// Bounds that tell half a millisecond from ten seconds, for every histogram of latencies.
pub const LATENCY_BOUNDS_MS: &[f64] =
    &[0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10_000.0];

pub(crate) struct Metrics {
    service: KeyValue,
    append_latency_ms: Histogram<f64>,
    group_size: Histogram<u64>,
    relay_lag_events: Gauge<u64>,
    relay_published_total: Counter<u64>,
    inbox_lag_ms: Gauge<u64>,
    inbox_parked: Gauge<u64>,
    inbox_read_back_total: Counter<u64>,
}

impl Metrics {
    pub(crate) fn new(service: &str) -> Self {
        let meter = global::meter("holdfast.eventlog");
        Self {
            service: KeyValue::new("service", service.to_owned()),
            append_latency_ms: meter
                .f64_histogram("holdfast.append.latency_ms")
                .with_boundaries(LATENCY_BOUNDS_MS.to_vec())
                .build(),
            group_size: meter.u64_histogram("holdfast.append.group_size").build(),
            relay_lag_events: meter.u64_gauge("holdfast.relay.lag_events").build(),
            relay_published_total: meter.u64_counter("holdfast.relay.published_total").build(),
            inbox_lag_ms: meter.u64_gauge("holdfast.inbox.lag_ms").build(),
            inbox_parked: meter.u64_gauge("holdfast.inbox.parked").build(),
            inbox_read_back_total: meter.u64_counter("holdfast.inbox.read_back_total").build(),
        }
    }

    pub(crate) fn append_latency(&self, latency: Duration) {
        self.append_latency_ms.record(latency.as_secs_f64() * 1000.0, std::slice::from_ref(&self.service));
    }
    pub(crate) fn group_size(&self, size: usize) {
        self.group_size.record(size as u64, std::slice::from_ref(&self.service));
    }
    pub(crate) fn relay_lag(&self, events: u64) {
        self.relay_lag_events.record(events, std::slice::from_ref(&self.service));
    }
    pub(crate) fn published(&self, events: usize) {
        self.relay_published_total.add(events as u64, std::slice::from_ref(&self.service));
    }
    pub(crate) fn inbox_lag(&self, source: &str, lag: Duration) {
        let lag_ms = u64::try_from(lag.as_millis()).unwrap_or(u64::MAX);
        self.inbox_lag_ms.record(lag_ms, &[self.service.clone(), KeyValue::new("source", source.to_owned())]);
    }
    pub(crate) fn parked(&self, source: &str, events: u64) {
        self.inbox_parked.record(events, &[self.service.clone(), KeyValue::new("source", source.to_owned())]);
    }
    pub(crate) fn read_back(&self, source: &str, events: usize) {
        let source = KeyValue::new("source", source.to_owned());
        self.inbox_read_back_total.add(events as u64, &[self.service.clone(), source]);
    }
}
