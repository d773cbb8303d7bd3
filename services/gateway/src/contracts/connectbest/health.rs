//! `/api/health` (C-057).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;

use super::dto::health::Health;
use crate::edge::Edge;
use crate::middleware::entry::Rendered;
use crate::times::iso;

/// How the installation is: measured at most once a second, whoever asks. Open to everybody.
#[utoipa::path(get, path = "/api/health", tag = "system", responses(
    (status = 200, description = "People can work; `degraded` when something else is away", body = Health),
    (status = 503, description = "A database is away: `down`", body = Health),
))]
pub(super) async fn health(edge: Data<Edge>) -> HttpResponse {
    let report = edge.health.report(&edge).await;
    let status = if report.can_work() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let now = iso(Some(edge.clock.now().into()));
    let body = Health::new(&report, edge.health.uptime(), now);
    let mut response = HttpResponse::build(status).json(body);
    // The report is the body of its 503, too.
    response.extensions_mut().insert(Rendered);
    response
}
