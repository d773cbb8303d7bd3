//! Writing, reading, changing and removing posts.

use diesel_async::AsyncConnection;
use oruma_ids::PostId;
use oruma_service_runtime::Caller;

use super::App;
use crate::domain::post::{PostDraft, SeenPost};
use crate::domain::viewer::Viewer;
use crate::error::Error;
use crate::outbox;
use crate::store;
use crate::store::posts::NewPost;

/// Writes a post (O-012), once for all repetitions of a request.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] naming every field at fault; [`Error::MediaUnavailable`].
pub async fn create(app: &App, caller: &Caller, draft: PostDraft) -> Result<SeenPost, Error> {
    let author = Viewer::of(caller)?;
    let body = draft.judge(app.config.posts).map_err(Error::Invalid)?;
    app.images.claim(caller, &body.images).await?;
    let now = app.clock.now();
    let new = NewPost {
        id: PostId::from_uuid(app.random.id(now)),
        author: &author,
        body: &body,
        created_at: now,
    };
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let made = app
            .requests
            .made_before(conn, caller.request, new.id.as_uuid(), now);
        if let Some(made) = made.await? {
            let made = store::posts::find(conn, PostId::from_uuid(made), &author).await?;
            return made.ok_or(Error::PostNotFound);
        }
        let post = store::posts::insert(conn, &new).await?;
        app.outbox
            .append(conn, &outbox::post_created(app, &post))
            .await?;
        Ok(SeenPost {
            post,
            liked: false,
            saved: false,
            highlight: String::new(),
        })
    })
    .await
}

/// One post (O-013). The person counts as one who has looked at it.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::PostNotFound`].
pub async fn get(app: &App, caller: &Caller, id: PostId) -> Result<SeenPost, Error> {
    let viewer = Viewer::of(caller)?;
    let seen = find(app, &viewer, id).await?;
    if seen.post.author != viewer.user {
        app.analytics.viewed(id.as_uuid(), viewer.user);
    }
    Ok(seen)
}

async fn find(app: &App, viewer: &Viewer, id: PostId) -> Result<SeenPost, Error> {
    let mut conn = app.database.reader().await?;
    store::posts::find(&mut conn, id, viewer)
        .await?
        .ok_or(Error::PostNotFound)
}

/// Whether the caller may change a post.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::PostNotFound`]; [`Error::NotAuthor`].
pub async fn check_author(app: &App, caller: &Caller, id: PostId) -> Result<(), Error> {
    find_own(app, &Viewer::of(caller)?, id).await.map(drop)
}

async fn find_own(app: &App, author: &Viewer, id: PostId) -> Result<SeenPost, Error> {
    let found = find(app, author, id).await?;
    if found.post.author == author.user {
        Ok(found)
    } else {
        Err(Error::NotAuthor)
    }
}

/// Changes what a post says (O-014).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::PostNotFound`]; [`Error::NotAuthor`]; [`Error::Invalid`]; [`Error::MediaUnavailable`].
pub async fn update(
    app: &App,
    caller: &Caller,
    id: PostId,
    draft: PostDraft,
) -> Result<SeenPost, Error> {
    let author = Viewer::of(caller)?;
    let before = find_own(app, &author, id).await?;
    // Said before any image is looked at, and judged again below: the post may have changed meanwhile.
    let wanted = draft
        .clone()
        .change(&before.post.body, app.config.posts)
        .map_err(Error::Invalid)?;
    app.images
        .claim_new(caller, &before.post.body.images, &wanted.images)
        .await?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let locked = store::posts::lock(conn, id, &author)
            .await?
            .ok_or(Error::PostNotFound)?;
        let body = draft
            .change(&locked.body, app.config.posts)
            .map_err(Error::Invalid)?;
        if body == locked.body {
            return Ok(SeenPost {
                post: locked,
                ..before
            });
        }
        let post = store::posts::update(conn, id, &body, now).await?;
        app.outbox
            .append(conn, &outbox::post_updated(app, &post))
            .await?;
        Ok(SeenPost { post, ..before })
    })
    .await
}

/// Removes a post with all that hangs on it (O-015).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::PostNotFound`]; [`Error::NotAuthor`] for all but the author and administrators.
pub async fn delete(app: &App, caller: &Caller, id: PostId) -> Result<(), Error> {
    let viewer = Viewer::of(caller)?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let post = store::posts::lock_to_delete(conn, id, &viewer)
            .await?
            .ok_or(Error::PostNotFound)?;
        if post.author != viewer.user && !viewer.admin {
            return Err(Error::NotAuthor);
        }
        store::posts::delete(conn, id).await?;
        let event = outbox::post_deleted(app, &post, viewer.user, now);
        app.outbox.append(conn, &event).await?;
        Ok(())
    })
    .await
}
