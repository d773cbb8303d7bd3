//! Frames of the socket, as they go over the wire.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::comment::Comment;
use super::message::Message;
use super::post::Post;

/// A frame to a client.
#[derive(Debug, Serialize)]
pub(in super::super) struct Frame<'a> {
    pub(in super::super) r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) data: Option<Data<'a>>,
    /// What to send as `since` after a reconnect; none for what is true for a moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) seq: Option<u64>,
}

/// What a frame tells.
#[derive(Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub(in super::super) enum Data<'a> {
    MessageReceived {
        message: Message,
    },
    MessageRead {
        message_id: &'a str,
        conversation_id: &'a str,
        read_by: &'a str,
    },
    UserTyping {
        user_id: String,
        conversation_id: String,
        is_typing: bool,
    },
    Presence {
        user_id: String,
        is_online: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        last_seen: Option<String>,
    },
    PostLikes {
        post_id: &'a str,
        user_id: &'a str,
        likes_count: i64,
    },
    PostSaves {
        post_id: &'a str,
        user_id: &'a str,
    },
    PostCommented {
        post_id: &'a str,
        user_id: &'a str,
        comment: Box<Comment>,
    },
    NewPost {
        post: Box<Post>,
    },
    Connected {
        seq: u64,
    },
    ReloadRequired {
        reason: &'a str,
    },
    Error {
        error: &'a str,
        message: &'a str,
        details: BTreeMap<String, &'a str>,
    },
}

/// A frame of a client.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Received {
    pub(in super::super) r#type: String,
    #[serde(default)]
    pub(in super::super) data: Value,
}

/// The fields of all of them; which are needed depends on the type.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ReceivedData {
    pub(in super::super) conversation_id: Option<String>,
    pub(in super::super) is_typing: Option<bool>,
    pub(in super::super) message_id: Option<String>,
    pub(in super::super) post_id: Option<String>,
}
