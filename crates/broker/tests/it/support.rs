//! What the tests stand on.

pub(crate) mod database;
pub(crate) mod effects;
pub(crate) mod handlers;
pub(crate) mod recorder;
pub(crate) mod servers;
pub(crate) mod world;

use std::time::{Duration, Instant};

pub(crate) use database::{SCHEMA, TestDatabase};
pub(crate) use handlers::{Log, handler};
pub(crate) use world::{Relaying, World};

/// Polls until the condition holds; fails the test after a minute.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds().await {
        assert!(Instant::now() < deadline, "{what}: not in time");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
