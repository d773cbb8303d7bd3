//! A database for one test.

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use oruma_postgres::{Database, DatabaseConfig};
use oruma_service_runtime::Random;
use secrecy::SecretString;
use url::Url;

use super::servers;

/// The schema that has an outbox, an inbox and dead letters.
pub(crate) const SCHEMA: &str = "broker_test";

const TABLES: &str = include_str!("../../../sql/outbox_and_inbox.sql");

/// A database of its own, dropped with this value.
pub(crate) struct TestDatabase {
    name: String,
    url: String,
    server: &'static str,
}

impl TestDatabase {
    pub(crate) async fn create() -> Self {
        let server = servers::database_url().await;
        let name = format!(
            "broker_{:016x}",
            u64::from_be_bytes(Random::system().bytes())
        );
        execute(server, &format!("CREATE DATABASE {name}")).await;
        let mut url = Url::parse(server).unwrap();
        url.set_path(&name);
        let database = Self {
            name,
            url: url.into(),
            server,
        };
        let tables = TABLES.replace("{schema}", SCHEMA);
        execute(
            &database.url,
            &format!(
                "CREATE SCHEMA {SCHEMA}; {tables} CREATE TABLE {SCHEMA}.effects \
                 (position bigint GENERATED ALWAYS AS IDENTITY, event_id uuid, subject text, n bigint)"
            ),
        )
        .await;
        database
    }

    /// A pool, as a process would have one.
    pub(crate) fn pool(&self) -> Database {
        Database::connect(&DatabaseConfig {
            url: SecretString::from(self.url.clone()),
            pool_size: 20,
            schema: SCHEMA,
            trace_statements: false,
        })
        .unwrap()
    }

    /// Ends all connections to it.
    pub(crate) async fn cut_connections(&self) {
        let cut = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'",
            self.name
        );
        execute(self.server, &cut).await;
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, drop) = (
            self.server,
            format!("DROP DATABASE {} WITH (FORCE)", self.name),
        );
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(execute(server, &drop));
        });
        let _ = dropped.join();
    }
}

async fn execute(url: &str, sql: &str) {
    let mut conn = AsyncPgConnection::establish(url).await.unwrap();
    conn.batch_execute(sql).await.unwrap();
}
