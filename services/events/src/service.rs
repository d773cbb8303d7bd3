//! The only wiring: what the service is made of, and how it runs and stops.

use std::sync::Arc;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use futures::FutureExt;
use futures::future::BoxFuture;
use oruma_attachments::{Attachments, ImageFolder};
use oruma_broker::{Inbox, Outbox, SharedBroker};
use oruma_engagement::Reports;
use oruma_ids::CursorKey;
use oruma_postgres::{Database, Requests};
use oruma_service::{Parts, Surroundings, while_database_answers};
use oruma_service_runtime::{Channel, GrpcListener, Stop};

use crate::app::{App, analytics, retention, saves};
use crate::config::Config;
use crate::{grpc, inbox};

/// The steps of the schema `events`.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/events");

/// The events service, ready to run.
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
    pub fn build(
        config: Config,
        surroundings: Surroundings,
        media: Channel,
    ) -> anyhow::Result<Self> {
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
            requests: Requests::new(schema),
            departures: Inbox::new(schema, inbox::USER_DELETED),
            banners: Attachments::new(media, &config.credential, ImageFolder::Events),
            saves: saves(),
            reports: Reports::new("events.reports", "event_id"),
            analytics: analytics(),
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
        let parts = Parts {
            server: "events gRPC server",
            listener: self.listener,
            credential: self.app.config.credential.clone(),
            routes: grpc::routes(&self.app),
            readiness: while_database_answers(&self.app.database),
            database: self.app.database.clone(),
            broker: self.broker,
        };
        parts.start(stop);
        let app = Arc::clone(&self.app);
        stop.spawn_job(|token| async move {
            app.analytics
                .keep_written(&app.database, &app.clock, token)
                .await;
        });
        let app = self.app;
        stop.spawn_job(|token| async move { retention::keep_tidy(&app, token).await });
        Ok(())
    }
}
