//! The OpenAPI document of this contract.

use utoipa::openapi::Server;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{
    MOUNT, api_keys, auth, avatars, channels, dms, error, files, google, health, members, messages,
    notifications, pins, reactions, search, second_factors, socket, threads, users,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "ConnectBest Chat API",
        version = "1.0.0",
        description = "The contract `connectbest`, mounted at `/connectbest`; where `CONNECTBEST_HOST` is set, also at the root of that host.\n\n\
            Every refusal has the body `{\"error\", \"message\", \"details\"}`: `error` is a stable reason in snake case, `details` names the \
            fields at fault. Reasons: `validation_failed`, `invalid_json`, `wrong_type`, `bad_request`, `body_too_large`, `missing_token`, \
            `invalid_token`, `token_expired`, `token_revoked`, `invalid_api_key`, `api_key_not_allowed`, `invalid_credentials`, \
            `email_not_verified`, `second_factor_required`, `invalid_second_factor`, `account_suspended`, `invalid_code`, `invalid_reset_token`, \
            `invalid_refresh_token`, `google_is_off`, `google_refused`, `google_unavailable`, `proof_required`, `wrong_password`, \
            `too_many_requests`, `too_many_api_keys`, `api_key_not_found`, `user_not_found`, `file_not_found`, `image_not_found`, `not_your_file`, \
            `file_too_large`, `unsupported_file_type`, `infected`, `invalid_form`, `upload_too_slow`, `range_not_satisfiable`, \
            `channel_not_found`, `conversation_not_found`, `member_not_found`, `message_not_found`, `channel_name_taken`, `channel_full`, `creator_stays`, \
            `not_participant`, `not_channel_admin`, `not_channel_creator`, `not_message_author`, `edit_window_over`, \
            `too_many_pins`, `too_many_reactions`, `blocked`, `receiver_gone`, `invalid_ticket`, `foreign_origin`, `websocket_expected`, \
            `too_many_sockets`, `binary_not_supported`, `wrong_namespace`, \
            `idempotency_key_reused`, `idempotency_key_in_use`, `route_not_found`, `method_not_allowed`, `request_timeout`, \
            `rate_limited`, `overloaded`, `unavailable`, `internal`.\n\n\
            Programs act for a person with an API key, in `X-API-Key` or as `Authorization: Bearer oruma_…`. A key can't sign out, manage keys, \
            or change a second factor.\n\n\
            Limits of a person, or of an address where nobody is signed in: 1000 requests an hour, 100 messages a minute, 20 uploads an hour; 5 sign-ins in \
            15 minutes of an address. Limited answers carry `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` in seconds, a 429 also `Retry-After`.\n\n\
            A POST with an `Idempotency-Key` (1 to 255 characters of one's own choice) is carried out once within 24 hours: a repetition with \
            the same body gets the same answer, with `Idempotency-Replayed: true`; one with another body a 422, and one that comes while the \
            first is under way a 409. Every answer carries `X-Request-Id`.\n\n\
            A `channelId` may be the id of a direct conversation wherever messages are meant. Joining a public channel is adding oneself to its members.\n\n\
            ## The sockets\n\n\
            `GET /ws` opens a WebSocket with `?token=` (an access token), `?ticket=` (from `POST /api/ws/ticket`: 30 seconds, one socket) or \
            `Authorization: Bearer`. Pages of origins that are not in `CORS_ORIGINS` are refused. Frames are JSON texts `{\"event\", \"data\"}`. \
            `/ws` carries everything both ways; `/ws/typing`, `/ws/presence`, `/ws/messages` and `/ws/notifications` only their own, and refuse what is not.\n\n\
            To the server: `ping` (answered by `pong`); `typing:start` and `typing:stop` `{channelId}`; `presence:update` `{status}`. What is refused gets \
            `error` `{error, message, details}`, as over HTTP, and the socket stays.\n\n\
            To the client, to everybody who takes part and the sender too: `message:new` and `message:updated` with the message, `message:deleted` \
            `{messageId, channelId}`, `message:reaction` and `message:reaction-removed` `{messageId, channelId, reaction}`, `channel:updated` \
            `{channelId, name, description, type}`, `channel:deleted` `{channelId}`, `member:joined` `{channelId, channelName, userId, name, role}`, \
            `member:left` `{channelId, userId, removedBy}`, `member:updated` `{channelId, userId, role}`. Joining and leaving take effect on open \
            sockets at once: whoever is added hears from `member:joined` on, whoever is removed nothing after `member:left`. `notification:new` with the \
            notification, to its person, unless settings keep it silent. `typing:user` `{channelId, userId, userName, typing}`, to the others, at most \
            once a second, with `false` after five seconds. `presence:changed` `{userId, status, lastSeen}`, to everybody: `offline` ten seconds after \
            the last socket went, `away` after five minutes in which a person neither sent a frame but `ping` nor a request, and what the person said \
            otherwise; whoever says `offline` is not seen. Of many changes at once only the last of each person is told.\n\n\
            What happened carries `seq` beside `event` and `data`, a number that grows. The first frame is `connection:ready` `{seq}`. After a \
            reconnect, `?since=<the last seq>` sends what was missed first, in order, each once; gateways keep it for five minutes. When some of it is \
            gone, `connection:reload` `{reason}` (`expired`, `lost`, `too_slow`) says so: read by HTTP what matters, and go on from its `seq`. Typing and \
            presence have no `seq` and are not repeated. Clients ignore events that they don't know.\n\n\
            The server pings; a client that answers nothing for 75 seconds is gone. Close codes: 1002 no WebSocket, 1009 a message above 64 KiB, \
            1012 the server restarts (come back), 1013 the client does not read, 4401 the token expired or the sign-in ended, 4408 no sign of life."
    ),
    paths(
        auth::register, auth::login, auth::verify_email, auth::resend, auth::refresh, auth::me, auth::logout, auth::forgot_password,
        auth::reset_password,
        google::begin, google::callback, google::finish,
        second_factors::get, second_factors::enable, second_factors::enable_totp, second_factors::verify, second_factors::disable,
        api_keys::create, api_keys::list, api_keys::revoke,
        users::update_profile, avatars::set, users::update_status, users::search, users::get,
        channels::list, channels::create, channels::get, channels::update, channels::delete,
        members::add, members::remove, members::update,
        messages::list, messages::send, messages::edit, messages::delete,
        reactions::set, reactions::remove, pins::pin, pins::unpin, threads::get, search::get,
        dms::open, dms::list,
        notifications::list, notifications::mark_read, notifications::settings, notifications::update_settings,
        socket::open, socket::typing, socket::presence, socket::messages, socket::notifications, socket::ticket,
        files::upload, files::delete, files::get,
        health::health,
    ),
    components(schemas(error::ErrorBody)),
    tags(
        (name = "auth", description = "Joining, signing in, going on, signing out"),
        (name = "api-keys", description = "Keys by which programs act for a person"),
        (name = "users", description = "People"),
        (name = "channels", description = "Channels and who takes part"),
        (name = "messages", description = "Messages of channels and direct conversations, threads, reactions, pins, search"),
        (name = "dms", description = "Direct conversations"),
        (name = "notifications", description = "What one may want to know, and of what one wants to be told"),
        (name = "socket", description = "What happens, as it happens"),
        (name = "files", description = "Files, to be attached to messages"),
        (name = "system", description = "The API itself"),
    ),
    modifiers(&Credentials, &Mount)
)]
struct Document;

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        let key = ApiKey::Header(ApiKeyValue::new("X-API-Key"));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(key));
    }
}

struct Mount;

impl Modify for Mount {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        document.servers = Some(vec![Server::new(MOUNT)]);
    }
}

/// The document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
