//! Signing in with Google (C-009): there and back by redirects, with the outcome in the fragment of the front end's address, which reaches no server
//! and no log.

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::auth::v1 as proto;
use subtle::ConstantTimeEq;
use url::Url;
use url::form_urlencoded::Serializer;

use super::MOUNT;
use super::auth::secret;
use super::body::Json;
use super::credentials::AnyCaller;
use super::dto::session::{GoogleCodeRequest, Refreshed, SignedIn};
use super::error::{ApiError, ErrorBody};
use crate::edge::Edge;
use crate::failure::Failure;
use crate::query::Query;

/// Where Google sends people back to, below the mount.
const CALLBACK: &str = "/api/auth/callback/google";
/// The cookie that binds a sign-in to the browser that began it.
const COOKIE: &str = "oruma_google_state";
/// As long as auth keeps a sign-in that was begun.
const COOKIE_LIFE: time::Duration = time::Duration::minutes(10);
/// Where the front end takes the outcome, below `CONNECTBEST_APP_URL`.
const DASHBOARD: &str = "dashboard";

/// Begins a sign-in with Google: goes there. An addition.
///
/// Google knows the address to come back to beforehand: `<PUBLIC_URL>/connectbest/api/auth/callback/google`. A browser begins below `PUBLIC_URL` too:
/// a cookie binds the way back to it.
#[utoipa::path(get, path = "/api/auth/google", tag = "auth", responses(
    (status = 302, description = "To Google"),
    (status = 404, description = "Google is not configured: `google_is_off`", body = ErrorBody),
    (status = 503, description = "Google is away", body = ErrorBody),
))]
pub(super) async fn begin(
    edge: Data<Edge>,
    AnyCaller(caller): AnyCaller,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::BeginGoogleSignInRequest {
        redirect_uri: below_mount(&edge.config.public_url, CALLBACK),
    });
    let mut sessions = edge.clients.sessions.clone();
    let begun = sessions.begin_google_sign_in(message).await?.into_inner();
    let proto::BeginGoogleSignInResponse {
        authorization_url,
        state,
    } = begun;
    Ok(HttpResponse::Found()
        .insert_header((LOCATION, authorization_url))
        .insert_header((CACHE_CONTROL, "no-store"))
        .cookie(cookie(&edge, &state, COOKIE_LIFE))
        .finish())
}

/// Comes back from Google, and goes to the front end.
///
/// The outcome is in the fragment, which no server sees: `<CONNECTBEST_APP_URL>/dashboard#token=…&refreshToken=…`, or `#error=<reason>`: `google_refused`,
/// `invalid_state` for another browser than the one that began, `account_suspended`, `google_unavailable`, `rate_limited`. With `second_factor_required`
/// comes `state`, which is sent with a code by POST to this address.
#[utoipa::path(get, path = "/api/auth/callback/google", tag = "auth", params(
    ("code" = Option<String>, Query, description = "What Google gave"),
    ("state" = Option<String>, Query, description = "What the beginning gave"),
), responses(
    (status = 302, description = "To the front end, with the outcome in the fragment"),
))]
pub(super) async fn callback(
    edge: Data<Edge>,
    AnyCaller(caller): AnyCaller,
    request: HttpRequest,
) -> HttpResponse {
    let query = Query::of(&request);
    let state = query.secret("state").unwrap_or_default();
    let outcome = match query.secret("code") {
        _ if !began_here(&request, state) => Err(Failure::unauthorized(
            "invalid_state",
            "This browser did not begin the sign-in",
        )),
        None => Err(Failure::unauthorized(
            "google_refused",
            "The sign-in with Google did not succeed",
        )),
        Some(code) => {
            let message = caller.send(proto::FinishGoogleSignInRequest {
                state: state.to_owned(),
                code: code.to_owned(),
                verification_code: String::new(),
            });
            let mut sessions = edge.clients.sessions.clone();
            let finished = sessions.finish_google_sign_in(message).await;
            finished
                .map_err(Failure::from)
                .and_then(|finished| Refreshed::from_proto(finished.into_inner().tokens))
        }
    };
    let mut fragment = Serializer::new(String::new());
    match outcome {
        Ok(tokens) => {
            fragment.append_pair("token", &tokens.token);
            fragment.append_pair("refreshToken", &tokens.refresh_token);
        }
        Err(failure) => {
            fragment.append_pair("error", &failure.reason);
            if failure.reason == "second_factor_required" {
                fragment.append_pair("state", state);
            }
        }
    }
    HttpResponse::Found()
        .insert_header((LOCATION, dashboard(&edge, &fragment.finish())))
        .insert_header((CACHE_CONTROL, "no-store"))
        .cookie(cookie(&edge, "", time::Duration::ZERO))
        .finish()
}

/// Ends a sign-in with Google that asked for a second factor. An addition.
#[utoipa::path(post, path = "/api/auth/callback/google", tag = "auth", request_body = GoogleCodeRequest, responses(
    (status = 200, description = "Signed in, and online", body = SignedIn),
    (status = 400, description = "A wrong code: `invalid_second_factor`", body = ErrorBody),
    (status = 401, description = "The state is used, unknown or has ended: `google_refused`", body = ErrorBody),
    (status = 402, description = "The code is missing", body = ErrorBody),
    (status = 403, description = "The account is suspended", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
    (status = 429, description = "Too many sign-ins, or too many wrong codes", body = ErrorBody),
))]
pub(super) async fn finish(
    edge: Data<Edge>,
    AnyCaller(caller): AnyCaller,
    Json(body): Json<GoogleCodeRequest>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::FinishGoogleSignInRequest {
        state: body.state.unwrap_or_default(),
        code: String::new(),
        verification_code: body.verification_code.unwrap_or_default(),
    });
    let mut sessions = edge.clients.sessions.clone();
    let finished = sessions.finish_google_sign_in(message).await?.into_inner();
    let proto::FinishGoogleSignInResponse { user, tokens } = finished;
    Ok(secret(&SignedIn::from_proto(user, tokens)?))
}

/// Whether the browser has the cookie of the beginning.
fn began_here(request: &HttpRequest, state: &str) -> bool {
    let cookie = request.cookie(COOKIE);
    let known = cookie.as_ref().map(Cookie::value).unwrap_or_default();
    !state.is_empty() && bool::from(known.as_bytes().ct_eq(state.as_bytes()))
}

/// Only the way back sees it, and no script.
fn cookie<'a>(edge: &Edge, value: &'a str, life: time::Duration) -> Cookie<'a> {
    let callback = below_mount(&edge.config.public_url, CALLBACK);
    let path = Url::parse(&callback).map_or_else(|_| MOUNT.to_owned(), |url| url.path().to_owned());
    Cookie::build(COOKIE, value)
        .path(path)
        .max_age(life)
        .http_only(true)
        .secure(edge.config.public_url.scheme() == "https")
        .same_site(SameSite::Lax)
        .finish()
}

fn dashboard(edge: &Edge, fragment: &str) -> String {
    let app = edge.config.connectbest_app.as_str().trim_end_matches('/');
    format!("{app}/{DASHBOARD}#{fragment}")
}

fn below_mount(public_url: &Url, path: &str) -> String {
    let base = public_url.as_str().trim_end_matches('/');
    format!("{base}{MOUNT}{path}")
}
