#![doc = include_str!("../README.md")]

mod counter;
mod existing;
mod listing;
mod trace;

pub use counter::{Counted, Counter};
pub use existing::Existing;
pub use listing::{Lead, Listing, RowKey, Rows};
pub use trace::{Left, Trace};

/// All that a service knows of its own tables. What it keeps a copy of is compared by whoever reaches both sides.
#[derive(Debug, Clone, Copy)]
pub struct Audit {
    /// Its counters.
    pub counters: &'static [Counter],
    /// The columns that name people.
    pub traces: &'static [Trace],
}
