//! A service as a process of its own.

use std::process::ExitCode;

use diesel_migrations::EmbeddedMigrations;
use oruma_postgres::DatabaseConfig;
use oruma_service_runtime::{Command, ConfigError, Env, Process, Stop};

use crate::Surroundings;

/// A service that is a process of its own, with settings `C`.
pub struct ServiceProcess<C> {
    /// Its name in logs, in traces and at the broker.
    pub name: &'static str,
    /// `CARGO_PKG_VERSION` of its crate.
    pub version: &'static str,
    /// The steps of its schema.
    pub migrations: EmbeddedMigrations,
    /// Reads its settings.
    pub config: fn(&Env) -> Result<C, ConfigError>,
    /// Where among the settings its database is.
    pub database: fn(&C) -> &DatabaseConfig,
}

impl<C> ServiceProcess<C> {
    /// Brings the database up to date, or has `start` start the service and waits until it is asked to stop.
    pub fn main(
        self,
        start: impl AsyncFnOnce(C, Surroundings, &Env, &Stop) -> anyhow::Result<()>,
    ) -> ExitCode {
        let process = Process {
            name: self.name,
            version: self.version,
        };
        process.main(|command, env, stop| async move {
            let config = (self.config)(&env)?;
            if command == Command::Migrate {
                oruma_postgres::migrate((self.database)(&config), self.migrations).await?;
                return Ok(());
            }
            let surroundings = Surroundings::from_env(&env, self.name).await?;
            start(config, surroundings, &env, &stop).await?;
            stop.asked().await;
            Ok(())
        })
    }
}
