//! Liking and saving.

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use oruma_broker::Event;
use oruma_engagement::{Mark, Marked};
use oruma_ids::{CommentId, PostId};
use oruma_postgres::Connection;
use oruma_service_runtime::Caller;
use uuid::Uuid;

use super::App;
use crate::domain::post::Post;
use crate::domain::viewer::Viewer;
use crate::error::Error;
use crate::outbox;
use crate::store;

/// Likes a post, takes that back, or (`None`) turns it over (O-016, K-15).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::PostNotFound`].
pub async fn like_post(
    app: &App,
    caller: &Caller,
    id: PostId,
    liked: Option<bool>,
) -> Result<Marked, Error> {
    mark_post(
        app,
        caller,
        id,
        &app.marks.post_likes,
        liked,
        outbox::post_liked,
    )
    .await
}

/// Saves a post for later, takes that back, or (`None`) turns it over (O-017).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::PostNotFound`].
pub async fn save_post(
    app: &App,
    caller: &Caller,
    id: PostId,
    saved: Option<bool>,
) -> Result<Marked, Error> {
    mark_post(
        app,
        caller,
        id,
        &app.marks.post_saves,
        saved,
        outbox::post_saved,
    )
    .await
}

async fn mark_post(
    app: &App,
    caller: &Caller,
    id: PostId,
    mark: &Mark,
    wanted: Option<bool>,
    event: fn(&App, &Post, &Viewer, Marked, DateTime<Utc>) -> Event,
) -> Result<Marked, Error> {
    let viewer = Viewer::of(caller)?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let post = store::posts::lock(conn, id, &viewer)
            .await?
            .ok_or(Error::PostNotFound)?;
        if is_repeated(app, conn, caller, id.as_uuid(), now).await? {
            return Ok(mark.stands(conn, id.as_uuid(), viewer.user).await?);
        }
        let marked = mark
            .set(conn, id.as_uuid(), viewer.user, wanted, now)
            .await?;
        if marked.changed {
            let event = event(app, &post, &viewer, marked, now);
            app.outbox.append(conn, &event).await?;
        }
        Ok(marked)
    })
    .await
}

/// Likes a comment, takes that back, or (`None`) turns it over (O-020).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::CommentNotFound`].
pub async fn like_comment(
    app: &App,
    caller: &Caller,
    id: CommentId,
    liked: Option<bool>,
) -> Result<Marked, Error> {
    let viewer = Viewer::of(caller)?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let comment = store::comments::lock(conn, id, &viewer)
            .await?
            .ok_or(Error::CommentNotFound)?;
        let (user, likes) = (viewer.user, &app.marks.comment_likes);
        if is_repeated(app, conn, caller, id.as_uuid(), now).await? {
            return Ok(likes.stands(conn, id.as_uuid(), user).await?);
        }
        let marked = likes.set(conn, id.as_uuid(), user, liked, now).await?;
        if marked.changed {
            let event = outbox::comment_liked(app, &comment, &viewer, marked, now);
            app.outbox.append(conn, &event).await?;
        }
        Ok(marked)
    })
    .await
}

/// Whether a request was carried out before: what it turned over must not be turned back.
async fn is_repeated(
    app: &App,
    conn: &mut Connection,
    caller: &Caller,
    thing: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let before = app.requests.made_before(conn, caller.request, thing, now);
    Ok(before.await?.is_some())
}
