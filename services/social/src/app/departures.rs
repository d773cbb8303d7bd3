//! What the end of an account means here: posts, likes, saves, views and blocks are removed, and comments too, but for those that others have
//! answered, which stay without name and text. What the person told moderators stays without name.

use diesel_async::AsyncConnection;
use oruma_ids::UserId;
use oruma_postgres::StoreError;
use uuid::Uuid;

use super::App;
use crate::domain::comment::Comment;
use crate::domain::viewer::Viewer;
use crate::outbox;
use crate::store;

/// Rows of one transaction: few enough that nobody waits long for them.
const AT_ONCE: i64 = 100;

/// Removes the traces of a person, some at a time. Doing it again changes nothing.
///
/// # Errors
/// [`StoreError`].
pub async fn follow(app: &App, user: UserId, event: Uuid) -> Result<(), StoreError> {
    app.analytics.forget(user);
    while remove_posts(app, user).await? {}
    while remove_comments(app, user).await? {}
    while take_back_marks(app, user).await? {}
    while forget_name(app, user).await? {}
    let mut conn = app.database.writer().await?;
    if app.departures.first_time(&mut conn, event).await? {
        tracing::info!(user.id = %user, "traces of a deleted account removed");
    }
    Ok(())
}

async fn remove_posts(app: &App, user: UserId) -> Result<bool, StoreError> {
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let posts = store::posts::lock_some_of(conn, user, AT_ONCE).await?;
        for post in &posts {
            store::posts::delete(conn, post.id).await?;
            let event = outbox::post_deleted(app, post, user, now);
            app.outbox.append(conn, &event).await?;
        }
        Ok(!posts.is_empty())
    })
    .await
}

async fn remove_comments(app: &App, user: UserId) -> Result<bool, StoreError> {
    let mut conn = app.database.writer().await?;
    let comments = store::comments::some_of(&mut conn, user, AT_ONCE).await?;
    for comment in &comments {
        conn.transaction(async |conn| remove_comment(app, conn, comment, user).await)
            .await?;
    }
    Ok(!comments.is_empty())
}

async fn remove_comment(
    app: &App,
    conn: &mut oruma_postgres::Connection,
    comment: &Comment,
    user: UserId,
) -> Result<(), StoreError> {
    let now = app.clock.now();
    let everybody = Viewer {
        user,
        university: String::new(),
        admin: true,
    };
    // The post may have gone meanwhile, and the comment with it.
    let post = store::posts::lock_to_delete(conn, comment.post, &everybody).await?;
    let comment = match post {
        Some(post) => store::comments::find_in(conn, post.id, comment.id).await?,
        None => None,
    };
    match comment {
        Some(comment) if comment.reply_count > 0 => {
            store::comments::empty(conn, comment.id, now).await?;
        }
        Some(comment) => {
            let left = store::comments::delete(conn, &comment).await?;
            let event = outbox::comment_deleted(app, &comment, user, left, now);
            app.outbox.append(conn, &event).await?;
        }
        None => {}
    }
    Ok(())
}

async fn take_back_marks(app: &App, user: UserId) -> Result<bool, StoreError> {
    let mut conn = app.database.writer().await?;
    let mut taken = 0;
    for mark in [
        &app.marks.post_likes,
        &app.marks.post_saves,
        &app.marks.comment_likes,
        app.analytics.views(),
    ] {
        taken += mark.take_back_some(&mut conn, user, AT_ONCE).await?;
    }
    Ok(taken > 0)
}

async fn forget_name(app: &App, user: UserId) -> Result<bool, StoreError> {
    let mut conn = app.database.writer().await?;
    let blocks = store::blocks::delete_some_of(&mut conn, user, AT_ONCE).await?;
    let reports = store::reports::forget_reporter(&mut conn, user, AT_ONCE).await?;
    Ok(blocks + reports > 0)
}
