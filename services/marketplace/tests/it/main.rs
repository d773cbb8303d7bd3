//! The marketplace service with a real PostgreSQL: each test has a database of its own.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod authorisation;
mod departures;
mod export;
mod filters;
mod items;
mod lists;
mod marks;
mod migrations;
mod outbox;
mod reviews;
mod sales;
mod support;
