//! How many decisions fall which way.
use crate::Denial;
use opentelemetry::{KeyValue, global, metrics::Counter};

pub(crate) struct Metrics {
    service: KeyValue,
    decisions_total: Counter<u64>,
}

impl Metrics {
    pub(crate) fn new(service: &str) -> Self {
        let meter = global::meter("holdfast.access");
        Self {
            service: KeyValue::new("service", service.to_owned()),
            decisions_total: meter.u64_counter("holdfast.access.decisions_total").build(),
        }
    }

    pub(crate) fn decided(&self, denial: Option<Denial>) {
        let outcome = KeyValue::new("outcome", denial.map_or("PERMITTED", Denial::reason));
        self.decisions_total.add(1, &[self.service.clone(), outcome]);
    }
}
