//! Messages.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_ids::{ConversationId, MessageId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::blocks::blocked;
use super::rows::{
    Found, SeenMessageRow, conversation_columns, is_listed, kind, message_columns, others,
    standing_columns, viewed,
};
use crate::domain::attachment::Attachment;
use crate::domain::channel::MemberRole;
use crate::domain::conversation::{ConversationKind, Pair};
use crate::domain::message::{Message, MessageKind, MessageStatus};

/// Stores a message in the conversation that `$of` names, if the sender may write there: one statement takes the next place under the lock
/// of the conversation, which the transaction keeps. Values: now, of `$of`, the sender, the message's id, the sender, the text, now, the thread, how many files.
macro_rules! append {
    ($of:literal) => {
        concat!(
            "WITH c AS (
                 UPDATE messaging.conversations c SET last_sequence = c.last_sequence + 1, activity_at = greatest(c.activity_at, ?)
                 WHERE ", $of, " AND c.deleted_at IS NULL AND EXISTS (SELECT 1 FROM messaging.members me WHERE me.conversation_id = c.id AND me.user_id = ?)
                   AND (c.kind <> 'direct' OR (c.first_user_id IS NOT NULL AND c.second_user_id IS NOT NULL))
                   AND NOT ", blocked!("c.first_user_id", "c.second_user_id"), "
                 RETURNING c.id, c.kind, c.first_user_id, c.second_user_id, c.last_sequence
             ), m AS (
                 INSERT INTO messaging.messages (id, conversation_id, sequence, sender_id, kind, content, created_at, parent_id, file_count)
                 SELECT ?, c.id, c.last_sequence, ?, 'text', ?, ?, ?, ? FROM c RETURNING number, sender_id
             )
             SELECT c.id AS conversation_id, c.kind AS conversation_kind, c.last_sequence AS sequence, m.number,
                    CASE WHEN c.first_user_id = m.sender_id THEN c.second_user_id ELSE c.first_user_id END AS peer_id
             FROM c CROSS JOIN m"
        )
    };
}

const APPEND: &str =
    append!("c.id = ? AND (?::uuid IS NULL OR ?::uuid IN (c.first_user_id, c.second_user_id))");
const APPEND_DIRECT: &str = append!("c.first_user_id = ? AND c.second_user_id = ?");

const REFUSAL: &str = concat!(
    "SELECT me.user_id IS NOT NULL AS takes_part,
            (?::uuid IS NULL OR coalesce(?::uuid IN (c.first_user_id, c.second_user_id), false)) AS fits,
            (c.kind = 'direct' AND (c.first_user_id IS NULL OR c.second_user_id IS NULL)) AS left_alone,
            ",
    blocked!("c.first_user_id", "c.second_user_id"),
    " AS is_blocked FROM ",
    viewed!(),
    " WHERE c.id = ? AND c.deleted_at IS NULL"
);

const FIND: &str = concat!(
    "SELECT ",
    standing_columns!(),
    ", ",
    message_columns!(),
    " FROM messaging.messages m CROSS JOIN LATERAL (SELECT ",
    conversation_columns!(),
    " FROM ",
    viewed!(),
    " WHERE c.id = m.conversation_id) AS c ",
    others!(),
    " WHERE m.id = ? AND m.deleted_at IS NULL"
);

/// A page of a conversation beside `$beside`, in `$order` from there.
macro_rules! list {
    ($beside:literal, $order:literal) => {
        concat!(
            "SELECT ",
            standing_columns!(),
            ", ",
            message_columns!(),
            " FROM (SELECT ",
            conversation_columns!(),
            " FROM ",
            viewed!(),
            " WHERE c.id = ? AND c.deleted_at IS NULL) AS c ",
            others!(),
            " LEFT JOIN LATERAL (
                 SELECT * FROM messaging.messages n
                 WHERE n.conversation_id = c.id AND c.user_id IS NOT NULL AND n.deleted_at IS NULL AND ",
            is_listed!(),
            " AND n.sequence ",
            $beside,
            " ? ORDER BY n.sequence ",
            $order,
            " LIMIT ?
             ) AS m ON true
             ORDER BY m.sequence ",
            $order
        )
    };
}

