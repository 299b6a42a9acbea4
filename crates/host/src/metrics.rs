//! Every metric by its name, once; a test finds instruments that are not listed. Instruments come from OpenTelemetry's
//! global meter, so that the event log and access measure themselves without knowing of this crate.
use holdfast_eventlog::LATENCY_BOUNDS_MS;
use opentelemetry::{KeyValue, metrics::Histogram};
use std::time::Duration;
use tonic::Code;

/// A metric's name, whose last word is its unit, and what it counts.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    pub name: &'static str,
    pub meaning: &'static str,
}

macro_rules! metrics {
    ($($id:ident: $name:literal, $meaning:literal;)+) => {
        $(#[doc = $meaning] pub const $id: Metric = Metric { name: $name, meaning: $meaning };)+
        pub const ALL: &[Metric] = &[$($id),+];
    };
}

metrics! {
    APPEND_LATENCY: "holdfast.append.latency_ms", "From handing an append over until it is committed.";
    APPEND_GROUP_SIZE: "holdfast.append.group_size", "Appends committed in one transaction.";
    RELAY_LAG: "holdfast.relay.lag_events", "Events committed and not yet on the bus.";
    RELAY_PUBLISHED: "holdfast.relay.published_total", "Events put on the bus.";
    INBOX_LAG: "holdfast.inbox.lag_ms", "Time since all that another service had was known to be taken in, by source.";
    INBOX_PARKED: "holdfast.inbox.parked", "Events that wait for a fix, by source.";
    INBOX_READ_BACK: "holdfast.inbox.read_back_total", "Events that the bus lost and the source's log gave, by source.";
    DECISIONS: "holdfast.access.decisions_total", "Access decisions, by outcome.";
    READ_AUDIT_LATENCY: "holdfast.access.read_audit_latency_ms", "From asking for an answer's release until its look is committed.";
    RPC_LATENCY: "holdfast.rpc.latency_ms", "From a call's arrival until its answer has ended, by method and status code.";
}

/// The calls of one role.
pub(crate) struct Calls(Histogram<f64>);

impl Calls {
    pub(crate) fn new() -> Self {
        let meter = opentelemetry::global::meter("holdfast.host");
        let histogram = meter.f64_histogram(RPC_LATENCY.name);
        Self(
            histogram
                .with_description(RPC_LATENCY.meaning)
                .with_boundaries(LATENCY_BOUNDS_MS.to_vec())
                .build(),
        )
    }

    pub(crate) fn record(&self, path: &str, code: Code, took: Duration) {
        let method = path.trim_start_matches('/').to_owned();
        self.0.record(
            took.as_secs_f64() * 1000.0,
            &[KeyValue::new("rpc.method", method), KeyValue::new("rpc.grpc.status_code", code as i64)],
        );
    }
}
