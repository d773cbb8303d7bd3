//! The auth service as a process of its own.

use std::process::ExitCode;

use oruma_auth::config::Config;
use oruma_auth::service::{MIGRATIONS, Service};
use oruma_service::ServiceProcess;

fn main() -> ExitCode {
    let process = ServiceProcess {
        name: "auth",
        version: env!("CARGO_PKG_VERSION"),
        migrations: MIGRATIONS,
        config: Config::from_env,
        database: |config| &config.database,
    };
    process.main(async |config, surroundings, env, stop| {
        let ephemeral = oruma_ephemeral::redis_from_env(env).await?;
        Service::build(config, surroundings, ephemeral)?
            .start(stop)
            .await
    })
}
