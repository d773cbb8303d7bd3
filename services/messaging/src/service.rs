//! The only wiring: what the service is made of, and how it runs and stops.

use std::sync::Arc;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use futures::FutureExt;
use futures::future::BoxFuture;
use oruma_broker::{Outbox, Relay, SharedBroker};
use oruma_ids::CursorKey;
use oruma_postgres::Database;
use oruma_service_runtime::{Clock, GrpcListener, GrpcServer, Random, Stop};

use crate::app::{App, retention};
use crate::config::Config;
use crate::{grpc, inbox};

/// The steps of the schema `messaging`.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/messaging");

/// What the service takes from its process.
pub struct Surroundings {
    /// Where calls come in.
    pub listener: GrpcListener,
    /// Where events go out and come in.
    pub broker: SharedBroker,
    /// The time.
    pub clock: Clock,
    /// Randomness and ids.
    pub random: Random,
}

/// The messaging service, ready to run.
pub struct Service {
    app: Arc<App>,
    listener: GrpcListener,
    broker: SharedBroker,
}

impl Service {
    /// Puts the parts together. Nothing is asked of any server yet.
    ///
    /// # Errors
    /// When the pool can't be made.
    pub fn build(config: Config, surroundings: Surroundings) -> anyhow::Result<Self> {
        let Surroundings {
            listener,
            broker,
            clock,
            random,
        } = surroundings;
        let schema = config.database.schema;
        let app = Arc::new(App {
            database: Database::connect(&config.database)?,
            outbox: Outbox::new(schema),
            inboxes: inbox::inboxes(schema),
            cursors: CursorKey::from_secret(config.credential.as_bytes()),
            config,
            clock,
            random,
        });
        Ok(Self {
            app,
            listener,
            broker,
        })
    }

    /// The use cases, for tests.
    #[must_use]
    pub fn app(&self) -> Arc<App> {
        Arc::clone(&self.app)
    }

    /// Starts the server, the relay, the consumers and the jobs as parts of the process.
    ///
    /// # Errors
    /// When the broker refuses a subscription.
    ///
    /// The future is boxed, so that all that it needs is compiled with this crate, once, and not with each binary and test.
    pub fn start(self, stop: &Stop) -> BoxFuture<'_, anyhow::Result<()>> {
        self.start_parts(stop).boxed()
    }

    async fn start_parts(self, stop: &Stop) -> anyhow::Result<()> {
        inbox::subscribe(&self.app, &self.broker).await?;
        let database = self.app.database.clone();
        let server = GrpcServer {
            listener: self.listener,
            credential: self.app.config.credential.clone(),
            routes: grpc::routes(&self.app),
            readiness: Box::new(move || {
                let database = database.clone();
                async move { database.ping().await.is_ok() }.boxed()
            }),
        };
        stop.spawn("messaging gRPC server", server.serve(stop.token()));
        let relay = Relay::new(
            self.app.database.clone(),
            self.app.config.database.schema,
            self.broker,
        );
        stop.spawn_job(|token| relay.run(token));
        let app = self.app;
        stop.spawn_job(|token| async move { retention::keep_tidy(&app, token).await });
        Ok(())
    }
}
