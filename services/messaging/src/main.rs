//! The messaging service as a process of its own.

use std::process::ExitCode;
use std::sync::Arc;

use oruma_broker::RabbitMqBroker;
use oruma_messaging::config::Config;
use oruma_messaging::service::{MIGRATIONS, Service, Surroundings};
use oruma_service_runtime::{Clock, Command, GrpcListener, Process, Random};

fn main() -> ExitCode {
    let process = Process {
        name: "messaging",
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
            broker: Arc::new(RabbitMqBroker::from_env(&env, "messaging")?),
            clock: Clock::system(),
            random: Random::system(),
        };
        Service::build(config, surroundings)?.start(&stop).await?;
        stop.asked().await;
        Ok(())
    })
}
