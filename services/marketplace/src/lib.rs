#![doc = include_str!("../README.md")]

pub mod app;
pub mod config;
pub mod domain;
mod error;
mod grpc;
mod inbox;
mod outbox;
pub mod service;
pub mod store;

pub use error::Error;
pub use inbox::QUEUES;
pub use store::audit;
