//! The media service with a real PostgreSQL and files on disk: each test has a database and a folder of its own.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod file_owners;
mod file_reading;
mod file_retention;
mod file_uploads;
mod file_uses;
mod files;
mod films;
mod migrations;
mod outbox;
mod owners;
mod pictures;
mod processes;
mod reading;
mod retention;
mod s3;
mod scanner;
mod support;
mod uploads;
mod uses;
