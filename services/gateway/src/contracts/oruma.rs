//! The contract of the student hub, mounted at the root: its complete route list.

mod auth;
mod body;
mod credentials;
mod dto;
mod entry;
mod error;
pub mod openapi;
mod query;
mod system;
mod universities;
mod users;

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, delete, get, post, put, resource};

pub(crate) use entry::beside;

/// Puts the contract at the root.
pub(crate) fn mount(config: &mut ServiceConfig) {
    config.service(web::scope("").wrap(from_fn(entry::enter)).configure(routes));
}

/// Every address of the contract.
fn routes(config: &mut ServiceConfig) {
    config
        // system
        .service(resource("/").route(get().to(system::root)))
        .service(resource("/health").route(get().to(system::health)))
        // auth
        .service(resource("/api/auth/register").route(post().to(auth::register)))
        .service(resource("/api/auth/login").route(post().to(auth::login)))
        .service(resource("/api/auth/refresh").route(post().to(auth::refresh)))
        .service(resource("/api/auth/logout").route(post().to(auth::logout)))
        .service(resource("/api/auth/me").route(get().to(auth::me)))
        // users; static segments before parameters
        .service(resource("/api/users/search").route(get().to(users::search)))
        .service(
            resource("/api/users/me")
                .route(get().to(users::me))
                .route(put().to(users::update_me))
                .route(delete().to(users::delete_me)),
        )
        .service(resource("/api/users/{userId}").route(get().to(users::get)))
        // universities
        .service(resource("/api/universities/search").route(get().to(universities::search)))
        .service(resource("/api/universities/{id}").route(get().to(universities::get)));
}
