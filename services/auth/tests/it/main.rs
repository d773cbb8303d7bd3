//! The auth service with a real PostgreSQL: each test has a database of its own.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod accounts;
mod authorisation;
mod directory;
mod migrations;
mod outbox;
mod sessions;
mod support;
mod universities;
mod users;
