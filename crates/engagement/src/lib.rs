#![doc = include_str!("../README.md")]

mod analytics;
mod mark;
mod searches;

pub use analytics::{Analytics, AnalyticsError};
pub use mark::{Mark, Marked};
pub use searches::{CountedSearch, Searches};
