//! Second factors: switching them on and off, and asking for them.

mod codes;

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use oruma_ids::UserId;
use oruma_postgres::Connection;
use oruma_rpc_error::Fault;
use oruma_service_runtime::Caller;
use secrecy::{ExposeSecret, SecretString};

use super::App;
use crate::domain::phone::Phone;
use crate::domain::second_factor::{Method, RecoveryCode, authenticator, new_secret};
use crate::domain::user::User;
use crate::error::Error;
use crate::outbox::{self, Changed};
use crate::store;
use crate::store::access_log::{Action, Attempt};
use crate::store::second_factors::StoredFactor;
use crate::templates;

use codes::{check, count_failure, hash_recovery, locked, send_code, shows};

/// What switches a second factor off, or changes one that is on.
#[derive(Debug, Clone)]
pub enum Proof {
    /// Nothing.
    None,
    /// The password.
    Password(SecretString),
    /// A code of the second factor, or a recovery code.
    Code(String),
}

/// What the owner of an authenticator program puts into it; shown once.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// The secret in base 32.
    pub secret: SecretString,
    /// The same as a link, for a QR code.
    pub url: SecretString,
}

/// What a person has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether codes of an authenticator program are asked for.
    pub totp: bool,
    /// Whether codes are sent to a phone and asked for.
    pub sms: bool,
    /// Where they are sent.
    pub phone: Option<String>,
    /// Recovery codes that are left.
    pub recovery_codes: i64,
}

/// What the caller has.
///
/// # Errors
/// [`Error::NotSignedIn`].
pub async fn standing(app: &App, caller: &Caller) -> Result<Standing, Error> {
    let user = caller.user().ok_or(Error::NotSignedIn)?;
    let mut conn = app.database.reader().await?;
    of_user(&mut conn, user).await
}

/// What a person has.
pub(super) async fn of_user(conn: &mut Connection, user: UserId) -> Result<Standing, Error> {
    let Some(factor) = store::second_factors::find(conn, user).await? else {
        return Ok(Standing::default());
    };
    Ok(Standing {
        totp: factor.totp_confirmed_at.is_some(),
        sms: factor.sms_enabled_at.is_some(),
        phone: factor.phone,
        recovery_codes: store::second_factors::recovery_codes_left(conn, user).await?,
    })
}

/// Sends codes to a phone from now on: it holds at once (C-010), and the first code is on its way.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] for what is no phone; [`Error::ProofRequired`] where that would change a second factor that is on;
/// [`Error::TooManyRequests`].
pub async fn enable_sms(
    app: &App,
    caller: &Caller,
    phone: &str,
    proof: &Proof,
) -> Result<(), Error> {
    let id = caller.user().ok_or(Error::NotSignedIn)?;
    let phone: Phone = phone
        .parse()
        .map_err(|problem| Error::invalid("phone", problem))?;
    let proven = check_password(app, id, proof).await?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    let refusal = conn
        .transaction(async |conn| {
            let user = find_user(conn, id).await?;
            let mut factor = lock_or_prepare(conn, id, now).await?;
            let same = factor.phone.as_deref() == Some(phone.as_str());
            let mistyped = factor.totp_confirmed_at.is_none() && factor.sms_confirmed_at.is_none();
            if !same && !mistyped {
                let proven = prove(app, conn, id, &mut factor, proof, proven, now).await?;
                if let Err(refusal) = proven {
                    return Ok(Some(refusal));
                }
            }
            factor.sms_confirmed_at = factor.sms_confirmed_at.filter(|_| same);
            factor.phone = Some(phone.as_str().to_owned());
            factor.sms_enabled_at = factor.sms_enabled_at.or(Some(now));
            // A phone to which nothing is sent would keep its owner out.
            if !send_code(app, conn, caller, &user, &mut factor, now).await? {
                return Ok(Some(Error::TooManyRequests(super::requests::WINDOW)));
            }
            store::second_factors::save(conn, id, &factor).await?;
            if let Some(user) = store::users::set_phone(conn, id, phone.as_str(), now).await? {
                let event = outbox::user_updated(app, &user, Changed::default());
                app.outbox.append(conn, &event).await?;
            }
            log(
                conn,
                caller,
                Action::EnableSecondFactor,
                id,
                "succeeded",
                now,
            )
            .await?;
            Ok::<_, Error>(None)
        })
        .await?;
    app.mails_waiting.notify_one();
    refusal.map_or(Ok(()), Err)
}