const LIST: &str = list!("<", "DESC");
const LIST_AFTER: &str = list!(">", "ASC");

const THREAD: &str = concat!(
    "SELECT ",
    standing_columns!(),
    ", ",
    message_columns!(),
    " FROM (SELECT ",
    conversation_columns!(),
    " FROM ",
    viewed!(),
    " WHERE c.id = ?) AS c ",
    others!(),
    " CROSS JOIN LATERAL (
         SELECT * FROM messaging.messages n WHERE n.parent_id = ? AND n.deleted_at IS NULL ORDER BY n.sequence DESC LIMIT ?
     ) AS m ORDER BY m.sequence"
);

/// Texts of the conversation itself take the next places, in their order. Values: how many, now, the conversation, the ids, the texts, how many, who acted, now.
const APPEND_SYSTEM: &str = "WITH c AS (
         UPDATE messaging.conversations c SET last_sequence = c.last_sequence + ?, activity_at = greatest(c.activity_at, ?) WHERE c.id = ?
         RETURNING c.id, c.kind, c.first_user_id, c.second_user_id, c.last_sequence
     )
     INSERT INTO messaging.messages (id, conversation_id, sequence, sender_id, kind, content, created_at)
     SELECT said.id, c.id, c.last_sequence - ? + said.nth, ?, 'system', said.content, ? FROM c, unnest(?, ?) WITH ORDINALITY AS said (id, content, nth)
     ORDER BY said.nth RETURNING id, number, sequence";

/// A message to be.
#[derive(Debug)]
pub struct NewMessage<'a> {
    /// The id.
    pub id: MessageId,
    /// Who writes it.
    pub sender: UserId,
    /// The text.
    pub content: &'a str,
    /// Now.
    pub created_at: DateTime<Utc>,
    /// The message that began the thread to which it belongs.
    pub parent: Option<MessageId>,
    /// The files that belong to it.
    pub attachments: &'a [Attachment],
}

/// A message that was stored, and what its conversation is.
pub type Appended = (Message, ConversationKind);

#[derive(QueryableByName)]
struct AppendedRow {
    #[diesel(sql_type = SqlUuid)]
    conversation_id: Uuid,
    #[diesel(sql_type = Text)]
    conversation_kind: String,
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    peer_id: Option<Uuid>,
}

/// Stores a message in a conversation, whose lock is kept until the end of the transaction. `None` when the sender may not write there, or
/// the receiver, where one is named, is not the other one.
///
/// # Errors
/// When the database fails.
pub async fn append(
    conn: &mut Connection,
    conversation: ConversationId,
    receiver: Option<UserId>,
    new: &NewMessage<'_>,
) -> QueryResult<Option<Appended>> {
    let receiver = Bound::MaybeId(receiver.map(UserId::as_uuid));
    let of = vec![Bound::Id(conversation.as_uuid()), receiver, receiver];
    append_to(conn, APPEND, of, new).await
}

/// Stores a message in the direct conversation of a pair, as [`append`] does. `None` also when there is none.
///
/// # Errors
/// When the database fails.
pub async fn append_direct(
    conn: &mut Connection,
    pair: Pair,
    new: &NewMessage<'_>,
) -> QueryResult<Option<Appended>> {
    let of = vec![
        Bound::Id(pair.first.as_uuid()),
        Bound::Id(pair.second.as_uuid()),
    ];
    append_to(conn, APPEND_DIRECT, of, new).await
}

async fn append_to(
    conn: &mut Connection,
    sql: &'static str,
    of: Vec<Bound<'_>>,
    new: &NewMessage<'_>,
) -> QueryResult<Option<Appended>> {
    let sender = Bound::Id(new.sender.as_uuid());
    let mut values = vec![Bound::Time(new.created_at)];
    values.extend(of);
    values.extend([
        sender,
        Bound::Id(new.id.as_uuid()),
        sender,
        Bound::Text(new.content),
        Bound::Time(new.created_at),
        Bound::MaybeId(new.parent.map(MessageId::as_uuid)),
        Bound::Number(i64::try_from(new.attachments.len()).unwrap_or(i64::MAX)),
    ]);
    let row: Option<AppendedRow> = Statement::<Untyped>::new(sql, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(|row| row.appended(new)))
}

