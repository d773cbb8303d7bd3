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
use oruma_service_runtime::{GrpcListener, Readiness, Stop};
use secrecy::ExposeSecret;
use tokio::sync::{Notify, OnceCell};

use crate::app::announcements::{self, Announcements};
use crate::app::{App, MailMeters, accounts, directory, mails, retention};
use crate::config::Config;
use crate::error::Error;
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
            mail_meters: MailMeters::default(),
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

    /// Starts the server, the relay and the jobs as parts of the process, fills the directory and makes the first administrator. With a database
    /// that is away or not migrated, the service is not ready, and does both as soon as it can.
    ///
    /// # Errors
    /// When the administrator can't be made, whatever the database does.
    ///
    /// The future is boxed, so that all that it needs is compiled with this crate, once, and not with each binary and test.
    pub fn start(self, stop: &Stop) -> BoxFuture<'_, anyhow::Result<()>> {
        self.start_parts(stop).boxed()
    }

    async fn start_parts(self, stop: &Stop) -> anyhow::Result<()> {
        let prepared = Arc::new(OnceCell::new());
        let parts = Parts {
            server: "auth gRPC server",
            listener: self.listener,
            credential: self.app.config.credential.clone(),
            routes: grpc::routes(&self.app),
            readiness: while_prepared(&self.app, &prepared),
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
        let app = Arc::clone(&self.app);
        stop.spawn_job(|token| async move { retention::keep_tidy(&app, token).await });
        match prepared.get_or_try_init(|| prepare(&self.app)).await {
            Ok(()) => Ok(()),
            Err(error) if may_pass(&error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the service is not ready before its database is"
                );
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Ready while the database answers, once what a start needs of it is there.
fn while_prepared(app: &Arc<App>, prepared: &Arc<OnceCell<()>>) -> Readiness {
    let answers = while_database_answers(&app.database);
    let (app, prepared) = (Arc::clone(app), Arc::clone(prepared));
    Box::new(move || {
        let (app, prepared, answer) = (Arc::clone(&app), Arc::clone(&prepared), answers());
        async move { answer.await && prepared.get_or_try_init(|| prepare(&app)).await.is_ok() }
            .boxed()
    })
}

/// Fills the directory and makes the first administrator.
async fn prepare(app: &App) -> Result<(), Error> {
    let filled = directory::fill(app).await?;
    if filled > 0 {
        tracing::info!(universities = filled, "directory filled");
    }
    accounts::ensure_admin(app).await
}

/// Whether it may go better by itself, as with a database that is away or not migrated yet. An administrator who can't be one stays so.
fn may_pass(error: &Error) -> bool {
    !matches!(error, Error::Invalid(_))
}
