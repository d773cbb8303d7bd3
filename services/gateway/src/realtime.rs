//! The real-time part of the edge: what happens, who is to know, and the sockets that tell them.
//!
//! ```text
//! broker ─▶ inbox ─▶ log (all gateways) ─▶ hub ─▶ sockets      what happened: kept for minutes, told once, in order, replayed by `since`
//!           typing, presence ─▶ topic (all gateways) ─▶ hub    what is true for a moment: told now or never
//! ```
//!
//! Nothing here knows a contract: a [`dialect::Dialect`] puts what is told into a contract's frames, and a client's frames into commands.
//!
//! Larger conversations are addressed as such: who of the sockets takes part in them is asked once for each person, and followed through the log.
//!
//! A socket has no queue of what happened: it has a cursor into the window that the gateway keeps for all, and reads on when the connection takes
//! more. A reader that is slow costs nothing, and one that is too slow learns that it has to reload.

pub(crate) mod availability;
pub(crate) mod commands;
pub(crate) mod connection;
pub(crate) mod deliveries;
pub(crate) mod dialect;
pub(crate) mod frame;
pub(crate) mod happening;
pub(crate) mod hub;
pub(crate) mod idleness;
mod inbox;
mod incoming;
mod log;
mod memberships;
mod meters;
mod outgoing;
pub(crate) mod presence;
pub(crate) mod signals;
pub(crate) mod socket;
pub(crate) mod statuses;
pub(crate) mod tickets;
pub(crate) mod typing;
mod window;

use std::sync::Arc;
use std::time::Duration;

use oruma_broker::{BrokerError, SharedBroker};
use oruma_service_runtime::{Random, Stop};

use crate::edge::Edge;
use deliveries::Deliveries;
use dialect::Dialect;
use hub::Hub;
use presence::Peers;
use statuses::Statuses;
use typing::Typing;

/// How often the clock is looked at for what ends with time.
const TICK: Duration = Duration::from_millis(250);

/// The parts that sockets share.
pub struct Realtime {
    pub(crate) hub: Arc<Hub>,
    pub(crate) peers: Peers,
    pub(crate) statuses: Statuses,
    pub(crate) typing: Typing,
    pub(crate) deliveries: Deliveries,
    pub(crate) random: Random,
}

impl Realtime {
    pub(crate) fn new(hub: Arc<Hub>, random: Random) -> Self {
        Self {
            hub,
            peers: Peers::new(&random),
            statuses: Statuses::default(),
            typing: Typing::default(),
            deliveries: Deliveries::default(),
            random,
        }
    }
}

/// The engine's sockets before anything is told.
pub(crate) fn hub(dialects: Vec<Box<dyn Dialect>>) -> Arc<Hub> {
    Arc::new(Hub::new(dialects))
}

/// Subscribes to what happens.
///
/// # Errors
/// When the broker refuses the subscription.
pub(crate) async fn subscribe(edge: Arc<Edge>, broker: &SharedBroker) -> Result<(), BrokerError> {
    inbox::subscribe(edge, broker).await
}

/// Starts the jobs behind the sockets.
pub(crate) fn start(edge: &Arc<Edge>, stop: &Stop) {
    let it = Arc::clone(edge);
    stop.spawn_job(|token| async move { log::follow(&it, token).await });
    let it = Arc::clone(edge);
    stop.spawn_job(|token| async move { signals::listen(&it, token).await });
    let it = Arc::clone(edge);
    stop.spawn_job(|token| async move { presence::keep(&it, token).await });
    let it = Arc::clone(edge);
    stop.spawn_job(|token| async move { presence::tell(&it, token).await });
    let it = Arc::clone(edge);
    stop.spawn_job(|token| async move { idleness::keep(&it, token).await });
    let it = Arc::clone(edge);
    stop.spawn_job(|token| async move { statuses::tell(&it, token).await });
    let it = Arc::clone(edge);
    stop.spawn_job(|token| async move { memberships::keep(&it, token).await });
    let it = Arc::clone(edge);
    stop.spawn_job(|token| async move { deliveries::report(&it, token).await });
    let it = Arc::clone(edge);
    stop.spawn_job(|token| async move {
        loop {
            tokio::select! {
                () = tokio::time::sleep(TICK) => tick(&it).await,
                () = token.cancelled() => break,
            }
        }
        it.realtime.hub.drain();
    });
}

async fn tick(edge: &Edge) {
    let now = edge.clock.now();
    edge.realtime.hub.tick(now.timestamp_millis());
    for signal in edge.realtime.typing.expire(now.timestamp_millis()) {
        typing::tell(edge, signal).await;
    }
}
