//! Messages (C-193).

use oruma_proto::messaging::v1 as proto;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use super::file::file_url;
use super::reaction::MessageReaction;
use super::user::unless_empty;
use crate::faces::{Face, Faces};
use crate::times::iso;

/// A message, of a person or of the channel itself.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Message {
    /// UUID.
    id: String,
    /// UUID of the channel or direct conversation.
    channel_id: String,
    /// The text, as it was written.
    #[schema(example = "See you at **noon**, @ada")]
    content: String,
    /// UUID of who wrote it; empty when the account is gone.
    user_id: String,
    /// Who wrote it.
    user: Author,
    /// Its files.
    attachments: Vec<Attachment>,
    /// What people felt about it, oldest first; the first 500.
    reactions: Vec<MessageReaction>,
    /// How many messages its thread has.
    thread_count: i64,
    /// Whether it is pinned to its channel.
    is_pinned: bool,
    /// Whether its text was changed.
    is_edited: bool,
    /// When.
    #[schema(required)]
    edited_at: Option<String>,
    /// What stands behind its first link; null until it is known.
    #[schema(required)]
    link_preview: Option<LinkPreview>,
    /// When it is to be sent, while it waits for that.
    #[schema(required)]
    scheduled_for: Option<String>,
    /// What was spoken.
    #[schema(required)]
    voice_note: Option<VoiceNote>,
    /// When it was sent.
    #[schema(example = "2026-11-21T14:00:00.000Z")]
    created_at: String,
    /// `text` of a person; `system` of the channel itself, such as that somebody joined.
    #[schema(example = "text")]
    r#type: &'static str,
    /// The message whose thread it belongs to.
    #[schema(required)]
    parent_message_id: Option<String>,
}

/// Who wrote a message.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Author {
    /// UUID.
    id: String,
    /// The name that people see.
    name: String,
    /// Where the picture is.
    #[schema(required)]
    avatar: Option<String>,
}

/// A file of a message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Attachment {
    /// UUID.
    id: String,
    /// Its name.
    name: String,
    /// Where it is.
    url: String,
    /// Where its small picture is.
    #[schema(required)]
    thumbnail_url: Option<String>,
    /// In bytes.
    size: i64,
    /// Its MIME type, by its content.
    #[schema(example = "application/pdf")]
    r#type: String,
}

/// What stands behind a link (C-140).
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct LinkPreview {
    /// The link as it was written.
    url: String,
    title: String,
    description: String,
    /// Where its picture is; may be empty.
    image: String,
}

/// What was spoken.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct VoiceNote {
    /// Where it is.
    url: String,
    /// In seconds.
    duration: f64,
}

/// `{message}`.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct OneMessage {
    pub(in super::super) message: Message,
}

/// A page of messages (C-024).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct MessagesPage {
    pub(in super::super) messages: Vec<Message>,
    /// Whether there are more in that direction.
    pub(in super::super) has_more: bool,
}

/// A thread (C-032).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Thread {
    pub(in super::super) parent_message: Message,
    /// Oldest first; the newest 1,000.
    pub(in super::super) replies: Vec<Message>,
    /// How many replies there are.
    pub(in super::super) total: i64,
}

/// Body of `POST …/messages/send` (C-025).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct MessageRequest {
    /// 1 to 5,000 characters; may be left out beside attachments.
    #[schema(example = "See you at **noon**, @ada")]
    pub(in super::super) content: Option<String>,
    /// UUIDs of one's own uploads, at most 10.
    pub(in super::super) attachments: Option<Vec<String>>,
    /// ISO 8601, within a year; at once without it.
    pub(in super::super) scheduled_for: Option<String>,
    /// The message whose thread it belongs to.
    pub(in super::super) parent_message_id: Option<String>,
}

/// Body of `PUT …/messages/{messageId}` (C-026).
#[derive(Debug, Deserialize, ToSchema)]
pub(in super::super) struct EditRequest {
    /// 1 to 5,000 characters.
    pub(in super::super) content: Option<String>,
}

