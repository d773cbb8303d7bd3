//! Who is asking: from an access token to a [`Caller`], once a request.

use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, USER_AGENT};
use chrono::{DateTime, Utc};
use oruma_service_runtime::{Caller, Contract, SignedIn, TokenError};

use crate::edge::Edge;
use crate::failure::Failure;

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
pub(crate) async fn identify(edge: &Edge, contract: Contract, request: &ServiceRequest) {
    let mut caller = Caller {
        address: client_address(edge, request.request()).unwrap_or_default(),
        user_agent: user_agent(request.headers()),
        ..Caller::anonymous(contract)
    };
    let mut admission = None;
    let refusal = match bearer(request.headers()) {
        None => Some(Failure::unauthorized("missing_token", "Sign in first")),
        Some(token) => match check(edge, contract, token).await {
            Ok(found) => {
                edge.activity.saw(found.signed_in.user, edge.clock.now());
                caller.signed_in = Some(found.signed_in.clone());
                admission = Some(found);
                None
            }
            Err(refusal) => Some(refusal),
        },
    };
    request.extensions_mut().insert(Asker {
        caller,
        admission,
        refusal,
    });
}

/// Whoever asks, signed in or not.
pub(crate) fn anybody(request: &HttpRequest) -> Result<Caller, Failure> {
    let extensions = request.extensions();
    let asker = extensions.get::<Asker>().ok_or_else(not_identified)?;
    Ok(asker.caller.clone())
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
