//! What a caller may take, and what it is told.

use std::time::Duration;

/// How much may be taken: `per_minute + burst` at once when full, refilled evenly at `per_minute` a minute.
///
/// A quota of zero a minute gives nothing, whatever its burst. Each permit refills in whole microseconds, rounded up, so rates above
/// 60 million a minute act as that. Changing the numbers of a live key keeps what was already taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Permits refilled in a minute.
    pub per_minute: u32,
    /// Permits on top of those of a minute that may be taken at once.
    pub burst: u32,
}

/// The answer to one attempt, in the terms of rate-limit headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the permit was given.
    pub allowed: bool,
    /// The quota's capacity in permits.
    pub limit: u32,
    /// Permits that could be taken right after this one.
    pub remaining: u32,
    /// Time until the quota is full again if nothing more is taken.
    pub reset_after: Duration,
    /// Time until the next permit is free; zero when this one was given.
    pub retry_after: Duration,
}
