//! Comments.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::sql_types::BigInt;
use diesel::{OptionalExtension, QueryResult};
use diesel_async::RunQueryDsl;
use oruma_ids::{CommentId, PostId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rows::{CommentRow, SeenCommentRow, may_see, may_see_values};
use crate::domain::comment::{Comment, SeenComment};
use crate::domain::viewer::Viewer;

/// Replies that a comment is shown with.
const REPLIES_SHOWN: i64 = 50;

/// The columns of a [`CommentRow`], from `social.comments` as `c`.
macro_rules! comment_columns {
    () => {
        "c.id, c.number, c.post_id, c.parent_id, c.author_id, c.content, c.like_count, c.reply_count, c.created_at, c.updated_at"
    };
}

/// The columns of a [`SeenCommentRow`]. Value: the viewer.
macro_rules! seen_comment_columns {
    () => {
        concat!(
            comment_columns!(),
            ", coalesce((SELECT true FROM social.comment_likes l WHERE l.comment_id = c.id AND l.user_id = ?), false) AS liked"
        )
    };
}

/// A comment to be.
#[derive(Debug)]
pub struct NewComment<'a> {
    /// The id.
    pub id: CommentId,
    /// The post, whose lock the caller holds.
    pub post: PostId,
    /// The comment of that post to answer.
    pub parent: Option<CommentId>,
    /// Who writes it.
    pub author: UserId,
    /// The text.
    pub content: &'a str,
    /// Now.
    pub created_at: DateTime<Utc>,
}

/// Inserts a comment and counts it. Returns it with the number of comments that the post has now.
///
/// # Errors
/// When the database fails.
pub async fn insert(conn: &mut Connection, new: &NewComment<'_>) -> QueryResult<(Comment, i64)> {
    const INSERT: &str = concat!(
        "INSERT INTO social.comments AS c (id, post_id, parent_id, author_id, content, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING ",
        comment_columns!()
    );
    const COUNT_REPLY: &str =
        "UPDATE social.comments SET reply_count = reply_count + 1 WHERE id = ?";
    let values = vec![
        Bound::Id(new.id.as_uuid()),
        Bound::Id(new.post.as_uuid()),
        Bound::MaybeId(new.parent.map(CommentId::as_uuid)),
        Bound::Id(new.author.as_uuid()),
        Bound::Text(new.content),
        Bound::Time(new.created_at),
        Bound::Time(new.created_at),
    ];
    let row: CommentRow = Statement::<Untyped>::new(INSERT, values)
        .get_result(conn)
        .await?;
    if let Some(parent) = new.parent {
        Statement::<()>::new(COUNT_REPLY, vec![Bound::Id(parent.as_uuid())])
            .execute(conn)
            .await?;
    }
    Ok((row.into(), count(conn, new.post, 1).await?))
}

/// Changes the number of comments of a post, and returns it.
async fn count(conn: &mut Connection, post: PostId, change: i64) -> QueryResult<i64> {
    const COUNT: &str = "UPDATE social.posts SET comment_count = comment_count + ? WHERE id = ? RETURNING comment_count";
    let values = vec![Bound::Number(change), Bound::Id(post.as_uuid())];
    Statement::<BigInt>::new(COUNT, values)
        .get_result(conn)
        .await
}

/// A comment of a post, whose lock the caller holds.
///
/// # Errors
/// When the database fails.
pub async fn find_in(
    conn: &mut Connection,
    post: PostId,
    id: CommentId,
) -> QueryResult<Option<Comment>> {
    const FIND: &str = concat!(
        "SELECT ",
        comment_columns!(),
        " FROM social.comments c WHERE c.id = ? AND c.post_id = ?"
    );
    let values = vec![Bound::Id(id.as_uuid()), Bound::Id(post.as_uuid())];
    let row: Option<CommentRow> = Statement::<Untyped>::new(FIND, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(Comment::from))
}

/// The post of a comment.
///
/// # Errors
/// When the database fails.
pub async fn post_of(conn: &mut Connection, id: CommentId) -> QueryResult<Option<PostId>> {
    const POST_OF: &str = "SELECT post_id FROM social.comments WHERE id = ?";
    let post: Option<Uuid> =
        Statement::<diesel::sql_types::Uuid>::new(POST_OF, vec![Bound::Id(id.as_uuid())])
            .get_result(conn)
            .await
            .optional()?;
    Ok(post.map(PostId::from_uuid))
}

/// Locks a comment on a post that the viewer may see, so that its likes keep their order.
///
/// # Errors
/// When the database fails.
pub async fn lock(
    conn: &mut Connection,
    id: CommentId,
    viewer: &Viewer,
) -> QueryResult<Option<Comment>> {
    const LOCK: &str = concat!(
        "SELECT ",
        comment_columns!(),
        " FROM social.comments c JOIN social.posts p ON p.id = c.post_id WHERE c.id = ? AND c.author_id IS NOT NULL AND ",
        may_see!(),
        " FOR NO KEY UPDATE OF c"
    );
    let values = [vec![Bound::Id(id.as_uuid())], may_see_values(viewer).into()].concat();
    let row: Option<CommentRow> = Statement::<Untyped>::new(LOCK, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(Comment::from))
}

