//! Saving, looking at and reporting items.

use diesel_async::AsyncConnection;
use oruma_engagement::{Marked, Report};
use oruma_ids::ItemId;
use oruma_service_runtime::Caller;

use super::{App, items, signed_in};
use crate::error::Error;
use crate::outbox;
use crate::store;

/// Saves an item for later, takes that back, or (`None`) turns it over (O-047).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ItemNotFound`].
pub async fn save(
    app: &App,
    caller: &Caller,
    id: ItemId,
    wanted: Option<bool>,
) -> Result<Marked, Error> {
    let user = signed_in(caller)?.user;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let item = store::items::lock(conn, id)
            .await?
            .ok_or(Error::ItemNotFound)?;
        let thing = id.as_uuid();
        // What a request turned over, its repetition must not turn back.
        let before = app.requests.made_before(conn, caller.request, thing, now);
        if before.await?.is_some() {
            return Ok(app.saves.stands(conn, thing, user).await?);
        }
        let marked = app.saves.set(conn, thing, user, wanted, now).await?;
        if marked.changed {
            let event = outbox::item_saved(app, &item, user, marked, now);
            app.outbox.append(conn, &event).await?;
        }
        Ok(marked)
    })
    .await
}

/// Notes that somebody has looked at an item (O-055, O-184). Sellers don't count at their own.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ItemNotFound`].
pub async fn view(app: &App, caller: &Caller, id: ItemId) -> Result<(), Error> {
    let viewer = signed_in(caller)?.user;
    let seen = items::get(app, caller, id).await?;
    if seen.item.seller != viewer {
        app.analytics.viewed(id.as_uuid(), viewer);
    }
    Ok(())
}

/// Tells moderators of an item (O-054). Only the first time is news.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ItemNotFound`]; [`Error::Invalid`].
pub async fn report(
    app: &App,
    caller: &Caller,
    id: ItemId,
    reason: &str,
    description: &str,
) -> Result<(), Error> {
    let reporter = signed_in(caller)?.user;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let item = store::items::lock(conn, id)
            .await?
            .ok_or(Error::ItemNotFound)?;
        let report =
            Report::judge(reason, description, app.config.reports).map_err(Error::Invalid)?;
        let thing = id.as_uuid();
        if app
            .reports
            .insert(conn, thing, reporter, &report, now)
            .await?
        {
            let event = outbox::item_reported(app, &item, reporter, &report, now);
            app.outbox.append(conn, &event).await?;
        }
        Ok(())
    })
    .await
}
