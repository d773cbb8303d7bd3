//! The whole platform in one process, for a laptop or a small community.
//!
//! The services are the same libraries as in the distributed way to run, and talk over the same gRPC, inside the process. Without `RABBITMQ_URL`
//! and `REDIS_URL` their work is done in the process too.

use std::process::ExitCode;
use std::sync::Arc;

use oruma_broker::{InProcessBroker, RabbitMqBroker, SharedBroker};
use oruma_ephemeral::SharedEphemeral;
use oruma_postgres::{Database, DatabaseConfig, MigrateError};
use oruma_service::Surroundings;
use oruma_service_runtime::{
    Clock, Command, ConfigError, Env, GrpcListener, Process, Random, Stop, in_process,
    in_process_for_files,
};

/// Connections for what could not be handled: hardly ever needed.
const DEAD_LETTER_CONNECTIONS: usize = 2;

fn main() -> ExitCode {
    let process = Process {
        name: "oruma",
        version: env!("CARGO_PKG_VERSION"),
    };
    process.main(|command, env, stop| async move {
        let env = with_internal_token(env);
        let configs = Configs::from_env(&env)?;
        configs.migrate().await?;
        if command == Command::Migrate {
            return Ok(());
        }
        // The edge stops first: requests under way still need the services.
        let services = Stop::new();
        start(&env, &stop, &services, configs).await?;
        tokio::select! {
            () = stop.asked() => {}
            () = services.asked() => {}
        }
        stop.ask();
        stop.finished().await;
        services.ask();
        services.finished().await;
        Ok(())
    })
}

/// The settings of all parts, read before any of them starts.
struct Configs {
    auth: oruma_auth::config::Config,
    social: oruma_social::config::Config,
    events: oruma_events::config::Config,
    marketplace: oruma_marketplace::config::Config,
    messaging: oruma_messaging::config::Config,
    media: oruma_media::config::Config,
    gateway: oruma_gateway::config::Config,
}

impl Configs {
    fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            auth: oruma_auth::config::Config::from_env(env)?,
            social: oruma_social::config::Config::from_env(env)?,
            events: oruma_events::config::Config::from_env(env)?,
            marketplace: oruma_marketplace::config::Config::from_env(env)?,
            messaging: oruma_messaging::config::Config::from_env(env)?,
            media: oruma_media::config::Config::from_env(env)?,
            gateway: oruma_gateway::config::Config::from_env(env)?,
        })
    }

    async fn migrate(&self) -> Result<(), MigrateError> {
        oruma_postgres::migrate(&self.auth.database, oruma_auth::service::MIGRATIONS).await?;
        oruma_postgres::migrate(&self.social.database, oruma_social::service::MIGRATIONS).await?;
        oruma_postgres::migrate(&self.events.database, oruma_events::service::MIGRATIONS).await?;
        let marketplace = &self.marketplace.database;
        oruma_postgres::migrate(marketplace, oruma_marketplace::service::MIGRATIONS).await?;
        let messaging = &self.messaging.database;
        oruma_postgres::migrate(messaging, oruma_messaging::service::MIGRATIONS).await?;
        oruma_postgres::migrate(&self.media.database, oruma_media::service::MIGRATIONS).await?;
        Ok(())
    }
}

/// The edge is asked to stop by `edge`, the services behind it by `services`.
async fn start(env: &Env, edge: &Stop, services: &Stop, configs: Configs) -> anyhow::Result<()> {
    let Configs {
        auth,
        social,
        events,
        marketplace,
        messaging,
        media,
        gateway,
    } = configs;
    let (clock, random) = (Clock::system(), Random::system());
    // Events left from the last run wait until everybody has subscribed.
    let dead_letters = DatabaseConfig {
        pool_size: DEAD_LETTER_CONNECTIONS,
        ..auth.database.clone()
    };
    let in_process_broker = Arc::new(InProcessBroker::holding(Some(Database::connect(
        &dead_letters,
    )?)));
    let broker: SharedBroker = if env.is_set("RABBITMQ_URL") {
        Arc::new(RabbitMqBroker::from_env(env, "oruma")?)
    } else {
        Arc::clone(&in_process_broker) as SharedBroker
    };
    let ephemeral: SharedEphemeral = if env.is_set("REDIS_URL") {
        oruma_ephemeral::redis_from_env(env).await?
    } else {
        oruma_ephemeral::in_process()
    };
    let (auth_listener, auth_channel) = in_process();
    let (social_listener, social_channel) = in_process();
    let (events_listener, events_channel) = in_process();
    let (marketplace_listener, marketplace_channel) = in_process();
    let (messaging_listener, messaging_channel) = in_process();
    let (media_listener, media_channel) = in_process_for_files();

    let surroundings = |listener| Surroundings {
        listener: GrpcListener::InProcess(listener),
        broker: Arc::clone(&broker),
        clock: clock.clone(),
        random: random.clone(),
    };
    let auth = oruma_auth::service::Service::build(
        auth,
        surroundings(auth_listener),
        Arc::clone(&ephemeral),
    )?;
    let social = oruma_social::service::Service::build(
        social,
        surroundings(social_listener),
        media_channel.clone(),
    )?;
    let events = oruma_events::service::Service::build(
        events,
        surroundings(events_listener),
        media_channel.clone(),
    )?;
    let marketplace = oruma_marketplace::service::Service::build(
        marketplace,
        surroundings(marketplace_listener),
        media_channel.clone(),
    )?;
    let messaging = oruma_messaging::service::Service::build(
        messaging,
        surroundings(messaging_listener),
        oruma_messaging::service::Channels {
            auth: auth_channel.clone(),
            media: media_channel.clone(),
        },
    )?;
    let media = oruma_media::service::Service::build(media, surroundings(media_listener))?;
    let gateway = oruma_gateway::service::Service::bind(
        gateway,
        oruma_gateway::service::Surroundings {
            channels: oruma_gateway::service::Channels {
                auth: auth_channel,
                social: social_channel,
                events: events_channel,
                marketplace: marketplace_channel,
                messaging: messaging_channel,
                media: media_channel,
            },
            broker,
            ephemeral,
            clock,
            random,
        },
    )?;
    auth.start(services).await?;
    social.start(services).await?;
    events.start(services).await?;
    marketplace.start(services).await?;
    messaging.start(services).await?;
    media.start(services).await?;
    gateway.start(edge).await?;
    in_process_broker.release();
    Ok(())
}

/// Nobody outside the process calls its services, so any credential will do that nobody can guess.
fn with_internal_token(env: Env) -> Env {
    if env.is_set("INTERNAL_GRPC_TOKEN") {
        return env;
    }
    let token: String = Random::system()
        .bytes::<32>()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    env.with("INTERNAL_GRPC_TOKEN", token)
}
