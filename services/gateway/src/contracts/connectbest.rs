//! The contract of the chat, mounted at `/connectbest`: its complete route list.

mod auth;
mod body;
mod credentials;
mod dto;
mod entry;
mod error;
pub mod openapi;
mod users;

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, get, post, put, resource};

/// Where it is mounted.
pub(crate) const MOUNT: &str = "/connectbest";

/// Puts the contract below its mount.
pub(crate) fn mount(config: &mut ServiceConfig) {
    let scope = web::scope(MOUNT).wrap(from_fn(entry::enter));
    config.service(scope.configure(routes));
}

/// Every address of the contract. What it counts as is said in `entry.rs`.
fn routes(config: &mut ServiceConfig) {
    config
        // auth
        .service(resource("/api/auth/register").route(post().to(auth::register)))
        .service(resource("/api/auth/login").route(post().to(auth::login)))
        .service(resource("/api/auth/verify-email").route(post().to(auth::verify_email)))
        .service(resource("/api/auth/resend-verification").route(post().to(auth::resend)))
        .service(resource("/api/auth/refresh").route(post().to(auth::refresh)))
        .service(resource("/api/auth/me").route(get().to(auth::me)))
        .service(resource("/api/auth/logout").route(post().to(auth::logout)))
        .service(resource("/api/auth/forgot-password").route(post().to(auth::forgot_password)))
        .service(resource("/api/auth/reset-password").route(post().to(auth::reset_password)))
        // users; static segments before parameters
        .service(resource("/api/users/profile").route(put().to(users::update_profile)))
        .service(resource("/api/users/status").route(put().to(users::update_status)))
        .service(resource("/api/users/search").route(get().to(users::search)))
        .service(resource("/api/users/{userId}").route(get().to(users::get)));
}
