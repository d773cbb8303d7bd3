//! The spans of messages. OpenTelemetry's conventions for messaging are not settled, so their names are here only.

use tracing::Span;
use tracing::field::Empty;

use crate::Event;

/// The exchange that events are published to.
pub(crate) const DESTINATION: &str = "oruma.events";

/// A relay passing one event on; child of the change that the event tells of.
pub(crate) fn send(event: &Event) -> Span {
    let span = tracing::info_span!(
        "send",
        otel.name = "send oruma.events",
        otel.kind = "producer",
        otel.status_code = Empty,
        messaging.operation.name = "send",
        messaging.operation.type = "send",
        messaging.destination.name = DESTINATION,
        messaging.message.id = %event.id,
        event.kind = event.kind,
    );
    in_trace_of(event, span)
}

/// A consumer handling one event; child of the change that the event tells of.
pub(crate) fn process(queue: &str, event: &Event) -> Span {
    let span = tracing::info_span!(
        "process",
        otel.name = format!("process {queue}"),
        otel.kind = "consumer",
        otel.status_code = Empty,
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = DESTINATION,
        messaging.destination.subscription.name = queue,
        messaging.message.id = %event.id,
        event.kind = event.kind,
    );
    in_trace_of(event, span)
}

/// Marks the span as failed.
pub(crate) fn failed(span: &Span) {
    span.record("otel.status_code", "ERROR");
}

fn in_trace_of(event: &Event, span: Span) -> Span {
    if let Some(trace) = &event.trace {
        trace.attach_to(&span);
    }
    span
}
