#![doc = include_str!("../README.md")]

mod ephemeral;
mod error;
mod gcra;
mod in_process;
mod log;
mod presence;
mod quota;
mod redis;
mod subscription;
mod topics;

pub use self::redis::{redis, redis_from_env};
pub use ephemeral::{Ephemeral, SharedEphemeral};
pub use error::EphemeralError;
pub use in_process::{Now, in_process, in_process_with_clock};
pub use log::{LogBounds, LogReader, LogSignal, Position};
pub use presence::{Departure, Lease, Presence};
pub use quota::{Quota, Verdict};
pub use subscription::{Signal, Subscription};
