//! Who comes.

use diesel_async::AsyncConnection;
use oruma_ids::{EventId, UserId};
use oruma_service_runtime::Caller;

use super::{App, events, signed_in};
use crate::domain::registration::{Registration, RegistrationStatus};
use crate::domain::status::EventStatus;
use crate::error::Error;
use crate::outbox;
use crate::store;

/// Registrations of one answer.
const MOST: i64 = 10_000;

/// Registers the caller, and returns how many are registered now (O-031). Registering again changes nothing.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::EventNotFound`]; [`Error::EventCancelled`]; [`Error::EventOver`]; [`Error::EventFull`].
pub async fn register(app: &App, caller: &Caller, id: EventId) -> Result<i64, Error> {
    let user = signed_in(caller)?.user;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        // All who register for an event wait for each other here.
        let event = store::events::lock(conn, id)
            .await?
            .ok_or(Error::EventNotFound)?;
        match event.status(now) {
            EventStatus::Cancelled => return Err(Error::EventCancelled),
            EventStatus::Completed => return Err(Error::EventOver),
            EventStatus::Upcoming | EventStatus::Ongoing => {}
        }
        let before = store::registrations::find(conn, id, user).await?;
        if before.is_some_and(|before| before.holds_place()) {
            return Ok(event.registered_count);
        }
        if event.is_full() {
            return Err(Error::EventFull);
        }
        let new = app.random.id(now);
        let registration = store::registrations::put(conn, new, id, user, now).await?;
        let count = store::registrations::count(conn, id, 1).await?;
        let fact = outbox::registration_created(app, &event, &registration, count);
        app.outbox.append(conn, &fact).await?;
        Ok(count)
    })
    .await
}

/// Takes the caller's registration back, and returns how many are registered now (O-032). Without one nothing happens.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::EventNotFound`].
pub async fn unregister(app: &App, caller: &Caller, id: EventId) -> Result<i64, Error> {
    let user = signed_in(caller)?.user;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let event = store::events::lock(conn, id)
            .await?
            .ok_or(Error::EventNotFound)?;
        let before = store::registrations::find(conn, id, user).await?;
        let Some(before) = before.filter(Registration::holds_place) else {
            return Ok(event.registered_count);
        };
        let status = RegistrationStatus::Cancelled;
        let registration = store::registrations::set_status(conn, before.id, status).await?;
        let count = store::registrations::count(conn, id, -1).await?;
        let fact = outbox::registration_cancelled(app, &event, &registration, count, now);
        app.outbox.append(conn, &fact).await?;
        Ok(count)
    })
    .await
}

/// The registrations of an event, oldest first, also those that were taken back (O-038).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::EventNotFound`]; [`Error::NotOrganizer`] for all but the organiser and administrators.
pub async fn list(app: &App, caller: &Caller, id: EventId) -> Result<Vec<Registration>, Error> {
    let seen = events::get(app, caller, id).await?;
    events::must_manage(signed_in(caller)?, &seen.event)?;
    let mut conn = app.database.reader().await?;
    Ok(store::registrations::list(&mut conn, id, MOST).await?)
}

/// Notes that somebody who is registered was there, or was not.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::EventNotFound`]; [`Error::NotOrganizer`]; [`Error::RegistrationNotFound`].
pub async fn set_attendance(
    app: &App,
    caller: &Caller,
    id: EventId,
    user: &str,
    attended: bool,
) -> Result<Registration, Error> {
    let organizer = signed_in(caller)?.user;
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let event = store::events::lock(conn, id)
            .await?
            .ok_or(Error::EventNotFound)?;
        if event.organizer != organizer {
            return Err(Error::NotOrganizer);
        }
        let user: UserId = user.parse().map_err(|_| Error::RegistrationNotFound)?;
        let registration = store::registrations::find(conn, id, user)
            .await?
            .filter(Registration::holds_place)
            .ok_or(Error::RegistrationNotFound)?;
        let status = if attended {
            RegistrationStatus::Attended
        } else {
            RegistrationStatus::Registered
        };
        Ok(store::registrations::set_status(conn, registration.id, status).await?)
    })
    .await
}
