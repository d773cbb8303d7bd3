//! The services and where their data is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use clap::ValueEnum;
use diesel_migrations::EmbeddedMigrations;
use oruma_audit::Audit;
use oruma_broker::RabbitMqBroker;
use oruma_postgres::{Database, DatabaseConfig};
use oruma_service_runtime::{ConfigError, Env};
use serde::Serialize;

/// A service with data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Service {
    Auth,
    Social,
    Events,
    Marketplace,
    Messaging,
    Media,
}

/// Where everything is. Nothing is connected before it is needed.
pub(crate) struct Installation {
    env: Env,
    databases: Mutex<BTreeMap<Service, Database>>,
}

// === impl Service ===

impl Service {
    pub(crate) const ALL: [Self; 6] = [
        Self::Auth,
        Self::Social,
        Self::Events,
        Self::Marketplace,
        Self::Messaging,
        Self::Media,
    ];

    /// Its name, which is that of its schema.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Social => "social",
            Self::Events => "events",
            Self::Marketplace => "marketplace",
            Self::Messaging => "messaging",
            Self::Media => "media",
        }
    }

    pub(crate) const fn migrations(self) -> EmbeddedMigrations {
        match self {
            Self::Auth => oruma_auth::service::MIGRATIONS,
            Self::Social => oruma_social::service::MIGRATIONS,
            Self::Events => oruma_events::service::MIGRATIONS,
            Self::Marketplace => oruma_marketplace::service::MIGRATIONS,
            Self::Messaging => oruma_messaging::service::MIGRATIONS,
            Self::Media => oruma_media::service::MIGRATIONS,
        }
    }

    pub(crate) const fn audit(self) -> Audit {
        match self {
            Self::Auth => oruma_auth::audit::AUDIT,
            Self::Social => oruma_social::audit::AUDIT,
            Self::Events => oruma_events::audit::AUDIT,
            Self::Marketplace => oruma_marketplace::audit::AUDIT,
            Self::Messaging => oruma_messaging::audit::AUDIT,
            Self::Media => oruma_media::audit::AUDIT,
        }
    }

    /// The queues that it consumes.
    pub(crate) const fn queues(self) -> &'static [&'static str] {
        match self {
            Self::Auth => &[],
            Self::Social => &oruma_social::QUEUES,
            Self::Events => &oruma_events::QUEUES,
            Self::Marketplace => &oruma_marketplace::QUEUES,
            Self::Messaging => &oruma_messaging::QUEUES,
            Self::Media => &oruma_media::QUEUES,
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

// === impl Installation ===

impl Installation {
    pub(crate) fn of(env: Env) -> Self {
        Self {
            env,
            databases: Mutex::default(),
        }
    }

    /// The variables that a service would see: its own `<SERVICE>_DATABASE_URL` is its `DATABASE_URL`.
    ///
    /// # Errors
    /// [`ConfigError`] naming the variable that can't be read.
    pub(crate) fn env_of(&self, service: Service) -> Result<Env, ConfigError> {
        let own = own_variable(service);
        let Some(url) = self.env.optional(&own)? else {
            return Ok(self.env.clone());
        };
        let env = self.env.clone().with("DATABASE_URL_FILE", "");
        Ok(env.with("DATABASE_URL", url))
    }

    /// Where a service's data is.
    ///
    /// # Errors
    /// [`ConfigError`] naming the variable that is missing or wrong.
    pub(crate) fn database_config(&self, service: Service) -> Result<DatabaseConfig, ConfigError> {
        let own = own_variable(service);
        DatabaseConfig::from_env(&self.env_of(service)?, service.name()).map_err(
            |error| match error.variable.as_str() {
                "DATABASE_URL" if self.env.is_set(&own) => ConfigError::new(own, error.problem),
                _ => error,
            },
        )
    }

    /// The data of a service.
    ///
    /// # Errors
    /// [`ConfigError`] naming the variable that is missing or wrong.
    pub(crate) fn database(&self, service: Service) -> anyhow::Result<Database> {
        let mut databases = self
            .databases
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = databases.get(&service) {
            return Ok(database.clone());
        }
        let database = Database::connect(&self.database_config(service)?)?;
        databases.insert(service, database.clone());
        Ok(database)
    }

    /// A connection to the data of a service.
    ///
    /// # Errors
    /// Saying which service's database can't be reached.
    pub(crate) async fn reader(&self, service: Service) -> anyhow::Result<oruma_postgres::Reader> {
        let database = self.database(service)?;
        let reader = database.reader().await;
        reader.with_context(|| format!("{service}"))
    }

    /// RabbitMQ, where there is one.
    ///
    /// # Errors
    /// [`ConfigError`] when `RABBITMQ_URL` is wrong.
    pub(crate) fn rabbitmq(&self) -> Result<Option<RabbitMqBroker>, ConfigError> {
        if !self.env.is_set("RABBITMQ_URL") {
            return Ok(None);
        }
        RabbitMqBroker::from_env(&self.env, "ctl").map(Some)
    }
}

fn own_variable(service: Service) -> String {
    format!("{}_DATABASE_URL", service.name().to_uppercase())
}
