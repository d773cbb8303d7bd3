//! People as others see them.

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use oruma_ids::{PageSize, UserId};
use oruma_service_runtime::Caller;

use super::App;
use crate::domain::profile::ProfileChange;
use crate::domain::user::{User, UserCard};
use crate::error::Error;
use crate::outbox;
use crate::store;

/// People of one search (O-062).
const PEOPLE: PageSize = PageSize {
    default: 10,
    most: 50,
};
/// Cards of one call at the most.
const MOST_CARDS: usize = 500;
/// Sightings of one call at the most.
const MOST_ACTIVITIES: usize = 1_000;

/// One person, whole.
///
/// # Errors
/// [`Error::UserNotFound`] also for a deleted one.
pub async fn get(app: &App, id: UserId) -> Result<User, Error> {
    let mut conn = app.database.reader().await?;
    store::users::find(&mut conn, id)
        .await?
        .ok_or(Error::UserNotFound)
}

/// The cards of many people at once; unknown and deleted ones are left out.
///
/// # Errors
/// [`Error::Invalid`] for more than 500.
pub async fn cards(app: &App, ids: &[UserId]) -> Result<Vec<UserCard>, Error> {
    if ids.len() > MOST_CARDS {
        return Err(Error::invalid("user_ids", "must be at most 500"));
    }
    let mut conn = app.database.reader().await?;
    Ok(store::users::cards(&mut conn, ids).await?)
}

/// People whose handle, name or address has the words, or whose phone the digits where those are searched too; best first.
///
/// # Errors
/// [`Error::Invalid`] for a negative page size.
pub async fn search(
    app: &App,
    query: &str,
    phones: bool,
    page_size: i32,
) -> Result<Vec<User>, Error> {
    let limit = i64::from(PEOPLE.of(page_size)?);
    let words = store::users::SearchWords::of(query, phones);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut conn = app.database.reader().await?;
    Ok(store::users::search(&mut conn, &words, limit).await?)
}

/// Changes what the caller says of itself, and tells the other services what others see of it. What is not named stays as it is.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] naming every field at fault; [`Error::UserNotFound`].
pub async fn update_profile(
    app: &App,
    caller: &Caller,
    change: &ProfileChange,
) -> Result<User, Error> {
    let id = caller.user().ok_or(Error::NotSignedIn)?;
    if change.is_empty() {
        return get(app, id).await;
    }
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let mut user = store::users::find_to_change(conn, id)
            .await?
            .ok_or(Error::UserNotFound)?;
        change
            .apply(&mut user, caller.contract)
            .map_err(Error::Invalid)?;
        let user = store::users::save_profile(conn, &user, change.is_seen(), now).await?;
        if change.is_seen() {
            let changed = outbox::Changed {
                status: change.changes_status(),
                timezone: change.changes_timezone(),
            };
            let event = outbox::user_updated(app, &user, changed);
            app.outbox.append(conn, &event).await?;
        }
        Ok(user)
    })
    .await
}

/// Notes when people were last seen (O-186).
///
/// # Errors
/// [`Error::Invalid`] for more than 1,000.
pub async fn record_activity(app: &App, seen: &[(UserId, DateTime<Utc>)]) -> Result<(), Error> {
    if seen.len() > MOST_ACTIVITIES {
        return Err(Error::invalid("activities", "must be at most 1000"));
    }
    let mut conn = app.database.reader().await?;
    store::users::record_activity(&mut conn, seen).await?;
    Ok(())
}
