//! The rules of items and reviews: plain types, no I/O.

pub mod draft;
pub mod filter;
pub mod item;
pub mod price;
pub mod review;
pub mod sale;
