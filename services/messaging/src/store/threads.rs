//! Threads: who takes part in them, and how far each has read.

use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryResult};
use diesel_async::RunQueryDsl;
use oruma_ids::{ConversationId, MessageId, UserId};
use oruma_postgres::{Bound, Connection, Statement};
use uuid::Uuid;

/// The message that began the thread of a message, which may be itself; `None` when there is no such message.
///
/// # Errors
/// When the database fails.
pub async fn root_of(conn: &mut Connection, message: MessageId) -> QueryResult<Option<MessageId>> {
    const ROOT: &str = "SELECT coalesce(parent_id, id) FROM messaging.messages WHERE id = ? AND deleted_at IS NULL";
    let root: Option<Uuid> = Statement::<SqlUuid>::new(ROOT, vec![Bound::Id(message.as_uuid())])
        .get_result(conn)
        .await
        .optional()?;
    Ok(root.map(MessageId::from_uuid))
}

/// Counts a message that was just stored in a thread of a conversation whose lock is held; false when there is no such thread in it. In a channel, who began
/// the thread and who writes in it follow it from then on.
///
/// # Errors
/// When the database fails.
pub async fn count_reply(
    conn: &mut Connection,
    conversation: ConversationId,
    root: MessageId,
    (author, sequence): (UserId, i64),
) -> QueryResult<bool> {
    const COUNT: &str = "UPDATE messaging.messages SET reply_count = reply_count + 1
         WHERE id = ? AND conversation_id = ? AND parent_id IS NULL AND deleted_at IS NULL";
    // Whoever began the thread follows it if they still take part; who writes has not read what came before, if they had not.
    const FOLLOW: &str = "INSERT INTO messaging.thread_members AS t (conversation_id, root_id, user_id, read_sequence, is_unread)
         SELECT c.id, root.id, m.user_id, ?, false FROM messaging.conversations c
         JOIN messaging.messages root ON root.id = ?
         JOIN messaging.members m ON m.conversation_id = c.id AND m.user_id IN (root.sender_id, ?)
         WHERE c.id = ? AND c.kind = 'channel' ORDER BY m.user_id
         ON CONFLICT (root_id, user_id) DO NOTHING";
    const TELL: &str = "UPDATE messaging.thread_members SET is_unread = true WHERE root_id = ? AND user_id <> ? AND NOT is_unread";
    let (root, author) = (Bound::Id(root.as_uuid()), Bound::Id(author.as_uuid()));
    let conversation = Bound::Id(conversation.as_uuid());
    let counted = Statement::<()>::new(COUNT, vec![root, conversation])
        .execute(conn)
        .await?;
    if counted == 0 {
        return Ok(false);
    }
    // All before this message is no news to somebody who begins to follow the thread with it.
    let values = vec![Bound::Number(sequence - 1), root, author, conversation];
    Statement::<()>::new(FOLLOW, values).execute(conn).await?;
    Statement::<()>::new(TELL, vec![root, author])
        .execute(conn)
        .await?;
    Ok(true)
}

/// Notes that somebody has read a thread of a channel up to its last message.
///
/// # Errors
/// When the database fails.
pub async fn read(
    conn: &mut Connection,
    root: MessageId,
    reader: UserId,
    sequence: i64,
) -> QueryResult<()> {
    // What came since stays new.
    const READ: &str = "UPDATE messaging.thread_members t SET read_sequence = greatest(t.read_sequence, ?),
                is_unread = EXISTS (SELECT 1 FROM messaging.messages r WHERE r.parent_id = t.root_id AND r.sequence > ? AND r.deleted_at IS NULL)
         WHERE t.root_id = ? AND t.user_id = ? AND t.is_unread";
    let sequence = Bound::Number(sequence);
    let values = vec![
        sequence,
        sequence,
        Bound::Id(root.as_uuid()),
        Bound::Id(reader.as_uuid()),
    ];
    Statement::<()>::new(READ, values).execute(conn).await?;
    Ok(())
}

/// Notes that somebody has read all threads of a conversation whose lock is held.
///
/// # Errors
/// When the database fails.
pub async fn read_all(
    conn: &mut Connection,
    conversation: ConversationId,
    reader: UserId,
) -> QueryResult<usize> {
    const READ: &str = "UPDATE messaging.thread_members t SET read_sequence = c.last_sequence, is_unread = false FROM messaging.conversations c
         WHERE t.conversation_id = ? AND t.user_id = ? AND t.is_unread AND c.id = t.conversation_id";
    let values = vec![
        Bound::Id(conversation.as_uuid()),
        Bound::Id(reader.as_uuid()),
    ];
    Statement::<()>::new(READ, values).execute(conn).await
}

/// How far somebody may be said to have read a conversation that lists its threads, who has read one of them: up to the last message of it before the first
/// message of somebody else that is not in it and was not read. `None` when that is nothing new.
///
/// # Errors
/// When the database fails.
pub async fn read_in_list(
    conn: &mut Connection,
    conversation: ConversationId,
    root: MessageId,
    reader: UserId,
) -> QueryResult<Option<i64>> {
    const READ: &str = "SELECT max(r.sequence) FROM messaging.members me
         JOIN messaging.messages r ON (r.id = ? OR r.parent_id = ?) AND r.sequence > me.read_sequence AND r.deleted_at IS NULL
              AND r.sender_id IS DISTINCT FROM me.user_id
         WHERE me.conversation_id = ? AND me.user_id = ? AND NOT EXISTS (
             SELECT 1 FROM messaging.messages n WHERE n.conversation_id = me.conversation_id AND n.sequence > me.read_sequence AND n.sequence < r.sequence
               AND n.sender_id IS DISTINCT FROM me.user_id AND n.deleted_at IS NULL AND n.id <> r.id
               AND coalesce(n.parent_id, n.id) <> coalesce(r.parent_id, r.id))";
    let root = Bound::Id(root.as_uuid());
    let values = vec![
        root,
        root,
        Bound::Id(conversation.as_uuid()),
        Bound::Id(reader.as_uuid()),
    ];
    let read: Option<i64> = Statement::<diesel::sql_types::Nullable<BigInt>>::new(READ, values)
        .get_result(conn)
        .await?;
    Ok(read)
}

/// Those who had written in a thread before a place, with whoever began it.
///
/// # Errors
/// When the database fails.
pub async fn writers(
    conn: &mut Connection,
    root: MessageId,
    before: i64,
    most: i64,
) -> QueryResult<Vec<UserId>> {
    const WRITERS: &str = "SELECT DISTINCT sender_id FROM messaging.messages
         WHERE (id = ? OR parent_id = ?) AND sequence < ? AND sender_id IS NOT NULL AND deleted_at IS NULL LIMIT ?";
    let root = Bound::Id(root.as_uuid());
    let values = vec![root, root, Bound::Number(before), Bound::Number(most)];
    let ids: Vec<Uuid> = Statement::<SqlUuid>::new(WRITERS, values)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(UserId::from_uuid).collect())
}