impl AppendedRow {
    fn appended(self, new: &NewMessage<'_>) -> Appended {
        let message = Message {
            id: new.id,
            number: self.number,
            conversation: ConversationId::from_uuid(self.conversation_id),
            sequence: self.sequence,
            sender: Some(new.sender),
            receiver: self.peer_id.map(UserId::from_uuid),
            content: new.content.to_owned(),
            kind: MessageKind::Text,
            status: MessageStatus::Sent,
            created_at: new.created_at,
            parent: new.parent,
            reply_count: 0,
            edited_at: None,
            is_pinned: false,
            attachments: new.attachments.to_vec(),
            reactions: Vec::new(),
            preview: None,
            scheduled_for: None,
        };
        (message, kind(&self.conversation_kind))
    }
}

/// Stores what the conversation itself says, on behalf of somebody, and returns the messages in their order. The lock of the conversation is kept until the
/// end of the transaction. In a direct conversation they have no receiver here: their readers know each other.
///
/// # Errors
/// When the database fails.
pub async fn append_system(
    conn: &mut Connection,
    conversation: ConversationId,
    actor: UserId,
    said: &[(MessageId, String)],
    now: DateTime<Utc>,
) -> QueryResult<Vec<Message>> {
    let ids: Vec<Uuid> = said.iter().map(|(id, _)| id.as_uuid()).collect();
    let texts: Vec<String> = said.iter().map(|(_, text)| text.clone()).collect();
    let number = Bound::Number(i64::try_from(said.len()).unwrap_or(i64::MAX));
    let values = vec![
        number,
        Bound::Time(now),
        Bound::Id(conversation.as_uuid()),
        number,
        Bound::Id(actor.as_uuid()),
        Bound::Time(now),
        Bound::Ids(&ids),
        Bound::Texts(&texts),
    ];
    let mut rows: Vec<(Uuid, i64, i64)> =
        Statement::<(SqlUuid, BigInt, BigInt)>::new(APPEND_SYSTEM, values)
            .load(conn)
            .await?;
    rows.sort_by_key(|(_, _, sequence)| *sequence);
    let stored = rows.into_iter().zip(texts);
    Ok(stored
        .map(|((id, number, sequence), content)| Message {
            id: MessageId::from_uuid(id),
            number,
            conversation,
            sequence,
            sender: Some(actor),
            receiver: None,
            content,
            kind: MessageKind::System,
            status: MessageStatus::Sent,
            created_at: now,
            parent: None,
            reply_count: 0,
            edited_at: None,
            is_pinned: false,
            attachments: Vec::new(),
            reactions: Vec::new(),
            preview: None,
            scheduled_for: None,
        })
        .collect())
}

/// What stands against writing in a conversation.
#[derive(Debug, QueryableByName)]
pub struct Refusal {
    /// Whether the sender takes part.
    #[diesel(sql_type = Bool)]
    pub takes_part: bool,
    /// Whether the receiver, where one is named, takes part in it as a direct conversation.
    #[diesel(sql_type = Bool)]
    pub fits: bool,
    /// Whether the account of the other one is gone.
    #[diesel(sql_type = Bool)]
    pub left_alone: bool,
    /// Whether one of the two has blocked the other.
    #[diesel(sql_type = Bool)]
    pub is_blocked: bool,
}

/// What stands against somebody's writing in a conversation; `None` when there is no such conversation.
///
/// # Errors
/// When the database fails.
pub async fn refusal(
    conn: &mut Connection,
    conversation: ConversationId,
    receiver: Option<UserId>,
    sender: UserId,
) -> QueryResult<Option<Refusal>> {
    let receiver = Bound::MaybeId(receiver.map(UserId::as_uuid));
    let values = vec![
        receiver,
        receiver,
        Bound::Id(sender.as_uuid()),
        Bound::Id(conversation.as_uuid()),
    ];
    Statement::<Untyped>::new(REFUSAL, values)
        .get_result(conn)
        .await
        .optional()
}

