//! What is true for a moment, from one gateway to all: told to whoever listens now.

use std::time::Duration;

use oruma_ephemeral::Signal as Message;
use oruma_ids::UserId;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::dialect::Signal;
use super::happening::Address;
use crate::edge::Edge;

const TOPIC: &str = "gateway.realtime";
/// Pause before a subscription that ended is replaced.
const PAUSE: Duration = Duration::from_millis(500);

/// A signal and who gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Addressed {
    pub(crate) to: Vec<Address>,
    /// Who of them doesn't.
    pub(crate) except: Option<UserId>,
    pub(crate) signal: Signal,
}

/// Tells all gateways. While they can't be told, nobody is.
pub(super) async fn publish(edge: &Edge, addressed: &Addressed) {
    if addressed.to.is_empty() {
        return;
    }
    let payload = serde_json::to_vec(addressed).unwrap_or_default();
    if let Err(error) = edge.ephemeral.publish(TOPIC, payload.into()).await {
        tracing::debug!(%error, "signal not published");
    }
}

/// Hands signals to the hub until `stop`.
pub(super) async fn listen(edge: &Edge, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Ok(mut subscription) = edge.ephemeral.subscribe(TOPIC).await {
            let listening = async {
                while let Some(message) = subscription.next().await {
                    if let Message::Message(payload) = message {
                        hand_on(edge, &payload);
                    }
                }
            };
            tokio::select! {
                () = listening => {}
                () = stop.cancelled() => return,
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn hand_on(edge: &Edge, payload: &[u8]) {
    match serde_json::from_slice::<Addressed>(payload) {
        Ok(Addressed { to, except, signal }) => {
            let now = edge.clock.now().timestamp_millis();
            edge.realtime.hub.signal(&to, except, &signal, now);
        }
        Err(error) => tracing::debug!(%error, "signal passed over"),
    }
}
