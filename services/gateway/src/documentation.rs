//! The interactive pages and the documents behind them. Everything they load is inside the binary.

use actix_web::http::header::{CONTENT_SECURITY_POLICY, LOCATION};
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{ServiceConfig, get, resource, scope};
use actix_web::{HttpResponse, Responder};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::contracts::oruma;

/// The pages run their own scripts, and show the icons that they carry.
const PAGE: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/// `/api/docs` for all contracts, and each contract's own page and document.
pub(crate) fn mount(config: &mut ServiceConfig) {
    page(config, "/api/docs", Config::new(["/openapi.json"]));
    page(config, "/docs", Config::new(["/openapi.json"]));
    config.service(resource("/openapi.json").route(get().to(oruma_document)));
}

fn page(config: &mut ServiceConfig, address: &'static str, pages: Config<'static>) {
    config
        // The page finds its files beside itself, so its address ends with a slash.
        .service(resource(address).route(get().to(move || async move {
            HttpResponse::PermanentRedirect()
                .insert_header((LOCATION, format!("{address}/")))
                .finish()
        })))
        .service(
            scope(address)
                .wrap(DefaultHeaders::new().add((CONTENT_SECURITY_POLICY, PAGE)))
                .service(SwaggerUi::new("/{_:.*}").config(pages)),
        );
}

async fn oruma_document() -> impl Responder {
    HttpResponse::Ok().json(oruma::openapi::document())
}
