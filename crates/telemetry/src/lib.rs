#![doc = include_str!("../README.md")]

mod config;
mod error;
pub mod grpc;
mod init;
mod logs;
pub mod metrics;
pub mod propagation;
pub mod scrub;
mod traces;

pub use crate::config::{LogFormat, TelemetryConfig};
pub use crate::error::TelemetryError;
pub use crate::init::{Telemetry, init, init_to};
