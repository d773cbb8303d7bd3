//! The only wiring: what the service is made of, and how it runs and stops.

use std::sync::Arc;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use futures::FutureExt;
use futures::future::BoxFuture;
use oruma_attachments::Files;
use oruma_broker::{Outbox, SharedBroker};
use oruma_ids::CursorKey;
use oruma_outbound::Outbound;
use oruma_postgres::{Database, Requests};
use oruma_service::{Parts, Surroundings, while_database_answers};
use oruma_service_runtime::{Channel, GrpcListener, Stop};
use tokio::sync::Notify;

use crate::app::people::People;
use crate::app::{App, previews, retention, schedules};
use crate::config::Config;
use crate::{grpc, inbox};

/// The steps of the schema `messaging`.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/messaging");

/// The services that this one asks.
#[derive(Debug, Clone)]
pub struct Channels {
    /// Auth: who people are.
    pub auth: Channel,
    /// Media: whose files are whose.
    pub media: Channel,
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
    /// When the pool or the client for links can't be made.
    pub fn build(
        config: Config,
        surroundings: Surroundings,
        channels: Channels,
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
            inboxes: inbox::inboxes(schema),
            people: People::new(channels.auth, &config.credential),
            files: Files::new(channels.media, &config.credential),
            outbound: Outbound::new(config.reach.clone())?,
            scheduled: Notify::new(),
            linked: Notify::new(),
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
            server: "messaging gRPC server",
            listener: self.listener,
            credential: self.app.config.credential.clone(),
            routes: grpc::routes(&self.app),
            readiness: while_database_answers(&self.app.database),
            database: self.app.database.clone(),
            broker: self.broker,
        };
        parts.start(stop);
        let app = Arc::clone(&self.app);
        stop.spawn_job(|token| async move { schedules::keep_sending(&app, token).await });
        if self.app.config.link_previews {
            let app = Arc::clone(&self.app);
            stop.spawn_job(|token| async move { previews::keep_looking(&app, token).await });
        }
        let app = self.app;
        stop.spawn_job(|token| async move { retention::keep_tidy(&app, token).await });
        Ok(())
    }
}
