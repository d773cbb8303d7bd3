//! What a person may want to know, and of what it wants to be told.

use std::collections::{BTreeMap, HashMap};

use oruma_proto::messaging::v1 as proto;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::user::unless_empty;
use crate::faces::Faces;
use crate::failure::Failure;
use crate::times::iso;

/// The kinds that this contract has (K-24), as messaging names them.
pub(in super::super) const KINDS: [&str; 5] = [
    "message",
    "mention",
    "reaction",
    "thread_reply",
    "channel_invite",
];

/// Something that one may want to know (C-061).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Notification {
    /// UUID.
    id: String,
    /// `mention`, `dm`, `reaction`, `thread_reply` or `channel_invite`.
    #[schema(example = "mention")]
    r#type: &'static str,
    /// A sentence.
    #[schema(example = "Ada Lovelace mentioned you in #general")]
    message: String,
    /// Where it happened, a UUID.
    #[schema(required)]
    channel_id: Option<String>,
    /// The message that it is about, a UUID.
    #[schema(required)]
    message_id: Option<String>,
    /// Whether one has seen it.
    read: bool,
    /// When it happened.
    created_at: String,
}

/// One's notifications.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct NotificationsPage {
    /// Newest first.
    pub(in super::super) notifications: Vec<Notification>,
    /// How many one has not seen.
    pub(in super::super) unread_count: i64,
    /// What to send as `cursor` for more.
    #[schema(required)]
    pub(in super::super) next_cursor: Option<String>,
}

/// Body of `PUT /api/notifications/read` (C-062).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ReadRequest {
    /// UUIDs, at most 1,000. Unknown ones and those of others are passed over.
    pub(in super::super) notification_ids: Option<Vec<String>>,
}

/// Of what one wants to be told (C-059). It stops the push; the list has everything.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Settings {
    /// Whether of anything.
    enabled: bool,
    /// Whether with a sound.
    sound_enabled: bool,
    /// By channel, where it is otherwise than by default.
    channels: BTreeMap<String, ChannelSettings>,
    /// When not.
    dnd: Dnd,
}

/// Of what one wants to be told in a channel.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct ChannelSettings {
    /// Whether of anything.
    enabled: bool,
    /// `all`, `mentions` or `nothing`.
    #[schema(example = "mentions")]
    mentions: &'static str,
}

/// A time of each day in which nothing is pushed, on one's own clock. It may go over midnight.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Dnd {
    /// Whether it holds.
    enabled: bool,
    /// Its first minute.
    #[schema(example = "22:00")]
    start_time: String,
    /// The first minute behind it.
    #[schema(example = "07:00")]
    end_time: String,
}

/// `{settings}`.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct OneSettings {
    pub(in super::super) settings: Settings,
}

/// Body of `PUT /api/notifications/settings`: absent fields stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct SettingsRequest {
    enabled: Option<bool>,
    sound_enabled: Option<bool>,
    /// By channel; those that are not named stay.
    channels: Option<HashMap<String, ChannelSettingsRequest>>,
    dnd: Option<DndRequest>,
}

/// What changes for a channel.
#[derive(Debug, Deserialize, ToSchema)]
pub(in super::super) struct ChannelSettingsRequest {
    enabled: Option<bool>,
    /// `all`, `mentions` or `nothing`.
    mentions: Option<String>,
}

/// What changes of the quiet time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct DndRequest {
    enabled: Option<bool>,
    /// `HH:mm`.
    start_time: Option<String>,
    /// `HH:mm`.
    end_time: Option<String>,
}

