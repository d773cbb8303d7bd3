//! How much is done for a figure.

use std::time::Duration;

/// How long and how wide measurements are.
#[derive(Debug, Clone)]
pub struct Effort {
    /// One run at full speed or at a rate.
    pub run: Duration,
    /// A run before it whose figures nobody sees: caches, connections, plans.
    pub warm_up: Duration,
    /// Pieces of work at once in runs at full speed.
    pub workers: usize,
    /// Posts of a large community.
    pub posts: u64,
    /// Sockets of a large community.
    pub sockets: usize,
    /// Events of a large backlog.
    pub backlog: u64,
}

impl Effort {
    /// What figures that are shown to anybody are made with.
    #[must_use]
    pub const fn full() -> Self {
        Self {
            run: Duration::from_secs(8),
            warm_up: Duration::from_secs(2),
            workers: 16,
            posts: 1_000_000,
            sockets: 10_000,
            backlog: 100_000,
        }
    }

    /// Whether everything works at all.
    #[must_use]
    pub const fn quick() -> Self {
        Self {
            run: Duration::from_secs(2),
            warm_up: Duration::from_millis(500),
            workers: 8,
            posts: 20_000,
            sockets: 500,
            backlog: 2_000,
        }
    }
}
