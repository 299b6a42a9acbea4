//! How many decisions fall which way, and what recording a look adds to its answer.
use crate::Denial;
use holdfast_eventlog::LATENCY_BOUNDS_MS;
use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
};
use std::time::Duration;

pub(crate) struct Metrics {
    service: KeyValue,
    decisions_total: Counter<u64>,
    read_audit_latency_ms: Histogram<f64>,
}

impl Metrics {
    pub(crate) fn new(service: &str) -> Self {
        let meter = global::meter("holdfast.access");
        Self {
            service: KeyValue::new("service", service.to_owned()),
            decisions_total: meter.u64_counter("holdfast.access.decisions_total").build(),
            read_audit_latency_ms: meter
                .f64_histogram("holdfast.access.read_audit_latency_ms")
                .with_boundaries(LATENCY_BOUNDS_MS.to_vec())
                .build(),
        }
    }

    pub(crate) fn decided(&self, denial: Option<Denial>) {
        let outcome = KeyValue::new("outcome", denial.map_or("PERMITTED", Denial::reason));
        self.decisions_total.add(1, &[self.service.clone(), outcome]);
    }

    pub(crate) fn recorded(&self, latency: Duration) {
        self.read_audit_latency_ms
            .record(latency.as_secs_f64() * 1000.0, std::slice::from_ref(&self.service));
    }
}
