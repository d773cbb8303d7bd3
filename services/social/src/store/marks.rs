//! Likes and saves: who has marked what, and how many have.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::sql_types::{BigInt, Bool};
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::{Bound, Connection, Statement};
use uuid::Uuid;

/// A sort of mark: its statements.
pub struct Mark {
    /// Values: thing, person, thing.
    read: &'static str,
    /// Values: thing, person, time, thing.
    add: &'static str,
    /// Values: thing, person, thing.
    remove: &'static str,
}

macro_rules! mark {
    ($marks:literal, $thing:literal, $counted:literal, $counter:literal) => {
        Mark {
            read: concat!(
                "SELECT ",
                $counter,
                ", EXISTS (SELECT FROM ",
                $marks,
                " WHERE ",
                $thing,
                " = ? AND user_id = ?) FROM ",
                $counted,
                " WHERE id = ?"
            ),
            add: concat!(
                "WITH added AS (INSERT INTO ",
                $marks,
                " (",
                $thing,
                ", user_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1)
                 UPDATE ",
                $counted,
                " SET ",
                $counter,
                " = ",
                $counter,
                " + (SELECT count(*) FROM added) WHERE id = ?
                 RETURNING ",
                $counter,
                ", EXISTS (SELECT FROM added)"
            ),
            remove: concat!(
                "WITH removed AS (DELETE FROM ",
                $marks,
                " WHERE ",
                $thing,
                " = ? AND user_id = ? RETURNING 1)
                 UPDATE ",
                $counted,
                " SET ",
                $counter,
                " = ",
                $counter,
                " - (SELECT count(*) FROM removed) WHERE id = ?
                 RETURNING ",
                $counter,
                ", EXISTS (SELECT FROM removed)"
            ),
        }
    };
}

/// Likes of posts.
pub const POST_LIKES: Mark = mark!("social.post_likes", "post_id", "social.posts", "like_count");
/// Saves of posts.
pub const POST_SAVES: Mark = mark!("social.post_saves", "post_id", "social.posts", "save_count");
/// Likes of comments.
pub const COMMENT_LIKES: Mark = mark!(
    "social.comment_likes",
    "comment_id",
    "social.comments",
    "like_count"
);

/// What became of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// Whether the person has marked the thing now.
    pub is_set: bool,
    /// Whether that is news.
    pub changed: bool,
    /// How many have.
    pub count: i64,
}

/// Sets a mark, takes it back, or (`None`) turns it over. The caller holds the lock of the thing, so that what is read here holds.
///
/// # Errors
/// When the database fails.
pub async fn set(
    conn: &mut Connection,
    mark: &Mark,
    thing: Uuid,
    user: UserId,
    wanted: Option<bool>,
    now: DateTime<Utc>,
) -> QueryResult<Marked> {
    // Read first: a row that is changed twice in one transaction has its foreign keys checked again, which waits for whoever removes the post.
    let before = read(conn, mark, thing, user).await?;
    match wanted.unwrap_or(!before.is_set) {
        same if same == before.is_set => Ok(before),
        true => add(conn, mark, thing, user, now).await,
        false => remove(conn, mark, thing, user).await,
    }
}

async fn read(
    conn: &mut Connection,
    mark: &Mark,
    thing: Uuid,
    user: UserId,
) -> QueryResult<Marked> {
    let values = vec![
        Bound::Id(thing),
        Bound::Id(user.as_uuid()),
        Bound::Id(thing),
    ];
    let (count, is_set) = Statement::<(BigInt, Bool)>::new(mark.read, values)
        .get_result(conn)
        .await?;
    Ok(Marked {
        is_set,
        changed: false,
        count,
    })
}

async fn add(
    conn: &mut Connection,
    mark: &Mark,
    thing: Uuid,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<Marked> {
    let values = vec![
        Bound::Id(thing),
        Bound::Id(user.as_uuid()),
        Bound::Time(now),
        Bound::Id(thing),
    ];
    let (count, changed) = Statement::<(BigInt, Bool)>::new(mark.add, values)
        .get_result(conn)
        .await?;
    Ok(Marked {
        is_set: true,
        changed,
        count,
    })
}

async fn remove(
    conn: &mut Connection,
    mark: &Mark,
    thing: Uuid,
    user: UserId,
) -> QueryResult<Marked> {
    let values = vec![
        Bound::Id(thing),
        Bound::Id(user.as_uuid()),
        Bound::Id(thing),
    ];
    let (count, changed) = Statement::<(BigInt, Bool)>::new(mark.remove, values)
        .get_result(conn)
        .await?;
    Ok(Marked {
        is_set: false,
        changed,
        count,
    })
}
