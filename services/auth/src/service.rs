//! The only wiring: what the service is made of, and how it runs and stops.

use std::sync::Arc;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use futures::FutureExt;
use futures::future::BoxFuture;
use oruma_broker::{Outbox, SharedBroker};
use oruma_ephemeral::SharedEphemeral;
use oruma_ids::CursorKey;
use oruma_postgres::Database;
use oruma_service::{Parts, Surroundings, while_database_answers};
use oruma_service_runtime::{GrpcListener, Stop};
use secrecy::ExposeSecret;
use tokio::sync::Notify;

use crate::app::announcements::{self, Announcements};
use crate::app::{App, accounts, directory, mails, retention};
use crate::config::Config;
use crate::google::Google;
use crate::grpc;
use crate::keys::Keys;
use crate::passwords::Passwords;

/// The steps of the schema `auth`.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/auth");

/// The auth service, ready to run.
pub struct Service {
    app: Arc<App>,
    listener: GrpcListener,
    broker: SharedBroker,
}

impl Service {
    /// Puts the parts together. Nothing is asked of any server yet.
    ///
    /// # Errors
    /// When the pool or the password threads can't be made.
    pub fn build(
        config: Config,
        surroundings: Surroundings,
        ephemeral: SharedEphemeral,
    ) -> anyhow::Result<Self> {
        let Surroundings {
            listener,
            broker,
            clock,
            random,
        } = surroundings;
        let app = Arc::new(App {
            database: Database::connect(&config.database)?,
            outbox: Outbox::new(config.database.schema),
            keys: Keys::from_secret(config.data_secret.expose_secret().as_bytes())?,
            mailer: config.mail.mailer()?,
            sms: config.sms.sender()?,
            google: config.google.clone().map(Google::new).transpose()?,
            mails_waiting: Notify::new(),
            passwords: Passwords::start(config.passwords)?,
            cursors: CursorKey::from_secret(config.credential.as_bytes()),
            config,
            ephemeral,
            announcements: Announcements::default(),
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

    /// Fills the directory and makes the first administrator, then starts the server, the relay and the jobs as parts of the process.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// The future is boxed, so that all that it needs is compiled with this crate, once, and not with each binary and test.
    pub fn start(self, stop: &Stop) -> BoxFuture<'_, anyhow::Result<()>> {
        self.start_parts(stop).boxed()
    }

    async fn start_parts(self, stop: &Stop) -> anyhow::Result<()> {
        let filled = directory::fill(&self.app).await?;
        if filled > 0 {
            tracing::info!(universities = filled, "directory filled");
        }
        accounts::ensure_admin(&self.app).await?;

        let parts = Parts {
            server: "auth gRPC server",
            listener: self.listener,
            credential: self.app.config.credential.clone(),
            routes: grpc::routes(&self.app),
            readiness: while_database_answers(&self.app.database),
            database: self.app.database.clone(),
            broker: self.broker,
        };
        parts.start(stop);
        let app = Arc::clone(&self.app);
        stop.spawn_job(|token| async move { announcements::listen(&app, token).await });
        let app = Arc::clone(&self.app);
        stop.spawn_job(|token| async move { directory::keep_fresh(&app, token).await });
        let app = Arc::clone(&self.app);
        stop.spawn_job(|token| async move { mails::keep_delivering(&app, token).await });
        let app = self.app;
        stop.spawn_job(|token| async move { retention::keep_tidy(&app, token).await });
        Ok(())
    }
}
