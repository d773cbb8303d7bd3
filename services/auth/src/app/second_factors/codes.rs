//! Codes of second factors: sending them, checking them, and counting the wrong ones.

use chrono::{DateTime, Utc};
use oruma_ids::UserId;
use oruma_postgres::Connection;
use oruma_service_runtime::{Caller, Contract};
use subtle::ConstantTimeEq;
use totp_rs::Totp;

use super::{about, log};
use crate::app::{App, mails, requests};
use crate::domain::code::Code;
use crate::domain::second_factor::{Method, RecoveryCode, authenticator, lock_after, step_of};
use crate::domain::user::User;
use crate::error::Error;
use crate::store;
use crate::store::access_log::Action;
use crate::store::second_factors::StoredFactor;
use crate::templates;

/// Outcome of a code that was sent.
const SENT: &str = "sent";

/// Checks a code of any method that is on, or a recovery code, against a locked row, which is to be saved afterwards.
pub(super) async fn check(
    app: &App,
    conn: &mut Connection,
    user: UserId,
    factor: &mut StoredFactor,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Result<(), Error>, Error> {
    if let Some(refusal) = locked(factor, now) {
        return Ok(Err(refusal));
    }
    let totp = factor.totp_confirmed_at.is_some();
    let right = (totp && shows(app, user, factor, Method::Totp, code, now))
        || shows(app, user, factor, Method::Sms, code, now)
        || takes_recovery_code(app, conn, user, code).await?;
    if !right {
        return Ok(Err(count_failure(app, factor, now)));
    }
    (factor.failures, factor.locked_until) = (0, None);
    Ok(Ok(()))
}

/// Whether the code is the right one of a method; it is used up then, and the method is confirmed.
pub(super) fn shows(
    app: &App,
    user: UserId,
    factor: &mut StoredFactor,
    method: Method,
    code: &str,
    now: DateTime<Utc>,
) -> bool {
    let Some(code) = Code::parse(code) else {
        return false;
    };
    let right = match method {
        Method::Totp => {
            let totp = open_totp(app, user, factor);
            let last = factor.totp_last_step;
            let step = totp.and_then(|totp| step_of(&totp, code.expose(), last, now));
            factor.totp_last_step = step.unwrap_or(last);
            if step.is_some() {
                factor.totp_confirmed_at = factor.totp_confirmed_at.or(Some(now));
            }
            step.is_some()
        }
        Method::Sms => {
            let alive = factor.code_attempts < app.config.codes.attempts
                && factor.code_expires_at.is_some_and(|end| end > now);
            let stored = factor.code_hash.as_deref().filter(|_| alive);
            let right =
                stored.is_some_and(|stored| hash_code(app, user, &code).ct_eq(stored).into());
            if right {
                (factor.code_hash, factor.code_expires_at) = (None, None);
                factor.sms_confirmed_at = factor.sms_confirmed_at.or(Some(now));
            }
            right
        }
    };
    if right {
        (factor.failures, factor.locked_until) = (0, None);
    }
    right
}

async fn takes_recovery_code(
    app: &App,
    conn: &mut Connection,
    user: UserId,
    code: &str,
) -> Result<bool, Error> {
    let Some(code) = RecoveryCode::parse(code) else {
        return Ok(false);
    };
    let hash = hash_recovery(app, user, &code);
    Ok(store::second_factors::take_recovery_code(conn, user, &hash).await?)
}

pub(super) fn locked(factor: &StoredFactor, now: DateTime<Utc>) -> Option<Error> {
    let until = factor.locked_until.filter(|until| *until > now)?;
    Some(Error::TooManyRequests(until - now))
}

/// Counts a wrong code, against the code that was sent and against the person.
pub(super) fn count_failure(app: &App, factor: &mut StoredFactor, now: DateTime<Utc>) -> Error {
    factor.code_attempts = factor.code_attempts.saturating_add(1);
    factor.failures = factor.failures.saturating_add(1);
    let config = &app.config.second_factors;
    if let Some(lock) = lock_after(factor.failures, config.attempts, config.lock) {
        factor.locked_until = Some(now + lock);
    }
    Error::InvalidCode
}

/// Sends a code in place of the one before. `false` when that was done too often.
pub(super) async fn send_code(
    app: &App,
    conn: &mut Connection,
    caller: &Caller,
    user: &User,
    factor: &mut StoredFactor,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let since = now - requests::WINDOW;
    let action = Action::SendCode;
    let before = store::access_log::count_of_user(conn, action, user.id, SENT, since).await?;
    let Some(phone) = factor.phone.clone() else {
        return Ok(false);
    };
    if before >= app.config.second_factors.per_hour {
        return Ok(false);
    }
    let lifetime = app.config.codes.lifetime;
    let code = Code::generate(&app.random);
    factor.code_hash = Some(hash_code(app, user.id, &code).to_vec());
    factor.code_attempts = 0;
    factor.code_expires_at = Some(now + lifetime);
    let minutes = lifetime.num_minutes();
    let message = templates::sms_code(caller.contract, phone, &code, minutes)?;
    mails::post(app, conn, user, &message, now, lifetime).await?;
    log(conn, caller, action, user.id, SENT, now).await?;
    Ok(true)
}

fn open_totp(app: &App, user: UserId, factor: &StoredFactor) -> Option<Totp> {
    let sealed = factor.totp_secret.as_deref()?;
    let secret = app.keys.open(&about(user), sealed);
    if secret.is_none() {
        tracing::error!(user.id = %user, "the secret of an authenticator can't be opened: was DATA_ENCRYPTION_KEY changed?");
    }
    authenticator(&secret?, templates::product(Contract::Oruma), "").ok()
}

fn hash_code(app: &App, user: UserId, code: &Code) -> [u8; 32] {
    let (user, code) = (user.as_uuid(), code.expose().as_bytes());
    app.keys.hash("sms code", &[user.as_bytes(), code])
}

pub(super) fn hash_recovery(app: &App, user: UserId, code: &RecoveryCode) -> [u8; 32] {
    let (user, code) = (user.as_uuid(), code.letters().as_bytes());
    app.keys.hash("recovery code", &[user.as_bytes(), code])
}
