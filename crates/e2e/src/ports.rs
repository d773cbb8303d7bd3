//! Ports that nobody has.

use std::collections::HashSet;
use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};

use oruma_service_runtime::Random;

/// Below those of `scripts/servers`, and below those that outgoing connections take.
const FIRST: u16 = 10_000;
const COUNT: u16 = 10_000;

static GIVEN: Mutex<Option<HashSet<u16>>> = Mutex::new(None);

/// A port on which nobody listens, and which no other call in this process is given.
#[must_use]
pub fn free_port() -> u16 {
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let given = given.get_or_insert_default();
    loop {
        let port = FIRST + u16::from_be_bytes(Random::system().bytes()) % COUNT;
        let is_free = TcpListener::bind(("0.0.0.0", port)).is_ok();
        if is_free && given.insert(port) {
            return port;
        }
    }
}
