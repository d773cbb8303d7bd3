//! Announcing, reading, changing and removing events.

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use oruma_ids::EventId;
use oruma_postgres::Connection;
use oruma_service_runtime::{Caller, SignedIn};

use super::{App, signed_in};
use crate::domain::draft::{Change, EventDraft};
use crate::domain::event::{Event, SeenEvent};
use crate::domain::status::EventStatus;
use crate::error::Error;
use crate::outbox;
use crate::store;
use crate::store::events::NewEvent;

/// Announces an event (O-027), once for all repetitions of a request.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] naming every field at fault; [`Error::MediaUnavailable`].
pub async fn create(app: &App, caller: &Caller, draft: EventDraft) -> Result<SeenEvent, Error> {
    let organizer = signed_in(caller)?;
    let now = app.clock.now();
    let body = draft
        .judge(app.config.limits, now)
        .map_err(Error::Invalid)?;
    app.banners.claim(caller, &body.banners()).await?;
    let new = NewEvent {
        id: EventId::from_uuid(app.random.id(now)),
        organizer: organizer.user,
        university: &organizer.university,
        body: &body,
        created_at: now,
    };
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let made = app
            .requests
            .made_before(conn, caller.request, new.id.as_uuid(), now);
        if let Some(made) = made.await? {
            let made = store::events::find(conn, EventId::from_uuid(made), organizer.user).await?;
            return made.ok_or(Error::EventNotFound);
        }
        let event = store::events::insert(conn, &new).await?;
        app.outbox
            .append(conn, &outbox::event_created(app, &event))
            .await?;
        Ok(SeenEvent {
            event,
            registered: false,
            saved: false,
        })
    })
    .await
}

/// One event (O-028).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::EventNotFound`].
pub async fn get(app: &App, caller: &Caller, id: EventId) -> Result<SeenEvent, Error> {
    let viewer = signed_in(caller)?;
    let mut conn = app.database.reader().await?;
    store::events::find(&mut conn, id, viewer.user)
        .await?
        .ok_or(Error::EventNotFound)
}

/// Whether the caller may change an event.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::EventNotFound`]; [`Error::NotOrganizer`].
pub async fn check_organizer(app: &App, caller: &Caller, id: EventId) -> Result<(), Error> {
    find_own(app, caller, id).await.map(drop)
}

async fn find_own(app: &App, caller: &Caller, id: EventId) -> Result<SeenEvent, Error> {
    let found = get(app, caller, id).await?;
    let organizer = found.event.organizer;
    if caller.user() == Some(organizer) {
        Ok(found)
    } else {
        Err(Error::NotOrganizer)
    }
}

/// Changes an event, or calls it off (O-029).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::EventNotFound`]; [`Error::NotOrganizer`]; [`Error::Invalid`]; [`Error::EventCancelled`] for what was called
/// off and [`Error::EventOver`] for what has ended, when its status is to change; [`Error::MediaUnavailable`].
pub async fn update(
    app: &App,
    caller: &Caller,
    id: EventId,
    draft: EventDraft,
) -> Result<SeenEvent, Error> {
    let before = find_own(app, caller, id).await?;
    let now = app.clock.now();
    // Said before any image is looked at, and judged again below: the event may have changed meanwhile.
    let wanted = judge(app, draft.clone(), &before.event, now)?;
    let (old, new) = (before.event.body.banners(), wanted.body.banners());
    app.banners.claim_new(caller, &old, &new).await?;
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let locked = store::events::lock(conn, id)
            .await?
            .ok_or(Error::EventNotFound)?;
        let change = judge(app, draft, &locked, now)?;
        let event = write(app, conn, locked, &change, now).await?;
        Ok(SeenEvent { event, ..before })
    })
    .await
}

fn judge(app: &App, draft: EventDraft, event: &Event, now: DateTime<Utc>) -> Result<Change, Error> {
    let change = draft
        .change(event, app.config.limits, now)
        .map_err(Error::Invalid)?;
    match (event.status(now), change.status) {
        (_, None) => {}
        (own, Some(wanted)) if own == wanted => {}
        (EventStatus::Cancelled, Some(_)) => return Err(Error::EventCancelled),
        (EventStatus::Completed, Some(_)) => return Err(Error::EventOver),
        _ => {}
    }
    Ok(change)
}

/// Writes what is new, and tells of it.
async fn write(
    app: &App,
    conn: &mut Connection,
    locked: Event,
    change: &Change,
    now: DateTime<Utc>,
) -> Result<Event, Error> {
    let calls_off = change.status == Some(EventStatus::Cancelled) && locked.cancelled_at.is_none();
    let differs = change.body != locked.body;
    if !differs && !calls_off {
        return Ok(locked);
    }
    let cancelled_at = calls_off.then_some(now).or(locked.cancelled_at);
    let event = store::events::update(conn, locked.id, &change.body, cancelled_at, now).await?;
    if differs {
        let fact = outbox::event_updated(app, &event);
        app.outbox.append(conn, &fact).await?;
    }
    if calls_off {
        let fact = outbox::event_cancelled(app, &event, now);
        app.outbox.append(conn, &fact).await?;
    }
    Ok(event)
}

/// Removes an event with all that hangs on it (O-030).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::EventNotFound`]; [`Error::NotOrganizer`] for all but the organiser and administrators.
pub async fn delete(app: &App, caller: &Caller, id: EventId) -> Result<(), Error> {
    let viewer = signed_in(caller)?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let event = store::events::lock_to_delete(conn, id)
            .await?
            .ok_or(Error::EventNotFound)?;
        must_manage(viewer, &event)?;
        store::events::delete(conn, id).await?;
        let fact = outbox::event_deleted(app, &event, viewer.user, now);
        app.outbox.append(conn, &fact).await?;
        Ok(())
    })
    .await
}

/// Organisers manage their events, and administrators all.
pub(super) fn must_manage(viewer: &SignedIn, event: &Event) -> Result<(), Error> {
    if event.organizer == viewer.user || viewer.is_admin() {
        Ok(())
    } else {
        Err(Error::NotOrganizer)
    }
}
