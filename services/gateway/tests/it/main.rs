//! What can be shown of the gateway without servers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod isolation;
mod openapi;
