//! What becomes of messages after they were stored: they are changed, removed and pinned. The lock of their conversation is held for all of it.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryResult};
use diesel_async::RunQueryDsl;
use oruma_ids::{ConversationId, MessageId, UserId};
use oruma_postgres::{Bound, Connection, Statement};
use uuid::Uuid;

/// Locks the conversation of a message until the end of the transaction; false when it is gone.
///
/// # Errors
/// When the database fails.
pub async fn lock(conn: &mut Connection, conversation: ConversationId) -> QueryResult<bool> {
    const LOCK: &str = "SELECT id FROM messaging.conversations WHERE id = ? AND deleted_at IS NULL FOR NO KEY UPDATE";
    let values = vec![Bound::Id(conversation.as_uuid())];
    let found: Option<Uuid> = Statement::<SqlUuid>::new(LOCK, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(found.is_some())
}

/// Changes the text of a message. What stands behind its link is to be found out again.
///
/// # Errors
/// When the database fails.
pub async fn edit(
    conn: &mut Connection,
    message: MessageId,
    content: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    const EDIT: &str = "UPDATE messaging.messages SET content = ?, edited_at = ?, preview = NULL WHERE id = ? AND deleted_at IS NULL";
    let values = vec![
        Bound::Text(content),
        Bound::Time(now),
        Bound::Id(message.as_uuid()),
    ];
    Statement::<()>::new(EDIT, values).execute(conn).await?;
    Ok(())
}

/// Removes a message and, where it began a thread, those in it, and returns them all: it comes first. They are kept for a while, without what was pinned.
///
/// # Errors
/// When the database fails.
pub async fn delete(
    conn: &mut Connection,
    message: MessageId,
    deleted_by: UserId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Uuid>> {
    const DELETE: &str =
        "UPDATE messaging.messages SET deleted_at = ?, deleted_by = ?, pinned_at = NULL
         WHERE (id = ? OR parent_id = ?) AND deleted_at IS NULL RETURNING id";
    const UNCOUNT: &str = "UPDATE messaging.messages root SET reply_count = root.reply_count - 1 FROM messaging.messages gone
         WHERE gone.id = ? AND root.id = gone.parent_id AND root.deleted_at IS NULL";
    let id = Bound::Id(message.as_uuid());
    let values = vec![Bound::Time(now), Bound::Id(deleted_by.as_uuid()), id, id];
    let mut gone: Vec<Uuid> = Statement::<SqlUuid>::new(DELETE, values).load(conn).await?;
    gone.sort_by_key(|one| *one != message.as_uuid());
    Statement::<()>::new(UNCOUNT, vec![id])
        .execute(conn)
        .await?;
    Ok(gone)
}

/// Takes note that messages have no files any longer.
///
/// # Errors
/// When the database fails.
pub async fn without_files(conn: &mut Connection, messages: &[Uuid]) -> QueryResult<()> {
    const WITHOUT: &str = "UPDATE messaging.messages SET file_count = 0 WHERE id = ANY (?)";
    Statement::<()>::new(WITHOUT, vec![Bound::Ids(messages)])
        .execute(conn)
        .await?;
    Ok(())
}

/// How many messages of a conversation are pinned.
///
/// # Errors
/// When the database fails.
pub async fn pins(conn: &mut Connection, conversation: ConversationId) -> QueryResult<i64> {
    const PINS: &str = "SELECT count(*) FROM messaging.messages WHERE conversation_id = ? AND pinned_at IS NOT NULL";
    Statement::<BigInt>::new(PINS, vec![Bound::Id(conversation.as_uuid())])
        .get_result(conn)
        .await
}

/// Pins a message, or takes it off.
///
/// # Errors
/// When the database fails.
pub async fn set_pinned(
    conn: &mut Connection,
    message: MessageId,
    at: Option<DateTime<Utc>>,
) -> QueryResult<()> {
    const PIN: &str = "UPDATE messaging.messages SET pinned_at = ? WHERE id = ?";
    const UNPIN: &str = "UPDATE messaging.messages SET pinned_at = NULL WHERE id = ?";
    let id = Bound::Id(message.as_uuid());
    let (sql, values) = match at {
        Some(at) => (PIN, vec![Bound::Time(at), id]),
        None => (UNPIN, vec![id]),
    };
    Statement::<()>::new(sql, values).execute(conn).await?;
    Ok(())
}

/// Removes for good some messages that were removed before that time, and returns how many. Threads go with what began them.
///
/// # Errors
/// When the database fails.
pub async fn forget_some_before(
    conn: &mut Connection,
    time: DateTime<Utc>,
    most: i64,
) -> QueryResult<usize> {
    const FORGET: &str = "DELETE FROM messaging.messages WHERE id IN (
             SELECT id FROM messaging.messages WHERE deleted_at < ? ORDER BY deleted_at LIMIT ?)";
    let values = vec![Bound::Time(time), Bound::Number(most)];
    Statement::<()>::new(FORGET, values).execute(conn).await
}
