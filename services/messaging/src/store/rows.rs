//! How rows become conversations and messages.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use oruma_ids::{ConversationId, MessageId, UserId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::domain::attachment::Attachment;
use crate::domain::channel::MemberRole;
use crate::domain::conversation::{Conversation, ConversationKind};
use crate::domain::message::{Message, MessageKind, Progress, Standing};
use crate::domain::preview::LinkPreview;
use crate::domain::reaction::Reaction;

/// The columns of a conversation with those of the viewer's membership, which are null for strangers. To be followed by the joins of
/// [`viewed!`] and conditions. Value, by [`viewed!`]: the viewer.
macro_rules! conversation_columns {
    () => {
        "c.*, me.user_id, me.role, me.delivered_sequence, me.read_sequence"
    };
}

/// A conversation by its own table, with the viewer's membership. Value: the viewer.
macro_rules! viewed {
    () => {
        "messaging.conversations c LEFT JOIN messaging.members me ON me.conversation_id = c.id AND me.user_id = ?"
    };
}

/// The columns of a [`StandingRow`], of a conversation `c` with [`conversation_columns!`], and of `others`.
macro_rules! standing_columns {
    () => {
        "c.id AS conversation_id, c.kind AS conversation_kind, c.user_id IS NOT NULL AS takes_part, c.role AS my_role, \
         CASE WHEN c.first_user_id = c.user_id THEN c.second_user_id ELSE c.first_user_id END AS peer_id, \
         coalesce(c.delivered_sequence, 0) AS my_delivered, coalesce(c.read_sequence, 0) AS my_read, \
         coalesce(others.delivered, 0) AS their_delivered, coalesce(others.read, 0) AS their_read"
    };
}

/// How far all members of `c` but the viewer have come, as `others`. Channels are too large to ask each time: nobody is told there who has read what.
macro_rules! others {
    () => {
        " CROSS JOIN LATERAL (
             SELECT min(o.delivered_sequence) AS delivered, min(o.read_sequence) AS read FROM messaging.members o
             WHERE c.kind IN ('direct', 'group') AND o.conversation_id = c.id AND o.user_id <> c.user_id
         ) AS others "
    };
}

/// The columns of a [`MessageRow`], from `messaging.messages` as `m`.
macro_rules! message_columns {
    () => {
        "m.id AS message_id, m.number AS message_number, m.sequence, m.sender_id, m.content, m.kind AS message_kind, m.created_at AS sent_at, \
         m.parent_id, m.reply_count, m.edited_at, m.pinned_at IS NOT NULL AS is_pinned, m.preview::text AS preview, \
         CASE WHEN m.file_count > 0 THEN (SELECT json_agg(f ORDER BY f.position) FROM messaging.attachments f WHERE f.message_id = m.id)::text END \
             AS attachments, \
         CASE WHEN m.reaction_count > 0 THEN (SELECT json_agg(r ORDER BY r.created_at, r.user_id) FROM messaging.reactions r WHERE r.message_id = m.id)::text END \
             AS reactions"
    };
}

/// How many messages of others somebody has not read who has read up to `$read`. Those of threads are in the list of a conversation, but for channels,
/// where they count for those who take part in the thread.
macro_rules! unread_of {
    ($conversation:literal, $kind:literal, $user:literal, $read:literal) => {
        concat!(
            "((SELECT count(*) FROM messaging.messages u WHERE u.conversation_id = ", $conversation, " AND u.sequence > ", $read, "
               AND u.sender_id IS DISTINCT FROM ", $user, " AND u.deleted_at IS NULL AND (", $kind, " <> 'channel' OR u.parent_id IS NULL))
              + (SELECT count(*) FROM messaging.thread_members t
                 JOIN messaging.messages r ON r.parent_id = t.root_id AND r.sequence > t.read_sequence
                 WHERE t.conversation_id = ", $conversation, " AND t.user_id = ", $user, " AND t.is_unread
                   AND r.sender_id IS DISTINCT FROM t.user_id AND r.deleted_at IS NULL))"
        )
    };
}

/// How many messages of others the viewer of `c` has not read.
macro_rules! unread {
    () => {
        $crate::store::rows::unread_of!("c.id", "c.kind", "c.user_id", "c.read_sequence")
    };
}

/// Whether the message `n` is in the list of its conversation `c`: in channels, threads have lists of their own.
macro_rules! is_listed {
    () => {
        "(c.kind <> 'channel' OR n.parent_id IS NULL)"
    };
}

pub(super) use {
    conversation_columns, is_listed, message_columns, others, standing_columns, unread, unread_of,
    viewed,
};

/// A conversation that was found, and what of it the viewer may see.
#[derive(Debug)]
pub enum Found<T> {
    /// The viewer takes part.
    Seen(T),
    /// It is one of others.
    Foreign,
}

#[derive(QueryableByName)]
pub(super) struct StandingRow {
    #[diesel(sql_type = SqlUuid)]
    conversation_id: Uuid,
    #[diesel(sql_type = Text)]
    conversation_kind: String,
    #[diesel(sql_type = Bool)]
    pub(super) takes_part: bool,
    #[diesel(sql_type = Nullable<Text>)]
    my_role: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    peer_id: Option<Uuid>,
    #[diesel(sql_type = BigInt)]
    my_delivered: i64,
    #[diesel(sql_type = BigInt)]
    my_read: i64,
    #[diesel(sql_type = BigInt)]
    their_delivered: i64,
    #[diesel(sql_type = BigInt)]
    their_read: i64,
}

