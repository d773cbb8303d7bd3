//! What a service needs to know of its database.

use oruma_service_runtime::{ConfigError, Env};
use secrecy::{ExposeSecret, SecretString};

/// Where a service keeps its data.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// `DATABASE_URL`: the connection, as `postgresql://user:password@host:5432/database?sslmode=require`.
    pub url: SecretString,
    /// `DATABASE_POOL_SIZE`: connections of one process at the most; 20 by default.
    pub pool_size: usize,
    /// The schema with the service's tables.
    pub schema: &'static str,
    /// Whether each statement gets a span: wanted where spans are exported.
    pub trace_statements: bool,
}

impl DatabaseConfig {
    /// Reads the variables for the service that owns `schema`.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of a variable that is missing or wrong.
    pub fn from_env(env: &Env, schema: &'static str) -> Result<Self, ConfigError> {
        let url = env.required_secret("DATABASE_URL")?;
        url.expose_secret()
            .parse::<tokio_postgres::Config>()
            .map_err(|_| {
                ConfigError::new("DATABASE_URL", "is not a postgresql:// connection URL")
            })?;
        let pool_size = env.number("DATABASE_POOL_SIZE", 20)?;
        if pool_size == 0 {
            return Err(ConfigError::new("DATABASE_POOL_SIZE", "must be at least 1"));
        }
        Ok(Self {
            url,
            pool_size,
            schema,
            trace_statements: env.is_set("OTEL_EXPORTER_OTLP_ENDPOINT")
                || env.is_set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
        })
    }
}
