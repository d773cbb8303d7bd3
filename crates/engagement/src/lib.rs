#![doc = include_str!("../README.md")]

mod analytics;
mod mark;
mod report;
mod searches;

pub use analytics::Analytics;
pub use mark::{Mark, Marked};
pub use report::{Report, ReportLimits, Reports};
pub use searches::{CountedSearch, Searches};
