//! The contract `oruma` from outside, through real processes, in both ways to run.
#![cfg(test)]

mod support;

mod accounts;
mod blocks;
mod comments;
mod console;
mod conversations;
mod data;
mod edge;
mod events;
mod exports;
mod faults;
mod hostile;
mod idempotency;
mod limits;
mod marketplace;
mod messages;
mod meters;
mod moderation;
mod outages;
mod posts;
mod processes;
mod routes;
mod sessions;
mod settings;
mod sockets;
mod tokens;
mod traces;
mod universities;
mod uploads;
mod users;
mod validation;
