//! The OpenAPI document of this contract.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{
    auth, blocks, comments, conversations, error, events, exports, marketplace, messages, posts,
    reports, socket, system, universities, uploads, users,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Oruma Student Hub API",
        version = "1.0.0",
        description = "The contract `oruma`, mounted at the root.\n\n\
            Every refusal has the body `{\"error\", \"message\", \"details\"}`: `error` is a stable reason in snake case, `details` names the \
            fields at fault. Reasons: `validation_failed`, `invalid_json`, `wrong_type`, `bad_request`, `body_too_large`, `missing_token`, \
            `invalid_token`, `token_expired`, `token_revoked`, `invalid_credentials`, `second_factor_required`, `invalid_second_factor`, `invalid_refresh_token`, `not_signed_in`, \
            `account_suspended`, `not_author`, `user_not_found`, `university_not_found`, `post_not_found`, `comment_not_found`, \
            `event_not_found`, `registration_not_found`, `item_not_found`, `not_organizer`, `not_seller`, `not_buyer`, `event_full`, \
            `event_cancelled`, `event_over`, `illegal_status`, `not_sold`, `already_reviewed`, `admin_only`, `report_not_found`, `already_decided`, `image_not_found`, `export_not_found`, `invalid_form`, `file_too_large`, `infected`, `range_not_satisfiable`, \
            `idempotency_key_reused`, `idempotency_key_in_use`, `route_not_found`, `method_not_allowed`, `request_timeout`, \
            `conversation_not_found`, `message_not_found`, `not_participant`, `blocked`, `invalid_ticket`, `foreign_origin`, `websocket_expected`, \
            `too_many_sockets`, `binary_not_supported`, `rate_limited`, `overloaded`, `unavailable`, `internal`.\n\n\
            A POST with an `Idempotency-Key` (1 to 255 characters of one's own choice) is carried out once within 24 hours: a repetition with \
            the same body gets the same answer, with `Idempotency-Replayed: true`; one with another body a 422, and one that comes while the \
            first is under way a 409.\n\n\
            Every answer carries `X-Request-Id`; limited ones `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` in seconds.\n\n\
            ## The socket\n\n\
            `GET /ws` opens a WebSocket with `?token=` (an access token), `?ticket=` (from `POST /api/ws/ticket`: 30 seconds, one socket) or \
            `Authorization: Bearer`. Pages of origins that are not in `CORS_ORIGINS` are refused. Frames are JSON texts `{\"type\", \"data\"}`.\n\n\
            To the server: `ping` (answered by `pong`); `user_typing` `{conversationId, isTyping}`; `message_read` `{messageId, conversationId}`; \
            `post_liked` and `post_unliked` `{postId}`, which set, and are answered by the broadcast. What is refused gets `error` \
            `{error, message, details}`, as over HTTP, and the socket stays. Typing that comes too fast is dropped.\n\n\
            To the client: `message_received` `{message}`, to the receiver; `message_read` `{messageId, conversationId, readBy}`, to the other one; \
            `user_typing` `{userId, conversationId, isTyping}`, to the other one, with `false` after three seconds; `user_online` and `user_offline` \
            `{userId, isOnline, lastSeen?}`, to those who have a conversation with that person, ten seconds after the last socket went, and to a new \
            socket for each of them who is there; `new_post` `{post}`, `post_liked` and `post_unliked` `{postId, userId, likesCount}`, \
            `post_commented` `{postId, userId, comment}`, `post_saved` and `post_unsaved` `{postId, userId}`, to the author's university, the author \
            and whoever did it.\n\n\
            What happened carries `seq` beside `type` and `data`, a number that grows. The first frame is `connected` `{seq}`. After a reconnect, \
            `?since=<the last seq>` sends what was missed first, in order, each once; gateways keep it for five minutes. When some of it is gone, \
            `reload_required` `{reason}` (`expired`, `lost`, `too_slow`) says so: read by HTTP what matters, and go on from its `seq`. Typing and \
            presence have no `seq` and are not repeated. Clients ignore types that they don't know.\n\n\
            The server pings; a client that answers nothing for 75 seconds is gone. Close codes: 1002 no WebSocket, 1009 a message above 64 KiB, \
            1012 the server restarts (come back), 1013 the client does not read, 4401 the token expired or the sign-in ended, 4408 no sign of life."
    ),
    paths(
        system::root, system::health,
        auth::register, auth::login, auth::refresh, auth::logout, auth::me,
        users::search, users::get, users::me, users::update_me, users::delete_me,
        blocks::list, blocks::block, blocks::unblock,
        exports::create, exports::get,
        posts::feed, posts::create, posts::search, posts::by_hashtag, posts::by_author, posts::get, posts::update, posts::delete, posts::like,
        posts::save, posts::report,
        comments::list, comments::create, comments::like, comments::delete,
        events::list, events::search, events::categories, events::registered, events::by_organizer, events::create, events::get, events::update,
        events::delete, events::register, events::unregister, events::registrations, events::attend, events::save, events::view,
        events::report, events::upload_image,
        marketplace::list, marketplace::search, marketplace::categories, marketplace::saved, marketplace::by_seller, marketplace::create,
        marketplace::get, marketplace::update, marketplace::delete, marketplace::similar, marketplace::review, marketplace::save,
        marketplace::view, marketplace::report, marketplace::upload_image,
        conversations::list, conversations::create, conversations::messages, conversations::mark_read,
        messages::send, messages::mark_read,
        socket::open, socket::ticket,
        uploads::create, uploads::get,
        reports::list, reports::get, reports::decide,
        universities::search, universities::get,
    ),
    components(schemas(error::ErrorBody)),
    tags(
        (name = "auth", description = "Joining, signing in, going on, signing out"),
        (name = "users", description = "People"),
        (name = "posts", description = "Posts and feeds"),
        (name = "comments", description = "Comments on posts"),
        (name = "events", description = "Events and who comes"),
        (name = "marketplace", description = "Things that people sell"),
        (name = "messages", description = "Conversations of two, and their messages"),
        (name = "socket", description = "What happens, as it happens"),
        (name = "uploads", description = "Pictures"),
        (name = "moderation", description = "What people told moderators, and what they made of it"),
        (name = "universities", description = "The universities directory"),
        (name = "system", description = "The API itself"),
    ),
    modifiers(&Bearer)
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// The document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
