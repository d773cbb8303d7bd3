//! What a service does not make itself.

use std::sync::Arc;

use oruma_broker::{RabbitMqBroker, SharedBroker};
use oruma_service_runtime::{Clock, ConfigError, Env, GrpcListener, Random};

/// What every service takes from its process.
pub struct Surroundings {
    /// Where calls come in.
    pub listener: GrpcListener,
    /// Where events go out and come in.
    pub broker: SharedBroker,
    /// The time.
    pub clock: Clock,
    /// Randomness and ids.
    pub random: Random,
}

impl Surroundings {
    /// Those of a service that is a process of its own: `GRPC_ADDR`, `RABBITMQ_URL`, and the time and randomness of the system. The
    /// broker knows the service by `name`.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the variable that is missing or can't be used.
    pub async fn from_env(env: &Env, name: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            listener: GrpcListener::from_env(env).await?,
            broker: Arc::new(RabbitMqBroker::from_env(env, name)?),
            clock: Clock::system(),
            random: Random::system(),
        })
    }
}
