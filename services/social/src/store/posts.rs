//! Posts, one at a time.

use chrono::{DateTime, Utc};
use diesel::{OptionalExtension, QueryResult};
use diesel_async::RunQueryDsl;
use oruma_ids::{PostId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};

use super::rows::{
    PostRow, SeenPostRow, marked_columns, may_see, may_see_values, post_columns, seen_post_columns,
};
use crate::domain::post::{Post, PostBody, SeenPost};
use crate::domain::viewer::Viewer;

/// What a search reads: text and tags.
macro_rules! search_vector {
    () => {
        "to_tsvector('english', ?)"
    };
}

const INSERT: &str = concat!(
    "WITH p AS (
         INSERT INTO social.posts (id, author_id, university, content, type, location, images, given_hashtags, given_mentions,
                                   hashtags, mentions, visibility, search, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ",
    search_vector!(),
    ", ?, ?) RETURNING *
     ), tagged AS (
         INSERT INTO social.post_hashtags (post_id, hashtag, created_at) SELECT p.id, unnest(p.hashtags), p.created_at FROM p
     )
     SELECT ",
    post_columns!(),
    " FROM p"
);

const UPDATE: &str = concat!(
    "UPDATE social.posts AS p SET content = ?, type = ?, location = ?, images = ?, given_hashtags = ?, given_mentions = ?,
            hashtags = ?, mentions = ?, visibility = ?, search = ",
    search_vector!(),
    ", updated_at = ? WHERE p.id = ? RETURNING ",
    post_columns!()
);

const RETAG: &str = "WITH gone AS (
         DELETE FROM social.post_hashtags WHERE post_id = ? AND hashtag <> ALL (?)
     )
     INSERT INTO social.post_hashtags (post_id, hashtag, created_at)
     SELECT p.id, unnest(p.hashtags), p.created_at FROM social.posts p WHERE p.id = ? ON CONFLICT DO NOTHING";

const FIND: &str = concat!(
    "SELECT ",
    seen_post_columns!(),
    " FROM social.posts p WHERE p.id = ? AND ",
    may_see!()
);

const LOCK: &str = concat!(
    "SELECT ",
    post_columns!(),
    " FROM social.posts p WHERE p.id = ? AND ",
    may_see!(),
    " FOR NO KEY UPDATE"
);

const LOCK_TO_DELETE: &str = concat!(
    "SELECT ",
    post_columns!(),
    " FROM social.posts p WHERE p.id = ? AND (? OR ",
    may_see!(),
    ") FOR UPDATE"
);

/// A post to be.
#[derive(Debug)]
pub struct NewPost<'a> {
    /// The id.
    pub id: PostId,
    /// Who writes it.
    pub author: &'a Viewer,
    /// What it says.
    pub body: &'a PostBody,
    /// Now.
    pub created_at: DateTime<Utc>,
}

/// Inserts a post with its hashtags.
///
/// # Errors
/// When the database fails.
pub async fn insert(conn: &mut Connection, new: &NewPost<'_>) -> QueryResult<Post> {
    let body = new.body;
    let values = vec![
        Bound::Id(new.id.as_uuid()),
        Bound::Id(new.author.user.as_uuid()),
        Bound::Text(&new.author.university),
        Bound::Text(&body.content),
        Bound::Text(body.kind.name()),
        Bound::Text(&body.location),
        Bound::Texts(&body.images),
        Bound::Texts(&body.hashtags.given),
        Bound::Texts(&body.mentions.given),
        Bound::Texts(&body.hashtags.all),
        Bound::Texts(&body.mentions.all),
        Bound::Text(body.visibility.name()),
    ];
    let searched = searched_text(body);
    let tail = [
        Bound::Text(&searched),
        Bound::Time(new.created_at),
        Bound::Time(new.created_at),
    ];
    let values = values.into_iter().chain(tail).collect();
    let row: PostRow = Statement::<Untyped>::new(INSERT, values)
        .get_result(conn)
        .await?;
    Ok(row.into())
}