impl Message {
    /// A message with those who are named in it.
    pub(in super::super) fn new(message: proto::Message, faces: &Faces, public_url: &Url) -> Self {
        let r#type = match message.kind() {
            proto::MessageKind::System => "system",
            proto::MessageKind::Text | proto::MessageKind::Unspecified => "text",
        };
        let proto::Message {
            id,
            number: _,
            conversation_id,
            sequence: _,
            sender_id,
            receiver_id: _,
            content,
            kind: _,
            status: _,
            created_at,
            parent_id,
            reply_count,
            edited_at,
            is_pinned,
            attachments,
            reactions,
            link_preview,
            scheduled_for,
        } = message;
        let attachment = |one| Attachment::new(one, public_url);
        let reaction = |one| MessageReaction::new(one, faces);
        Self {
            id,
            channel_id: conversation_id,
            content,
            user: Author::from(faces.of(&sender_id)),
            user_id: sender_id,
            attachments: attachments.into_iter().map(attachment).collect(),
            reactions: reactions.into_iter().map(reaction).collect(),
            thread_count: reply_count,
            is_pinned,
            is_edited: edited_at.is_some(),
            edited_at: edited_at.map(|time| iso(Some(time))),
            link_preview: link_preview.map(LinkPreview::from),
            scheduled_for: scheduled_for.map(|time| iso(Some(time))),
            voice_note: None,
            created_at: iso(created_at),
            r#type,
            parent_message_id: unless_empty(parent_id),
        }
    }

    /// A message right after it was sent: nobody has done anything with it yet.
    pub(in super::super) fn sent(
        sent: proto::MessageSentV1,
        faces: &Faces,
        public_url: &Url,
    ) -> Self {
        let kind = match sent.kind.as_str() {
            "system" => proto::MessageKind::System,
            _ => proto::MessageKind::Text,
        };
        let proto::MessageSentV1 {
            message_id,
            number,
            conversation_id,
            conversation_kind: _,
            sequence,
            sender_id,
            receiver_id,
            kind: _,
            content,
            created_at,
            attachments,
            parent_id,
            mentioned_ids: _,
        } = sent;
        let message = proto::Message {
            id: message_id,
            number,
            conversation_id,
            sequence,
            sender_id,
            receiver_id,
            content,
            kind: kind.into(),
            created_at,
            parent_id,
            attachments,
            ..proto::Message::default()
        };
        Self::new(message, faces, public_url)
    }
}

impl From<Face> for Author {
    fn from(face: Face) -> Self {
        let Face { id, name, picture } = face;
        Self {
            id,
            name,
            avatar: unless_empty(picture),
        }
    }
}

impl Attachment {
    fn new(attachment: proto::Attachment, public_url: &Url) -> Self {
        let proto::Attachment {
            file_id,
            name,
            path,
            thumbnail_path,
            content_type,
            size_bytes,
        } = attachment;
        Self {
            id: file_id,
            name,
            url: file_url(public_url, &path),
            thumbnail_url: unless_empty(thumbnail_path).map(|path| file_url(public_url, &path)),
            size: size_bytes,
            r#type: content_type,
        }
    }
}

impl From<proto::LinkPreview> for LinkPreview {
    fn from(preview: proto::LinkPreview) -> Self {
        let proto::LinkPreview {
            url,
            title,
            description,
            image_url,
        } = preview;
        Self {
            url,
            title,
            description,
            image: image_url,
        }
    }
}

/// The ids of everybody who is named in some messages.
pub(in super::super) fn named(messages: &[proto::Message]) -> Vec<String> {
    let mut ids = Vec::new();
    for message in messages {
        ids.push(message.sender_id.clone());
        let reactions = message.reactions.iter();
        ids.extend(reactions.map(|reaction| reaction.user_id.clone()));
    }
    ids
}

#[cfg(test)]
mod tests {
    use oruma_proto::auth::v1::UserCard;
    use serde_json::{Value, json};

    use super::*;

    fn url() -> Url {
        "https://chat.example/".parse().unwrap()
    }

    /// C-193: every field is there, also where there is nothing to say.
    #[test]
    fn a_message_shows_all_its_fields() {
        let message = proto::Message {
            id: "m".to_owned(),
            conversation_id: "c".to_owned(),
            sender_id: "u".to_owned(),
            content: "<b>hi</b>".to_owned(),
            ..proto::Message::default()
        };
        let card = UserCard {
            id: "u".to_owned(),
            display_name: "Ada".to_owned(),
            email: "ada@example.com".to_owned(),
            ..UserCard::default()
        };
        let shown = Message::new(message, &Faces::of_cards([&card]), &url());
        let expected = json!({
            "id": "m", "channelId": "c", "content": "<b>hi</b>", "userId": "u",
            "user": {"id": "u", "name": "Ada", "avatar": null}, "attachments": [], "reactions": [], "threadCount": 0,
            "isPinned": false, "isEdited": false, "editedAt": null, "linkPreview": null, "scheduledFor": null, "voiceNote": null,
            "createdAt": "1970-01-01T00:00:00.000Z", "type": "text", "parentMessageId": null,
        });
        assert_eq!(serde_json::to_value(shown).unwrap(), expected);
    }

    #[test]
    fn files_have_whole_addresses() {
        let sent = proto::MessageSentV1 {
            kind: "system".to_owned(),
            attachments: vec![proto::Attachment {
                path: "f/a%20b.pdf".to_owned(),
                size_bytes: 7,
                ..proto::Attachment::default()
            }],
            ..proto::MessageSentV1::default()
        };
        let shown = Message::sent(sent, &Faces::default(), &url());
        let shown: Value = serde_json::to_value(shown).unwrap();
        let file = &shown["attachments"][0];
        assert_eq!(
            file["url"],
            "https://chat.example/connectbest/files/f/a%20b.pdf"
        );
        assert_eq!(
            (&file["thumbnailUrl"], &file["size"]),
            (&Value::Null, &json!(7))
        );
        assert_eq!(shown["type"], "system");
    }
}
