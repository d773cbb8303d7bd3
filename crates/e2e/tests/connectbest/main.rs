//! The contract `connectbest` from outside, through real processes, in both ways to run.
#![cfg(test)]

mod support;

mod bursts;
mod channels;
mod dms;
mod messages;
mod namespaces;
mod notifications;
mod pins;
mod presence;
mod search;
mod sockets;
