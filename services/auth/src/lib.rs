#![doc = include_str!("../README.md")]

pub mod app;
pub mod config;
pub mod domain;
mod error;
pub mod google;
mod grpc;
pub mod keys;
pub mod mailer;
mod outbox;
pub mod passwords;
pub mod service;
pub mod sms;
mod store;
mod templates;

pub use error::Error;
pub use store::audit;
