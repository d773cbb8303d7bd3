//! The pool and what it lends.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool::Runtime;
use deadpool::managed::TimeoutType;
use diesel_async::pooled_connection::deadpool::{Object, Pool, PoolError};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, TransactionManager};
use futures::FutureExt;
use scopeguard::ScopeGuard;
use secrecy::ExposeSecret;
use tokio::sync::Notify;

use crate::meters::PoolMeters;
use crate::{DatabaseConfig, tls};

/// How long a request may wait for a connection before it is refused.
const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(2);
/// How long opening one may take.
const OPEN_CONNECTION: Duration = Duration::from_secs(5);

/// The connection that stores and transactions work on.
pub type Connection = AsyncPgConnection;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// All connections stayed lent for too long: overload.
    #[error("all database connections are in use")]
    Busy,
    /// The server is away or refuses us.
    #[error("the database can't be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The pool could not be made from its configuration.
    #[error("the database pool can't be made")]
    Pool(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl DatabaseError {
    /// Tells a server that went away in the middle, which is worth another try, from a fault of ours.
    ///
    /// # Errors
    /// The error itself when it is no sign of a lost server.
    pub fn of_lost_server(error: diesel::result::Error) -> Result<Self, diesel::result::Error> {
        use diesel::result::{DatabaseErrorKind, Error};
        let lost = match &error {
            Error::DatabaseError(
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
                _,
            )
            | Error::BrokenTransactionManager => true,
            // Its last words, where it still had the time.
            Error::DatabaseError(DatabaseErrorKind::Unknown, told) => {
                told.message().starts_with("terminating connection")
            }
            _ => false,
        };
        if lost {
            Ok(Self::Unreachable(Box::new(error)))
        } else {
            Err(error)
        }
    }
}

/// Why work on the tables was not finished. Its transactions left nothing half done, so it can be tried again.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no connection to work on.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A statement failed.
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
}

/// A bounded pool of connections. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    pool: Pool<AsyncPgConnection>,
    schema: &'static str,
    written: Arc<Notify>,
    meters: PoolMeters,
}

impl Database {
    /// Makes the pool. Connections are opened when they are first needed, so a server that is away is no error here.
    ///
    /// # Errors
    /// [`DatabaseError::Pool`] for an impossible configuration.
    pub fn connect(config: &DatabaseConfig) -> Result<Self, DatabaseError> {
        let trace = config.trace_statements;
        let mut manager = ManagerConfig::default();
        // A dead connection is noticed by its closed socket; a ping before each use would cost a round trip.
        manager.recycling_method = RecyclingMethod::Fast;
        manager.custom_setup = Box::new(move |url| tls::establish(url.to_owned(), trace).boxed());
        let manager =
            AsyncDieselConnectionManager::new_with_config(config.url.expose_secret(), manager);
        let pool = Pool::builder(manager)
            .max_size(config.pool_size)
            .wait_timeout(Some(WAIT_FOR_CONNECTION))
            .create_timeout(Some(OPEN_CONNECTION))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| DatabaseError::Pool(Box::new(error)))?;
        Ok(Self {
            meters: PoolMeters::watch(&pool, config.schema),
            pool,
            schema: config.schema,
            written: Arc::new(Notify::new()),
        })
    }

    /// The schema with the service's tables.
    #[must_use]
    pub fn schema(&self) -> &'static str {
        self.schema
    }

    /// Lends a connection for reading.
    ///
    /// # Errors
    /// [`DatabaseError`] when none comes free or none can be opened.
    pub async fn reader(&self) -> Result<Reader, DatabaseError> {
        Ok(Reader(self.lend().await?))
    }

    /// Lends a connection for a transaction that writes.
    ///
    /// # Errors
    /// [`DatabaseError`] when none comes free or none can be opened.
    pub async fn writer(&self) -> Result<Writer, DatabaseError> {
        Ok(Writer {
            conn: self.lend().await?,
            written: Arc::clone(&self.written),
        })
    }

    async fn lend(&self) -> Result<Lent, DatabaseError> {
        let began = Instant::now();
        let lent = self.pool.get().await;
        self.meters.waited(began.elapsed());
        match lent {
            Ok(conn) => Ok(scopeguard::guard(conn, give_back)),
            Err(PoolError::Timeout(TimeoutType::Wait)) => {
                self.meters.timed_out();
                Err(DatabaseError::Busy)
            }
            Err(error) => Err(DatabaseError::Unreachable(Box::new(error))),
        }
    }

    /// Resolves after some writer of this process was given back since the last call.
    pub async fn written(&self) {
        self.written.notified().await;
    }

    /// Asks the server for a sign of life.
    ///
    /// # Errors
    /// [`DatabaseError`] when there is none.
    pub async fn ping(&self) -> Result<(), DatabaseError> {
        let mut conn = self.reader().await?;
        diesel::sql_query("SELECT 1")
            .execute(&mut conn)
            .await
            .map_err(|error| DatabaseError::Unreachable(Box::new(error)))?;
        Ok(())
    }

    /// Closes the pool: connections in use finish their work, nobody gets another.
    pub fn close(&self) {
        self.pool.close();
    }
}

/// A connection on its way back. One that was left inside a transaction, by a caller who went away, would hold its locks until somebody
/// borrows it again: it is closed instead, and the server rolls back.
fn give_back(mut conn: Object<AsyncPgConnection>) {
    if AnsiTransactionManager::is_broken_transaction_manager(&mut *conn) {
        drop(Object::take(conn));
    }
}

type Lent = ScopeGuard<Object<AsyncPgConnection>, fn(Object<AsyncPgConnection>)>;

/// A lent connection.
pub struct Reader(Lent);

impl Deref for Reader {
    type Target = AsyncPgConnection;
    fn deref(&self) -> &AsyncPgConnection {
        &self.0
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.0
    }
}

/// A lent connection whose return tells that something may have been written.
pub struct Writer {
    conn: Lent,
    written: Arc<Notify>,
}

impl Deref for Writer {
    type Target = AsyncPgConnection;
    fn deref(&self) -> &AsyncPgConnection {
        &self.conn
    }
}

impl DerefMut for Writer {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.conn
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.written.notify_one();
    }
}
