//! The deployment of a run: distributed, on servers of its own, with lines that can be cut.

use std::net::SocketAddr;
use std::sync::Arc;

use oruma_e2e::{Deployment, PrivateServers, Proxy, free_port};
use url::Url;

use super::disk::Disk;
use super::keeper::Keeper;

/// Everything that faults happen to. What is named first ends first.
pub(crate) struct Stage {
    pub(crate) deployment: Arc<Deployment>,
    pub(crate) to_database: Proxy,
    pub(crate) to_social: Proxy,
    pub(crate) to_auth: Proxy,
    pub(crate) disk: Disk,
    pub(crate) servers: PrivateServers,
}

impl Stage {
    /// Starts all of it.
    pub(crate) async fn set() -> Self {
        let servers = PrivateServers::start(&["postgres", "redis", "rabbitmq"]).await;
        let mut database: Url = servers.url("DATABASE_URL").parse().expect("a URL");
        let port = database.port().expect("a port");
        let to_database = Proxy::to(SocketAddr::from(([127, 0, 0, 1], port))).await;
        let own = to_database.address().port();
        database.set_port(Some(own)).expect("a port is set");
        let disk = Disk::mount();
        let mut plan = Deployment::distributed()
            .gateways(2)
            .env("DATABASE_URL", database.as_str())
            .env("REDIS_URL", servers.url("REDIS_URL"))
            .env("RABBITMQ_URL", servers.url("RABBITMQ_URL"))
            .env("UPLOAD_DIR", disk.path().to_str().expect("a path of text"));
        let mut lines = Vec::new();
        for service in ["social", "auth"] {
            let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
            let line = Proxy::to(address).await;
            let variable = format!("{}_GRPC_URL", service.to_uppercase());
            plan = plan
                .env(&format!("GRPC_ADDR@{service}"), &address.to_string())
                .env(&variable, &format!("http://{}", line.address()));
            lines.push(line);
        }
        let to_auth = lines.pop().expect("a line to auth");
        let to_social = lines.pop().expect("a line to social");
        Self {
            deployment: Arc::new(plan.start().await),
            to_database,
            to_social,
            to_auth,
            disk,
            servers,
        }
    }

    /// Who starts again what has ended by itself.
    pub(crate) fn keeper(&self) -> Keeper {
        Keeper::of(&self.deployment)
    }
}
