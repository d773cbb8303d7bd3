//! Why a command did not work.

use std::time::Duration;

use redis::{ErrorKind, RedisError};

/// Why a command did not work. No text names the URL, a key or a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EphemeralError {
    /// The URL is not one of a Redis server.
    #[error(
        "redis url is not usable, expected redis[s]://[[user]:password@]host[:port][/database]"
    )]
    InvalidUrl,
    /// There is no connection: Redis is away, unreachable, or does not let us in.
    #[error("redis is unreachable: {reason}")]
    Unreachable {
        /// What the network or the handshake said.
        reason: String,
    },
    /// The connection stands but no answer came in time; the command may or may not have been carried out.
    #[error("redis did not answer within {} ms", after.as_millis())]
    Timeout {
        /// How long the answer was awaited.
        after: Duration,
    },
    /// Redis answered with an error, such as `OOM` or `READONLY`.
    #[error("redis refused the command: {code}")]
    Refused {
        /// The error's code.
        code: String,
    },
}

impl From<RedisError> for EphemeralError {
    fn from(error: RedisError) -> Self {
        match error.kind() {
            // The server's texts may repeat the command's arguments, so only the code is kept.
            ErrorKind::Server(_) | ErrorKind::Extension => Self::Refused {
                code: error.code().unwrap_or("unknown").to_owned(),
            },
            // What the network or TLS said.
            ErrorKind::Io | ErrorKind::Client => Self::Unreachable {
                reason: error.to_string(),
            },
            _ => Self::Unreachable {
                reason: error.category().to_owned(),
            },
        }
    }
}
