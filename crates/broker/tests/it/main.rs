//! The broker with real servers: both implementations pass the same suite.
//!
//! `TEST_DATABASE_URL` and `TEST_RABBITMQ_URL` name servers that run already; otherwise private ones are started.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod in_process;
mod outbox_and_inbox;
mod rabbitmq;
mod relay;
mod restarts;
mod suite;
mod support;
mod trace;
