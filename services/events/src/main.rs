//! The events service as a process of its own.

use std::process::ExitCode;

use oruma_events::config::Config;
use oruma_events::service::{MIGRATIONS, Service};
use oruma_service::ServiceProcess;
use oruma_service_runtime::{ChannelConfig, connect};

fn main() -> ExitCode {
    let process = ServiceProcess {
        name: "events",
        version: env!("CARGO_PKG_VERSION"),
        migrations: MIGRATIONS,
        config: Config::from_env,
        database: |config| &config.database,
    };
    process.main(async |config, surroundings, env, stop| {
        let media = connect(&ChannelConfig::from_env(env, "media")?)?;
        Service::build(config, surroundings, media)?
            .start(stop)
            .await
    })
}
