#![doc = include_str!("../README.md")]

mod code;
mod fault;
mod received;

pub use code::ErrorCode;
pub use fault::{Fault, Violation};
pub use received::RpcError;

/// `ErrorInfo.domain` of every error of this platform.
pub const DOMAIN: &str = "oruma";
