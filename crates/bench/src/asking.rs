//! Requests that are asked over and over.

use std::sync::Arc;
use std::time::Duration;

use crate::load::{Measured, Outcome, at_full_speed, at_rate};
use crate::wire::{Ask, Wire};

/// Some requests, asked in turn.
#[derive(Clone)]
pub struct Asking {
    wire: Wire,
    asks: Arc<[Ask]>,
}

impl Asking {
    /// These requests of that server.
    #[must_use]
    pub fn new(wire: Wire, asks: impl IntoIterator<Item = Ask>) -> Self {
        Self {
            wire,
            asks: asks.into_iter().collect(),
        }
    }

    /// As many as fit, so many at once.
    pub async fn at_full_speed(&self, workers: usize, time: Duration) -> Measured {
        let own = self.clone();
        at_full_speed(workers, time, move |number| own.clone().ask(number)).await
    }

    /// So many a second, whether those before are answered or not.
    pub async fn at_rate(&self, per_second: f64, time: Duration) -> Measured {
        let own = self.clone();
        at_rate(per_second, time, move |number| own.clone().ask(number)).await
    }

    async fn ask(self, number: u64) -> Outcome {
        let place = usize::try_from(number).unwrap_or_default() % self.asks.len().max(1);
        match self.asks.get(place) {
            Some(ask) => self.wire.outcome(ask).await,
            None => Outcome::Failed,
        }
    }
}
