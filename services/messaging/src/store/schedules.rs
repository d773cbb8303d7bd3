//! Messages that wait for their time.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_ids::{ConversationId, MessageId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use uuid::Uuid;

/// A message that waits for its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// The id that it keeps when it is sent.
    pub id: MessageId,
    /// Who writes it.
    pub sender: UserId,
    /// Where it goes.
    pub conversation: ConversationId,
    /// The message that began the thread to which it belongs.
    pub parent: Option<MessageId>,
    /// The text.
    pub content: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it is to be sent.
    pub scheduled_for: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct ScheduledRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    sender_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    conversation_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    parent_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    content: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    scheduled_for: DateTime<Utc>,
}

impl From<ScheduledRow> for Scheduled {
    fn from(row: ScheduledRow) -> Self {
        Self {
            id: MessageId::from_uuid(row.id),
            sender: UserId::from_uuid(row.sender_id),
            conversation: ConversationId::from_uuid(row.conversation_id),
            parent: row.parent_id.map(MessageId::from_uuid),
            content: row.content,
            created_at: row.created_at,
            scheduled_for: row.scheduled_for,
        }
    }
}

/// Stores a message that waits; false when so many of its sender wait already.
///
/// # Errors
/// When the database fails.
pub async fn insert(conn: &mut Connection, new: &Scheduled, most: i64) -> QueryResult<bool> {
    const INSERT: &str = "INSERT INTO messaging.scheduled_messages (id, sender_id, conversation_id, parent_id, content, created_at, scheduled_for)
         SELECT ?, ?, ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM messaging.scheduled_messages WHERE sender_id = ?) < ?";
    let sender = Bound::Id(new.sender.as_uuid());
    let values = vec![
        Bound::Id(new.id.as_uuid()),
        sender,
        Bound::Id(new.conversation.as_uuid()),
        Bound::MaybeId(new.parent.map(MessageId::as_uuid)),
        Bound::Text(&new.content),
        Bound::Time(new.created_at),
        Bound::Time(new.scheduled_for),
        sender,
        Bound::Number(most),
    ];
    Ok(Statement::<()>::new(INSERT, values).execute(conn).await? > 0)
}

/// Takes the message out that has been due for the longest, but for some; `None` when there is none that nobody else is just sending. It is gone when the
/// transaction commits, and is taken again otherwise.
///
/// # Errors
/// When the database fails.
pub async fn take_due(
    conn: &mut Connection,
    now: DateTime<Utc>,
    without: &[Uuid],
) -> QueryResult<Option<Scheduled>> {
    const TAKE: &str = "DELETE FROM messaging.scheduled_messages WHERE id = (
             SELECT id FROM messaging.scheduled_messages WHERE scheduled_for <= ? AND id <> ALL (?) ORDER BY scheduled_for, id LIMIT 1
             FOR UPDATE SKIP LOCKED)
         RETURNING id, sender_id, conversation_id, parent_id, content, created_at, scheduled_for";
    let values = vec![Bound::Time(now), Bound::Ids(without)];
    let row: Option<ScheduledRow> = Statement::<Untyped>::new(TAKE, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(Scheduled::from))
}

/// When the next message is due; `None` when none waits.
///
/// # Errors
/// When the database fails.
pub async fn next_due(conn: &mut Connection) -> QueryResult<Option<DateTime<Utc>>> {
    const NEXT: &str = "SELECT min(scheduled_for) FROM messaging.scheduled_messages";
    Statement::<Nullable<Timestamptz>>::new(NEXT, Vec::new())
        .get_result(conn)
        .await
}
