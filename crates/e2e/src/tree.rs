//! A trace as a page can show it.

use std::fmt::Write;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use crate::Collected;

/// Attributes that tell something which the name does not.
const TOLD: [&str; 8] = [
    "http.response.status_code",
    "request.id",
    "rpc.grpc.status_code",
    "event.kind",
    "messaging.message.id",
    "messaging.destination.subscription.name",
    "sockets.told",
    "otel.status_code",
];

/// The spans of a trace, each below its parent, with their services, when they began and how long they took, in milliseconds.
#[must_use]
pub fn tree(trace: &[Collected]) -> String {
    let mut spans: Vec<&Collected> = trace.iter().collect();
    spans.sort_by_key(|span| span.began);
    let first = spans.first().map_or(0, |span| span.began);
    let mut text = String::from("   begin     took  service\n");
    let is_root = |span: &&&Collected| !spans.iter().any(|above| above.id == span.parent);
    for root in spans.iter().filter(is_root) {
        write_below(&mut text, root, &spans, first, 0);
    }
    text
}

fn write_below(text: &mut String, span: &Collected, all: &[&Collected], first: u64, depth: usize) {
    let milliseconds = |nanoseconds: u64| nanoseconds as f64 / 1_000_000.0;
    let told: String = TOLD
        .iter()
        .filter_map(|name| Some(format!(" {name}={}", span.attribute(name)?)))
        .collect();
    // What is written to a text is always written.
    let _ = writeln!(
        text,
        "{:8.2} {:8.2}  {:<10} {}{} [{}]{told}",
        milliseconds(span.began.saturating_sub(first)),
        milliseconds(span.ended.saturating_sub(span.began)),
        span.service,
        "  ".repeat(depth),
        span.name,
        kind(span.kind),
    );
    for below in all.iter().filter(|below| below.parent == span.id) {
        write_below(text, below, all, first, depth + 1);
    }
}

fn kind(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
        SpanKind::Internal | SpanKind::Unspecified => "internal",
    }
}
