//! The whole platform in one process, for a laptop or a small community.
//!
//! The services are the same libraries as in the distributed way to run, and talk over the same gRPC, inside the process. Without `RABBITMQ_URL`
//! and `REDIS_URL` their work is done in the process too.

use std::process::ExitCode;
use std::sync::Arc;

use oruma_broker::{InProcessBroker, RabbitMqBroker, SharedBroker};
use oruma_ephemeral::SharedEphemeral;
use oruma_postgres::Database;
use oruma_service_runtime::{Clock, Command, Env, GrpcListener, Process, Random, Stop, in_process};

fn main() -> ExitCode {
    let process = Process {
        name: "oruma",
        version: env!("CARGO_PKG_VERSION"),
    };
    process.main(|command, env, stop| async move {
        let env = with_internal_token(env);
        let auth = oruma_auth::config::Config::from_env(&env)?;
        let gateway = oruma_gateway::config::Config::from_env(&env)?;
        oruma_postgres::migrate(&auth.database, oruma_auth::service::MIGRATIONS).await?;
        if command == Command::Migrate {
            return Ok(());
        }
        // The edge stops first: requests under way still need the services.
        let services = Stop::new();
        start(&env, &stop, &services, auth, gateway).await?;
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

async fn start(
    env: &Env,
    edge: &Stop,
    services: &Stop,
    auth: oruma_auth::config::Config,
    gateway: oruma_gateway::config::Config,
) -> anyhow::Result<()> {
    let clock = Clock::system();
    // Events left from the last run wait until everybody has subscribed.
    let in_process_broker = Arc::new(InProcessBroker::holding(Some(Database::connect(
        &auth.database,
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
    let (listener, auth_channel) = in_process();
    let auth = oruma_auth::service::Service::build(
        auth,
        oruma_auth::service::Surroundings {
            listener: GrpcListener::InProcess(listener),
            broker: Arc::clone(&broker),
            ephemeral: Arc::clone(&ephemeral),
            clock: clock.clone(),
            random: Random::system(),
        },
    )?;
    let gateway = oruma_gateway::service::Service::bind(
        gateway,
        oruma_gateway::service::Surroundings {
            channels: oruma_gateway::service::Channels { auth: auth_channel },
            broker,
            ephemeral,
            clock,
        },
    )?;
    auth.start(services).await?;
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
