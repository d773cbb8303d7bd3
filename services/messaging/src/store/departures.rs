//! Removing the traces of a person.

use diesel::sql_types::{Bool, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryResult};
use diesel_async::RunQueryDsl;
use oruma_ids::{ConversationId, UserId};
use oruma_postgres::{Bound, Connection, Statement};
use uuid::Uuid;

use super::rows::kind;
use crate::domain::conversation::ConversationKind;

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

/// Ends a person's membership, and tells what the conversation is; `None` when they took no part. A conversation in which nobody is left goes with its
/// messages, but a channel is closed: see [`is_empty_channel`].
///
/// # Errors
/// When the database fails.
pub async fn leave(
    conn: &mut Connection,
    conversation: ConversationId,
    user: UserId,
) -> QueryResult<Option<ConversationKind>> {
    const LOCK: &str = "SELECT id FROM messaging.conversations WHERE id = ? FOR UPDATE";
    const LEAVE: &str = "WITH gone AS (
             DELETE FROM messaging.members WHERE conversation_id = ? AND user_id = ? RETURNING user_id
         )
         UPDATE messaging.conversations c
         SET member_count = c.member_count - 1, first_user_id = nullif(c.first_user_id, gone.user_id),
             second_user_id = nullif(c.second_user_id, gone.user_id), created_by = nullif(c.created_by, gone.user_id)
         FROM gone WHERE c.id = ? RETURNING c.kind";
    const FILES: &str = "DELETE FROM messaging.attachments f USING messaging.messages m, messaging.conversations c
         WHERE f.message_id = m.id AND m.conversation_id = c.id AND c.id = ? AND c.member_count = 0 AND c.kind <> 'channel'";
    const REMOVE: &str = "DELETE FROM messaging.conversations WHERE id = ? AND member_count = 0 AND kind <> 'channel'";
    let id = Bound::Id(conversation.as_uuid());
    Statement::<()>::new(LOCK, vec![id]).execute(conn).await?;
    let values = vec![id, Bound::Id(user.as_uuid()), id];
    let left: Option<String> = Statement::<Text>::new(LEAVE, values)
        .get_result(conn)
        .await
        .optional()?;
    Statement::<()>::new(FILES, vec![id]).execute(conn).await?;
    Statement::<()>::new(REMOVE, vec![id]).execute(conn).await?;
    Ok(left.as_deref().map(kind))
}

/// Whether a channel that is there has no member left.
///
/// # Errors
/// When the database fails.
pub async fn is_empty_channel(
    conn: &mut Connection,
    conversation: ConversationId,
) -> QueryResult<bool> {
    const EMPTY: &str = "SELECT EXISTS (SELECT 1 FROM messaging.conversations WHERE id = ? AND kind = 'channel' AND member_count = 0 AND deleted_at IS NULL)";
    let values = vec![Bound::Id(conversation.as_uuid())];
    Statement::<Bool>::new(EMPTY, values).get_result(conn).await
}

/// What is done with the other rows of a person, some at a time. Values: the person, how many.
const TRACES: [&str; 14] = [
    "DELETE FROM messaging.notification_settings WHERE user_id IN (SELECT user_id FROM messaging.notification_settings WHERE user_id = ? LIMIT ?)",
    "DELETE FROM messaging.conversation_settings WHERE (user_id, conversation_id) IN (
         SELECT user_id, conversation_id FROM messaging.conversation_settings WHERE user_id = ? LIMIT ?)",
    "WITH gone AS (
         DELETE FROM messaging.scheduled_messages WHERE id IN (SELECT id FROM messaging.scheduled_messages WHERE sender_id = ? LIMIT ?) RETURNING id
     ), files AS (
         DELETE FROM messaging.attachments WHERE message_id IN (SELECT id FROM gone)
     )
     SELECT id FROM gone",
    // Media removes the files; here their names go. In the order of the messages, so that none loses its sender before.
    "WITH gone AS (
         DELETE FROM messaging.attachments WHERE message_id IN (
             SELECT id FROM messaging.messages WHERE sender_id = ? AND file_count > 0 ORDER BY id LIMIT ?) RETURNING message_id
     )
     UPDATE messaging.messages SET file_count = 0 WHERE id IN (SELECT message_id FROM gone)",
    "WITH gone AS (
         DELETE FROM messaging.reactions r USING (
             SELECT message_id, user_id FROM messaging.reactions WHERE user_id = ? LIMIT ?) AS own
         WHERE r.message_id = own.message_id AND r.user_id = own.user_id RETURNING r.message_id
     )
     UPDATE messaging.messages m SET reaction_count = m.reaction_count - 1 FROM gone WHERE m.id = gone.message_id",
    "DELETE FROM messaging.thread_members WHERE (root_id, user_id) IN (
         SELECT root_id, user_id FROM messaging.thread_members WHERE user_id = ? LIMIT ?)",
    "UPDATE messaging.conversations SET created_by = NULL WHERE id IN (SELECT id FROM messaging.conversations WHERE created_by = ? LIMIT ?)",
    "UPDATE messaging.messages SET deleted_by = NULL WHERE id IN (SELECT id FROM messaging.messages WHERE deleted_by = ? LIMIT ?)",
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
