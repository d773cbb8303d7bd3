//! One suite that every store must pass, and what is particular to each.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod disk;
mod proxy;
mod s3;
mod suite;
