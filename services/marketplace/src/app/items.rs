//! Offering, reading, changing and removing items.

use diesel_async::AsyncConnection;
use oruma_ids::{ItemId, UserId};
use oruma_postgres::Connection;
use oruma_service_runtime::Caller;

use super::{App, signed_in};
use crate::domain::draft::ItemDraft;
use crate::domain::item::{Item, SeenItem};
use crate::domain::sale::Status;
use crate::error::Error;
use crate::outbox;
use crate::store;
use crate::store::items::NewItem;

/// Offers an item (O-043), once for all repetitions of a request.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] naming every field at fault; [`Error::MediaUnavailable`].
pub async fn create(app: &App, caller: &Caller, draft: ItemDraft) -> Result<SeenItem, Error> {
    let seller = signed_in(caller)?;
    let body = draft.judge(&app.config.items).map_err(Error::Invalid)?;
    app.images.claim(caller, &body.images).await?;
    let now = app.clock.now();
    let new = NewItem {
        id: ItemId::from_uuid(app.random.id(now)),
        seller: seller.user,
        university: &seller.university,
        body: &body,
        created_at: now,
    };
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let made = app
            .requests
            .made_before(conn, caller.request, new.id.as_uuid(), now);
        if let Some(made) = made.await? {
            return seen(conn, ItemId::from_uuid(made), seller.user).await;
        }
        let item = store::items::insert(conn, &new).await?;
        let event = outbox::item_created(app, &item);
        app.outbox.append(conn, &event).await?;
        seen(conn, new.id, seller.user).await
    })
    .await
}

/// One item (O-044).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ItemNotFound`].
pub async fn get(app: &App, caller: &Caller, id: ItemId) -> Result<SeenItem, Error> {
    let viewer = signed_in(caller)?.user;
    let mut conn = app.database.reader().await?;
    seen(&mut conn, id, viewer).await
}

async fn seen(conn: &mut Connection, id: ItemId, viewer: UserId) -> Result<SeenItem, Error> {
    store::items::find(conn, id, viewer)
        .await?
        .ok_or(Error::ItemNotFound)
}

/// Whether the caller may change an item.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ItemNotFound`]; [`Error::NotSeller`].
pub async fn check_seller(app: &App, caller: &Caller, id: ItemId) -> Result<(), Error> {
    find_own(app, caller, id).await.map(drop)
}

async fn find_own(app: &App, caller: &Caller, id: ItemId) -> Result<Item, Error> {
    let item = get(app, caller, id).await?.item;
    if caller.user() == Some(item.seller) {
        Ok(item)
    } else {
        Err(Error::NotSeller)
    }
}

/// Changes an item and how far its sale is (O-045, O-168).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ItemNotFound`]; [`Error::NotSeller`]; [`Error::Invalid`]; [`Error::IllegalStatus`];
/// [`Error::MediaUnavailable`].
pub async fn update(
    app: &App,
    caller: &Caller,
    id: ItemId,
    draft: ItemDraft,
) -> Result<SeenItem, Error> {
    let before = find_own(app, caller, id).await?;
    // Said before any image is looked at, and judged again below: the item may have changed meanwhile.
    let (wanted, sale) = draft.clone().change(&before, &app.config.items)?;
    let takes_step = sale != before.sale;
    app.images
        .claim_new(caller, &before.body.images, &wanted.images)
        .await?;
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let locked = store::items::lock(conn, id)
            .await?
            .ok_or(Error::ItemNotFound)?;
        if takes_step && locked.sale != before.sale {
            // Somebody took the step, or another one, between the two looks.
            return Err(Error::IllegalStatus);
        }
        write(app, conn, &locked, draft).await?;
        seen(conn, id, before.seller).await
    })
    .await
}

async fn write(
    app: &App,
    conn: &mut Connection,
    locked: &Item,
    draft: ItemDraft,
) -> Result<(), Error> {
    let (body, sale) = draft.change(locked, &app.config.items)?;
    if body == locked.body && sale == locked.sale {
        return Ok(());
    }
    let now = app.clock.now();
    let item = store::items::update(conn, locked.id, &body, sale, now).await?;
    let event = outbox::item_updated(app, &item);
    app.outbox.append(conn, &event).await?;
    if sale.status != locked.sale.status {
        let event = match sale.status {
            Status::Available => return Ok(()),
            Status::Reserved => outbox::item_reserved(app, &item),
            Status::Sold => outbox::item_sold(app, &item),
        };
        app.outbox.append(conn, &event).await?;
    }
    Ok(())
}

/// Removes an item with all that hangs on it (O-046).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ItemNotFound`]; [`Error::NotSeller`] for all but the seller and administrators.
pub async fn delete(app: &App, caller: &Caller, id: ItemId) -> Result<(), Error> {
    let by = signed_in(caller)?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let item = store::items::lock_to_delete(conn, id)
            .await?
            .ok_or(Error::ItemNotFound)?;
        if item.seller != by.user && !by.is_admin() {
            return Err(Error::NotSeller);
        }
        store::items::delete(conn, id).await?;
        let event = outbox::item_deleted(app, &item, by.user, now);
        app.outbox.append(conn, &event).await?;
        Ok(())
    })
    .await
}
