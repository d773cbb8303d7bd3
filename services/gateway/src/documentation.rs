//! The interactive pages, the documents behind them, and the collections for Postman that are made of those. Everything the pages load is inside
//! the binary.

mod postman;

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, LOCATION};
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{Data, ServiceConfig, get, resource, scope};
use actix_web::{HttpResponse, Responder};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

use crate::contracts::{connectbest, oruma};
use crate::edge::Edge;

pub use postman::collection;

/// The pages run their own scripts, and show the icons that they carry.
const PAGE: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

const ORUMA: &str = "/openapi.json";
const CONNECTBEST: &str = "/connectbest/openapi.json";

/// `/api/docs` for all contracts, and each contract's own pages, document and collection.
pub(crate) fn mount(config: &mut ServiceConfig) {
    let all = [
        Url::new("oruma", ORUMA),
        Url::new("connectbest", CONNECTBEST),
    ];
    page(config, "/api/docs", Config::new(all));
    page(config, "/docs", Config::new([ORUMA]));
    document(config, ORUMA, oruma::openapi::document);
    collection_at(config, "/postman.json", "", oruma::openapi::document);
    page(config, "/connectbest/docs", Config::new([CONNECTBEST]));
    page(config, "/connectbest/api/docs", Config::new([CONNECTBEST]));
    document(config, CONNECTBEST, connectbest::openapi::document);
    collection_at(
        config,
        "/connectbest/postman.json",
        connectbest::MOUNT,
        connectbest::openapi::document,
    );
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

fn document(config: &mut ServiceConfig, address: &'static str, document: fn() -> OpenApi) {
    let answer = move || async move { HttpResponse::Ok().json(document()) };
    config.service(resource(address).route(get().to(answer)));
}

fn collection_at(
    config: &mut ServiceConfig,
    address: &'static str,
    mount: &'static str,
    document: fn() -> OpenApi,
) {
    let answer = move |edge: Data<Edge>| async move { made(&edge, mount, document) };
    config.service(resource(address).route(get().to(answer)));
}

fn made(edge: &Edge, mount: &str, document: fn() -> OpenApi) -> impl Responder + use<> {
    let public_url = edge.config.public_url.as_str().trim_end_matches('/');
    let collection = collection(&document(), &format!("{public_url}{mount}"));
    HttpResponse::Ok()
        .insert_header((
            CONTENT_DISPOSITION,
            "attachment; filename=\"postman_collection.json\"",
        ))
        .json(collection)
}
