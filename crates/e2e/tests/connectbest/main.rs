//! The contract `connectbest` from outside, through real processes, in both ways to run.
#![cfg(test)]

mod support;

mod accounts;
mod api_keys;
mod bursts;
mod channels;
mod dms;
mod documents;
mod files;
mod google;
mod health;
mod hosts;
mod limits;
mod messages;
mod namespaces;
mod notifications;
mod pins;
mod presence;
mod resets;
mod search;
mod second_factors;
mod secrecy;
mod sockets;
mod suspensions;
mod users;
