//! The OpenAPI document of this contract.

use utoipa::openapi::Server;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{MOUNT, auth, error, users};

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
            `invalid_refresh_token`, `too_many_requests`, `user_not_found`, \
            `idempotency_key_reused`, `idempotency_key_in_use`, `route_not_found`, `method_not_allowed`, `request_timeout`, \
            `rate_limited`, `overloaded`, `unavailable`, `internal`.\n\n\
            Programs act for a person with an API key, in `X-API-Key` or as `Authorization: Bearer oruma_…`. A key can't sign out, manage keys, \
            or change a second factor.\n\n\
            Limits of a person, or of an address where nobody is signed in: 1000 requests an hour, 100 messages a minute, 20 uploads an hour; 5 sign-ins in \
            15 minutes of an address. Limited answers carry `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` in seconds, a 429 also `Retry-After`.\n\n\
            A POST with an `Idempotency-Key` (1 to 255 characters of one's own choice) is carried out once within 24 hours: a repetition with \
            the same body gets the same answer, with `Idempotency-Replayed: true`; one with another body a 422, and one that comes while the \
            first is under way a 409. Every answer carries `X-Request-Id`."
    ),
    paths(
        auth::register, auth::login, auth::verify_email, auth::resend, auth::refresh, auth::me, auth::logout, auth::forgot_password,
        auth::reset_password,
        users::update_profile, users::update_status, users::search, users::get,
    ),
    components(schemas(error::ErrorBody)),
    tags(
        (name = "auth", description = "Joining, signing in, going on, signing out"),
        (name = "users", description = "People"),
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
