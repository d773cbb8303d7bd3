//! The only wiring: what the gateway is made of, and how it runs and stops.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::http::header::{ETAG, HeaderName, LOCATION, RETRY_AFTER};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, web};
use futures::FutureExt;
use futures::future::BoxFuture;
use oruma_broker::SharedBroker;
use oruma_ephemeral::SharedEphemeral;
use oruma_ids::CursorKey;
use oruma_service_runtime::{
    Channel, ChannelConfig, Clock, ConfigError, Env, Random, Stop, connect,
};

use crate::activity::{self, Activity};
use crate::clients::Clients;
use crate::config::{Config, Origins};
use crate::edge::Edge;
use crate::health::Health;
use crate::parting::{self, Parting};
use crate::people::People;
use crate::realtime::{self, Realtime};
use crate::revocations::{self, Revocations};
use crate::{console, contracts, documentation, inbox, middleware, probes, server};

/// The ways to the services behind the edge.
pub struct Channels {
    /// To auth.
    pub auth: Channel,
    /// To social.
    pub social: Channel,
    /// To events.
    pub events: Channel,
    /// To marketplace.
    pub marketplace: Channel,
    /// To messaging.
    pub messaging: Channel,
    /// To media, with time for files.
    pub media: Channel,
}

impl Channels {
    /// Reads `AUTH_GRPC_URL` and its siblings.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the first that is missing or wrong.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            auth: connect(&ChannelConfig::from_env(env, "auth")?)?,
            social: connect(&ChannelConfig::from_env(env, "social")?)?,
            events: connect(&ChannelConfig::from_env(env, "events")?)?,
            marketplace: connect(&ChannelConfig::from_env(env, "marketplace")?)?,
            messaging: connect(&ChannelConfig::from_env(env, "messaging")?)?,
            media: connect(&ChannelConfig::from_env(env, "media")?.for_files())?,
        })
    }
}

/// What the gateway takes from its process.
pub struct Surroundings {
    /// The ways to the services.
    pub channels: Channels,
    /// Where events come from.
    pub broker: SharedBroker,
    /// What gateways share and may lose.
    pub ephemeral: SharedEphemeral,
    /// The time.
    pub clock: Clock,
    /// What tickets are made of.
    pub random: Random,
}

/// The gateway, listening but not yet answering.
pub struct Service {
    edge: Arc<Edge>,
    broker: SharedBroker,
    listener: TcpListener,
}

impl Service {
    /// Puts the parts together and takes the address.
    ///
    /// # Errors
    /// [`ConfigError`] naming `API_PORT` when the address can't be had.
    pub fn bind(config: Config, surroundings: Surroundings) -> Result<Self, ConfigError> {
        let Surroundings {
            channels,
            broker,
            ephemeral,
            clock,
            random,
        } = surroundings;
        let listener = TcpListener::bind(config.address).map_err(|error| {
            ConfigError::new(
                "API_PORT",
                format!("can't be used: {} {error}", config.address),
            )
        })?;
        let clients = Clients::new(channels, &config.credential);
        let hub = realtime::hub(contracts::dialects(&config));
        let sessions = clients.sessions.clone();
        let edge = Edge {
            revocations: Revocations::new(sessions, Arc::clone(&hub), clock.clone()),
            realtime: Realtime::new(hub, random),
            health: Health::new(),
            parting: Parting::default(),
            activity: Activity::default(),
            people: People::new(clients.users.clone()),
            exports: CursorKey::from_secret(config.credential.as_bytes()),
            fallback: oruma_ephemeral::in_process(),
            config,
            clients,
            ephemeral,
            clock,
        };
        Ok(Self {
            edge: Arc::new(edge),
            broker,
            listener,
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system can't tell.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Starts the server and the jobs as parts of the process.
    ///
    /// # Errors
    /// When the address or the broker can't be used.
    ///
    /// The future is boxed, so that all that it needs is compiled with this crate, once, and not with each binary and test.
    pub fn start(self, stop: &Stop) -> BoxFuture<'_, anyhow::Result<()>> {
        self.start_parts(stop).boxed()
    }

    async fn start_parts(self, stop: &Stop) -> anyhow::Result<()> {
        let address = self.address()?;
        inbox::subscribe(Arc::clone(&self.edge), &self.broker).await?;
        realtime::subscribe(Arc::clone(&self.edge), &self.broker).await?;
        realtime::start(&self.edge, stop);
        let edge = Arc::clone(&self.edge);
        stop.spawn_job(|token| async move { revocations::listen(&edge, token).await });
        let edge = Arc::clone(&self.edge);
        stop.spawn_job(|token| async move { activity::report(&edge, token).await });
        let edge = Arc::clone(&self.edge);
        let server = serve(self.edge, self.listener)?;
        let (handle, broker) = (server.handle(), self.broker);
        stop.spawn("gateway HTTP server", server);
        stop.spawn_job(|token| async move {
            token.cancelled().await;
            edge.parting.take_leave().await;
            edge.realtime.hub.drain();
            handle.stop(true).await;
            broker.close().await;
        });
        tracing::info!(%address, "listening");
        Ok(())
    }
}

fn serve(edge: Arc<Edge>, listener: TcpListener) -> std::io::Result<Server> {
    let edge = web::Data::from(edge);
    server::listen(listener, move || {
        App::new()
            .app_data(edge.clone())
            .wrap(from_fn(contracts::oruma::beside))
            .wrap(from_fn(parting::send_elsewhere))
            .wrap(Compress::default())
            .wrap(from_fn(middleware::security_headers))
            .wrap(cors(&edge.config.origins))
            .wrap(from_fn(middleware::trace))
            .wrap(from_fn(middleware::hosts::mount_hosts))
            .configure(probes::mount)
            .configure(documentation::mount)
            .configure(console::mount)
            .configure(contracts::mount)
    })
}

/// O-115: the named origins, with credentials, all methods and all headers.
fn cors(origins: &Origins) -> Cors {
    let exposed = [
        HeaderName::from_static("x-request-id"),
        HeaderName::from_static("traceparent"),
        HeaderName::from_static("ratelimit-limit"),
        HeaderName::from_static("ratelimit-remaining"),
        HeaderName::from_static("ratelimit-reset"),
        RETRY_AFTER,
        LOCATION,
        ETAG,
    ];
    let cors = Cors::default()
        .allow_any_method()
        .allow_any_header()
        .expose_headers(exposed)
        .block_on_origin_mismatch(false)
        .max_age(3_600);
    match origins {
        Origins::Any => cors.allow_any_origin().send_wildcard(),
        Origins::Only(list) => list
            .iter()
            .fold(cors, |cors, origin| cors.allowed_origin(origin))
            .supports_credentials(),
    }
}
