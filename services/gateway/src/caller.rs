//! Who is asking: from an access token or an API key to a [`Caller`], once a request.

mod api_keys;

use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName, USER_AGENT};
use chrono::{DateTime, Utc};
use oruma_service_runtime::{Caller, Contract, SignedIn, TokenError};
use uuid::Uuid;

use crate::edge::Edge;
use crate::failure::Failure;

/// The header of API keys.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// How API keys begin, and tokens don't.
const KEY_PREFIX: &str = "oruma_";
/// Longer names of programs are cut.
const LONGEST_USER_AGENT: usize = 255;

/// What was made out of a request: who asks, and why a token that was shown doesn't hold.
#[derive(Clone)]
struct Asker {
    caller: Caller,
    admission: Option<Admission>,
    refusal: Option<Failure>,
}

/// Makes out who asks, and keeps it with the request. A token that doesn't hold makes the asker nobody; whether that matters is the route's business.
pub(crate) async fn identify(
    edge: &Edge,
    contract: Contract,
    api_keys: bool,
    request: &ServiceRequest,
) {
    let mut caller = Caller {
        address: client_address(edge, request.request()).unwrap_or_default(),
        user_agent: user_agent(request.headers()),
        ..Caller::anonymous(contract)
    };
    let mut admission = None;
    let found = match shown(api_keys, request.headers()) {
        None => Err(Failure::unauthorized("missing_token", "Sign in first")),
        Some(Credential::ApiKey(key)) => api_keys::check(edge, &caller, key).await,
        Some(Credential::Token(token)) => check(edge, contract, token).await.map(|found| {
            admission = Some(found.clone());
            found.signed_in
        }),
    };
    let refusal = match found {
        Ok(signed_in) => {
            edge.activity.saw(signed_in.user, edge.clock.now());
            caller.signed_in = Some(signed_in);
            None
        }
        Err(refusal) => Some(refusal),
    };
    request.extensions_mut().insert(Asker {
        caller,
        admission,
        refusal,
    });
}

/// What a request shows of its asker.
enum Credential<'a> {
    /// An access token.
    Token(&'a str),
    /// A key by which a program acts for a person.
    ApiKey(&'a str),
}

/// API keys come in a header of their own, or where tokens are.
fn shown(api_keys: bool, headers: &HeaderMap) -> Option<Credential<'_>> {
    if api_keys {
        let key = headers.get(API_KEY).and_then(|value| value.to_str().ok());
        let key = key.or_else(|| bearer(headers).filter(|shown| shown.starts_with(KEY_PREFIX)));
        if let Some(key) = key {
            return Some(Credential::ApiKey(key));
        }
    }
    bearer(headers).map(Credential::Token)
}

/// Whoever asks, signed in or not.
pub(crate) fn anybody(request: &HttpRequest) -> Result<Caller, Failure> {
    let extensions = request.extensions();
    let asker = extensions.get::<Asker>().ok_or_else(not_identified)?;
    Ok(asker.caller.clone())
}

/// From now on the request has that name.
pub(crate) fn name_request(request: &HttpRequest, name: Uuid) {
    if let Some(asker) = request.extensions_mut().get_mut::<Asker>() {
        asker.caller.request = Some(name);
    }
}

/// Somebody who is signed in.
pub(crate) fn somebody(request: &HttpRequest) -> Result<Caller, Failure> {
    let extensions = request.extensions();
    let asker = extensions.get::<Asker>().ok_or_else(not_identified)?;
    match &asker.refusal {
        None => Ok(asker.caller.clone()),
        Some(refusal) => Err(refusal.clone()),
    }
}

/// Somebody who has signed in, and no program with an API key.
///
/// # Errors
/// 401 for nobody; 403 `api_key_not_allowed`.
pub(crate) fn in_person(request: &HttpRequest) -> Result<Caller, Failure> {
    let extensions = request.extensions();
    let asker = extensions.get::<Asker>().ok_or_else(not_identified)?;
    match (&asker.refusal, &asker.admission) {
        (Some(refusal), _) => Err(refusal.clone()),
        (None, Some(_)) => Ok(asker.caller.clone()),
        (None, None) => Err(Failure::new(
            StatusCode::FORBIDDEN,
            "api_key_not_allowed",
            "Sign in for this, an API key does not do",
        )),
    }
}

fn not_identified() -> Failure {
    tracing::error!("a route is mounted outside its contract");
    Failure::internal()
}

/// A sign-in that holds, and until when.
#[derive(Clone)]
pub(crate) struct Admission {
    pub(crate) signed_in: SignedIn,
    pub(crate) expires_at: DateTime<Utc>,
}

/// The sign-in of the request's own token.
///
/// # Errors
/// 401 without one that holds.
pub(crate) fn admitted(request: &HttpRequest) -> Result<Admission, Failure> {
    let extensions = request.extensions();
    let asker = extensions.get::<Asker>().ok_or_else(not_identified)?;
    let missing = || Failure::unauthorized("missing_token", "Sign in first");
    match &asker.refusal {
        None => asker.admission.clone().ok_or_else(missing),
        Some(refusal) => Err(refusal.clone()),
    }
}

/// The sign-in of a token that came in another way than requests have it.
///
/// # Errors
/// 401 for one that does not hold.
pub(crate) async fn admit(
    edge: &Edge,
    contract: Contract,
    token: &str,
) -> Result<Admission, Failure> {
    let admission = check(edge, contract, token).await?;
    edge.activity
        .saw(admission.signed_in.user, edge.clock.now());
    Ok(admission)
}

async fn check(edge: &Edge, contract: Contract, token: &str) -> Result<Admission, Failure> {
    let claims = edge
        .config
        .tokens
        .read(token, contract, edge.clock.now())
        .map_err(|error| match error {
            TokenError::Expired => Failure::unauthorized("token_expired", "The token has expired"),
            TokenError::Invalid => invalid_token(),
        })?;
    let signed_in = claims.signed_in();
    if edge.revocations.is_revoked(signed_in.session).await? {
        return Err(Failure::unauthorized(
            "token_revoked",
            "The token was signed out",
        ));
    }
    Ok(Admission {
        signed_in,
        expires_at: DateTime::from_timestamp(claims.exp, 0).unwrap_or(DateTime::<Utc>::MAX_UTC),
    })
}

fn invalid_token() -> Failure {
    Failure::unauthorized("invalid_token", "The token is not valid")
}

/// The scheme counts without regard to case (RFC 9110).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

fn user_agent(headers: &HeaderMap) -> String {
    headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .chars()
        .take(LONGEST_USER_AGENT)
        .collect()
}

/// The client's address as text.
pub(crate) fn client_address(edge: &Edge, request: &HttpRequest) -> Option<String> {
    let forwarded: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .filter_map(|value| value.to_str().ok())
        .collect();
    let peer = request.peer_addr().map(|peer| peer.ip());
    edge.client_address(peer, &forwarded)
        .map(|address| address.to_string())
}
