//! Signing in.

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use oruma_ids::UserId;
use oruma_postgres::Connection;
use oruma_rpc_error::Fault;
use oruma_service_runtime::{Caller, Contract};
use secrecy::{ExposeSecret, SecretString};

use super::{App, second_factors, sessions};
use crate::domain::account::{Email, demands_verified_email};
use crate::domain::profile::Availability;
use crate::domain::session::Tokens;
use crate::domain::user::User;
use crate::error::Error;
use crate::outbox::{self, Changed};
use crate::store;
use crate::store::access_log::{Action, Attempt};
use crate::store::users::Credentials;

/// Signs in with an address and a password (O-006).
///
/// # Errors
/// [`Error::InvalidCredentials`] alike for an unknown address and a wrong password; with the right one [`Error::Suspended`] and, where the contract
/// demands a verified address, [`Error::EmailNotVerified`]; where the person has a second factor [`Error::SecondFactorRequired`] without a code and
/// [`Error::InvalidSecondFactor`] with a wrong one; [`Error::TooManyRequests`] after too many of these; [`Error::Overloaded`].
pub async fn sign_in(
    app: &App,
    caller: &Caller,
    email: &str,
    password: &SecretString,
    code: Option<&str>,
) -> Result<(User, Tokens), Error> {
    let email = Email::parse(email).map_err(|problem| Error::invalid("email", problem))?;
    if password.expose_secret().is_empty() {
        return Err(Error::invalid("password", "is required"));
    }
    let found = {
        let mut conn = app.database.reader().await?;
        store::users::find_credentials(&mut conn, email.as_str()).await?
    };
    let hash = found
        .as_ref()
        .and_then(|found| found.password_hash.as_deref());
    let verified = app.passwords.verify(password, hash).await?;
    match found {
        Some(found) if verified => match refusal(caller.contract, &found) {
            None => admit(app, caller, &email, found, code).await,
            Some(refusal) => refuse(app, caller, &email, Some(&found.user), refusal).await,
        },
        found => {
            let user = found.map(|found| found.user);
            refuse(
                app,
                caller,
                &email,
                user.as_ref(),
                Error::InvalidCredentials,
            )
            .await
        }
    }
}

/// Why somebody with the right password is not let in.
fn refusal(contract: Contract, found: &Credentials) -> Option<Error> {
    if found.suspended {
        return Some(Error::Suspended);
    }
    let unverified = found.user.email_verified_at.is_none();
    (unverified && demands_verified_email(contract)).then_some(Error::EmailNotVerified)
}

async fn admit(
    app: &App,
    caller: &Caller,
    email: &Email,
    found: Credentials,
    code: Option<&str>,
) -> Result<(User, Tokens), Error> {
    let Credentials {
        user,
        password_hash,
        ..
    } = found;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    let admitted = conn
        .transaction(async |conn| {
            let entered = enter(app, conn, caller, &user, code, now).await?;
            // The password may have been changed while it was checked; from here on it can't be.
            let current = store::users::password_hash(conn, user.id).await?;
            if entered.is_ok() && current != password_hash {
                return Err(Error::InvalidCredentials);
            }
            Ok(entered)
        })
        .await;
    drop(conn);
    match admitted {
        Ok(Ok(admitted)) => Ok(admitted),
        Ok(Err(refusal)) => {
            app.mails_waiting.notify_one();
            let known = !matches!(refusal, Error::InvalidCredentials);
            refuse(app, caller, email, Some(&user).filter(|_| known), refusal).await
        }
        Err(refusal @ Error::InvalidCredentials) => {
            refuse(app, caller, email, Some(&user), refusal).await
        }
        Err(error) => Err(error),
    }
}

/// Lets somebody in inside a transaction, once the second factor is shown. A refusal inside is no reason to undo it.
pub(super) async fn enter(
    app: &App,
    conn: &mut Connection,
    caller: &Caller,
    user: &User,
    code: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Result<(User, Tokens), Error>, Error> {
    if let Some(refusal) = second_factors::demand(app, conn, caller, user, code, now).await? {
        return Ok(Err(refusal));
    }
    let Some(user) = store::users::record_login(conn, user.id, now).await? else {
        let exists = store::users::find(conn, user.id).await?.is_some();
        return Ok(Err(if exists {
            Error::Suspended
        } else {
            Error::InvalidCredentials
        }));
    };
    let online = Availability::Online;
    let shown = show(app, conn, caller.contract, user.id, online, now).await?;
    let user = shown.unwrap_or(user);
    let tokens = sessions::open(app, conn, caller, &user, now).await?;
    let email_hash = Email::parse(&user.email)
        .ok()
        .map(|email| app.email_hash(&email));
    let attempt = Attempt {
        action: Action::SignIn,
        outcome: "succeeded",
        user: Some(user.id),
        email_hash: email_hash.as_deref(),
        caller,
        at: now,
    };
    store::access_log::insert(conn, &attempt).await?;
    Ok(Ok((user, tokens)))
}

/// Only the chat has whoever signs in be online (C-002); others are told. `None` where nothing changes. Whoever signs out has nothing taken back: without
/// sockets a person is offline in any case (C-006), and may be there through another sign-in or contract.
async fn show(
    app: &App,
    conn: &mut Connection,
    contract: Contract,
    user: UserId,
    availability: Availability,
    now: DateTime<Utc>,
) -> Result<Option<User>, Error> {
    if contract != Contract::Connectbest {
        return Ok(None);
    }
    let shown = store::users::set_availability(conn, user, availability, now).await?;
    if let Some(user) = &shown {
        let changed = Changed {
            status: true,
            ..Changed::default()
        };
        let event = outbox::user_updated(app, user, changed);
        app.outbox.append(conn, &event).await?;
    }
    Ok(shown)
}

/// Writes the line of a refused sign-in, and hands the refusal on.
async fn refuse<T>(
    app: &App,
    caller: &Caller,
    email: &Email,
    user: Option<&User>,
    refusal: Error,
) -> Result<T, Error> {
    let email_hash = app.email_hash(email);
    let attempt = Attempt {
        action: Action::SignIn,
        outcome: refusal.reason(),
        user: user.map(|user| user.id),
        email_hash: Some(&email_hash),
        caller,
        at: app.clock.now(),
    };
    store::access_log::insert(&mut *app.database.writer().await?, &attempt).await?;
    Err(refusal)
}
