//! The program itself, on real databases and a real RabbitMQ.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod admin;
mod dead_letters;
mod migrations;
mod person;
mod support;
mod verify;
