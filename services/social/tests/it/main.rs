//! The social service with a real PostgreSQL: each test has a database of its own.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod analytics;
mod authorisation;
mod blocks;
mod comments;
mod departures;
mod export;
mod feeds;
mod marks;
mod migrations;
mod outbox;
mod posts;
mod reports;
mod search;
mod support;
