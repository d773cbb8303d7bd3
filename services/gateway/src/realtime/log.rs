//! The log that all gateways share: what the inbox appends, every hub reads.

use std::time::Duration;

use oruma_ephemeral::{EphemeralError, LogReader, LogSignal, SharedEphemeral};
use tokio_util::sync::CancellationToken;

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
                hub.deliver(position.number(), entry, payload.len(), now);
            }
            LogSignal::CaughtUp => hub.ready(),
            LogSignal::Lost { after } => hub.lost(after.number()),
        }
    }
}
