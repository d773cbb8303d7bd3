//! Joining and leaving.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use oruma_ids::{SessionId, UniversityId, UserId};
use oruma_postgres::{Connection, violated_constraint};
use oruma_service_runtime::{Caller, Contract};
use serde_json::json;

use super::announcements::announce;
use super::{App, email_codes, second_factors, sessions};
use crate::domain::account::{Application, DisplayName, Email, demands_verified_email, handle_for};
use crate::domain::folding::fold;
use crate::domain::phone::Phone;
use crate::domain::session::{Revocation, RevokedSession, Tokens};
use crate::domain::user::User;
use crate::error::Error;
use crate::outbox;
use crate::store;
use crate::store::access_log::{Action, Attempt};
use crate::store::users::NewUser;

/// Handles that are tried before giving up: `ada`, `ada2` … `ada9`, then random numbers.
const HANDLES_TO_TRY: usize = 20;

/// Makes an account and signs it in (O-007).
///
/// # Errors
/// [`Error::Invalid`] naming every field at fault, a taken address and an unknown university among them; [`Error::Overloaded`].
pub async fn register(
    app: &App,
    caller: &Caller,
    application: &Application,
) -> Result<(User, Tokens), Error> {
    let sends_code = demands_verified_email(caller.contract);
    join(app, caller, application, sends_code).await
}

async fn join(
    app: &App,
    caller: &Caller,
    application: &Application,
    sends_code: bool,
) -> Result<(User, Tokens), Error> {
    let account = application.judge(caller.contract).map_err(Error::Invalid)?;
    let university = {
        let mut conn = app.database.reader().await?;
        if store::users::email_is_taken(&mut conn, account.email.as_str()).await? {
            return Err(email_taken());
        }
        find_university(&mut conn, account.university.as_deref()).await?
    };
    let password_hash = app.passwords.hash(account.password.text()).await?;
    let member = NewMember {
        name: &account.name,
        email: &account.email,
        password: Some((&password_hash, account.password.policy().name())),
        email_verified_at: None,
        phone: account.phone.as_ref().map(Phone::as_str),
    };
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    let registered = conn
        .transaction(async |conn| {
            let user = insert(app, conn, &member, university.as_ref(), now).await?;
            let tokens = sessions::open(app, conn, caller, &user, now).await?;
            app.outbox
                .append(conn, &outbox::user_registered(app, &user, caller.contract))
                .await?;
            if sends_code {
                email_codes::send(app, conn, caller.contract, &user, now).await?;
            }
            let email_hash = app.email_hash(&account.email);
            store::access_log::insert(
                conn,
                &Attempt {
                    action: Action::Register,
                    outcome: "succeeded",
                    user: Some(user.id),
                    email_hash: Some(&email_hash),
                    caller,
                    at: now,
                },
            )
            .await?;
            Ok((user, tokens))
        })
        .await;
    app.mails_waiting.notify_one();
    registered
}

