//! The log that all gateways share: what the inbox appends, every hub reads.

use std::time::Duration;

use oruma_ephemeral::{EphemeralError, LogReader, LogSignal, SharedEphemeral};
use oruma_telemetry::propagation::TraceContext;
use tokio_util::sync::CancellationToken;
use tracing::Span;
use tracing::field::Empty;

use super::happening::{Entry, Move};
use super::window::BOUNDS;
use crate::edge::Edge;

/// The log's name.
const LOG: &str = "gateway.realtime";
/// Pause before a reader that ended is replaced.
const PAUSE: Duration = Duration::from_millis(500);

/// Tells all gateways what happened.
pub(super) async fn append(
    ephemeral: &SharedEphemeral,
    entry: &Entry,
) -> Result<(), EphemeralError> {
    // Messages have no maps with keys that JSON can't write.
    let payload = serde_json::to_vec(entry).unwrap_or_default();
    ephemeral.append(LOG, payload.into(), BOUNDS).await?;
    Ok(())
}

/// Hands the log to the hub until `stop`.
pub(super) async fn follow(edge: &Edge, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Ok(reader) = edge.ephemeral.follow(LOG).await {
            tokio::select! {
                () = read(edge, reader) => {}
                () = stop.cancelled() => return,
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The end of a change's trace on this gateway, where it is recorded. What is read again after a start was told by others.
fn push_span(edge: &Edge, entry: Option<&Entry>) -> Span {
    let trace = entry.and_then(|entry| Some((entry.id, entry.trace.clone()?)));
    let Some((event, traceparent)) = trace.filter(|_| edge.realtime.hub.is_ready()) else {
        return Span::none();
    };
    let span = tracing::info_span!(
        "push",
        otel.name = "push to sockets",
        otel.kind = "internal",
        messaging.message.id = %event,
        sockets.told = Empty,
    );
    let context = TraceContext {
        traceparent,
        tracestate: None,
    };
    context.attach_to(&span);
    span
}

async fn read(edge: &Edge, mut reader: LogReader) {
    let hub = &edge.realtime.hub;
    while let Some(signal) = reader.next().await {
        match signal {
            LogSignal::Begins { after } => hub.begin(after.number()),
            LogSignal::Entry { position, payload } => {
                let entry: Option<Entry> = serde_json::from_slice(&payload)
                    .inspect_err(|error| tracing::debug!(%error, "log entry passed over"))
                    .ok();
                if let Some(Move::Left { user, conversation }) =
                    entry.as_ref().and_then(|entry| entry.happening.r#move())
                {
                    edge.realtime.typing.forget(user, conversation);
                }
                let now = edge.clock.now().timestamp_millis();
                let span = push_span(edge, entry.as_ref());
                let told = hub.deliver(position.number(), entry, payload.len(), now);
                span.record("sockets.told", told);
            }
            LogSignal::CaughtUp => hub.ready(),
            LogSignal::Lost { after } => hub.lost(after.number()),
        }
    }
}
