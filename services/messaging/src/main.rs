//! The messaging service as a process of its own.

use std::process::ExitCode;

use oruma_messaging::config::Config;
use oruma_messaging::service::{MIGRATIONS, Service};
use oruma_service::ServiceProcess;

fn main() -> ExitCode {
    let process = ServiceProcess {
        name: "messaging",
        version: env!("CARGO_PKG_VERSION"),
        migrations: MIGRATIONS,
        config: Config::from_env,
        database: |config| &config.database,
    };
    process.main(async |config, surroundings, _env, stop| {
        Service::build(config, surroundings)?.start(stop).await
    })
}