/// Ends the caller's account: everything personal is gone, every sign-in on every contract ends, and the other services are told.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::UserNotFound`] when it is gone already.
pub async fn delete(app: &App, caller: &Caller) -> Result<(), Error> {
    let user = caller.user().ok_or(Error::NotSignedIn)?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    let revoked = conn
        .transaction(async |conn| {
            let revoked = end(app, conn, user, now).await?;
            let attempt = Attempt {
                action: Action::DeleteAccount,
                outcome: "succeeded",
                user: Some(user),
                email_hash: None,
                caller: &Caller::anonymous(caller.contract),
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

/// Ends an account inside a transaction, with its events, and returns the sign-ins that ended with it. Who did it is for the caller to log.
pub(super) async fn end(
    app: &App,
    conn: &mut Connection,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<RevokedSession>, Error> {
    // What belongs to a person is locked before the person, everywhere, so that nobody waits in a circle.
    store::second_factors::delete(conn, user).await?;
    store::api_keys::erase(conn, user).await?;
    store::google_accounts::erase(conn, user).await?;
    store::email_codes::delete(conn, user).await?;
    store::password_resets::delete(conn, user).await?;
    store::mails::erase(conn, user).await?;
    if !store::users::erase(conn, user, now).await? {
        return Err(Error::UserNotFound);
    }
    let revoked = sessions::end_all(app, conn, user, Revocation::AccountDeleted, now).await?;
    app.outbox
        .append(conn, &outbox::user_deleted(app, user, now))
        .await?;
    store::sessions::erase_traces(conn, user).await?;
    store::access_log::erase_traces(conn, user).await?;
    Ok(revoked)
}

/// What this service knows of the caller (O-071), as JSON.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::UserNotFound`].
pub async fn export(app: &App, caller: &Caller) -> Result<String, Error> {
    let id = caller.user().ok_or(Error::NotSignedIn)?;
    let mut conn = app.database.reader().await?;
    let user = store::users::find(&mut conn, id)
        .await?
        .ok_or(Error::UserNotFound)?;
    let sessions: Vec<_> = store::sessions::of_user(&mut conn, id)
        .await?
        .into_iter()
        .map(|session| {
            json!({
                "id": session.id, "contract": session.contract, "address": session.address,
                "userAgent": session.user_agent, "createdAt": session.created_at, "revokedAt": session.revoked_at,
            })
        })
        .collect();
    let attempts: Vec<_> = store::access_log::of_user(&mut conn, id)
        .await?
        .into_iter()
        .map(|line| {
            json!({
                "at": line.at, "action": line.action, "outcome": line.outcome, "contract": line.contract,
                "address": line.address, "userAgent": line.user_agent,
            })
        })
        .collect();
    let keys: Vec<_> = store::api_keys::of_user(&mut conn, id, i64::MAX)
        .await?
        .into_iter()
        .map(|key| {
            json!({
                "id": key.id, "name": key.name, "createdAt": key.created_at, "expiresAt": key.expires_at,
                "lastUsedAt": key.last_used_at, "revokedAt": key.revoked_at,
            })
        })
        .collect();
    let factor = second_factors::of_user(&mut conn, id).await?;
    let document = json!({
        "profile": {
            "id": user.id, "number": user.number, "username": user.handle, "name": user.display_name, "email": user.email,
            "emailVerifiedAt": user.email_verified_at, "role": user.role.name(), "university": user.university,
            "avatar": user.avatar_url, "phone": user.phone, "status": user.availability.name(), "statusMessage": user.status_message,
            "preferences": {
                "notifications": user.preferences.notifications, "soundEnabled": user.preferences.sound_enabled,
                "timezone": user.preferences.timezone,
            },
            "createdAt": user.created_at, "updatedAt": user.updated_at,
            "lastLoginAt": user.last_login_at, "lastSeenAt": user.last_seen_at,
        },
        "secondFactor": {
            "authenticator": factor.totp, "sms": factor.sms, "phone": factor.phone, "recoveryCodesLeft": factor.recovery_codes,
        },
        "apiKeys": keys,
        "sessions": sessions,
        "accessLog": attempts,
    });
    Ok(document.to_string())
}

/// Makes sure that the administrator named by `ADMIN_EMAIL` is one, making the account where it is missing.
///
/// # Errors
/// When the database fails.
pub async fn ensure_admin(app: &App) -> Result<(), Error> {
    let Some(admin) = &app.config.admin else {
        return Ok(());
    };
    let email = admin.email.as_str();
    let taken = store::users::email_is_taken(&mut *app.database.reader().await?, email).await?;
    if !taken {
        let application = Application {
            name: "Administrator".to_owned(),
            email: email.to_owned(),
            password: admin.password.clone(),
            phone: String::new(),
            university: String::new(),
        };
        // ConnectBest has the strictest policy for passwords, and asks for no university. Whoever runs the installation need not show that
        // the address is theirs.
        let caller = Caller::anonymous(Contract::Connectbest);
        match join(app, &caller, &application, false).await {
            // Another replica was faster.
            Err(Error::Invalid(violations))
                if violations.iter().all(|found| found.field == "email") => {}
            other => drop(other?),
        }
    }
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    if store::users::promote(&mut conn, email, now).await? {
        tracing::info!("the administrator's account is ready");
    }
    Ok(())
}

fn email_taken() -> Error {
    Error::invalid("email", "is already registered")
}

async fn find_university(
    conn: &mut Connection,
    named: Option<&str>,
) -> Result<Option<(UniversityId, String)>, Error> {
    let Some(named) = named else {
        return Ok(None);
    };
    store::universities::find_named(conn, &fold(named), named.parse().ok())
        .await?
        .map(Some)
        .ok_or_else(|| Error::invalid("university", "is not in the directory"))
}

/// Somebody to be.
pub(super) struct NewMember<'a> {
    pub(super) name: &'a DisplayName,
    pub(super) email: &'a Email,
    pub(super) password: Option<(&'a str, &'static str)>,
    pub(super) email_verified_at: Option<DateTime<Utc>>,
    pub(super) phone: Option<&'a str>,
}

/// Makes an account inside a transaction for somebody whose address another vouches for; it has no password.
pub(super) async fn join_by_vouching(
    app: &App,
    conn: &mut Connection,
    caller: &Caller,
    name: &DisplayName,
    email: &Email,
    now: DateTime<Utc>,
) -> Result<User, Error> {
    let member = NewMember {
        name,
        email,
        password: None,
        email_verified_at: Some(now),
        phone: None,
    };
    let user = insert(app, conn, &member, None, now).await?;
    app.outbox
        .append(conn, &outbox::user_registered(app, &user, caller.contract))
        .await?;
    let email_hash = app.email_hash(email);
    let attempt = Attempt {
        action: Action::Register,
        outcome: "succeeded",
        user: Some(user.id),
        email_hash: Some(&email_hash),
        caller,
        at: now,
    };
    store::access_log::insert(conn, &attempt).await?;
    Ok(user)
}

/// Inserts somebody, with a handle that nobody has.
pub(super) async fn insert(
    app: &App,
    conn: &mut Connection,
    account: &NewMember<'_>,
    university: Option<&(UniversityId, String)>,
    now: DateTime<Utc>,
) -> Result<User, Error> {
    let wanted = handle_for(account.name, account.email);
    let mut tried = HashSet::new();
    while tried.len() < HANDLES_TO_TRY {
        let handle = nth_handle(app, &wanted, tried.len());
        let new = NewUser {
            id: UserId::from_uuid(app.random.id(now)),
            handle: &handle,
            display_name: account.name.as_str(),
            email: account.email.as_str(),
            password: account.password,
            email_verified_at: account.email_verified_at,
            phone: account.phone,
            university: university.map(|(id, name)| (*id, name.as_str())),
            created_at: now,
        };
        match store::users::insert(conn, &new).await {
            Ok(Some(user)) => return Ok(user),
            Ok(None) => drop(tried.insert(handle)),
            Err(error) if violated_constraint(&error) == Some("users_email_key") => {
                return Err(email_taken());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::internal("no free handle was found"))
}

fn nth_handle(app: &App, wanted: &str, tried: usize) -> String {
    match tried {
        0 => wanted.to_owned(),
        1..9 => format!("{wanted}{}", tried + 1),
        _ => format!(
            "{wanted}{}",
            u32::from_be_bytes(app.random.bytes()) % 1_000_000
        ),
    }
}

/// The id of a new sign-in.
pub(super) fn new_session_id(app: &App, now: DateTime<Utc>) -> SessionId {
    SessionId::from_uuid(app.random.id(now))
}