/// Replaces what a post says. The caller holds its lock.
///
/// # Errors
/// When the database fails.
pub async fn update(
    conn: &mut Connection,
    id: PostId,
    body: &PostBody,
    now: DateTime<Utc>,
) -> QueryResult<Post> {
    let searched = searched_text(body);
    let values = vec![
        Bound::Text(&body.content),
        Bound::Text(body.kind.name()),
        Bound::Text(&body.location),
        Bound::Texts(&body.images),
        Bound::Texts(&body.hashtags.given),
        Bound::Texts(&body.mentions.given),
        Bound::Texts(&body.hashtags.all),
        Bound::Texts(&body.mentions.all),
        Bound::Text(body.visibility.name()),
        Bound::Text(&searched),
        Bound::Time(now),
        Bound::Id(id.as_uuid()),
    ];
    let row: PostRow = Statement::<Untyped>::new(UPDATE, values)
        .get_result(conn)
        .await?;
    let values = vec![
        Bound::Id(id.as_uuid()),
        Bound::Texts(&body.hashtags.all),
        Bound::Id(id.as_uuid()),
    ];
    Statement::<()>::new(RETAG, values).execute(conn).await?;
    Ok(row.into())
}

/// A post, if the viewer may see it.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Connection,
    id: PostId,
    viewer: &Viewer,
) -> QueryResult<Option<SeenPost>> {
    let user = viewer.user.as_uuid();
    let values = vec![Bound::Id(user), Bound::Id(user), Bound::Id(id.as_uuid())];
    let values = [values, may_see_values(viewer).into()].concat();
    let row: Option<SeenPostRow> = Statement::<Untyped>::new(FIND, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(SeenPost::from))
}

/// Locks a post that the viewer may see, so that its counters and events keep their order until the end of the transaction.
///
/// # Errors
/// When the database fails.
pub async fn lock(conn: &mut Connection, id: PostId, viewer: &Viewer) -> QueryResult<Option<Post>> {
    let values = [vec![Bound::Id(id.as_uuid())], may_see_values(viewer).into()].concat();
    let row: Option<PostRow> = Statement::<Untyped>::new(LOCK, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(Post::from))
}

/// Locks a post for its removal. Administrators reach every post.
///
/// # Errors
/// When the database fails.
pub async fn lock_to_delete(
    conn: &mut Connection,
    id: PostId,
    viewer: &Viewer,
) -> QueryResult<Option<Post>> {
    let values = vec![Bound::Id(id.as_uuid()), Bound::Flag(viewer.admin)];
    let values = [values, may_see_values(viewer).into()].concat();
    let row: Option<PostRow> = Statement::<Untyped>::new(LOCK_TO_DELETE, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(Post::from))
}

/// Removes a post; what hangs on it goes along.
///
/// # Errors
/// When the database fails.
pub async fn delete(conn: &mut Connection, id: PostId) -> QueryResult<()> {
    const DELETE: &str = "DELETE FROM social.posts WHERE id = ?";
    Statement::<()>::new(DELETE, vec![Bound::Id(id.as_uuid())])
        .execute(conn)
        .await?;
    Ok(())
}

/// Some posts of a person, locked for their removal.
///
/// # Errors
/// When the database fails.
pub async fn lock_some_of(
    conn: &mut Connection,
    author: UserId,
    most: i64,
) -> QueryResult<Vec<Post>> {
    const LOCK_SOME: &str = concat!(
        "SELECT ",
        post_columns!(),
        " FROM social.posts p WHERE p.author_id = ? ORDER BY p.id LIMIT ? FOR UPDATE"
    );
    let values = vec![Bound::Id(author.as_uuid()), Bound::Number(most)];
    let rows: Vec<PostRow> = Statement::<Untyped>::new(LOCK_SOME, values)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Post::from).collect())
}

fn searched_text(body: &PostBody) -> String {
    let tags = body.hashtags.all.iter().chain(&body.mentions.all);
    tags.fold(body.content.clone(), |text, tag| text + " " + tag)
}
