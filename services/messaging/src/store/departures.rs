//! Removing the traces of a person.

use diesel::QueryResult;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::RunQueryDsl;
use oruma_ids::{ConversationId, UserId};
use oruma_postgres::{Bound, Connection, Statement};
use uuid::Uuid;

/// Some conversations that a person takes part in.
///
/// # Errors
/// When the database fails.
pub async fn some_conversations(
    conn: &mut Connection,
    user: UserId,
    most: i64,
) -> QueryResult<Vec<ConversationId>> {
    const SOME: &str = "SELECT conversation_id FROM messaging.members WHERE user_id = ? ORDER BY conversation_id LIMIT ?";
    let values = vec![Bound::Id(user.as_uuid()), Bound::Number(most)];
    let ids: Vec<Uuid> = Statement::<SqlUuid>::new(SOME, values).load(conn).await?;
    Ok(ids.into_iter().map(ConversationId::from_uuid).collect())
}

/// Ends a person's membership, and removes the conversation with its messages when nobody is left.
///
/// # Errors
/// When the database fails.
pub async fn leave(
    conn: &mut Connection,
    conversation: ConversationId,
    user: UserId,
) -> QueryResult<()> {
    const LOCK: &str = "SELECT id FROM messaging.conversations WHERE id = ? FOR UPDATE";
    const LEAVE: &str = "WITH gone AS (
             DELETE FROM messaging.members WHERE conversation_id = ? AND user_id = ? RETURNING user_id
         )
         UPDATE messaging.conversations c
         SET member_count = c.member_count - 1, first_user_id = nullif(c.first_user_id, gone.user_id),
             second_user_id = nullif(c.second_user_id, gone.user_id), created_by = nullif(c.created_by, gone.user_id)
         FROM gone WHERE c.id = ?";
    const REMOVE: &str = "DELETE FROM messaging.conversations WHERE id = ? AND member_count = 0";
    let id = Bound::Id(conversation.as_uuid());
    Statement::<()>::new(LOCK, vec![id]).execute(conn).await?;
    let values = vec![id, Bound::Id(user.as_uuid()), id];
    Statement::<()>::new(LEAVE, values).execute(conn).await?;
    Statement::<()>::new(REMOVE, vec![id]).execute(conn).await?;
    Ok(())
}

/// What is done with the other rows of a person, some at a time. Values: the person, how many.
const TRACES: [&str; 6] = [
    // What somebody said stays with those to whom it was said.
    "UPDATE messaging.messages SET sender_id = NULL WHERE id IN (SELECT id FROM messaging.messages WHERE sender_id = ? ORDER BY id LIMIT ?)",
    "DELETE FROM messaging.notifications WHERE id IN (
         SELECT id FROM messaging.notifications WHERE user_id = ? ORDER BY created_at DESC, id DESC LIMIT ?)",
    "UPDATE messaging.notifications SET actor_id = NULL WHERE id IN (SELECT id FROM messaging.notifications WHERE actor_id = ? LIMIT ?)",
    "DELETE FROM messaging.blocks WHERE (blocker_id, blocked_id) IN (
         SELECT blocker_id, blocked_id FROM messaging.blocks WHERE blocker_id = ? LIMIT ?)",
    "DELETE FROM messaging.blocks WHERE (blocker_id, blocked_id) IN (
         SELECT blocker_id, blocked_id FROM messaging.blocks WHERE blocked_id = ? LIMIT ?)",
    "DELETE FROM messaging.registrations WHERE (event_id, user_id) IN (
         SELECT event_id, user_id FROM messaging.registrations WHERE user_id = ? LIMIT ?)",
];

/// Removes some traces of a person beside the memberships, and returns how many.
///
/// # Errors
/// When the database fails.
pub async fn forget_some(conn: &mut Connection, user: UserId, most: i64) -> QueryResult<usize> {
    let mut forgotten = 0;
    for trace in TRACES {
        let values = vec![Bound::Id(user.as_uuid()), Bound::Number(most)];
        forgotten += Statement::<()>::new(trace, values).execute(conn).await?;
    }
    Ok(forgotten)
}
