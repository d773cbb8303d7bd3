//! The messaging service with a real PostgreSQL: each test has a database of its own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attachments;
mod authorisation;
mod blocks;
mod channels;
mod conversations;
mod deliveries;
mod departures;
mod export;
mod messages;
mod migrations;
mod notifications;
mod outbox;
mod people;
mod previews;
mod reactions;
mod revisions;
mod schedules;
mod searches;
mod support;
mod tellings;
mod threads;
