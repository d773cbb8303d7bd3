//! What people say of sales.

use diesel_async::AsyncConnection;
use oruma_ids::ItemId;
use oruma_service_runtime::Caller;

use super::{App, signed_in};
use crate::domain::review::{Review, ReviewWords};
use crate::domain::sale::Status;
use crate::error::Error;
use crate::outbox;
use crate::store;

/// Says how a finished sale was: its buyer, once.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ItemNotFound`]; [`Error::NotSold`]; [`Error::NotBuyer`]; [`Error::Invalid`]; [`Error::AlreadyReviewed`].
pub async fn create(
    app: &App,
    caller: &Caller,
    id: ItemId,
    rating: i32,
    comment: &str,
) -> Result<Review, Error> {
    let reviewer = signed_in(caller)?.user;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let item = store::items::lock(conn, id)
            .await?
            .ok_or(Error::ItemNotFound)?;
        if item.sale.status != Status::Sold {
            return Err(Error::NotSold);
        }
        if item.sale.buyer != Some(reviewer) {
            return Err(Error::NotBuyer);
        }
        let words =
            ReviewWords::judge(rating, comment, app.config.reviews).map_err(Error::Invalid)?;
        let review = Review {
            id: app.random.id(now),
            item: id,
            seller: item.seller,
            reviewer,
            words,
            created_at: now,
        };
        if !store::reviews::insert(conn, &review).await? {
            return Err(Error::AlreadyReviewed);
        }
        let event = outbox::review_created(app, &review);
        app.outbox.append(conn, &event).await?;
        Ok(review)
    })
    .await
}
