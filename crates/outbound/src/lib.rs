#![doc = include_str!("../README.md")]

mod fetch;
mod reach;

pub use fetch::{FetchError, Outbound, Page};
pub use reach::Reach;
