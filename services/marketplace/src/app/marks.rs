//! Saving and looking.

use diesel_async::AsyncConnection;
use oruma_engagement::Marked;
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
