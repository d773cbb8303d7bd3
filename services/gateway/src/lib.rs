#![doc = include_str!("../README.md")]

mod activity;
mod caller;
mod clients;
pub mod config;
pub mod contracts;
mod documentation;
mod edge;
mod failure;
mod inbox;
mod middleware;
mod probes;
mod revocations;
pub mod service;
