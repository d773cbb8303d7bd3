//! `/livez` and `/readyz`, for whatever runs the process.

use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig, get, resource};
use serde_json::{Map, Value, json};

use crate::edge::Edge;
use crate::health::AUTH;

/// Mounts both.
pub(crate) fn mount(config: &mut ServiceConfig) {
    config
        .service(resource("/livez").route(get().to(livez)))
        .service(resource("/readyz").route(get().to(readyz)));
}

/// The process answers. Never depends on a server elsewhere: restarting this one would not mend that.
async fn livez() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "alive"}))
}

/// Nobody gets in without auth, so a gateway that can't ask it is no use to anybody. Whatever else is away is told in the body, and no
/// reason to send people elsewhere: it is away for all gateways at once, and what does not need it goes on. A gateway that takes leave is not
/// ready either.
async fn readyz(edge: Data<Edge>) -> HttpResponse {
    let health = edge.clients.health().await;
    let ready = health
        .iter()
        .all(|(name, serving)| *serving || *name != AUTH)
        && !edge.parting.has_begun();
    let services: Map<String, Value> = health
        .into_iter()
        .map(|(name, serving)| {
            (
                name.to_owned(),
                if serving { "serving" } else { "away" }.into(),
            )
        })
        .collect();
    if ready {
        HttpResponse::Ok().json(json!({"status": "ready", "services": services}))
    } else {
        HttpResponse::ServiceUnavailable()
            .json(json!({"status": "not_ready", "services": services}))
    }
}
