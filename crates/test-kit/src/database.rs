//! A database for one test.

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::EmbeddedMigrations;
use oruma_postgres::{Database, DatabaseConfig};
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use uuid::Uuid;

use crate::{Server, server_url};

/// A database of its own, brought up to date for one service, and dropped with this value.
pub struct TestDatabase {
    name: String,
    config: DatabaseConfig,
}

impl TestDatabase {
    /// Makes an empty database and runs the service's migrations. Needs a multi-threaded runtime.
    ///
    /// # Panics
    /// When the server or a migration fails.
    pub async fn create(schema: &'static str, migrations: EmbeddedMigrations) -> Self {
        let database = Self::create_empty(schema).await;
        oruma_postgres::migrate(&database.config, migrations)
            .await
            .expect("the migrations run");
        database
    }

    /// Makes an empty database.
    ///
    /// # Panics
    /// When the server fails.
    pub async fn create_empty(schema: &'static str) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "a name that nobody else has is all that is asked"
        )]
        let name = format!("test_{}", Uuid::now_v7().simple());
        administer(&format!("CREATE DATABASE {name}"))
            .await
            .expect("a database is made");
        let mut url: Url = server_url(Server::Postgres).parse().expect("a URL");
        url.set_path(&name);
        Self {
            name,
            config: DatabaseConfig {
                url: SecretString::from(url.to_string()),
                pool_size: 16,
                schema,
                trace_statements: false,
            },
        }
    }

    /// How to reach it.
    #[must_use]
    pub fn config(&self) -> &DatabaseConfig {
        &self.config
    }

    /// Its URL, for a process.
    #[must_use]
    pub fn url(&self) -> &str {
        self.config.url.expose_secret()
    }

    /// A pool of connections to it.
    ///
    /// # Panics
    /// When the pool can't be made.
    #[must_use]
    pub fn connect(&self) -> Database {
        Database::connect(&self.config).expect("a pool is made")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // A drop can't wait for a future, so a thread with a runtime of its own does.
        let dropped = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map(|runtime| runtime.block_on(administer(&statement)))
        });
        // The servers of the tests are thrown away anyway.
        let _ = dropped.join();
    }
}

async fn administer(statement: &str) -> anyhow::Result<()> {
    let mut conn = AsyncPgConnection::establish(&server_url(Server::Postgres)).await?;
    conn.batch_execute(statement).await?;
    Ok(())
}
