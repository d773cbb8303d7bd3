//! Sign-ins that are under way: their tokens, and their end.

use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::AsyncConnection;
use oruma_ids::{PageSize, SessionId, UserId};
use oruma_postgres::Connection;
use oruma_rpc_error::Fault;
use oruma_service_runtime::{AccessClaims, Caller, Contract};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::App;
use super::announcements::announce;
use crate::domain::session::{RefreshToken, Revocation, RevokedSession, Tokens};
use crate::domain::user::User;
use crate::error::Error;
use crate::outbox;
use crate::store;
use crate::store::access_log::{Action, Attempt};
use crate::store::sessions::{NewSession, StoredToken};

/// Revoked sign-ins on one page.
const REVOCATIONS: PageSize = PageSize {
    default: 1_000,
    most: 10_000,
};

/// The longest that a trade of refresh tokens takes: no call takes longer.
const UNDER_WAY: TimeDelta = TimeDelta::seconds(30);

/// Opens a sign-in inside a transaction and makes its first tokens.
pub(super) async fn open(
    app: &App,
    conn: &mut Connection,
    caller: &Caller,
    user: &User,
    now: DateTime<Utc>,
) -> Result<Tokens, Error> {
    let session = super::accounts::new_session_id(app, now);
    let tokens = issue(app, caller.contract, session, user, now)?;
    let new = NewSession {
        id: session,
        user: user.id,
        contract: caller.contract.name(),
        address: &caller.address,
        user_agent: &caller.user_agent,
        created_at: now,
        expires_at: tokens.refresh_expires_at,
    };
    store::sessions::insert(conn, &new).await?;
    store_refresh_token(conn, session, &tokens, now).await?;
    Ok(tokens)
}

async fn store_refresh_token(
    conn: &mut Connection,
    session: SessionId,
    tokens: &Tokens,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let hash = tokens.refresh.hash();
    store::sessions::insert_token(conn, session, &hash, now, tokens.refresh_expires_at).await?;
    Ok(())
}

fn issue(
    app: &App,
    contract: Contract,
    session: SessionId,
    user: &User,
    now: DateTime<Utc>,
) -> Result<Tokens, Error> {
    let lifetimes = app.config.lifetimes(contract);
    let claims = AccessClaims {
        user_id: user.id,
        id: (contract == Contract::Connectbest).then_some(user.id),
        email: user.email.clone(),
        university: user.university.clone(),
        role: user.role.name().to_owned(),
        sid: session,
        jti: app.random.id(now),
        aud: contract.name().to_owned(),
        iat: now.timestamp(),
        exp: now.timestamp() + lifetimes.access.num_seconds(),
    };
    Ok(Tokens {
        access: app.config.tokens.sign(&claims).map_err(Error::internal)?,
        refresh: RefreshToken::generate(&app.random),
        access_expires_at: now + lifetimes.access,
        refresh_expires_at: now + lifetimes.refresh,
    })
}

/// Trades a refresh token for new tokens of the same sign-in (O-010).
///
/// A token that comes back after it was traded ends the whole sign-in: somebody else may hold the newer one. Of several trades under way
/// at once one wins, and the others are refused without that consequence: a client that asks twice is no thief.
///
/// # Errors
/// [`Error::InvalidRefreshToken`] for a token that is unknown, traded, ended, of another contract, or of a sign-in or person that is gone.
pub async fn refresh(app: &App, caller: &Caller, token: &RefreshToken) -> Result<Tokens, Error> {
    let began = app.clock.now();
    let hash = token.hash();
    let mut conn = app.database.writer().await?;
    let stored = store::sessions::find_token(&mut conn, &hash, caller.contract.name()).await?;
    let traded = match stored.filter(|stored| !stored.revoked && stored.expires_at > began) {
        Some(stored) if stored.used_at.is_some_and(|used_at| used_at < began) => {
            end_family(app, &mut conn, &stored, began).await?;
            Err(Error::InvalidRefreshToken)
        }
        Some(stored) => {
            conn.transaction(async |conn| trade(app, conn, caller, &stored, &hash, began).await)
                .await
        }
        None => Err(Error::InvalidRefreshToken),
    };
    match &traded {
        Ok(_) => settle(app, &mut conn, &hash).await,
        Err(refusal) => {
            let user = stored.map(|stored| stored.user);
            log_refresh(app, &mut conn, caller, user, refusal.reason()).await?;
        }
    }
    traded
}

async fn trade(
    app: &App,
    conn: &mut Connection,
    caller: &Caller,
    stored: &StoredToken,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Tokens, Error> {
    if !store::sessions::use_token(conn, hash, now + UNDER_WAY).await? {
        return Err(Error::InvalidRefreshToken);
    }
    let user = store::users::find_active(conn, stored.user)
        .await?
        .ok_or(Error::InvalidRefreshToken)?;
    let tokens = issue(app, caller.contract, stored.session, &user, now)?;
    store_refresh_token(conn, stored.session, &tokens, now).await?;
    if !store::sessions::extend(conn, stored.session, now, tokens.refresh_expires_at).await? {
        return Err(Error::InvalidRefreshToken);
    }
    log_refresh(app, conn, caller, Some(stored.user), "succeeded").await?;
    Ok(tokens)
}

/// Notes when a trade was done, which is after its commit: whoever begins until then was under way at the same time.
async fn settle(app: &App, conn: &mut Connection, hash: &[u8]) {
    if let Err(error) = store::sessions::settle_token(conn, hash, app.clock.now()).await {
        // The trade stands, and the other time is near enough.
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "end of a trade not noted"
        );
    }
}

