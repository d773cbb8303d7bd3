#![doc = include_str!("../README.md")]

mod activity;
mod caller;
mod clients;
mod compose;
pub mod config;
mod console;
pub mod contracts;
mod documentation;
mod downloads;
mod edge;
mod failure;
mod forms;
mod inbox;
mod middleware;
mod people;
mod probes;
mod realtime;
mod revocations;
pub mod service;
mod uploads;
