//! Tickets: for clients that can't show a token at the upgrade without writing it into a URL. One opens one socket, within 30 seconds.

use std::time::Duration;

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};
use oruma_ids::{SessionId, UserId};
use oruma_service_runtime::{Contract, Role, SignedIn};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::caller::{self, Admission};
use crate::edge::Edge;
use crate::failure::Failure;
use crate::query::Query;

/// How long a ticket can be used.
pub(crate) const LIFE: Duration = Duration::from_secs(30);

/// The sign-in that a ticket stands for.
#[derive(Serialize, Deserialize)]
struct Record {
    contract: String,
    user: UserId,
    session: SessionId,
    role: String,
    university: String,
    expires_at: DateTime<Utc>,
}

/// Gives a ticket for a sign-in.
///
/// # Errors
/// When it can't be kept.
pub(crate) async fn issue(
    edge: &Edge,
    contract: Contract,
    admission: &Admission,
) -> Result<String, Failure> {
    let Admission {
        signed_in,
        expires_at,
    } = admission;
    let record = Record {
        contract: contract.name().to_owned(),
        user: signed_in.user,
        session: signed_in.session,
        role: signed_in.role.name().to_owned(),
        university: signed_in.university.clone(),
        expires_at: *expires_at,
    };
    let ticket = hex::encode(edge.realtime.random.bytes::<24>());
    let record = serde_json::to_vec(&record).unwrap_or_default();
    let kept = edge
        .ephemeral
        .put(&slot(&ticket), record.into(), LIFE)
        .await;
    kept.map_err(|error| {
        tracing::warn!(%error, "socket ticket not kept");
        Failure::unavailable("Tickets can't be given right now")
    })?;
    Ok(ticket)
}

/// Takes a ticket, which is worth nothing from then on.
///
/// # Errors
/// 401 for one that is unknown, used or too old.
async fn redeem(edge: &Edge, contract: Contract, ticket: &str) -> Result<Admission, Failure> {
    let away = |error| {
        tracing::warn!(%error, "socket ticket can't be looked up");
        Failure::unavailable("Tickets can't be looked up right now")
    };
    let slot = slot(ticket);
    let record = edge.ephemeral.get(&slot).await.map_err(away)?;
    // Of several that use it at once, one succeeds.
    let is_first = edge.ephemeral.remove(&slot).await.map_err(away)?;
    let record = record.filter(|_| is_first);
    let record = record.and_then(|record| serde_json::from_slice::<Record>(&record).ok());
    let record = record.filter(|record| {
        record.contract == contract.name() && record.expires_at > edge.clock.now()
    });
    let Some(record) = record else {
        return Err(Failure::unauthorized(
            "invalid_ticket",
            "The ticket is not valid",
        ));
    };
    Ok(Admission {
        signed_in: SignedIn {
            user: record.user,
            session: record.session,
            role: Role::from_name(&record.role).unwrap_or(Role::User),
            university: record.university,
        },
        expires_at: record.expires_at,
    })
}

/// Whoever shows a ticket, a token in the address, or one in the header.
///
/// # Errors
/// 401 for what does not hold.
pub(crate) async fn admit(
    edge: &Edge,
    contract: Contract,
    request: &HttpRequest,
    query: &Query,
) -> Result<Admission, Failure> {
    let (ticket, token) = (query.secret("ticket"), query.secret("token"));
    if let Some(ticket) = ticket {
        let admission = redeem(edge, contract, ticket).await?;
        let session = admission.signed_in.session;
        return match edge.revocations.is_revoked(session).await? {
            false => Ok(admission),
            true => Err(Failure::unauthorized(
                "token_revoked",
                "The sign-in of the ticket has ended",
            )),
        };
    }
    match token {
        Some(token) => caller::admit(edge, contract, token).await,
        None => caller::admitted(request),
    }
}

/// Whoever reads the store learns no tickets.
fn slot(ticket: &str) -> String {
    format!("socket-ticket:{}", hex::encode(Sha256::digest(ticket)))
}