/// A message as somebody sees it, with what there is to know before it is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The message.
    pub message: Message,
    /// What its conversation is.
    pub kind: ConversationKind,
    /// The two of a direct conversation, the viewer first, unless an account is gone.
    pub pair: Vec<UserId>,
    /// What the viewer may do there.
    pub role: MemberRole,
}

/// A message as somebody sees it; `None` when there is none.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Connection,
    id: MessageId,
    viewer: UserId,
) -> QueryResult<Option<Found<Looked>>> {
    let values = vec![Bound::Id(viewer.as_uuid()), Bound::Id(id.as_uuid())];
    let row: Option<SeenMessageRow> = Statement::<Untyped>::new(FIND, values)
        .get_result(conn)
        .await
        .optional()?;
    let Some(row) = row else {
        return Ok(None);
    };
    let Some(role) = row.standing.role() else {
        return Ok(Some(Found::Foreign));
    };
    let standing = row.standing.standing(viewer);
    let pair = match standing.kind {
        ConversationKind::Direct => std::iter::once(viewer).chain(standing.peer).collect(),
        _ => Vec::new(),
    };
    Ok(row.message(viewer).map(|message| {
        Found::Seen(Looked {
            message,
            kind: standing.kind,
            pair,
            role,
        })
    }))
}

/// Where a page of messages is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Before a message.
    Before(i64),
    /// After a message.
    After(i64),
}

/// The messages of a conversation next to a place, those nearest to it first, as somebody sees them; `None` when there is no such conversation.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Connection,
    conversation: ConversationId,
    viewer: UserId,
    place: Place,
    limit: i64,
) -> QueryResult<Option<Found<Vec<Message>>>> {
    let (sql, sequence) = match place {
        Place::Before(sequence) => (LIST, sequence),
        Place::After(sequence) => (LIST_AFTER, sequence),
    };
    let values = vec![
        Bound::Id(viewer.as_uuid()),
        Bound::Id(conversation.as_uuid()),
        Bound::Number(sequence),
        Bound::Number(limit),
    ];
    let rows: Vec<SeenMessageRow> = Statement::<Untyped>::new(sql, values).load(conn).await?;
    let takes_part = rows.as_slice().first().map(|row| row.standing.takes_part);
    let messages = || rows.into_iter().filter_map(|row| row.message(viewer));
    Ok(match takes_part {
        None => None,
        Some(false) => Some(Found::Foreign),
        Some(true) => Some(Found::Seen(messages().collect())),
    })
}

/// The newest messages of a thread, oldest first, as somebody sees them who takes part in the conversation.
///
/// # Errors
/// When the database fails.
pub async fn thread(
    conn: &mut Connection,
    conversation: ConversationId,
    root: MessageId,
    viewer: UserId,
    limit: i64,
) -> QueryResult<Vec<Message>> {
    let values = vec![
        Bound::Id(viewer.as_uuid()),
        Bound::Id(conversation.as_uuid()),
        Bound::Id(root.as_uuid()),
        Bound::Number(limit),
    ];
    let rows: Vec<SeenMessageRow> = Statement::<Untyped>::new(THREAD, values).load(conn).await?;
    let messages = rows.into_iter().filter_map(|row| row.message(viewer));
    Ok(messages.collect())
}

/// The place of a message in its conversation, also of one that was removed; `None` when it has no such message.
///
/// # Errors
/// When the database fails.
pub async fn place_of(
    conn: &mut Connection,
    conversation: ConversationId,
    message: MessageId,
) -> QueryResult<Option<i64>> {
    const PLACE: &str =
        "SELECT sequence FROM messaging.messages WHERE id = ? AND conversation_id = ?";
    let values = vec![
        Bound::Id(message.as_uuid()),
        Bound::Id(conversation.as_uuid()),
    ];
    Statement::<BigInt>::new(PLACE, values)
        .get_result(conn)
        .await
        .optional()
}

/// The statement of [`list`], for a look at its plan.
#[must_use]
pub const fn list_statement() -> &'static str {
    LIST
}
