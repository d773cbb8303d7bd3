//! Who is there: held by processes for as long as they live.

use std::time::Duration;

/// How long a member stays without being held again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// How long one hold lasts. The same for all holders of a group.
    pub length: Duration,
    /// How long after the last hold has ended a member still counts as present.
    pub grace: Duration,
    /// How long it is remembered when a member left.
    pub memory: Duration,
}

/// Somebody who left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// Who.
    pub member: String,
    /// When the last hold ended: the time since the beginning of 1970 with Redis, that of the clock inside the process.
    pub last_seen: Duration,
}

/// How it is with a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Present.
    Here,
    /// Gone; when that is still remembered, since when.
    Gone(Option<Duration>),
}
