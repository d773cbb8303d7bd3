//! Bringing a service's schema up to date.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Bool, Text, Timestamptz};
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use secrecy::ExposeSecret;

use crate::{Bound, DatabaseConfig, Statement, Untyped, tls};

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a schema is not up to date now.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The server is away or refuses us.
    #[error("the database can't be reached")]
    Unreachable(#[source] Source),
    /// A migration failed; those before it stay.
    #[error("a migration failed")]
    Failed(#[source] Source),
}

/// Creates the service's schema and runs the migrations that it lacks. Returns their names.
///
/// Replicas that start together wait for each other at an advisory lock. Needs a multi-threaded runtime.
///
/// # Errors
/// [`MigrateError`].
pub async fn migrate(
    config: &DatabaseConfig,
    migrations: EmbeddedMigrations,
) -> Result<Vec<String>, MigrateError> {
    let conn = open(config).await?;
    let mut harness = AsyncMigrationHarness::new(conn);
    let ran = harness
        .run_pending_migrations(migrations)
        .map_err(MigrateError::Failed)?
        .iter()
        .map(ToString::to_string)
        .collect();
    // Closing the connection gives the lock back.
    Ok(ran)
}

/// The names of the migrations that the database lacks.
///
/// # Errors
/// [`MigrateError`].
pub async fn pending_migrations(
    config: &DatabaseConfig,
    migrations: EmbeddedMigrations,
) -> Result<Vec<String>, MigrateError> {
    let conn = open(config).await?;
    AsyncMigrationHarness::new(conn)
        .pending_migrations(migrations)
        .map(|pending| {
            pending
                .iter()
                .map(|migration| migration.name().to_string())
                .collect()
        })
        .map_err(MigrateError::Failed)
}

/// A migration that a database has.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct AppliedMigration {
    /// The digits that its name begins with.
    #[diesel(sql_type = Text)]
    pub version: String,
    /// When it ran.
    #[diesel(sql_type = Timestamptz)]
    pub ran_at: DateTime<Utc>,
}

/// The migrations that a database has, in their order. Asks for no lock and makes nothing, so it can be asked while others migrate.
///
/// # Errors
/// When the database fails.
pub async fn applied_migrations(
    conn: &mut AsyncPgConnection,
    schema: &'static str,
) -> QueryResult<Vec<AppliedMigration>> {
    let exists: Statement<'_, Bool> = Statement::new(
        "SELECT to_regclass(? || '.__diesel_schema_migrations') IS NOT NULL",
        vec![Bound::Text(schema)],
    );
    if !exists.get_result::<bool>(conn).await? {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT version::text AS version, run_on::timestamptz AS ran_at FROM \"{schema}\".__diesel_schema_migrations ORDER BY version"
    );
    Statement::<Untyped>::new(&sql, Vec::new()).load(conn).await
}

/// A connection of its own whose `search_path` is the schema, so that each service keeps its own list of what ran.
async fn open(config: &DatabaseConfig) -> Result<AsyncPgConnection, MigrateError> {
    let mut conn = tls::establish(config.url.expose_secret().to_owned(), false)
        .await
        .map_err(|error| MigrateError::Unreachable(Box::new(error)))?;
    let schema = config.schema;
    conn.batch_execute(&format!(
        "SELECT pg_advisory_lock(hashtext('oruma migrate {schema}'));
         CREATE SCHEMA IF NOT EXISTS {schema};
         SET search_path TO {schema}, public;"
    ))
    .await
    .map_err(|error| MigrateError::Failed(Box::new(error)))?;
    Ok(conn)
}
