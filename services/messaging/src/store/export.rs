//! What is kept of one person, for that person.

use diesel::QueryResult;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::{Bound, Connection, Statement};
use uuid::Uuid;

/// A part of an export.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Its name in the document.
    pub name: &'static str,
    /// Values: the person, the key of the last item before, how many. Gives key and JSON.
    items: &'static str,
}

/// A time as contracts write it.
macro_rules! in_utc {
    ($column:literal) => {
        concat!(
            "to_char(",
            $column,
            " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
        )
    };
}

macro_rules! section {
    ($name:literal, $items:expr) => {
        Section {
            name: $name,
            items: concat!(
                "SELECT key, (to_jsonb(item) - 'key')::text FROM (",
                $items,
                " LIMIT ?) AS item"
            ),
        }
    };
}

/// Everything. Of the messages those that the person wrote: the others are what somebody else said.
pub const SECTIONS: [Section; 6] = [
    section!(
        "conversations",
        concat!(
            "SELECT c.id AS key, c.id, c.number, c.kind, c.name, me.role,
                    ARRAY(SELECT o.user_id FROM messaging.members o WHERE o.conversation_id = c.id AND o.user_id <> me.user_id
                          ORDER BY o.user_id LIMIT 50) AS \"with\", ",
            in_utc!("me.joined_at"),
            " AS \"joinedAt\" FROM messaging.members me JOIN messaging.conversations c ON c.id = me.conversation_id
              WHERE me.user_id = ? AND me.conversation_id > ? ORDER BY me.conversation_id"
        )
    ),
    section!(
        "messages",
        concat!(
            "SELECT id AS key, id, number, conversation_id AS \"conversationId\", parent_id AS \"parentId\", sequence, content,
                    ARRAY(SELECT f.file_id FROM messaging.attachments f WHERE f.message_id = messages.id ORDER BY f.position) AS files, ",
            in_utc!("created_at"),
            " AS \"createdAt\", ",
            in_utc!("edited_at"),
            " AS \"editedAt\" FROM messaging.messages WHERE sender_id = ? AND id > ? AND deleted_at IS NULL ORDER BY id"
        )
    ),
    section!(
        "scheduledMessages",
        concat!(
            "SELECT id AS key, id, conversation_id AS \"conversationId\", content, ",
            in_utc!("scheduled_for"),
            " AS \"scheduledFor\", ",
            in_utc!("created_at"),
            " AS \"createdAt\" FROM messaging.scheduled_messages WHERE sender_id = ? AND id > ? ORDER BY id"
        )
    ),
    section!(
        "reactions",
        concat!(
            "SELECT message_id AS key, message_id AS \"messageId\", emoji, ",
            in_utc!("created_at"),
            " AS \"createdAt\" FROM messaging.reactions WHERE user_id = ? AND message_id > ? ORDER BY message_id"
        )
    ),
    section!(
        "notificationSettings",
        "SELECT user_id AS key, enabled, sound_enabled AS \"soundEnabled\", dnd_enabled AS \"doNotDisturb\", dnd_start AS \"from\", dnd_end AS \"to\",
                (SELECT coalesce(jsonb_agg(jsonb_build_object('conversationId', l.conversation_id, 'enabled', l.enabled, 'level', l.level)
                                           ORDER BY l.conversation_id), '[]')
                 FROM messaging.conversation_settings l WHERE l.user_id = s.user_id) AS conversations
         FROM messaging.notification_settings s WHERE user_id = ? AND user_id > ?"
    ),
    section!(
        "notifications",
        concat!(
            "SELECT id AS key, id, number, kind, actor_id AS \"actorId\", subject_kind AS \"subjectKind\", subject_id AS \"subjectId\", conversation_id AS \"conversationId\",
                    message_id AS \"messageId\", excerpt, ",
            in_utc!("read_at"),
            " AS \"readAt\", ",
            in_utc!("created_at"),
            " AS \"createdAt\" FROM messaging.notifications WHERE user_id = ? AND id > ? ORDER BY id"
        )
    ),
];

/// Some items of a section after a key, as JSON, and the last key.
///
/// # Errors
/// When the database fails.
pub async fn items(
    conn: &mut Connection,
    section: Section,
    user: UserId,
    after: Uuid,
    most: i64,
) -> QueryResult<(Vec<String>, Option<Uuid>)> {
    let values = vec![
        Bound::Id(user.as_uuid()),
        Bound::Id(after),
        Bound::Number(most),
    ];
    let rows: Vec<(Uuid, String)> = Statement::<(SqlUuid, Text)>::new(section.items, values)
        .load(conn)
        .await?;
    let last = rows.last().map(|(key, _)| *key);
    Ok((rows.into_iter().map(|(_, item)| item).collect(), last))
}
