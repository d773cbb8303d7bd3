//! Writing, reading and removing comments.

use diesel_async::AsyncConnection;
use oruma_ids::{CommentId, PageSize, PostId};
use oruma_service_runtime::Caller;

use super::App;
use crate::domain::comment::{SeenComment, judge_content};
use crate::domain::viewer::Viewer;
use crate::error::Error;
use crate::outbox;
use crate::store;
use crate::store::comments::{NewComment, Position};

/// Comments of one page (O-018).
const COMMENTS: PageSize = PageSize {
    default: 10,
    most: 50,
};

/// Writes a comment, or a reply to one (O-019), once for all repetitions of a request. A reply to a reply joins its thread.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::PostNotFound`]; [`Error::Invalid`], also for a parent that is no comment of the post.
pub async fn create(
    app: &App,
    caller: &Caller,
    post: PostId,
    parent: &str,
    content: &str,
) -> Result<SeenComment, Error> {
    let viewer = Viewer::of(caller)?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let post = store::posts::lock(conn, post, &viewer)
            .await?
            .ok_or(Error::PostNotFound)?;
        let content = judge_content(content, app.config.comment_characters)
            .map_err(|problem| Error::invalid("content", problem))?;
        let mut thread = None;
        let mut answered = None;
        if !parent.is_empty() {
            let unknown = || Error::invalid("parent_id", "is no comment of this post");
            let id = parent.parse().map_err(|_| unknown())?;
            let parent = store::comments::find_in(conn, post.id, id).await?;
            let parent = parent.ok_or_else(unknown)?;
            thread = Some(parent.parent.unwrap_or(parent.id));
            answered = parent.author;
        }
        let new = NewComment {
            id: CommentId::from_uuid(app.random.id(now)),
            post: post.id,
            parent: thread,
            author: viewer.user,
            content: &content,
            created_at: now,
        };
        let made = app
            .requests
            .made_before(conn, caller.request, new.id.as_uuid(), now);
        if let Some(made) = made.await? {
            let made = store::comments::find_in(conn, post.id, CommentId::from_uuid(made)).await?;
            return made.map(SeenComment::new).ok_or(Error::CommentNotFound);
        }
        let (comment, count) = store::comments::insert(conn, &new).await?;
        let event = outbox::comment_created(app, &post, &comment, viewer.user, answered, count);
        app.outbox.append(conn, &event).await?;
        Ok(SeenComment::new(comment))
    })
    .await
}

/// A page of the comments of a post, or of the replies to one of them, oldest first (O-018).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::PostNotFound`]; [`Error::CommentNotFound`]; [`Error::Invalid`] for a negative page size or a broken page
/// token.
pub async fn list(
    app: &App,
    caller: &Caller,
    post: PostId,
    parent: Option<CommentId>,
    page_size: i32,
    page_token: &str,
) -> Result<(Vec<SeenComment>, String), Error> {
    let viewer = Viewer::of(caller)?;
    let mut conn = app.database.reader().await?;
    store::posts::find(&mut conn, post, &viewer)
        .await?
        .ok_or(Error::PostNotFound)?;
    if let Some(parent) = parent {
        store::comments::find_in(&mut conn, post, parent)
            .await?
            .ok_or(Error::CommentNotFound)?;
    }
    let size = COMMENTS.of(page_size)?;
    let name = match parent {
        None => format!("comments of {post}"),
        Some(parent) => format!("replies to {parent}"),
    };
    let after = app.cursors.after(&name, page_token)?;
    let limit = i64::from(size) + 1;
    let rows = store::comments::list(&mut conn, post, parent, &viewer, after, limit).await?;
    Ok(app.cursors.page(&name, rows, size, Position::of))
}

/// Removes a comment with its replies (O-021).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::CommentNotFound`]; [`Error::NotAuthor`] for all but the author and administrators.
pub async fn delete(app: &App, caller: &Caller, id: CommentId) -> Result<(), Error> {
    let viewer = Viewer::of(caller)?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let post = store::comments::post_of(conn, id)
            .await?
            .ok_or(Error::CommentNotFound)?;
        // All changes of a post's comments wait for each other here.
        store::posts::lock_to_delete(conn, post, &viewer)
            .await?
            .ok_or(Error::CommentNotFound)?;
        let comment = store::comments::find_in(conn, post, id)
            .await?
            .ok_or(Error::CommentNotFound)?;
        if comment.author != Some(viewer.user) && !viewer.admin {
            return Err(Error::NotAuthor);
        }
        let left = store::comments::delete(conn, &comment).await?;
        let event = outbox::comment_deleted(app, &comment, viewer.user, left, now);
        app.outbox.append(conn, &event).await?;
        Ok(())
    })
    .await
}
