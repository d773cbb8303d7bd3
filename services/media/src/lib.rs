#![doc = include_str!("../README.md")]

pub mod app;
pub mod config;
pub mod domain;
mod error;
pub mod films;
mod grpc;
mod inbox;
mod outbox;
pub mod processing;
mod scanner;
pub mod service;
mod store;

pub use error::Error;
pub use inbox::QUEUES;
pub use store::audit;
