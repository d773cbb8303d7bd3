//! The only wiring: what the service is made of, and how it runs and stops.

use std::sync::Arc;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use futures::FutureExt;
use futures::future::BoxFuture;
use oruma_broker::{Inbox, Outbox, SharedBroker};
use oruma_postgres::Database;
use oruma_service::{Parts, Surroundings};
use oruma_service_runtime::{GrpcListener, Readiness, Stop};
use tokio::sync::{Notify, Semaphore};

use crate::app::files::uploads::FILES_AT_ONCE;
use crate::app::uploads::UPLOADS_AT_ONCE;
use crate::app::{App, retention};
use crate::config::Config;
use crate::films::Films;
use crate::processing::Processing;
use crate::{grpc, inbox};

/// The steps of the schema `media`.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/media");

/// The media service, ready to run.
pub struct Service {
    app: Arc<App>,
    listener: GrpcListener,
    broker: SharedBroker,
}

impl Service {
    /// Puts the parts together. No server is asked yet; the folder of files is made if it is not there.
    ///
    /// # Errors
    /// When the pool, the folder or the image threads can't be made.
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
            post_inbox: Inbox::new(schema, inbox::POSTS),
            event_inbox: Inbox::new(schema, inbox::EVENTS),
            item_inbox: Inbox::new(schema, inbox::ITEMS),
            message_inbox: Inbox::new(schema, inbox::MESSAGES),
            user_inbox: Inbox::new(schema, inbox::USERS),
            avatar_inbox: Inbox::new(schema, inbox::AVATARS),
            blobs: config.blobs.clone().open()?,
            processing: Processing::start(config.processing)?,
            films: Films::new(config.films.clone()),
            places: Semaphore::new(UPLOADS_AT_ONCE),
            file_places: Semaphore::new(FILES_AT_ONCE),
            removals: Notify::new(),
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

    /// The use cases, for tests and for jobs.
    #[must_use]
    pub fn app(&self) -> Arc<App> {
        Arc::clone(&self.app)
    }

    /// Subscribes to the facts, then starts the server, the relay and the jobs as parts of the process.
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
            server: "media gRPC server",
            listener: self.listener,
            credential: self.app.config.credential.clone(),
            routes: grpc::routes(&self.app),
            readiness: readiness(&self.app),
            database: self.app.database.clone(),
            broker: self.broker,
        };
        parts.start(stop);
        let app = self.app;
        let films = app.films.clone();
        stop.spawn_job(|_| async move { films.look_for_program().await });
        stop.spawn_job(|token| async move { retention::keep_tidy(&app, token).await });
        Ok(())
    }
}

/// Neither rows without files nor files without rows are of use.
fn readiness(app: &Arc<App>) -> Readiness {
    let app = Arc::clone(app);
    Box::new(move || {
        let app = Arc::clone(&app);
        async move {
            let (rows, files) = tokio::join!(app.database.ping(), app.blobs.ping());
            rows.is_ok() && files.is_ok()
        }
        .boxed()
    })
}