/// Removes a comment with its replies, counts them, and returns the number of comments that the post has left. The caller holds the lock of
/// the post.
///
/// # Errors
/// When the database fails.
pub async fn delete(conn: &mut Connection, comment: &Comment) -> QueryResult<i64> {
    const DELETE: &str = "DELETE FROM social.comments WHERE id = ?";
    const UNCOUNT_REPLY: &str =
        "UPDATE social.comments SET reply_count = reply_count - 1 WHERE id = ?";
    // Nobody is left who wrote it, and now nobody who answered it.
    const DELETE_EMPTIED: &str =
        "DELETE FROM social.comments WHERE id = ? AND author_id IS NULL AND reply_count = 0";
    // Read under the lock of the post: it counts every reply.
    let replies = find_in(conn, comment.post, comment.id)
        .await?
        .map_or(0, |now| now.reply_count);
    let parent = comment.parent.map(|id| vec![Bound::Id(id.as_uuid())]);
    // The older comment is locked first, as by everybody who changes several.
    if let Some(parent) = parent.clone() {
        Statement::<()>::new(UNCOUNT_REPLY, parent)
            .execute(conn)
            .await?;
    }
    Statement::<()>::new(DELETE, vec![Bound::Id(comment.id.as_uuid())])
        .execute(conn)
        .await?;
    let mut gone = 1 + replies;
    if let Some(parent) = parent {
        let emptied = Statement::<()>::new(DELETE_EMPTIED, parent)
            .execute(conn)
            .await?;
        gone += i64::try_from(emptied).unwrap_or(0);
    }
    count(conn, comment.post, -gone).await
}

/// Empties a comment whose author is gone, for the sake of the answers to it.
///
/// # Errors
/// When the database fails.
pub async fn empty(conn: &mut Connection, id: CommentId, now: DateTime<Utc>) -> QueryResult<()> {
    const EMPTY: &str =
        "UPDATE social.comments SET author_id = NULL, content = '', updated_at = ? WHERE id = ?";
    Statement::<()>::new(EMPTY, vec![Bound::Time(now), Bound::Id(id.as_uuid())])
        .execute(conn)
        .await?;
    Ok(())
}

/// Some comments of a person.
///
/// # Errors
/// When the database fails.
pub async fn some_of(
    conn: &mut Connection,
    author: UserId,
    most: i64,
) -> QueryResult<Vec<Comment>> {
    const SOME_OF: &str = concat!(
        "SELECT ",
        comment_columns!(),
        " FROM social.comments c WHERE c.author_id = ? ORDER BY c.id LIMIT ?"
    );
    let values = vec![Bound::Id(author.as_uuid()), Bound::Number(most)];
    let rows: Vec<CommentRow> = Statement::<Untyped>::new(SOME_OF, values)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Comment::from).collect())
}

/// Where a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position(DateTime<Utc>, Uuid);

impl Position {
    /// Before everything: older than anything is.
    const START: Self = Self(DateTime::<Utc>::UNIX_EPOCH, Uuid::nil());

    /// The place of a comment.
    #[must_use]
    pub fn of(comment: &SeenComment) -> Self {
        Self(comment.comment.created_at, comment.comment.id.as_uuid())
    }
}

/// A page of comments in one statement, each followed by its first replies. Values: the viewer, of `$of`, the position, how many, the viewer,
/// how many replies.
macro_rules! list {
    ($of:literal) => {
        concat!(
            "WITH page AS (
                 SELECT ", seen_comment_columns!(), " FROM social.comments c
                 WHERE ", $of, " AND (c.created_at, c.id) > (?, ?) ORDER BY c.created_at, c.id LIMIT ?
             )
             SELECT * FROM page
             UNION ALL
             SELECT reply.* FROM page CROSS JOIN LATERAL (
                 SELECT ", seen_comment_columns!(), " FROM social.comments c
                 WHERE c.parent_id = page.id AND page.reply_count > 0 ORDER BY c.created_at, c.id LIMIT ?
             ) AS reply"
        )
    };
}

const OF_POST: &str = list!("c.post_id = ? AND c.parent_id IS NULL");
const OF_COMMENT: &str = list!("c.post_id = ? AND c.parent_id = ?");

/// Comments of a post that answer it, or that answer one of its comments, oldest first, with their first replies (O-018).
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Connection,
    post: PostId,
    parent: Option<CommentId>,
    viewer: &Viewer,
    after: Option<Position>,
    limit: i64,
) -> QueryResult<Vec<SeenComment>> {
    let Position(time, id) = after.unwrap_or(Position::START);
    let user = Bound::Id(viewer.user.as_uuid());
    let mut values = vec![user, Bound::Id(post.as_uuid())];
    values.extend(parent.map(|parent| Bound::Id(parent.as_uuid())));
    values.extend([
        Bound::Time(time),
        Bound::Id(id),
        Bound::Number(limit),
        user,
        Bound::Number(REPLIES_SHOWN),
    ]);
    let sql = if parent.is_some() {
        OF_COMMENT
    } else {
        OF_POST
    };
    let rows: Vec<SeenCommentRow> = Statement::<Untyped>::new(sql, values).load(conn).await?;
    Ok(threads(rows.into_iter().map(SeenComment::from), parent))
}

/// Puts replies under their comments. The database keeps the order within both parts, and is not asked to keep it over them.
fn threads(rows: impl Iterator<Item = SeenComment>, parent: Option<CommentId>) -> Vec<SeenComment> {
    let (mut page, mut replies): (Vec<_>, Vec<_>) =
        rows.partition(|seen| seen.comment.parent == parent);
    let by_time = |seen: &SeenComment| (seen.comment.created_at, seen.comment.id);
    page.sort_by_key(by_time);
    replies.sort_by_key(by_time);
    let mut of_comment: HashMap<CommentId, Vec<SeenComment>> = HashMap::new();
    for reply in replies {
        if let Some(parent) = reply.comment.parent {
            of_comment.entry(parent).or_default().push(reply);
        }
    }
    for comment in &mut page {
        comment.replies = of_comment.remove(&comment.comment.id).unwrap_or_default();
    }
    page
}
