//! The marketplace service as a process of its own.

use std::process::ExitCode;
use std::sync::Arc;

use oruma_broker::RabbitMqBroker;
use oruma_marketplace::config::Config;
use oruma_marketplace::service::{MIGRATIONS, Service, Surroundings};
use oruma_service_runtime::{
    ChannelConfig, Clock, Command, GrpcListener, Process, Random, connect,
};

fn main() -> ExitCode {
    let process = Process {
        name: "marketplace",
        version: env!("CARGO_PKG_VERSION"),
    };
    process.main(|command, env, stop| async move {
        let config = Config::from_env(&env)?;
        if command == Command::Migrate {
            oruma_postgres::migrate(&config.database, MIGRATIONS).await?;
            return Ok(());
        }
        let surroundings = Surroundings {
            listener: GrpcListener::from_env(&env).await?,
            broker: Arc::new(RabbitMqBroker::from_env(&env, "marketplace")?),
            media: connect(&ChannelConfig::from_env(&env, "media")?)?,
            clock: Clock::system(),
            random: Random::system(),
        };
        Service::build(config, surroundings)?.start(&stop).await?;
        stop.asked().await;
        Ok(())
    })
}
