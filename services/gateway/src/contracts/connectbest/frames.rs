//! How this contract speaks over its sockets (C-074…C-079, C-092…C-101, C-105).

use chrono::SecondsFormat;
use oruma_proto::messaging::v1 as messaging;
use oruma_service_runtime::Contract;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::dto::frame::{Data, Frame, Received, ReceivedData};
use super::dto::message::Message;
use super::dto::notification::Notification;
use super::dto::reaction::Reaction;
use super::error::field_name;
use crate::faces::Faces;
use crate::failure::Failure;
use crate::json;
use crate::realtime::availability::Availability;
use crate::realtime::dialect::{Command, Dialect, Reload, Rendered, Signal, StatusChange};
use crate::realtime::frame::{self, Frames as Bytes};
use crate::realtime::happening::Happening;
use crate::realtime::typing::Pace;

/// The frames of this contract.
pub(crate) struct Frames {
    public_url: Url,
}

impl Frames {
    pub(crate) fn new(public_url: Url) -> Self {
        Self { public_url }
    }

    /// What happened to messages.
    fn message<'a>(
        &self,
        happening: &'a Happening,
        faces: &Faces,
    ) -> Option<(&'static str, Data<'a>)> {
        Some(match happening {
            Happening::MessageSent(sent) => {
                let message = Message::sent(sent.clone(), faces, &self.public_url);
                ("message:new", Data::Message(Box::new(message)))
            }
            Happening::MessageUpdated(fact) => {
                let message = fact.message.clone()?;
                let message = Message::new(message, faces, &self.public_url);
                ("message:updated", Data::Message(Box::new(message)))
            }
            Happening::MessageDeleted(fact) => {
                let data = Data::MessageDeleted {
                    message_id: &fact.message_id,
                    channel_id: &fact.conversation_id,
                };
                ("message:deleted", data)
            }
            Happening::MessageReacted(fact) => {
                let (message, channel) = (&fact.message_id, &fact.conversation_id);
                let data = reaction(message, channel, fact.reaction.clone()?, faces);
                ("message:reaction", data)
            }
            Happening::MessageReactionRemoved(fact) => {
                let (message, channel) = (&fact.message_id, &fact.conversation_id);
                let data = reaction(message, channel, fact.reaction.clone()?, faces);
                ("message:reaction-removed", data)
            }
            _ => return channel(happening, faces),
        })
    }
}

/// What happened to channels, and the rest.
fn channel<'a>(happening: &'a Happening, faces: &Faces) -> Option<(&'static str, Data<'a>)> {
    Some(match happening {
        Happening::ChannelUpdated(fact) => {
            let data = Data::ChannelUpdated {
                channel_id: &fact.channel_id,
                name: &fact.name,
                description: Some(fact.description.as_str()).filter(|text| !text.is_empty()),
                r#type: &fact.visibility,
            };
            ("channel:updated", data)
        }
        Happening::ChannelDeleted(fact) => {
            let channel_id = &fact.channel_id;
            ("channel:deleted", Data::ChannelDeleted { channel_id })
        }
        Happening::MemberAdded(fact) => {
            let data = Data::MemberJoined {
                channel_id: &fact.conversation_id,
                channel_name: &fact.conversation_name,
                user_id: &fact.user_id,
                name: faces.of(&fact.user_id).name,
                role: &fact.role,
            };
            ("member:joined", data)
        }
        Happening::MemberRemoved(fact) => {
            let data = Data::MemberLeft {
                channel_id: &fact.conversation_id,
                user_id: &fact.user_id,
                removed_by: &fact.removed_by,
            };
            ("member:left", data)
        }
        Happening::MemberRoleChanged(fact) => {
            let data = Data::MemberUpdated {
                channel_id: &fact.conversation_id,
                user_id: &fact.user_id,
                role: &fact.role,
            };
            ("member:updated", data)
        }
        // C-176: a silent one is in the list, and nobody is disturbed.
        Happening::NotificationCreated(fact) if fact.is_silent => return None,
        Happening::NotificationCreated(fact) => {
            let notification = Notification::created(fact.clone(), faces)?;
            ("notification:new", Data::Notification(notification))
        }
        // This contract has no frames for them.
        _ => return None,
    })
}

impl Dialect for Frames {
    fn contract(&self) -> Contract {
        Contract::Connectbest
    }

    fn happening(&self, happening: &Happening, faces: &Faces, seq: u64) -> Option<Rendered> {
        let (event, data) = self.message(happening, faces)?;
        let frame = frame::json(&Frame {
            event,
            data: Some(data),
            seq: Some(seq),
        });
        Some(Rendered { frame, only: None })
    }

