#![doc = include_str!("../README.md")]

mod activity;
mod caller;
mod clients;
mod compose;
pub mod config;
mod console;
pub mod contracts;
pub mod documentation;
mod downloads;
mod edge;
mod faces;
mod failure;
mod forms;
mod health;
mod inbox;
mod json;
mod middleware;
mod parting;
mod people;
mod probes;
mod query;
mod realtime;
mod revocations;
mod server;
pub mod service;
mod times;
mod uploads;
