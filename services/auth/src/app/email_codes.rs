//! Showing that an address is one's own, by a code that is sent there.

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use oruma_ids::UserId;
use oruma_postgres::Connection;
use oruma_rpc_error::Fault;
use oruma_service_runtime::{Caller, Contract};
use subtle::ConstantTimeEq;

use super::requests::AddressRequest;
use super::{App, mails};
use crate::domain::account::Email;
use crate::domain::code::Code;
use crate::domain::user::User;
use crate::error::Error;
use crate::store;
use crate::store::access_log::Action;
use crate::templates;

/// Sends a new code inside a transaction; the one before is worthless from then on.
pub(super) async fn send(
    app: &App,
    conn: &mut Connection,
    contract: Contract,
    user: &User,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let lifetime = app.config.codes.lifetime;
    let code = Code::generate(&app.random);
    store::email_codes::replace(conn, user.id, &hash(app, user.id, &code), now + lifetime).await?;
    let mail = templates::verify_email(contract, user, &code, lifetime.num_minutes())?;
    mails::post(app, conn, user, &mail, now, lifetime).await
}

/// Checks the code that was sent to an address, and notes that the address is its owner's (C-003).
///
/// # Errors
/// [`Error::InvalidCode`] alike for an unknown address, a wrong code, and one that was used, replaced, has ended or was guessed at too often.
pub async fn verify(app: &App, caller: &Caller, email: &str, code: &str) -> Result<(), Error> {
    let email = parse(email)?;
    let request = AddressRequest::new(app, caller, Action::VerifyEmail, &email);
    let mut conn = app.database.writer().await?;
    // A wrong guess is counted, so it must not be undone by its own refusal.
    conn.transaction(async |conn| {
        let found = store::users::find_credentials(conn, email.as_str()).await?;
        let user = found.map(|found| found.user.id);
        let checked = match user {
            Some(user) => check(app, conn, user, Code::parse(code), request.now()).await?,
            None => Err(Error::InvalidCode),
        };
        let outcome = checked.as_ref().err().map_or("succeeded", Fault::reason);
        request.log(conn, user, outcome).await?;
        Ok::<_, Error>(checked)
    })
    .await?
}

async fn check(
    app: &App,
    conn: &mut Connection,
    user: UserId,
    code: Option<Code>,
    now: DateTime<Utc>,
) -> Result<Result<(), Error>, Error> {
    let stored = store::email_codes::lock(conn, user).await?;
    let Some(stored) = stored
        .filter(|stored| stored.attempts < app.config.codes.attempts && stored.expires_at > now)
    else {
        return Ok(Err(Error::InvalidCode));
    };
    let right = code.is_some_and(|code| hash(app, user, &code).ct_eq(&stored.hash).into());
    if !right {
        store::email_codes::count_attempt(conn, user).await?;
        return Ok(Err(Error::InvalidCode));
    }
    store::email_codes::delete(conn, user).await?;
    store::users::verify_email(conn, user, now).await?;
    Ok(Ok(()))
}

/// Sends another code to an address whose owner has not shown yet that it is theirs (C-004). An address that is unknown or needs none gets
/// nothing, and the same answer.
///
/// # Errors
/// [`Error::TooManyRequests`].
pub async fn resend(app: &App, caller: &Caller, email: &str) -> Result<(), Error> {
    let email = parse(email)?;
    let request = AddressRequest::new(app, caller, Action::ResendVerification, &email);
    let mut conn = app.database.writer().await?;
    let refusal = conn
        .transaction(async |conn| {
            let found = store::users::find_credentials(conn, email.as_str()).await?;
            let user = found.map(|found| found.user);
            let id = user.as_ref().map(|user| user.id);
            let refusal = request.count(conn, id, app.config.codes.per_hour).await?;
            let unverified = user.filter(|user| user.email_verified_at.is_none());
            if let (None, Some(user)) = (&refusal, unverified) {
                send(app, conn, caller.contract, &user, request.now()).await?;
            }
            Ok::<_, Error>(refusal)
        })
        .await?;
    app.mails_waiting.notify_one();
    refusal.map_or(Ok(()), Err)
}

fn parse(email: &str) -> Result<Email, Error> {
    Email::parse(email).map_err(|problem| Error::invalid("email", problem))
}

fn hash(app: &App, user: UserId, code: &Code) -> [u8; 32] {
    let (user, code) = (user.as_uuid(), code.expose().as_bytes());
    app.keys.hash("email code", &[user.as_bytes(), code])
}
