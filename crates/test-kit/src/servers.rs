//! The servers that `./scripts/test` started.

/// A server that tests need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// PostgreSQL, with a role that may create databases.
    Postgres,
    /// Redis.
    Redis,
    /// RabbitMQ.
    RabbitMq,
}

/// Where a server is.
///
/// # Panics
/// When its variable is not set.
#[must_use]
pub fn server_url(server: Server) -> String {
    let variable = match server {
        Server::Postgres => "TEST_DATABASE_URL",
        Server::Redis => "TEST_REDIS_URL",
        Server::RabbitMq => "TEST_RABBITMQ_URL",
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "tests have no configuration to read it through"
    )]
    let url = std::env::var(variable);
    url.unwrap_or_else(|_| {
        panic!("{variable} is not set: run the tests by ./scripts/test, which starts the servers")
    })
}