    fn signal(&self, signal: &Signal) -> Option<Bytes> {
        match signal {
            Signal::Typing {
                user,
                name,
                conversation,
                is_typing,
            } => {
                let data = Data::TypingUser {
                    channel_id: conversation.to_string(),
                    user_id: user.to_string(),
                    user_name: name,
                    typing: *is_typing,
                };
                Some(of_the_moment("typing:user", Some(data)))
            }
            Signal::Statuses(changes) => {
                let frames: Vec<Bytes> = changes.iter().map(presence_changed).collect();
                Some(frames.concat().into())
            }
            // It shows more than coming and leaving.
            Signal::Presence { .. } => None,
        }
    }

    fn connected(&self, seq: u64) -> Bytes {
        frame::json(&Frame {
            event: "connection:ready",
            data: Some(Data::Ready { seq }),
            seq: Some(seq),
        })
    }

    fn reload(&self, reason: Reload, seq: u64) -> Bytes {
        let reason = reason.name();
        frame::json(&Frame {
            event: "connection:reload",
            data: Some(Data::Reload { reason }),
            seq: Some(seq),
        })
    }

    fn refusal(&self, failure: &Failure) -> Bytes {
        let violations = failure.violations.iter();
        let data = Data::Error {
            error: &failure.reason,
            message: &failure.message,
            details: violations
                .map(|found| (field_name(&found.field), found.problem.as_str()))
                .collect(),
        };
        of_the_moment("error", Some(data))
    }

    fn pong(&self) -> Bytes {
        of_the_moment("pong", None)
    }

    fn understand(&self, text: &[u8]) -> Result<Command, Failure> {
        let Received { event, data } = json::parse(text)?;
        match event.as_str() {
            "ping" => Ok(Command::Ping),
            "typing:start" | "typing:stop" => Ok(Command::Typing {
                conversation: id("channelId", fields(data)?.channel_id)?,
                is_typing: event == "typing:start",
            }),
            "presence:update" => {
                let status = fields(data)?.status;
                let status = status.ok_or_else(|| required("status"))?;
                let status = Availability::from_name(&status).ok_or_else(|| {
                    Failure::invalid("status", "must be online, away, busy, inmeeting or offline")
                })?;
                Ok(Command::Status(status))
            }
            _ => Err(Failure::invalid("event", "is not known")),
        }
    }

    /// C-158, C-159: five seconds, and at most one a second.
    fn pace(&self) -> Pace {
        Pace {
            expires_after: 5_000,
            told_every: 1_000,
        }
    }

    fn has_conversations(&self) -> bool {
        true
    }
}

fn reaction<'a>(
    message_id: &'a str,
    channel_id: &'a str,
    reaction: messaging::Reaction,
    faces: &Faces,
) -> Data<'a> {
    Data::Reaction {
        message_id,
        channel_id,
        reaction: Reaction::new(message_id.to_owned(), reaction, faces),
    }
}

fn presence_changed(change: &StatusChange) -> Bytes {
    let last_seen = change.last_seen;
    let data = Data::PresenceChanged {
        user_id: change.user.to_string(),
        status: change.status.name(),
        last_seen: last_seen.map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true)),
    };
    of_the_moment("presence:changed", Some(data))
}

fn of_the_moment(event: &str, data: Option<Data<'_>>) -> Bytes {
    frame::json(&Frame {
        event,
        data,
        seq: None,
    })
}

/// The fields of a frame. Without any, all are missing.
fn fields(data: Value) -> Result<ReceivedData, Failure> {
    if data.is_null() {
        return Ok(ReceivedData::default());
    }
    json::parse(data.to_string().as_bytes())
}

fn id(field: &str, given: Option<String>) -> Result<Uuid, Failure> {
    let given = given.ok_or_else(|| required(field))?;
    given
        .parse()
        .map_err(|_| Failure::invalid(field, "must be a UUID"))
}

