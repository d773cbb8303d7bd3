//! Frames of the socket, as they go over the wire.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::message::Message;
use super::notification::Notification;
use super::reaction::Reaction;

/// A frame to a client.
#[derive(Debug, Serialize)]
pub(in super::super) struct Frame<'a> {
    pub(in super::super) event: &'a str,
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
    Message(Box<Message>),
    MessageDeleted {
        message_id: &'a str,
        channel_id: &'a str,
    },
    Reaction {
        message_id: &'a str,
        channel_id: &'a str,
        reaction: Reaction,
    },
    ChannelUpdated {
        channel_id: &'a str,
        name: &'a str,
        description: Option<&'a str>,
        r#type: &'a str,
    },
    ChannelDeleted {
        channel_id: &'a str,
    },
    MemberJoined {
        channel_id: &'a str,
        channel_name: &'a str,
        user_id: &'a str,
        name: String,
        role: &'a str,
    },
    MemberLeft {
        channel_id: &'a str,
        user_id: &'a str,
        removed_by: &'a str,
    },
    MemberUpdated {
        channel_id: &'a str,
        user_id: &'a str,
        role: &'a str,
    },
    Notification(Notification),
    TypingUser {
        channel_id: String,
        user_id: String,
        user_name: &'a str,
        typing: bool,
    },
    PresenceChanged {
        user_id: String,
        status: &'static str,
        last_seen: Option<String>,
    },
    Ready {
        seq: u64,
    },
    Reload {
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
    pub(in super::super) event: String,
    #[serde(default)]
    pub(in super::super) data: Value,
}

/// The fields of all of them; which are needed depends on the event.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ReceivedData {
    pub(in super::super) channel_id: Option<String>,
    pub(in super::super) status: Option<String>,
}
