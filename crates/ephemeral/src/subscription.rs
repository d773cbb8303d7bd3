//! The receiving end of a topic.

use bytes::Bytes;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::topics::{Event, Lease};

/// What a subscriber is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// From here on every message is delivered. The first signal, and the one after each [`Signal::Disconnected`].
    Connected,
    /// A message of the topic.
    Message(Bytes),
    /// Messages may be missed from here until the next [`Signal::Connected`].
    Disconnected,
}

/// A subscription to one topic. It reconnects by itself; dropping it ends it.
///
/// At most 1,024 messages wait for a slow reader. One that falls further behind loses the oldest and is told so by
/// [`Signal::Disconnected`] and [`Signal::Connected`].
#[derive(Debug)]
pub struct Subscription {
    // Dropped before the lease, which looks whether anyone still listens.
    events: Receiver<Event>,
    _lease: Lease,
    connected: bool,
    ready: Option<Signal>,
}

impl Subscription {
    pub(crate) fn new(events: Receiver<Event>, lease: Lease, connected: bool) -> Self {
        Self {
            events,
            _lease: lease,
            connected,
            ready: connected.then_some(Signal::Connected),
        }
    }

    /// Waits for the next signal; none only once the [`Ephemeral`](crate::Ephemeral) it came from is gone.
    ///
    /// Nothing is lost when the future is dropped before it is done, as in a `select!`.
    pub async fn next(&mut self) -> Option<Signal> {
        if let Some(signal) = self.ready.take() {
            return Some(signal);
        }
        loop {
            let event = match self.events.recv().await {
                Ok(event) => event,
                // How it was between is unknown. The oldest event that was kept follows at once, and tells how it is now.
                Err(RecvError::Lagged(missed)) => {
                    tracing::debug!(missed, "subscriber fell behind");
                    Event::Down
                }
                Err(RecvError::Closed) => return None,
            };
            if let Some(signal) = self.translate(event) {
                return Some(signal);
            }
        }
    }

    /// Makes [`Signal::Connected`] and [`Signal::Disconnected`] alternate, whatever events were lost.
    fn translate(&mut self, event: Event) -> Option<Signal> {
        match event {
            Event::Up if self.connected => None,
            Event::Up => {
                self.connected = true;
                Some(Signal::Connected)
            }
            Event::Down if !self.connected => None,
            Event::Down => {
                self.connected = false;
                Some(Signal::Disconnected)
            }
            Event::Message(payload) if self.connected => Some(Signal::Message(payload)),
            Event::Message(payload) => {
                self.connected = true;
                self.ready = Some(Signal::Message(payload));
                Some(Signal::Connected)
            }
        }
    }
}
