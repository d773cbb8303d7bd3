//! Who has blocked whom, as social tells it.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::{Bound, Connection, Statement};

/// Whether one of two people, given as SQL, has blocked the other.
macro_rules! blocked {
    ($one:literal, $other:literal) => {
        concat!(
            "(EXISTS (SELECT 1 FROM messaging.blocks b WHERE b.blocker_id = ",
            $one,
            " AND b.blocked_id = ",
            $other,
            " AND b.is_blocked) OR EXISTS (SELECT 1 FROM messaging.blocks b WHERE b.blocker_id = ",
            $other,
            " AND b.blocked_id = ",
            $one,
            " AND b.is_blocked))"
        )
    };
}

pub(super) use blocked;

/// That somebody blocked another, or took it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Who blocks.
    pub blocker: UserId,
    /// Who is blocked.
    pub blocked: UserId,
    /// Whether it holds now.
    pub is_blocked: bool,
    /// Since when.
    pub changed_at: DateTime<Utc>,
}

/// Keeps a block, unless something newer is known of the two.
///
/// # Errors
/// When the database fails.
pub async fn set(conn: &mut Connection, block: &Block) -> QueryResult<()> {
    const SET: &str = "INSERT INTO messaging.blocks AS b (blocker_id, blocked_id, is_blocked, changed_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (blocker_id, blocked_id) DO UPDATE SET is_blocked = excluded.is_blocked, changed_at = excluded.changed_at
         WHERE b.changed_at <= excluded.changed_at";
    let values = vec![
        Bound::Id(block.blocker.as_uuid()),
        Bound::Id(block.blocked.as_uuid()),
        Bound::Flag(block.is_blocked),
        Bound::Time(block.changed_at),
    ];
    Statement::<()>::new(SET, values).execute(conn).await?;
    Ok(())
}

/// Whether one of two people has blocked the other.
///
/// # Errors
/// When the database fails.
pub async fn exists(conn: &mut Connection, one: UserId, other: UserId) -> QueryResult<bool> {
    const EXISTS: &str = concat!(
        "SELECT ",
        blocked!("pair.one", "pair.other"),
        " FROM (SELECT ?::uuid AS one, ?::uuid AS other) AS pair"
    );
    let values = vec![Bound::Id(one.as_uuid()), Bound::Id(other.as_uuid())];
    Statement::<Bool>::new(EXISTS, values)
        .get_result(conn)
        .await
}

/// Forgets blocks that were taken back before that time.
///
/// # Errors
/// When the database fails.
pub async fn forget_before(conn: &mut Connection, time: DateTime<Utc>) -> QueryResult<usize> {
    const FORGET: &str = "DELETE FROM messaging.blocks WHERE NOT is_blocked AND changed_at < ?";
    Statement::<()>::new(FORGET, vec![Bound::Time(time)])
        .execute(conn)
        .await
}
