//! How often somebody may ask: counted over all gateways together.

use std::sync::LazyLock;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use oruma_ephemeral::{Quota, Verdict};
use oruma_service_runtime::{Caller, Contract};
use oruma_telemetry::metrics::{Counter, KeyValue, meter};

use crate::caller;
use crate::config::Quotas;
use crate::edge::Edge;
use crate::failure::Failure;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

static REFUSED: LazyLock<Counter<u64>> = LazyLock::new(|| {
    meter("oruma.gateway")
        .u64_counter("oruma.rate_limits.refused")
        .with_description(
            "Requests beyond a quota, by contract and kind: login, upload, message, request",
        )
        .build()
});

/// What a request counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitClass {
    /// Nothing: probes and documentation.
    Free,
    /// A sign-in, by address.
    Login,
    /// A request that brings files, by person, else by address.
    Upload,
    /// A message to others, by person, else by address.
    Message,
    /// A request like any other, by person, else by address.
    Request,
}

/// The quota that a request is taken from.
struct Counted {
    contract: &'static str,
    kind: &'static str,
    who: String,
    quota: Quota,
}

/// Takes one request from the asker's quota.
///
/// # Errors
/// 429 with the time to wait when it is used up.
pub(crate) async fn limit(
    edge: &Edge,
    contract: Contract,
    class: LimitClass,
    request: &HttpRequest,
) -> Result<Option<Verdict>, Failure> {
    let Some(quotas) = &edge.config.quotas else {
        return Ok(None);
    };
    let asker = caller::anybody(request)?;
    match counted(contract, class, quotas.of(contract), &asker) {
        Some(counted) => take(edge, &counted).await,
        None => Ok(None),
    }
}

/// Takes one request from somebody's quota for what comes over a socket.
///
/// # Errors
/// 429 with the time to wait when it is used up.
pub(crate) async fn limit_caller(edge: &Edge, caller: &Caller) -> Result<(), Failure> {
    let Some(quotas) = &edge.config.quotas else {
        return Ok(());
    };
    let quotas = quotas.of(caller.contract);
    if let Some(counted) = counted(caller.contract, LimitClass::Request, quotas, caller) {
        take(edge, &counted).await?;
    }
    Ok(())
}

async fn take(edge: &Edge, counted: &Counted) -> Result<Option<Verdict>, Failure> {
    let Counted {
        contract,
        kind,
        who,
        quota,
    } = counted;
    let key = format!("{contract}:{kind}:{who}");
    let verdict = match edge.ephemeral.take(&key, *quota).await {
        Ok(verdict) => Ok(verdict),
        // A gateway on its own still counts what it sees.
        Err(_) => edge.fallback.take(&key, *quota).await,
    };
    match verdict {
        Ok(verdict) if verdict.allowed => Ok(Some(verdict)),
        Ok(verdict) => {
            let labels = [("contract", *contract), ("kind", *kind)];
            REFUSED.add(1, &labels.map(|(name, value)| KeyValue::new(name, value)));
            Err(exhausted(verdict.retry_after))
        }
        Err(error) => {
            tracing::error!(error = %error, "requests can't be counted");
            Ok(None)
        }
    }
}

fn counted(
    contract: Contract,
    class: LimitClass,
    quotas: &Quotas,
    asker: &Caller,
) -> Option<Counted> {
    let (kind, who, quota) = match (class, quotas.messages) {
        (LimitClass::Free, _) => return None,
        (LimitClass::Login, _) => ("login", asker.address.clone(), quotas.logins),
        (LimitClass::Upload, _) => ("upload", who(asker), quotas.uploads),
        (LimitClass::Message, Some(quota)) => ("message", who(asker), quota),
        (LimitClass::Message, None) | (LimitClass::Request, _) => {
            ("request", who(asker), quotas.requests)
        }
    };
    Some(Counted {
        contract: contract.name(),
        kind,
        who,
        quota,
    })
}

fn who(asker: &Caller) -> String {
    asker
        .user()
        .map_or_else(|| asker.address.clone(), |user| user.to_string())
}

fn exhausted(retry_after: Duration) -> Failure {
    Failure {
        retry_after: Some(retry_after),
        ..Failure::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            "Too many requests, try again later",
        )
    }
}

/// Tells the asker what is left.
pub(crate) fn tell(headers: &mut HeaderMap, verdict: &Verdict) {
    headers.insert(LIMIT, verdict.limit.into());
    headers.insert(REMAINING, verdict.remaining.into());
    headers.insert(RESET, HeaderValue::from(whole_seconds(verdict.reset_after)));
}

/// Rounded up: a client that waits as told is not told to wait again.
pub(crate) fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
