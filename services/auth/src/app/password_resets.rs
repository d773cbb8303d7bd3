//! A new password for whoever reads the mails of an address.

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use oruma_ids::UserId;
use oruma_postgres::Connection;
use oruma_rpc_error::Fault;
use oruma_service_runtime::{Caller, Contract};
use secrecy::SecretString;

use super::announcements::announce;
use super::requests::AddressRequest;
use super::{App, mails, sessions};
use crate::domain::account::Email;
use crate::domain::password::NewPassword;
use crate::domain::reset::ResetToken;
use crate::domain::session::{Revocation, RevokedSession};
use crate::domain::user::User;
use crate::error::Error;
use crate::store;
use crate::store::access_log::{Action, Attempt};
use crate::templates;

/// Sends a link to an address that has an account (C-007). One that has none gets nothing, and the same answer.
///
/// # Errors
/// [`Error::TooManyRequests`].
pub async fn request(app: &App, caller: &Caller, email: &str) -> Result<(), Error> {
    let email = Email::parse(email).map_err(|problem| Error::invalid("email", problem))?;
    let request = AddressRequest::new(app, caller, Action::RequestPasswordReset, &email);
    let mut conn = app.database.writer().await?;
    let refusal = conn
        .transaction(async |conn| {
            let found = store::users::find_credentials(conn, email.as_str()).await?;
            let user = found.map(|found| found.user);
            let id = user.as_ref().map(|user| user.id);
            let refusal = request.count(conn, id, app.config.resets.per_hour).await?;
            if let (None, Some(user)) = (&refusal, user) {
                send(app, conn, caller.contract, &user, request.now()).await?;
            }
            Ok::<_, Error>(refusal)
        })
        .await?;
    app.mails_waiting.notify_one();
    refusal.map_or(Ok(()), Err)
}

async fn send(
    app: &App,
    conn: &mut Connection,
    contract: Contract,
    user: &User,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let lifetime = app.config.resets.lifetime;
    let token = ResetToken::generate(&app.random);
    store::password_resets::replace(conn, user.id, &token.hash(), now + lifetime).await?;
    let mut link = app.config.resets.url.clone();
    link.query_pairs_mut().append_pair("token", token.expose());
    let minutes = lifetime.num_minutes();
    let mail = templates::reset_password(contract, user, link.as_str(), minutes)?;
    mails::post(app, conn, user, &mail, now, lifetime).await
}

/// Sets a new password with the token of a link (C-008): it works once, and ends every sign-in of the person on every contract. Who reads the
/// mails of an address has shown that it is theirs.
///
/// # Errors
/// [`Error::Invalid`] for a weak password; [`Error::InvalidResetToken`] for a token that is unknown, used, replaced or has ended;
/// [`Error::Overloaded`].
pub async fn reset(
    app: &App,
    caller: &Caller,
    token: &str,
    password: &SecretString,
) -> Result<(), Error> {
    let password = NewPassword::parse(password, caller.contract)
        .map_err(|problem| Error::invalid("new_password", problem))?;
    let now = app.clock.now();
    let token = ResetToken::parse(token);
    // Nobody has a password hashed with a token that is worth nothing.
    let known = {
        let mut conn = app.database.reader().await?;
        match &token {
            Some(token) => store::password_resets::find(&mut conn, &token.hash(), now).await?,
            None => None,
        }
    };
    let (Some(token), Some(_)) = (token, known) else {
        return refuse(app, caller, now).await;
    };
    let password_hash = app.passwords.hash(password.text()).await?;
    let mut conn = app.database.writer().await?;
    let changed = conn
        .transaction(async |conn| {
            let user = store::password_resets::take(conn, &token.hash(), now)
                .await?
                .ok_or(Error::InvalidResetToken)?;
            change(app, conn, caller, user, &password, &password_hash, now).await
        })
        .await;
    // The edges may take a while, and the relay waits for this one to be given back.
    drop(conn);
    match changed {
        Ok(revoked) => {
            app.mails_waiting.notify_one();
            announce(app, &revoked).await;
            Ok(())
        }
        Err(Error::InvalidResetToken) => refuse(app, caller, now).await,
        Err(error) => Err(error),
    }
}

async fn change(
    app: &App,
    conn: &mut Connection,
    caller: &Caller,
    user: UserId,
    password: &NewPassword,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<Vec<RevokedSession>, Error> {
    store::email_codes::delete(conn, user).await?;
    let policy = password.policy().name();
    let user = store::users::set_password(conn, user, password_hash, policy, now)
        .await?
        .ok_or(Error::InvalidResetToken)?;
    store::users::verify_email(conn, user.id, now).await?;
    let revoked = sessions::end_all(app, conn, user.id, Revocation::PasswordReset, now).await?;
    let mail = templates::password_changed(caller.contract, &user)?;
    mails::post(app, conn, &user, &mail, now, mails::NEWS).await?;
    log(conn, caller, Some(user.id), "succeeded", now).await?;
    Ok(revoked)
}

async fn refuse(app: &App, caller: &Caller, now: DateTime<Utc>) -> Result<(), Error> {
    let refusal = Error::InvalidResetToken;
    let mut conn = app.database.writer().await?;
    log(&mut conn, caller, None, refusal.reason(), now).await?;
    Err(refusal)
}

async fn log(
    conn: &mut Connection,
    caller: &Caller,
    user: Option<UserId>,
    outcome: &str,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let attempt = Attempt {
        action: Action::ResetPassword,
        outcome,
        user,
        email_hash: None,
        caller,
        at,
    };
    store::access_log::insert(conn, &attempt).await?;
    Ok(())
}
