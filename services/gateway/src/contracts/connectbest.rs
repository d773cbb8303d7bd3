//! The contract of the chat, mounted at `/connectbest`: its complete route list.

mod api_keys;
mod auth;
mod avatars;
mod body;
mod channels;
mod credentials;
mod dms;
mod dto;
mod entry;
mod error;
mod files;
mod frames;
mod google;
mod health;
mod members;
mod messages;
mod notifications;
pub mod openapi;
mod pins;
mod reactions;
mod search;
mod second_factors;
mod socket;
mod threads;
mod users;

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, delete, get, head, post, put, resource};

pub(crate) use frames::Frames;

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
        // system
        .service(resource("/api/health").route(get().to(health::health)))
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
        .service(resource("/api/auth/google").route(get().to(google::begin)))
        .service(
            resource("/api/auth/callback/google")
                .route(get().to(google::callback))
                .route(post().to(google::finish)),
        )
        .service(resource("/api/auth/2fa").route(get().to(second_factors::get)))
        .service(resource("/api/auth/2fa/enable").route(post().to(second_factors::enable)))
        .service(resource("/api/auth/2fa/totp").route(post().to(second_factors::enable_totp)))
        .service(resource("/api/auth/2fa/verify").route(post().to(second_factors::verify)))
        .service(resource("/api/auth/2fa/disable").route(post().to(second_factors::disable)))
        .service(
            resource("/api/api-keys")
                .route(get().to(api_keys::list))
                .route(post().to(api_keys::create)),
        )
        .service(resource("/api/api-keys/{apiKeyId}").route(delete().to(api_keys::revoke)))
        // users; static segments before parameters
        .service(resource("/api/users/profile").route(put().to(users::update_profile)))
        .service(resource("/api/users/avatar").route(post().to(avatars::set)))
        .service(resource("/api/users/status").route(put().to(users::update_status)))
        .service(resource("/api/users/search").route(get().to(users::search)))
        .service(resource("/api/users/{userId}").route(get().to(users::get)))
        // channels
        .service(
            resource("/api/chat/channels")
                .route(get().to(channels::list))
                .route(post().to(channels::create)),
        )
        .service(
            resource("/api/chat/channels/{channelId}")
                .route(get().to(channels::get))
                .route(put().to(channels::update))
                .route(delete().to(channels::delete)),
        )
        .service(resource("/api/chat/channels/{channelId}/members").route(post().to(members::add)))
        .service(
            resource("/api/chat/channels/{channelId}/members/{userId}")
                .route(put().to(members::update))
                .route(delete().to(members::remove)),
        )
        // messages; static segments before parameters
        .service(resource("/api/chat/search").route(get().to(search::get)))
        .service(
            resource("/api/chat/channels/{channelId}/messages").route(get().to(messages::list)),
        )
        .service(
            resource("/api/chat/channels/{channelId}/messages/send")
                .route(post().to(messages::send)),
        )
        .service(
            resource("/api/chat/channels/{channelId}/messages/{messageId}")
                .route(put().to(messages::edit))
                .route(delete().to(messages::delete)),
        )
        .service(
            resource("/api/chat/channels/{channelId}/messages/{messageId}/reactions")
                .route(post().to(reactions::set))
                .route(delete().to(reactions::remove)),
        )
        .service(
            resource("/api/chat/channels/{channelId}/messages/{messageId}/pin")
                .route(post().to(pins::pin))
                .route(delete().to(pins::unpin)),
        )
        .service(
            resource("/api/chat/channels/{channelId}/messages/{messageId}/thread")
                .route(get().to(threads::get)),
        )
        // direct conversations
        .service(
            resource("/api/dms")
                .route(get().to(dms::list))
                .route(post().to(dms::open)),
        )
        // notifications
        .service(resource("/api/notifications").route(get().to(notifications::list)))
        .service(resource("/api/notifications/read").route(put().to(notifications::mark_read)))
        .service(
            resource("/api/notifications/settings")
                .route(get().to(notifications::settings))
                .route(put().to(notifications::update_settings)),
        )
        // sockets
        .service(resource("/api/ws/ticket").route(post().to(socket::ticket)))
        .service(resource("/ws").route(get().to(socket::open)))
        .service(resource("/ws/typing").route(get().to(socket::typing)))
        .service(resource("/ws/presence").route(get().to(socket::presence)))
        .service(resource("/ws/messages").route(get().to(socket::messages)))
        .service(resource("/ws/notifications").route(get().to(socket::notifications)))
        // files
        .service(resource("/api/upload").route(post().to(files::upload)))
        .service(resource("/api/upload/{attachmentId}").route(delete().to(files::delete)))
        .service(
            resource("/files/{id}/{name}")
                .route(get().to(files::get))
                .route(head().to(files::get)),
        );
}