async fn end_family(
    app: &App,
    conn: &mut Connection,
    stored: &StoredToken,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let revoked = conn
        .transaction(async |conn| {
            end(app, conn, stored.session, Revocation::TokenReused, now).await
        })
        .await?;
    if let Some(revoked) = revoked {
        tracing::warn!(session.id = %revoked.id, user.id = %revoked.user, "a used refresh token came back: sign-in ended");
        announce(app, &[revoked]).await;
    }
    Ok(())
}

async fn log_refresh(
    app: &App,
    conn: &mut Connection,
    caller: &Caller,
    user: Option<UserId>,
    outcome: &str,
) -> Result<(), Error> {
    let attempt = Attempt {
        action: Action::Refresh,
        outcome,
        user,
        email_hash: None,
        caller,
        at: app.clock.now(),
    };
    store::access_log::insert(conn, &attempt).await?;
    Ok(())
}

/// Ends the caller's sign-in, and that of `token` if it is the caller's too (O-009). Access and refresh tokens die at once, everywhere.
///
/// # Errors
/// [`Error::NotSignedIn`].
pub async fn sign_out(
    app: &App,
    caller: &Caller,
    token: Option<&RefreshToken>,
) -> Result<(), Error> {
    let signed_in = caller.signed_in.as_ref().ok_or(Error::NotSignedIn)?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    let revoked = conn
        .transaction(async |conn| {
            store::users::lock(conn, signed_in.user).await?;
            let mut sessions = vec![signed_in.session];
            if let Some(token) = token {
                let found =
                    store::sessions::find_token(conn, &token.hash(), caller.contract.name())
                        .await?;
                sessions.extend(
                    found
                        .filter(|found| {
                            found.user == signed_in.user && found.session != signed_in.session
                        })
                        .map(|found| found.session),
                );
            }
            let mut revoked = Vec::new();
            for session in sessions {
                revoked.extend(end(app, conn, session, Revocation::SignedOut, now).await?);
            }
            let attempt = Attempt {
                action: Action::SignOut,
                outcome: "succeeded",
                user: Some(signed_in.user),
                email_hash: None,
                caller,
                at: now,
            };
            store::access_log::insert(conn, &attempt).await?;
            Ok::<_, Error>(revoked)
        })
        .await?;
    // The edges may take a while, and the relay waits for this one to be given back.
    drop(conn);
    announce(app, &revoked).await;
    Ok(())
}

/// Ends one sign-in inside a transaction, with its event.
async fn end(
    app: &App,
    conn: &mut Connection,
    session: SessionId,
    reason: Revocation,
    now: DateTime<Utc>,
) -> Result<Option<RevokedSession>, Error> {
    let forget_at = forget_at(app, now);
    let revoked = store::sessions::revoke(conn, session, reason, now, forget_at).await?;
    if let Some(revoked) = &revoked {
        app.outbox
            .append(conn, &outbox::session_revoked(app, revoked, reason))
            .await?;
    }
    Ok(revoked)
}

/// Ends all sign-ins of a person, on every contract, inside a transaction, with their events.
pub(super) async fn end_all(
    app: &App,
    conn: &mut Connection,
    user: UserId,
    reason: Revocation,
    now: DateTime<Utc>,
) -> Result<Vec<RevokedSession>, Error> {
    let forget_at = forget_at(app, now);
    let revoked = store::sessions::revoke_all(conn, user, reason, now, forget_at).await?;
    for session in &revoked {
        app.outbox
            .append(conn, &outbox::session_revoked(app, session, reason))
            .await?;
    }
    Ok(revoked)
}

/// When no access token of a sign-in that ends now can be alive: the longest life of any contract later.
fn forget_at(app: &App, now: DateTime<Utc>) -> DateTime<Utc> {
    let longest = [
        Contract::Oruma,
        Contract::Connectbest,
        Contract::Social,
        Contract::Socmel,
        Contract::Dubai,
    ]
    .into_iter()
    .map(|contract| app.config.lifetimes(contract).access)
    .max();
    now + longest.unwrap_or_else(TimeDelta::zero)
}

/// Whether the tokens of a sign-in hold.
///
/// # Errors
/// When the database fails.
pub async fn is_active(app: &App, session: SessionId) -> Result<bool, Error> {
    let mut conn = app.database.reader().await?;
    Ok(store::sessions::is_active(&mut conn, session).await?)
}

/// A page of the sign-ins that ended since a time and still matter, oldest first, and where it ended.
///
/// # Errors
/// [`Error::Invalid`] for a negative page size or a broken page token.
pub async fn revoked_since(
    app: &App,
    since: Option<DateTime<Utc>>,
    page_size: i32,
    page_token: &str,
) -> Result<(Vec<RevokedSession>, String), Error> {
    const LIST: &str = "revoked_sessions";
    #[derive(Serialize, Deserialize)]
    struct Position(DateTime<Utc>, Uuid);

    let limit = i64::from(REVOCATIONS.of(page_size)?);
    let after = if page_token.is_empty() {
        Position(since.unwrap_or(DateTime::UNIX_EPOCH), Uuid::nil())
    } else {
        app.cursors.open(LIST, page_token)?
    };
    let mut conn = app.database.reader().await?;
    let now = app.clock.now();
    let page = store::sessions::revoked_after(&mut conn, (after.0, after.1), now, limit).await?;
    let full = i64::try_from(page.len()) == Ok(limit);
    let next = page
        .last()
        .filter(|_| full)
        .map_or_else(String::new, |last| {
            app.cursors
                .seal(LIST, &Position(last.revoked_at, last.id.as_uuid()))
        });
    Ok((page, next))
}
