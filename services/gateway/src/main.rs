//! The gateway as a process of its own.

use std::process::ExitCode;
use std::sync::Arc;

use oruma_broker::RabbitMqBroker;
use oruma_gateway::config::Config;
use oruma_gateway::service::{Channels, Service, Surroundings};
use oruma_service_runtime::{Clock, Command, Process, Random};

fn main() -> ExitCode {
    let process = Process {
        name: "gateway",
        version: env!("CARGO_PKG_VERSION"),
    };
    process.main(|command, env, stop| async move {
        anyhow::ensure!(
            command == Command::Serve,
            "the gateway has no database to migrate"
        );
        let config = Config::from_env(&env)?;
        let surroundings = Surroundings {
            channels: Channels::from_env(&env)?,
            broker: Arc::new(RabbitMqBroker::from_env(&env, "gateway")?),
            ephemeral: oruma_ephemeral::redis_from_env(&env).await?,
            clock: Clock::system(),
            random: Random::system(),
        };
        Service::bind(config, surroundings)?.start(&stop).await?;
        stop.asked().await;
        Ok(())
    })
}
