//! Keeping people out, by administrators only.

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use oruma_ids::UserId;
use oruma_postgres::Connection;
use oruma_service_runtime::{Caller, SignedIn};
use oruma_text::{Lines, plain};

use super::announcements::announce;
use super::{App, mails, sessions};
use crate::domain::session::Revocation;
use crate::error::Error;
use crate::store;
use crate::store::access_log::{Action, Attempt};
use crate::templates;

/// Longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// Suspends an account: every sign-in ends on every contract, and its owner is told why by mail.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::NotAllowed`]; [`Error::UserNotFound`]; [`Error::Invalid`] for oneself and for a reason that is too long.
pub async fn suspend(app: &App, caller: &Caller, user: &str, reason: &str) -> Result<(), Error> {
    let admin = admin(caller)?;
    let user: UserId = user.parse().map_err(|_| Error::UserNotFound)?;
    if user == admin.user {
        return Err(Error::invalid("user_id", "must not be oneself"));
    }
    let reason = plain(reason, Lines::Many, LONGEST_REASON)
        .map_err(|problem| Error::invalid("reason", &problem.to_string()))?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    let revoked = conn
        .transaction(async |conn| {
            let person = store::users::suspend(conn, user, &reason, now)
                .await?
                .ok_or(Error::UserNotFound)?;
            let cause = Revocation::AccountSuspended;
            let revoked = sessions::end_all(app, conn, user, cause, now).await?;
            let mail = templates::account_suspended(caller.contract, &person, &reason)?;
            mails::post(app, conn, &person, &mail, now, mails::NEWS).await?;
            log(conn, caller, Action::Suspend, user, now).await?;
            Ok::<_, Error>(revoked)
        })
        .await?;
    // The edges may take a while, and the relay waits for this one to be given back.
    drop(conn);
    app.mails_waiting.notify_one();
    announce(app, &revoked).await;
    Ok(())
}

/// Opens a suspended account again; one that is open stays so.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::NotAllowed`]; [`Error::UserNotFound`].
pub async fn activate(app: &App, caller: &Caller, user: &str) -> Result<(), Error> {
    admin(caller)?;
    let user: UserId = user.parse().map_err(|_| Error::UserNotFound)?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        if !store::users::activate(conn, user, now).await? {
            return Err(Error::UserNotFound);
        }
        log(conn, caller, Action::Activate, user, now).await
    })
    .await
}

fn admin(caller: &Caller) -> Result<&SignedIn, Error> {
    let signed_in = caller.signed_in.as_ref().ok_or(Error::NotSignedIn)?;
    if signed_in.is_admin() {
        Ok(signed_in)
    } else {
        Err(Error::NotAllowed)
    }
}

async fn log(
    conn: &mut Connection,
    caller: &Caller,
    action: Action,
    user: UserId,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let attempt = Attempt {
        action,
        outcome: "succeeded",
        user: Some(user),
        email_hash: None,
        caller,
        at,
    };
    store::access_log::insert(conn, &attempt).await?;
    Ok(())
}
