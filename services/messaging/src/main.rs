//! The messaging service as a process of its own.

use std::process::ExitCode;

use oruma_messaging::config::Config;
use oruma_messaging::service::{Channels, MIGRATIONS, Service};
use oruma_service::ServiceProcess;
use oruma_service_runtime::{ChannelConfig, connect};

fn main() -> ExitCode {
    let process = ServiceProcess {
        name: "messaging",
        version: env!("CARGO_PKG_VERSION"),
        migrations: MIGRATIONS,
        config: Config::from_env,
        database: |config| &config.database,
    };
    process.main(async |config, surroundings, env, stop| {
        let channels = Channels {
            auth: connect(&ChannelConfig::from_env(env, "auth")?)?,
            media: connect(&ChannelConfig::from_env(env, "media")?)?,
        };
        Service::build(config, surroundings, channels)?
            .start(stop)
            .await
    })
}
