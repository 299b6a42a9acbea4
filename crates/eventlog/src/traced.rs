//! The way of an event, as spans in the trace of the command that made it: put on the bus, and taken in by whoever hears it.
use crate::Envelope;
use opentelemetry::{
    KeyValue,
    global::{self, BoxedSpan},
    propagation::Extractor,
    trace::{SpanBuilder, Tracer as _},
};

/// W3C Trace Context.
const TRACEPARENT: &str = "traceparent";

/// How events came to whoever takes them in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Bus,
    ReadBack,
}

impl Way {
    pub(crate) fn attribute(self) -> KeyValue {
        let way = match self {
            Self::Bus => "bus",
            Self::ReadBack => "read-back",
        };
        KeyValue::new("way", way)
    }
}

/// One of each command among them that is traced; they end when they are let go. Ids and names of services only.
#[must_use]
pub(crate) fn spans(name: &'static str, envelopes: &[Envelope], attributes: &[KeyValue]) -> Vec<BoxedSpan> {
    let mut parents: Vec<&str> =
        envelopes.iter().filter_map(|envelope| envelope.header.traceparent.as_deref()).collect();
    parents.sort_unstable();
    parents.dedup();
    if parents.is_empty() {
        return Vec::new();
    }
    let tracer = global::tracer("holdfast.eventlog");
    let span = |parent: &str| {
        let parent = global::get_text_map_propagator(|propagator| propagator.extract(&Traceparent(parent)));
        let builder = SpanBuilder::from_name(name).with_attributes(attributes.iter().cloned());
        tracer.build_with_context(builder, &parent)
    };
    parents.into_iter().map(span).collect()
}

struct Traceparent<'a>(&'a str);

impl Extractor for Traceparent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then_some(self.0)
    }
    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}
