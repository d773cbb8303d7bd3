//! The contract of the student hub, mounted at the root: its complete route list.

mod auth;
mod blocks;
mod body;
mod comments;
mod conversations;
mod credentials;
mod dto;
mod entry;
mod error;
mod events;
mod exports;
mod frames;
mod marketplace;
mod messages;
pub mod openapi;
mod posts;
mod reports;
mod socket;
mod submission;
mod system;
mod universities;
mod uploads;
mod users;

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, delete, get, head, post, put, resource};

pub(crate) use entry::beside;
pub(crate) use frames::Frames;

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
        .service(resource("/api/users/me/blocks").route(get().to(blocks::list)))
        .service(resource("/api/users/{userId}").route(get().to(users::get)))
        .service(resource("/api/users/{userId}/posts").route(get().to(posts::by_author)))
        .service(
            resource("/api/users/{userId}/block")
                .route(put().to(blocks::block))
                .route(delete().to(blocks::unblock)),
        )
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
        .service(resource("/api/posts/{postId}/report").route(post().to(posts::report)))
        // comments
        .service(
            resource("/api/posts/{postId}/comments")
                .route(get().to(comments::list))
                .route(post().to(comments::create)),
        )
        .service(resource("/api/comments/{commentId}/like").route(post().to(comments::like)))
        .service(resource("/api/comments/{commentId}").route(delete().to(comments::delete)))
        // events; static segments before parameters
        .service(
            resource("/api/events")
                .route(get().to(events::list))
                .route(post().to(events::create)),
        )
        .service(resource("/api/events/search").route(get().to(events::search)))
        .service(resource("/api/events/categories").route(get().to(events::categories)))
        .service(resource("/api/events/registered").route(get().to(events::registered)))
        .service(
            resource("/api/events/users/{userId}/events").route(get().to(events::by_organizer)),
        )
        .service(resource("/api/events/upload/image").route(post().to(events::upload_image)))
        .service(
            resource("/api/events/{eventId}")
                .route(get().to(events::get))
                .route(put().to(events::update))
                .route(delete().to(events::delete)),
        )
        .service(resource("/api/events/{eventId}/register").route(post().to(events::register)))
        .service(resource("/api/events/{eventId}/unregister").route(post().to(events::unregister)))
        .service(resource("/api/events/{eventId}/save").route(post().to(events::save)))
        .service(resource("/api/events/{eventId}/view").route(post().to(events::view)))
        .service(resource("/api/events/{eventId}/report").route(post().to(events::report)))
        .service(
            resource("/api/events/{eventId}/registrations").route(get().to(events::registrations)),
        )
        .service(
            resource("/api/events/{eventId}/registrations/{userId}")
                .route(put().to(events::attend)),
        )
        // marketplace; static segments before parameters
        .service(
            resource("/api/marketplace/items")
                .route(get().to(marketplace::list))
                .route(post().to(marketplace::create)),
        )
        .service(resource("/api/marketplace/items/search").route(get().to(marketplace::search)))
        .service(resource("/api/marketplace/categories").route(get().to(marketplace::categories)))
        .service(resource("/api/marketplace/saved").route(get().to(marketplace::saved)))
        .service(
            resource("/api/marketplace/users/{userId}/items")
                .route(get().to(marketplace::by_seller)),
        )
        .service(
            resource("/api/marketplace/upload/image").route(post().to(marketplace::upload_image)),
        )
        .service(
            resource("/api/marketplace/items/{itemId}")
                .route(get().to(marketplace::get))
                .route(put().to(marketplace::update))
                .route(delete().to(marketplace::delete)),
        )
        .service(
            resource("/api/marketplace/items/{itemId}/save").route(post().to(marketplace::save)),
        )
        .service(
            resource("/api/marketplace/items/{itemId}/view").route(post().to(marketplace::view)),
        )
        .service(
            resource("/api/marketplace/items/{itemId}/report")
                .route(post().to(marketplace::report)),
        )
        .service(
            resource("/api/marketplace/items/{itemId}/similar")
                .route(get().to(marketplace::similar)),
        )
        .service(
            resource("/api/marketplace/items/{itemId}/reviews")
                .route(post().to(marketplace::review)),
        )
        // messages
        .service(
            resource("/api/conversations")
                .route(get().to(conversations::list))
                .route(post().to(conversations::create)),
        )
        .service(
            resource("/api/conversations/{conversationId}/messages")
                .route(get().to(conversations::messages)),
        )
        .service(
            resource("/api/conversations/{conversationId}/read")
                .route(put().to(conversations::mark_read)),
        )
        .service(resource("/api/messages").route(post().to(messages::send)))
        .service(resource("/api/messages/{messageId}/read").route(put().to(messages::mark_read)))
        // socket
        .service(resource("/api/ws/ticket").route(post().to(socket::ticket)))
        .service(resource("/ws").route(get().to(socket::open)))
        // uploads
        .service(resource("/api/upload/image").route(post().to(uploads::create)))
        .service(
            resource("/uploads/images/{type}/{file}")
                .route(get().to(uploads::get))
                .route(head().to(uploads::get)),
        )
        // moderation
        .service(resource("/api/admin/reports").route(get().to(reports::list)))
        .service(
            resource("/api/admin/reports/{reportId}")
                .route(get().to(reports::get))
                .route(put().to(reports::decide)),
        )
        // universities
        .service(resource("/api/universities/search").route(get().to(universities::search)))
        .service(resource("/api/universities/{id}").route(get().to(universities::get)));
}