/// Makes the secret of an authenticator program. It holds once its owner has shown a code of it.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ProofRequired`] where that would change one that is on.
pub async fn enable_totp(app: &App, caller: &Caller, proof: &Proof) -> Result<Enrolment, Error> {
    let id = caller.user().ok_or(Error::NotSignedIn)?;
    let proven = check_password(app, id, proof).await?;
    let now = app.clock.now();
    let secret = new_secret(&app.random);
    let sealed = app
        .keys
        .seal(&about(id), &secret, &app.random)
        .map_err(Error::internal)?;
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let user = find_user(conn, id).await?;
        let mut factor = lock_or_prepare(conn, id, now).await?;
        if factor.holds() {
            let proven = prove(app, conn, id, &mut factor, proof, proven, now).await?;
            if let Err(refusal) = proven {
                return Ok(Err(refusal));
            }
        }
        factor.totp_secret = Some(sealed);
        factor.totp_confirmed_at = None;
        factor.totp_last_step = 0;
        store::second_factors::save(conn, id, &factor).await?;
        log(
            conn,
            caller,
            Action::EnableSecondFactor,
            id,
            "succeeded",
            now,
        )
        .await?;
        let product = templates::product(caller.contract);
        let totp = authenticator(&secret, product, &user.email).map_err(Error::internal)?;
        Ok::<_, Error>(Ok(Enrolment {
            secret: totp.secret().to_base32().into(),
            url: totp.to_url().map_err(Error::internal)?.into(),
        }))
    })
    .await?
}

/// Confirms a method with its first code. The first method that is confirmed brings the recovery codes, which are shown this once.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::InvalidCode`]; [`Error::TooManyRequests`] after too many wrong ones.
pub async fn confirm(
    app: &App,
    caller: &Caller,
    method: Method,
    code: &str,
) -> Result<Vec<RecoveryCode>, Error> {
    let id = caller.user().ok_or(Error::NotSignedIn)?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let mut factor = lock_or_prepare(conn, id, now).await?;
        let right = match locked(&factor, now) {
            Some(refusal) => Err(refusal),
            None if shows(app, id, &mut factor, method, code, now) => Ok(()),
            None => Err(count_failure(app, &mut factor, now)),
        };
        store::second_factors::save(conn, id, &factor).await?;
        let outcome = right.as_ref().err().map_or("succeeded", Fault::reason);
        log(conn, caller, Action::ConfirmSecondFactor, id, outcome, now).await?;
        if let Err(refusal) = right {
            return Ok(Err(refusal));
        }
        if store::second_factors::recovery_codes_left(conn, id).await? > 0 {
            return Ok(Ok(Vec::new()));
        }
        let codes = RecoveryCode::generate_all(&app.random);
        let hashes: Vec<_> = codes
            .iter()
            .map(|code| hash_recovery(app, id, code))
            .collect();
        store::second_factors::insert_recovery_codes(conn, id, &hashes).await?;
        Ok::<_, Error>(Ok(codes))
    })
    .await?
}

/// Switches every second factor of the caller off, with its recovery codes.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ProofRequired`] without proof; [`Error::InvalidCode`]; [`Error::TooManyRequests`].
pub async fn disable(app: &App, caller: &Caller, proof: &Proof) -> Result<(), Error> {
    let id = caller.user().ok_or(Error::NotSignedIn)?;
    let proven = check_password(app, id, proof).await?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let Some(mut factor) = store::second_factors::lock(conn, id).await? else {
            return Ok(Ok(()));
        };
        let done = prove(app, conn, id, &mut factor, proof, proven, now).await?;
        if done.is_ok() {
            store::second_factors::delete(conn, id).await?;
        }
        let outcome = done.as_ref().err().map_or("succeeded", Fault::reason);
        log(conn, caller, Action::DisableSecondFactor, id, outcome, now).await?;
        Ok::<_, Error>(done)
    })
    .await?
}

