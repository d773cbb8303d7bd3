//! The server and the relay.

use futures::FutureExt;
use oruma_broker::{Relay, SharedBroker};
use oruma_postgres::Database;
use oruma_service_runtime::{GrpcListener, GrpcServer, InternalCredential, Readiness, Stop};
use tonic::service::Routes;

/// What every service runs.
pub struct Parts {
    /// What the server is called when it fails.
    pub server: &'static str,
    /// Where calls come in.
    pub listener: GrpcListener,
    /// What callers must show.
    pub credential: InternalCredential,
    /// What is served.
    pub routes: Routes,
    /// Whether it can be served now.
    pub readiness: Readiness,
    /// The database with the outbox.
    pub database: Database,
    /// Where the events of the outbox go.
    pub broker: SharedBroker,
}

impl Parts {
    /// Starts the server, then the relay, as parts of the process.
    pub fn start(self, stop: &Stop) {
        let server = GrpcServer {
            listener: self.listener,
            credential: self.credential,
            routes: self.routes,
            readiness: self.readiness,
        };
        stop.spawn(self.server, server.serve(stop.token()));
        let schema = self.database.schema();
        let relay = Relay::new(self.database, schema, self.broker);
        stop.spawn_job(|token| relay.run(token));
    }
}

/// Ready while the database gives a sign of life.
#[must_use]
pub fn while_database_answers(database: &Database) -> Readiness {
    let database = database.clone();
    Box::new(move || {
        let database = database.clone();
        async move { database.ping().await.is_ok() }.boxed()
    })
}
