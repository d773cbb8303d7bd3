//! `/` and `/health`.

use actix_web::HttpResponse;
use serde_json::json;

/// Greets.
#[utoipa::path(get, path = "/", tag = "system", responses((status = 200, description = "A greeting", body = serde_json::Value)))]
pub(super) async fn root() -> HttpResponse {
    answer(&json!({"message": "Oruma Student Hub API"}))
}

/// Tells that the process answers (O-067). Whether the services behind it do is told by `/readyz`.
#[utoipa::path(get, path = "/health", tag = "system", responses((status = 200, description = "The process answers", body = serde_json::Value)))]
pub(super) async fn health() -> HttpResponse {
    answer(&json!({"status": "healthy"}))
}

fn answer(body: &serde_json::Value) -> HttpResponse {
    HttpResponse::Ok().json(body)
}
