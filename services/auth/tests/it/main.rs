//! The auth service with a real PostgreSQL: each test has a database of its own.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod accounts;
mod api_keys;
mod authorisation;
mod directory;
mod email_codes;
mod google_accounts;
mod letters;
mod mail_server;
mod mails;
mod migrations;
mod outbox;
mod password_resets;
mod profiles;
mod second_factors;
mod secrecy;
mod sessions;
mod starting;
mod support;
mod suspensions;
mod universities;
mod users;
