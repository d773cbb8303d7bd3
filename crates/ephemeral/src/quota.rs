//! What a caller may take, and what it is told.

use std::time::Duration;

/// How much may be taken: `permits + burst` at once when full, refilled evenly at `permits` a period.
///
/// A quota of no permits gives nothing, whatever its burst. Each permit refills in whole microseconds, rounded up, so rates above
/// a million a second act as that. Changing the numbers of a live key keeps what was already taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Permits refilled in a period.
    pub permits: u32,
    /// The period; 35 years at the most.
    pub period: Duration,
    /// Permits on top of those of a period that may be taken at once.
    pub burst: u32,
}

impl Quota {
    /// So many a minute, and some more at once.
    #[must_use]
    pub const fn per_minute(permits: u32, burst: u32) -> Self {
        Self {
            permits,
            period: Duration::from_secs(60),
            burst,
        }
    }
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
