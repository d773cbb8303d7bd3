//! Keys by which programs act for a person.

use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::AsyncConnection;
use oruma_ids::UserId;
use oruma_postgres::Connection;
use oruma_service_runtime::Caller;
use oruma_text::{Lines, plain};
use uuid::Uuid;

use super::App;
use crate::domain::api_key::{ApiKey, ApiKeyRecord};
use crate::domain::user::User;
use crate::error::Error;
use crate::store;
use crate::store::access_log::{Action, Attempt};
use crate::store::api_keys::NewApiKey;

/// Longest name, in characters.
const LONGEST_NAME: usize = 100;
/// The longest life of a key that ends.
const MOST_DAYS: i32 = 3_650;
/// Keys that are listed: as many hold, and the newest of those that ended.
const LISTED: i64 = 100;

/// Makes a key for the caller. It is shown this once.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`]; [`Error::TooManyApiKeys`].
pub async fn create(
    app: &App,
    caller: &Caller,
    name: &str,
    days: Option<i32>,
) -> Result<(ApiKeyRecord, ApiKey), Error> {
    let user = caller.user().ok_or(Error::NotSignedIn)?;
    let name = plain(name, Lines::One, LONGEST_NAME)
        .map_err(|problem| Error::invalid("name", &problem.to_string()))?;
    if name.is_empty() {
        return Err(Error::invalid("name", "is required"));
    }
    if days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
        return Err(Error::invalid("expires_in_days", "must be from 1 to 3650"));
    }
    let now = app.clock.now();
    let key = ApiKey::generate(&app.random);
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        // Keys that are made at once are counted one after the other.
        store::users::lock(conn, user).await?;
        if store::users::find(conn, user).await?.is_none() {
            return Err(Error::UserNotFound);
        }
        let live = store::api_keys::count_live(conn, user, now).await?;
        if live >= app.config.api_keys_per_user {
            return Err(Error::TooManyApiKeys);
        }
        let new = NewApiKey {
            id: app.random.id(now),
            user,
            name: &name,
            hash: &key.hash(),
            prefix: &key.prefix(),
            created_at: now,
            expires_at: days.map(|days| now + TimeDelta::days(days.into())),
        };
        let record = store::api_keys::insert(conn, &new).await?;
        log(conn, caller, Action::CreateApiKey, user, now).await?;
        Ok((record, key))
    })
    .await
}

/// The caller's keys, newest first, without what they open with.
///
/// # Errors
/// [`Error::NotSignedIn`].
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<ApiKeyRecord>, Error> {
    let user = caller.user().ok_or(Error::NotSignedIn)?;
    let mut conn = app.database.reader().await?;
    Ok(store::api_keys::of_user(&mut conn, user, LISTED).await?)
}

/// Ends a key of the caller at once.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ApiKeyNotFound`] also for another person's.
pub async fn revoke(app: &App, caller: &Caller, id: &str) -> Result<(), Error> {
    let user = caller.user().ok_or(Error::NotSignedIn)?;
    let id: Uuid = id.parse().map_err(|_| Error::ApiKeyNotFound)?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        if !store::api_keys::revoke(conn, user, id, now).await? {
            return Err(Error::ApiKeyNotFound);
        }
        log(conn, caller, Action::RevokeApiKey, user, now).await
    })
    .await
}

/// Whose key it is.
///
/// # Errors
/// [`Error::InvalidApiKey`] for one that is unknown, revoked or has ended, and when its owner is gone; [`Error::Suspended`].
pub async fn authenticate(app: &App, key: &ApiKey) -> Result<(Uuid, User), Error> {
    let now = app.clock.now();
    let mut conn = app.database.reader().await?;
    let (id, user, due) = store::api_keys::find(&mut conn, &key.hash(), now)
        .await?
        .ok_or(Error::InvalidApiKey)?;
    let Some(user) = store::users::find_active(&mut conn, user).await? else {
        let exists = store::users::find(&mut conn, user).await?.is_some();
        return Err(if exists {
            Error::Suspended
        } else {
            Error::InvalidApiKey
        });
    };
    if due {
        store::api_keys::note_use(&mut conn, id, now).await?;
    }
    Ok((id, user))
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
