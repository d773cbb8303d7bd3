//! The contract of the student hub, mounted at the root: its complete route list.

mod auth;
mod body;
mod comments;
mod credentials;
mod dto;
mod entry;
mod error;
mod exports;
pub mod openapi;
mod posts;
mod query;
mod submission;
mod system;
mod universities;
mod uploads;
mod users;

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, delete, get, head, post, put, resource};

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
        .service(resource("/api/users/me/export").route(post().to(exports::create)))
        .service(resource("/api/users/me/export/{id}").route(get().to(exports::get)))
        .service(resource("/api/users/{userId}").route(get().to(users::get)))
        .service(resource("/api/users/{userId}/posts").route(get().to(posts::by_author)))
        // posts
        .service(
            resource("/api/posts")
                .route(get().to(posts::feed))
                .route(post().to(posts::create)),
        )
        .service(resource("/api/posts/search").route(get().to(posts::search)))
        .service(resource("/api/posts/hashtag/{hashtag}").route(get().to(posts::by_hashtag)))
        .service(
            resource("/api/posts/{postId}")
                .route(get().to(posts::get))
                .route(put().to(posts::update))
                .route(delete().to(posts::delete)),
        )
        .service(resource("/api/posts/{postId}/like").route(post().to(posts::like)))
        .service(resource("/api/posts/{postId}/save").route(post().to(posts::save)))
        // comments
        .service(
            resource("/api/posts/{postId}/comments")
                .route(get().to(comments::list))
                .route(post().to(comments::create)),
        )
        .service(resource("/api/comments/{commentId}/like").route(post().to(comments::like)))
        .service(resource("/api/comments/{commentId}").route(delete().to(comments::delete)))
        // uploads
        .service(resource("/api/upload/image").route(post().to(uploads::create)))
        .service(
            resource("/uploads/images/{type}/{file}")
                .route(get().to(uploads::get))
                .route(head().to(uploads::get)),
        )
        // universities
        .service(resource("/api/universities/search").route(get().to(universities::search)))
        .service(resource("/api/universities/{id}").route(get().to(universities::get)));
}