fn required(field: &str) -> Failure {
    Failure::invalid(field, "is required")
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use oruma_ids::UserId;
    use oruma_proto::auth::v1::UserCard;
    use serde_json::json;

    use super::*;

    const ID: &str = "00000000-0000-0000-0000-000000000007";
    const PLACE: &str = "00000000-0000-0000-0000-000000000008";

    fn frames() -> Frames {
        Frames::new("http://localhost:3333".parse().unwrap())
    }

    fn faces() -> Faces {
        let card = UserCard {
            id: ID.to_owned(),
            display_name: "Ada".to_owned(),
            ..UserCard::default()
        };
        Faces::of_cards([&card])
    }

    /// The text of a frame.
    fn text(frame: &Bytes) -> Value {
        let start = frame.iter().position(|byte| *byte == b'{').unwrap();
        serde_json::from_slice(&frame[start..]).unwrap()
    }

    fn told(happening: &Happening) -> Option<Value> {
        let rendered = frames().happening(happening, &faces(), 42)?;
        assert_eq!(rendered.only, None);
        Some(text(&rendered.frame))
    }

    /// C-097: the whole message, to everybody, with names and without asking anybody.
    #[test]
    fn a_new_message_is_told_whole() {
        let sent = messaging::MessageSentV1 {
            message_id: PLACE.to_owned(),
            conversation_id: PLACE.to_owned(),
            sender_id: ID.to_owned(),
            content: "hello".to_owned(),
            ..Default::default()
        };
        let frame = told(&Happening::MessageSent(sent)).unwrap();
        assert_eq!(
            (&frame["event"], &frame["seq"]),
            (&json!("message:new"), &json!(42))
        );
        let data = &frame["data"];
        assert_eq!(
            data["user"],
            json!({"id": ID, "name": "Ada", "avatar": null})
        );
        assert_eq!(
            (&data["reactions"], &data["isPinned"]),
            (&json!([]), &json!(false))
        );
    }

    /// C-099…C-101.
    #[test]
    fn deletions_and_reactions_have_their_fields() {
        let deleted = messaging::MessageDeletedV1 {
            message_id: ID.to_owned(),
            conversation_id: PLACE.to_owned(),
            ..Default::default()
        };
        let frame = told(&Happening::MessageDeleted(deleted)).unwrap();
        let data = json!({"messageId": ID, "channelId": PLACE});
        assert_eq!(
            frame,
            json!({"event": "message:deleted", "data": data, "seq": 42})
        );
        let reacted = messaging::MessageReactedV1 {
            message_id: ID.to_owned(),
            conversation_id: PLACE.to_owned(),
            reaction: Some(messaging::Reaction {
                user_id: ID.to_owned(),
                emoji: "👍".to_owned(),
                created_at: None,
            }),
            ..Default::default()
        };
        let frame = told(&Happening::MessageReacted(reacted)).unwrap();
        assert_eq!(frame["event"], "message:reaction");
        let reaction = &frame["data"]["reaction"];
        assert_eq!(
            (&reaction["emoji"], &reaction["userName"]),
            (&json!("👍"), &json!("Ada"))
        );
    }

    /// C-105, C-176.
    #[test]
    fn silent_notifications_are_not_pushed() {
        let fact = |kind: &str, is_silent| {
            Happening::NotificationCreated(messaging::NotificationCreatedV1 {
                kind: kind.to_owned(),
                actor_id: ID.to_owned(),
                is_silent,
                ..Default::default()
            })
        };
        let frame = told(&fact("mention", false)).unwrap();
        assert_eq!(frame["event"], "notification:new");
        assert_eq!(frame["data"]["message"], "Ada mentioned you");
        assert_eq!(told(&fact("mention", true)), None);
        assert_eq!(told(&fact("post_like", false)), None);
    }

    /// C-094, C-096: what is true for a moment has no `seq`.
    #[test]
    fn signals_have_their_fields() {
        let user = UserId::from_uuid(ID.parse().unwrap());
        let signal = Signal::Typing {
            user,
            name: "Ada".to_owned(),
            conversation: PLACE.parse().unwrap(),
            is_typing: true,
        };
        let data = json!({"channelId": PLACE, "userId": ID, "userName": "Ada", "typing": true});
        let frame = frames().signal(&signal).unwrap();
        assert_eq!(text(&frame), json!({"event": "typing:user", "data": data}));
        let signal = Signal::Statuses(vec![StatusChange {
            user,
            status: Availability::InMeeting,
            last_seen: DateTime::from_timestamp_millis(7),
        }]);
        let data =
            json!({"userId": ID, "status": "inmeeting", "lastSeen": "1970-01-01T00:00:00.007Z"});
        let frame = frames().signal(&signal).unwrap();
        assert_eq!(
            text(&frame),
            json!({"event": "presence:changed", "data": data})
        );
    }

    /// C-092, C-093, C-095.
    #[test]
    fn clients_are_understood_or_told_why_not() {
        let said = |value: Value| frames().understand(value.to_string().as_bytes());
        let conversation: Uuid = PLACE.parse().unwrap();
        for (event, is_typing) in [("typing:start", true), ("typing:stop", false)] {
            let command = said(json!({"event": event, "data": {"channelId": PLACE}}));
            let expected = Command::Typing {
                conversation,
                is_typing,
            };
            assert_eq!(command, Ok(expected));
        }
        let command = said(json!({"event": "presence:update", "data": {"status": "busy"}}));
        assert_eq!(command, Ok(Command::Status(Availability::Busy)));
        assert_eq!(said(json!({"event": "ping"})), Ok(Command::Ping));
        for (nonsense, field) in [
            (json!({"event": "dance"}), "event"),
            (json!({"event": "typing:start"}), "channelId"),
            (
                json!({"event": "typing:start", "data": {"channelId": "x"}}),
                "channelId",
            ),
            (
                json!({"event": "presence:update", "data": {"status": "asleep"}}),
                "status",
            ),
            (json!({"event": 7}), "event"),
            (json!([]), "body"),
        ] {
            let refused = said(nonsense.clone()).unwrap_err();
            assert_eq!(refused.violations[0].field, field, "{nonsense}");
        }
    }
}
