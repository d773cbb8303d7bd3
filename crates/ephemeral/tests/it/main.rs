//! Both implementations against one suite of facts, and what only Redis can do: be away, be silent, come back.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod agreement;
mod in_process;
mod outage;
mod redis;
mod server;
mod suite;
mod support;
