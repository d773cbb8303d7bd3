//! Saving, looking at and reporting events.

use diesel_async::AsyncConnection;
use oruma_engagement::{Marked, Report};
use oruma_ids::EventId;
use oruma_service_runtime::Caller;

use super::{App, events, signed_in};
use crate::error::Error;
use crate::outbox;
use crate::store;

/// Saves an event for later, takes that back, or (`None`) turns it over (O-033).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::EventNotFound`].
pub async fn save(
    app: &App,
    caller: &Caller,
    id: EventId,
    wanted: Option<bool>,
) -> Result<Marked, Error> {
    let user = signed_in(caller)?.user;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let event = store::events::lock(conn, id)
            .await?
            .ok_or(Error::EventNotFound)?;
        let thing = id.as_uuid();
        // What a request turned over, its repetition must not turn back.
        let before = app.requests.made_before(conn, caller.request, thing, now);
        if before.await?.is_some() {
            return Ok(app.saves.stands(conn, thing, user).await?);
        }
        let marked = app.saves.set(conn, thing, user, wanted, now).await?;
        if marked.changed {
            let fact = outbox::event_saved(app, &event, user, marked, now);
            app.outbox.append(conn, &fact).await?;
        }
        Ok(marked)
    })
    .await
}

/// Notes that the caller has looked at an event (O-040). Organisers don't count.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::EventNotFound`].
pub async fn view(app: &App, caller: &Caller, id: EventId) -> Result<(), Error> {
    let user = signed_in(caller)?.user;
    let seen = events::get(app, caller, id).await?;
    if seen.event.organizer != user {
        app.analytics.viewed(id.as_uuid(), user);
    }
    Ok(())
}

/// Tells moderators of an event (O-041). Whoever did so before is heard no second time.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::EventNotFound`]; [`Error::Invalid`] naming every field at fault.
pub async fn report(
    app: &App,
    caller: &Caller,
    id: EventId,
    reason: &str,
    description: &str,
) -> Result<(), Error> {
    let reporter = signed_in(caller)?.user;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let event = store::events::lock(conn, id)
            .await?
            .ok_or(Error::EventNotFound)?;
        let report =
            Report::judge(reason, description, app.config.reports).map_err(Error::Invalid)?;
        if app
            .reports
            .insert(conn, id.as_uuid(), reporter, &report, now)
            .await?
        {
            let fact = outbox::event_reported(app, &event, reporter, &report, now);
            app.outbox.append(conn, &fact).await?;
        }
        Ok(())
    })
    .await
}