/// A message, or nothing where there is none.
#[derive(QueryableByName)]
pub(super) struct MessageRow {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    message_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<BigInt>)]
    message_number: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    sequence: Option<i64>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    sender_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    content: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    message_kind: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    sent_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    parent_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<BigInt>)]
    reply_count: Option<i64>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    edited_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Bool)]
    is_pinned: bool,
    #[diesel(sql_type = Nullable<Text>)]
    preview: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    attachments: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    reactions: Option<String>,
}

#[derive(Deserialize)]
struct AttachmentJson {
    file_id: Uuid,
    name: String,
    path: String,
    thumbnail_path: String,
    content_type: String,
    size_bytes: i64,
}

#[derive(Deserialize)]
struct ReactionJson {
    user_id: Uuid,
    emoji: String,
    created_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct PreviewJson {
    url: String,
    title: String,
    description: String,
    image_url: String,
}

/// What the database wrote as JSON; nothing where there is nothing.
fn of_json<T: DeserializeOwned>(json: Option<&str>) -> Option<T> {
    serde_json::from_str(json?).ok()
}

impl From<AttachmentJson> for Attachment {
    fn from(json: AttachmentJson) -> Self {
        Self {
            file: json.file_id,
            name: json.name,
            path: json.path,
            thumbnail_path: json.thumbnail_path,
            content_type: json.content_type,
            size_bytes: json.size_bytes,
        }
    }
}

impl From<ReactionJson> for Reaction {
    fn from(json: ReactionJson) -> Self {
        Self {
            user: UserId::from_uuid(json.user_id),
            emoji: json.emoji,
            created_at: json.created_at,
        }
    }
}

impl From<PreviewJson> for LinkPreview {
    fn from(json: PreviewJson) -> Self {
        Self {
            url: json.url,
            title: json.title,
            description: json.description,
            image_url: json.image_url,
        }
    }
}

/// What stands behind a link, as the database wrote it.
pub(super) fn preview_of_json(json: Option<&str>) -> Option<LinkPreview> {
    of_json::<PreviewJson>(json).map(Into::into)
}

fn all<J: Into<T>, T>(json: Option<Vec<J>>) -> Vec<T> {
    json.into_iter().flatten().map(Into::into).collect()
}

#[derive(QueryableByName)]
pub(super) struct SeenMessageRow {
    #[diesel(embed)]
    pub(super) standing: StandingRow,
    #[diesel(embed)]
    message: MessageRow,
}

#[derive(QueryableByName)]
pub(super) struct ConversationRow {
    #[diesel(embed)]
    pub(super) seen: SeenMessageRow,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = BigInt)]
    member_count: i64,
    #[diesel(sql_type = Array<SqlUuid>)]
    member_ids: Vec<Uuid>,
    #[diesel(sql_type = BigInt)]
    unread_count: i64,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    activity_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
}

impl StandingRow {
    pub(super) fn conversation(&self) -> ConversationId {
        ConversationId::from_uuid(self.conversation_id)
    }

    /// What the viewer may do; `None` for strangers.
    pub(super) fn role(&self) -> Option<MemberRole> {
        self.my_role.as_deref().map(MemberRole::from_name)
    }

    pub(super) fn standing(&self, viewer: UserId) -> Standing {
        Standing {
            kind: kind(&self.conversation_kind),
            viewer,
            peer: self.peer_id.map(UserId::from_uuid),
            mine: Progress {
                delivered: self.my_delivered,
                read: self.my_read,
            },
            theirs: Progress {
                delivered: self.their_delivered,
                read: self.their_read,
            },
        }
    }
}

impl SeenMessageRow {
    /// The message as the viewer sees it; `None` where there is none.
    pub(super) fn message(self, viewer: UserId) -> Option<Message> {
        let standing = self.standing.standing(viewer);
        let row = self.message;
        let sequence = row.sequence?;
        let sender = row.sender_id.map(UserId::from_uuid);
        Some(Message {
            id: MessageId::from_uuid(row.message_id?),
            number: row.message_number?,
            conversation: ConversationId::from_uuid(self.standing.conversation_id),
            sequence,
            sender,
            receiver: standing.receiver(sender),
            content: row.content?,
            // The schema allows no other kind.
            kind: MessageKind::from_name(&row.message_kind?).unwrap_or(MessageKind::Text),
            status: standing.status(sender, sequence),
            created_at: row.sent_at?,
            parent: row.parent_id.map(MessageId::from_uuid),
            reply_count: row.reply_count?,
            edited_at: row.edited_at,
            is_pinned: row.is_pinned,
            attachments: all::<AttachmentJson, _>(of_json(row.attachments.as_deref())),
            reactions: all::<ReactionJson, _>(of_json(row.reactions.as_deref())),
            preview: preview_of_json(row.preview.as_deref()),
            scheduled_for: None,
        })
    }
}

impl ConversationRow {
    pub(super) fn conversation(self, viewer: UserId) -> Conversation {
        let kind = kind(&self.seen.standing.conversation_kind);
        let mut members: Vec<UserId> = self.member_ids.into_iter().map(UserId::from_uuid).collect();
        if kind == ConversationKind::Direct {
            members.sort_by_key(|member| *member != viewer);
        }
        Conversation {
            id: ConversationId::from_uuid(self.seen.standing.conversation_id),
            number: self.number,
            kind,
            members,
            member_count: self.member_count,
            last_message: self.seen.message(viewer),
            unread_count: self.unread_count,
            created_at: self.created_at,
            activity_at: self.activity_at,
            name: self.name.unwrap_or_default(),
        }
    }
}

/// The schema allows no other kind.
pub(super) fn kind(name: &str) -> ConversationKind {
    ConversationKind::from_name(name).unwrap_or(ConversationKind::Direct)
}
