//! The use cases of services, without their servers, relays and jobs: what they write goes out by the relays of the services that run.

use std::sync::Arc;

use anyhow::Context;
use oruma_broker::InProcessBroker;
use oruma_ephemeral::SharedEphemeral;
use oruma_service::Surroundings;
use oruma_service_runtime::{Clock, Env, GrpcListener, Random, in_process};

use crate::installation::{Installation, Service};

/// Characters of a secret that nobody is shown.
const SECRET_BYTES: usize = 32;

impl Installation {
    /// The use cases of auth. With `REDIS_URL` gateways hear at once of sign-ins that end, else by events.
    ///
    /// # Errors
    /// A [`ConfigError`](oruma_service_runtime::ConfigError) naming the variable that is missing or wrong.
    pub(crate) async fn auth(&self) -> anyhow::Result<Arc<oruma_auth::app::App>> {
        let env = self.service_env(Service::Auth)?;
        let config = oruma_auth::config::Config::from_env(&env)?;
        let service = oruma_auth::service::Service::build(config, alone(), ephemeral(&env).await?)?;
        Ok(service.app())
    }

    /// The use cases of social.
    ///
    /// # Errors
    /// As [`Installation::auth`].
    pub(crate) fn social(&self) -> anyhow::Result<Arc<oruma_social::app::App>> {
        let config = oruma_social::config::Config::from_env(&self.service_env(Service::Social)?)?;
        Ok(oruma_social::service::Service::build(config, alone(), in_process().1)?.app())
    }

    /// The use cases of events.
    ///
    /// # Errors
    /// As [`Installation::auth`].
    pub(crate) fn events(&self) -> anyhow::Result<Arc<oruma_events::app::App>> {
        let config = oruma_events::config::Config::from_env(&self.service_env(Service::Events)?)?;
        Ok(oruma_events::service::Service::build(config, alone(), in_process().1)?.app())
    }

    /// The use cases of marketplace.
    ///
    /// # Errors
    /// As [`Installation::auth`].
    pub(crate) fn marketplace(&self) -> anyhow::Result<Arc<oruma_marketplace::app::App>> {
        let env = self.service_env(Service::Marketplace)?;
        let config = oruma_marketplace::config::Config::from_env(&env)?;
        Ok(oruma_marketplace::service::Service::build(config, alone(), in_process().1)?.app())
    }

    /// The use cases of messaging.
    ///
    /// # Errors
    /// As [`Installation::auth`].
    pub(crate) fn messaging(&self) -> anyhow::Result<Arc<oruma_messaging::app::App>> {
        let env = self.service_env(Service::Messaging)?;
        let config = oruma_messaging::config::Config::from_env(&env)?;
        let channels = oruma_messaging::service::Channels {
            auth: in_process().1,
            media: in_process().1,
        };
        Ok(oruma_messaging::service::Service::build(config, alone(), channels)?.app())
    }

    /// The use cases of media.
    ///
    /// # Errors
    /// As [`Installation::auth`].
    pub(crate) fn media(&self) -> anyhow::Result<Arc<oruma_media::app::App>> {
        let config = oruma_media::config::Config::from_env(&self.service_env(Service::Media)?)?;
        let service = oruma_media::service::Service::build(config, alone());
        Ok(service.context("media")?.app())
    }

    /// What a service would see. Nothing here is called or signed, so that the secrets for that may be missing.
    fn service_env(&self, service: Service) -> anyhow::Result<Env> {
        let mut env = self.env_of(service)?;
        for name in ["INTERNAL_GRPC_TOKEN", "JWT_SECRET_KEY"] {
            if !env.is_set(name) {
                env = env.with(name, random_secret());
            }
        }
        Ok(env)
    }
}

/// Nobody calls, and nothing is published from here.
fn alone() -> Surroundings {
    Surroundings {
        listener: GrpcListener::InProcess(in_process().0),
        broker: Arc::new(InProcessBroker::holding(None)),
        clock: Clock::system(),
        random: Random::system(),
    }
}

async fn ephemeral(env: &Env) -> anyhow::Result<SharedEphemeral> {
    if env.is_set("REDIS_URL") {
        Ok(oruma_ephemeral::redis_from_env(env).await?)
    } else {
        Ok(oruma_ephemeral::in_process())
    }
}

fn random_secret() -> String {
    let bytes = Random::system().bytes::<SECRET_BYTES>();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