impl Notification {
    /// A notification with who did it; none for a kind that this contract does not have.
    pub(in super::super) fn new(notification: proto::Notification, faces: &Faces) -> Option<Self> {
        let proto::Notification {
            id,
            number: _,
            kind,
            actor_id,
            subject_kind: _,
            subject_id: _,
            excerpt,
            read_at,
            created_at,
            conversation_id,
            message_id,
            conversation_name,
        } = notification;
        let told = Told {
            actor: faces.of(&actor_id).name,
            place: conversation_name,
            excerpt,
        };
        let (r#type, message) = told.sentence(&kind)?;
        Some(Self {
            id,
            r#type,
            message,
            channel_id: unless_empty(conversation_id),
            message_id: unless_empty(message_id),
            read: read_at.is_some(),
            created_at: iso(created_at),
        })
    }

    /// One that has just been made.
    pub(in super::super) fn created(
        fact: proto::NotificationCreatedV1,
        faces: &Faces,
    ) -> Option<Self> {
        let proto::NotificationCreatedV1 {
            notification_id,
            number,
            user_id: _,
            kind,
            actor_id,
            subject_kind,
            subject_id,
            excerpt,
            created_at,
            conversation_id,
            message_id,
            conversation_name,
            is_silent: _,
        } = fact;
        let notification = proto::Notification {
            id: notification_id,
            number,
            kind,
            actor_id,
            subject_kind,
            subject_id,
            excerpt,
            read_at: None,
            created_at,
            conversation_id,
            message_id,
            conversation_name,
        };
        Self::new(notification, faces)
    }
}

/// What a sentence is made of.
struct Told {
    actor: String,
    place: String,
    excerpt: String,
}

impl Told {
    /// The type in this contract and the sentence.
    fn sentence(&self, kind: &str) -> Option<(&'static str, String)> {
        let Self {
            actor,
            place,
            excerpt,
        } = self;
        let actor = if actor.is_empty() { "Somebody" } else { actor };
        let within = if place.is_empty() {
            String::new()
        } else {
            format!(" in #{place}")
        };
        let words = if excerpt.is_empty() {
            String::new()
        } else {
            format!(": {excerpt}")
        };
        Some(match kind {
            "message" => ("dm", format!("{actor} sent you a message{words}")),
            "mention" => ("mention", format!("{actor} mentioned you{within}{words}")),
            "reaction" => (
                "reaction",
                format!("{actor} reacted to your message{within}{words}"),
            ),
            "thread_reply" => (
                "thread_reply",
                format!("{actor} replied to a thread{within}{words}"),
            ),
            "channel_invite" if place.is_empty() => {
                ("channel_invite", format!("{actor} added you to a channel"))
            }
            "channel_invite" => ("channel_invite", format!("{actor} added you to #{place}")),
            _ => return None,
        })
    }
}

impl From<proto::NotificationSettings> for Settings {
    fn from(settings: proto::NotificationSettings) -> Self {
        let proto::NotificationSettings {
            enabled,
            sound_enabled,
            conversations,
            do_not_disturb,
        } = settings;
        let channel = |one: proto::ConversationNotificationSettings| {
            let mentions = level_name(one.level());
            let settings = ChannelSettings {
                enabled: one.enabled,
                mentions,
            };
            (one.conversation_id, settings)
        };
        let proto::DoNotDisturb {
            enabled: dnd,
            start_time,
            end_time,
        } = do_not_disturb.unwrap_or_default();
        Self {
            enabled,
            sound_enabled,
            channels: conversations.into_iter().map(channel).collect(),
            dnd: Dnd {
                enabled: dnd,
                start_time,
                end_time,
            },
        }
    }
}

impl SettingsRequest {
    /// The change, where these are the settings up to now.
    pub(in super::super) fn over(
        self,
        now: &proto::NotificationSettings,
    ) -> Result<proto::UpdateNotificationSettingsRequest, Failure> {
        let Self {
            enabled,
            sound_enabled,
            channels,
            dnd,
        } = self;
        let channels = channels.unwrap_or_default().into_iter();
        let conversations = channels.map(|(id, change)| change.over(id, now));
        Ok(proto::UpdateNotificationSettingsRequest {
            enabled,
            sound_enabled,
            conversations: conversations.collect::<Result<_, _>>()?,
            do_not_disturb: dnd.map(|dnd| dnd.over(now.do_not_disturb.clone())),
        })
    }
}

impl ChannelSettingsRequest {
    fn over(
        self,
        conversation_id: String,
        now: &proto::NotificationSettings,
    ) -> Result<proto::ConversationNotificationSettings, Failure> {
        let mut known = now.conversations.iter();
        let known = known.find(|one| one.conversation_id == conversation_id);
        let level = match self.mentions.as_deref() {
            None => known.map_or(proto::NotificationLevel::All, |one| one.level()),
            Some("all") => proto::NotificationLevel::All,
            Some("mentions") => proto::NotificationLevel::Mentions,
            Some("nothing") => proto::NotificationLevel::Nothing,
            Some(_) => {
                let field = format!("channels.{conversation_id}.mentions");
                return Err(Failure::invalid(&field, "must be all, mentions or nothing"));
            }
        };
        let enabled = self.enabled.or_else(|| known.map(|one| one.enabled));
        Ok(proto::ConversationNotificationSettings {
            conversation_id,
            enabled: enabled.unwrap_or(true),
            level: level.into(),
        })
    }
}

impl DndRequest {
    fn over(self, now: Option<proto::DoNotDisturb>) -> proto::DoNotDisturb {
        let now = now.unwrap_or_default();
        proto::DoNotDisturb {
            enabled: self.enabled.unwrap_or(now.enabled),
            start_time: self.start_time.unwrap_or(now.start_time),
            end_time: self.end_time.unwrap_or(now.end_time),
        }
    }
}

fn level_name(level: proto::NotificationLevel) -> &'static str {
    match level {
        proto::NotificationLevel::Mentions => "mentions",
        proto::NotificationLevel::Nothing => "nothing",
        proto::NotificationLevel::All | proto::NotificationLevel::Unspecified => "all",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sentence(kind: &str, place: &str, excerpt: &str) -> Option<(&'static str, String)> {
        let told = Told {
            actor: "Ada".to_owned(),
            place: place.to_owned(),
            excerpt: excerpt.to_owned(),
        };
        told.sentence(kind)
    }

    /// C-061, K-24: plain sentences, and only the kinds of this contract.
    #[test]
    fn kinds_have_types_and_sentences() {
        for (kind, r#type, expected) in [
            ("message", "dm", "Ada sent you a message: hi"),
            ("mention", "mention", "Ada mentioned you in #general: hi"),
            (
                "reaction",
                "reaction",
                "Ada reacted to your message in #general: hi",
            ),
            (
                "thread_reply",
                "thread_reply",
                "Ada replied to a thread in #general: hi",
            ),
            (
                "channel_invite",
                "channel_invite",
                "Ada added you to #general",
            ),
        ] {
            assert_eq!(
                sentence(kind, "general", "hi"),
                Some((r#type, expected.to_owned()))
            );
            assert!(KINDS.contains(&kind));
        }
        assert_eq!(sentence("post_like", "", ""), None);
        assert_eq!(sentence("mention", "", "").unwrap().1, "Ada mentioned you");
    }

    /// C-060: what is not sent stays, also within a channel and within the quiet time.
    #[test]
    fn a_change_leaves_the_rest() {
        let now = proto::NotificationSettings {
            conversations: vec![proto::ConversationNotificationSettings {
                conversation_id: "c".to_owned(),
                enabled: false,
                level: proto::NotificationLevel::Mentions.into(),
            }],
            do_not_disturb: Some(proto::DoNotDisturb {
                enabled: false,
                start_time: "22:00".to_owned(),
                end_time: "07:00".to_owned(),
            }),
            ..proto::NotificationSettings::default()
        };
        let body = json!({"channels": {"c": {"enabled": true}}, "dnd": {"enabled": true}});
        let request: SettingsRequest = serde_json::from_value(body).unwrap();
        let change = request.over(&now).unwrap();
        assert_eq!((change.enabled, change.sound_enabled), (None, None));
        let channel = change.conversations.first().unwrap();
        assert!(channel.enabled && channel.level() == proto::NotificationLevel::Mentions);
        let dnd = change.do_not_disturb.unwrap();
        assert_eq!((dnd.enabled, dnd.start_time.as_str()), (true, "22:00"));
        let body = json!({"channels": {"c": {"mentions": "some"}}});
        let request: SettingsRequest = serde_json::from_value(body).unwrap();
        let refused = request.over(&now).unwrap_err();
        assert_eq!(refused.violations[0].field, "channels.c.mentions");
    }
}
