//! Who has blocked whom.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::{Bound, Connection, Statement};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// That a person blocked another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Who is blocked.
    pub blocked: UserId,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// Where a page ended: the time by which the list is ordered, and the person.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Position(DateTime<Utc>, Uuid);

impl Position {
    /// The place of a block.
    #[must_use]
    pub fn of(block: &Block) -> Self {
        Self(block.created_at, block.blocked.as_uuid())
    }
}

/// Blocks a person, and tells whether that is news.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    conn: &mut Connection,
    blocker: UserId,
    blocked: UserId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    const INSERT: &str = "INSERT INTO social.blocks (blocker_id, blocked_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    let values = vec![
        Bound::Id(blocker.as_uuid()),
        Bound::Id(blocked.as_uuid()),
        Bound::Time(now),
    ];
    let inserted = Statement::<()>::new(INSERT, values).execute(conn).await?;
    Ok(inserted == 1)
}

/// Takes a block back, and tells whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn delete(conn: &mut Connection, blocker: UserId, blocked: UserId) -> QueryResult<bool> {
    const DELETE: &str = "DELETE FROM social.blocks WHERE blocker_id = ? AND blocked_id = ?";
    let values = vec![Bound::Id(blocker.as_uuid()), Bound::Id(blocked.as_uuid())];
    let deleted = Statement::<()>::new(DELETE, values).execute(conn).await?;
    Ok(deleted == 1)
}

/// Waits for whoever changes the blocks of a person at this moment, so that their events keep their order.
///
/// # Errors
/// When the database fails.
pub async fn lock_of(conn: &mut Connection, blocker: UserId) -> QueryResult<()> {
    const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended('social.blocks ' || ?, 0))";
    let whose = blocker.to_string();
    Statement::<()>::new(LOCK, vec![Bound::Text(&whose)])
        .execute(conn)
        .await?;
    Ok(())
}

/// Whom a person has blocked, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Connection,
    blocker: UserId,
    after: Option<Position>,
    limit: i64,
) -> QueryResult<Vec<Block>> {
    const LIST: &str =
        "SELECT blocked_id, created_at FROM social.blocks WHERE blocker_id = ? AND (created_at, blocked_id) < (?, ?)
         ORDER BY created_at DESC, blocked_id DESC LIMIT ?";
    let Position(time, id) = after.unwrap_or(Position(DateTime::<Utc>::MAX_UTC, Uuid::max()));
    let values = vec![
        Bound::Id(blocker.as_uuid()),
        Bound::Time(time),
        Bound::Id(id),
        Bound::Number(limit),
    ];
    let rows: Vec<(Uuid, DateTime<Utc>)> = Statement::<(SqlUuid, Timestamptz)>::new(LIST, values)
        .load(conn)
        .await?;
    let blocks = rows.into_iter().map(|(blocked, created_at)| Block {
        blocked: UserId::from_uuid(blocked),
        created_at,
    });
    Ok(blocks.collect())
}

/// Removes some blocks by or of a person who is gone, and returns how many.
///
/// # Errors
/// When the database fails.
pub async fn delete_some_of(conn: &mut Connection, user: UserId, most: i64) -> QueryResult<usize> {
    const DELETE: &str = "DELETE FROM social.blocks WHERE (blocker_id, blocked_id) IN (
        SELECT blocker_id, blocked_id FROM social.blocks WHERE blocker_id = ? OR blocked_id = ? LIMIT ? FOR UPDATE)";
    let user = Bound::Id(user.as_uuid());
    let values = vec![user, user, Bound::Number(most)];
    Statement::<()>::new(DELETE, values).execute(conn).await
}