/// Checks the second factor of a sign-in inside its transaction, on every contract alike. `Some` is the refusal, to be returned after the commit:
/// wrong codes count, and a code that was sent is on its way. Each code works once.
pub(super) async fn demand(
    app: &App,
    conn: &mut Connection,
    caller: &Caller,
    user: &User,
    code: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Option<Error>, Error> {
    let Some(mut factor) = store::second_factors::lock(conn, user.id).await? else {
        return Ok(None);
    };
    if !factor.holds() {
        return Ok(None);
    }
    let refusal = match code {
        None => {
            if factor.sms_enabled_at.is_some() && locked(&factor, now).is_none() {
                // Whoever asks too often is not sent another; the last one holds until it ends.
                send_code(app, conn, caller, user, &mut factor, now).await?;
            }
            Some(Error::SecondFactorRequired)
        }
        Some(code) => match check(app, conn, user.id, &mut factor, code, now).await? {
            Ok(()) => None,
            Err(Error::InvalidCode) => Some(Error::InvalidSecondFactor),
            Err(refusal) => Some(refusal),
        },
    };
    store::second_factors::save(conn, user.id, &factor).await?;
    Ok(refusal)
}

// === proof ===

/// Checks the password of a proof: before any transaction, for it takes a while. `None` when the proof is no password.
async fn check_password(app: &App, user: UserId, proof: &Proof) -> Result<Option<bool>, Error> {
    let Proof::Password(password) = proof else {
        return Ok(None);
    };
    if password.expose_secret().is_empty() {
        return Ok(Some(false));
    }
    let hash = {
        let mut conn = app.database.reader().await?;
        if let Some(factor) = store::second_factors::find(&mut conn, user).await?
            && let Some(refusal) = locked(&factor, app.clock.now())
        {
            return Err(refusal);
        }
        store::users::password_hash(&mut conn, user).await?
    };
    let right = app.passwords.verify(password, hash.as_deref()).await?;
    Ok(Some(right))
}

/// Judges a proof against a locked row, and saves what it changed there.
async fn prove(
    app: &App,
    conn: &mut Connection,
    user: UserId,
    factor: &mut StoredFactor,
    proof: &Proof,
    password_is_right: Option<bool>,
    now: DateTime<Utc>,
) -> Result<Result<(), Error>, Error> {
    let judged = match (proof, password_is_right) {
        (Proof::None, _) => Err(Error::ProofRequired),
        (Proof::Code(code), _) => check(app, conn, user, factor, code, now).await?,
        (Proof::Password(_), right) => match locked(factor, now) {
            Some(refusal) => Err(refusal),
            None if right == Some(true) => Ok(()),
            None => {
                count_failure(app, factor, now);
                Err(Error::WrongPassword)
            }
        },
    };
    store::second_factors::save(conn, user, factor).await?;
    Ok(judged)
}

// === helpers ===

async fn find_user(conn: &mut Connection, id: UserId) -> Result<User, Error> {
    store::users::find(conn, id)
        .await?
        .ok_or(Error::UserNotFound)
}

async fn lock_or_prepare(
    conn: &mut Connection,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<StoredFactor, Error> {
    store::second_factors::prepare(conn, user, now).await?;
    let locked = store::second_factors::lock(conn, user).await?;
    locked.ok_or(Error::UserNotFound)
}

fn about(user: UserId) -> Vec<u8> {
    [b"authenticator ".as_slice(), user.as_uuid().as_bytes()].concat()
}

async fn log(
    conn: &mut Connection,
    caller: &Caller,
    action: Action,
    user: UserId,
    outcome: &str,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let attempt = Attempt {
        action,
        outcome,
        user: Some(user),
        email_hash: None,
        caller,
        at,
    };
    store::access_log::insert(conn, &attempt).await?;
    Ok(())
}
