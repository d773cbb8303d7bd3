//! How this contract speaks over its socket (O-088…O-103).

use chrono::SecondsFormat;
use oruma_proto::messaging::v1 as messaging;
use oruma_proto::social::v1 as social;
use oruma_service_runtime::Contract;
use serde_json::Value;
use std::sync::Arc;
use url::Url;
use uuid::Uuid;

use super::dto::comment::Comment;
use super::dto::frame::{Data, Frame, Received, ReceivedData};
use super::dto::message::Message;
use super::dto::post::Post;
use super::error::field_name;
use crate::compose::Owned;
use crate::compose::comments::AuthoredComment;
use crate::faces::Faces;
use crate::failure::Failure;
use crate::json;
use crate::realtime::dialect::{Command, Dialect, Reload, Rendered, Signal};
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

    fn post(&self, post: &social::PostCreatedV1, author: &oruma_proto::auth::v1::UserCard) -> Post {
        let owned = Owned {
            thing: new_post(post.clone()),
            owner: Arc::new(author.clone()),
        };
        Post::new(owned, &self.public_url)
    }
}

impl Dialect for Frames {
    fn contract(&self) -> Contract {
        Contract::Oruma
    }

    fn happening(&self, happening: &Happening, _: &Faces, seq: u64) -> Option<Rendered> {
        let told = |r#type, data| Some(rendered(r#type, data, seq, None));
        match happening {
            // This contract has conversations of two only.
            Happening::MessageSent(sent) if sent.receiver_id.is_empty() => None,
            Happening::MessageSent(sent) => {
                let message = Message::from(sent);
                let data = Data::MessageReceived { message };
                Some(rendered(
                    "message_received",
                    data,
                    seq,
                    Some(&sent.receiver_id),
                ))
            }
            Happening::MessageRead(read) if read.peer_id.is_empty() => None,
            Happening::MessageRead(read) => {
                let data = message_read(read);
                Some(rendered("message_read", data, seq, Some(&read.peer_id)))
            }
            Happening::PostCreated { post, author } => {
                let post = Box::new(self.post(post, author));
                told("new_post", Data::NewPost { post })
            }
            Happening::PostLiked(like) => told(
                "post_liked",
                Data::PostLikes {
                    post_id: &like.post_id,
                    user_id: &like.user_id,
                    likes_count: like.like_count,
                },
            ),
            Happening::PostUnliked(like) => told(
                "post_unliked",
                Data::PostLikes {
                    post_id: &like.post_id,
                    user_id: &like.user_id,
                    likes_count: like.like_count,
                },
            ),
            Happening::PostSaved(save) => told("post_saved", saves(&save.post_id, &save.user_id)),
            Happening::PostUnsaved(save) => {
                told("post_unsaved", saves(&save.post_id, &save.user_id))
            }
            Happening::CommentCreated { comment, author } => {
                let authored = AuthoredComment {
                    comment: new_comment(social::CommentCreatedV1::clone(comment)),
                    author: Arc::new(oruma_proto::auth::v1::UserCard::clone(author)),
                    replies: Vec::new(),
                };
                told(
                    "post_commented",
                    Data::PostCommented {
                        post_id: &comment.post_id,
                        user_id: &comment.author_id,
                        comment: Box::new(Comment::from(authored)),
                    },
                )
            }
            // This contract has no frames for them.
            Happening::MessageUpdated(_)
            | Happening::MessageDeleted(_)
            | Happening::MessageReacted(_)
            | Happening::MessageReactionRemoved(_)
            | Happening::ChannelUpdated(_)
            | Happening::ChannelDeleted(_)
            | Happening::MemberAdded(_)
            | Happening::MemberRemoved(_)
            | Happening::MemberRoleChanged(_)
            | Happening::NotificationCreated(_) => None,
        }
    }

    fn signal(&self, signal: &Signal) -> Option<Bytes> {
        let (r#type, data) = match signal {
            // It knows only coming and leaving.
            Signal::Statuses(_) => return None,
            Signal::Typing {
                user,
                name: _,
                conversation,
                is_typing,
            } => {
                let data = Data::UserTyping {
                    user_id: user.to_string(),
                    conversation_id: conversation.to_string(),
                    is_typing: *is_typing,
                };
                ("user_typing", data)
            }
            Signal::Presence {
                user,
                is_online,
                last_seen,
            } => {
                let data = Data::Presence {
                    user_id: user.to_string(),
                    is_online: *is_online,
                    last_seen: last_seen
                        .map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true)),
                };
                let r#type = if *is_online {
                    "user_online"
                } else {
                    "user_offline"
                };
                (r#type, data)
            }
        };
        Some(of_the_moment(r#type, Some(data)))
    }

    fn connected(&self, seq: u64) -> Bytes {
        frame::json(&Frame {
            r#type: "connected",
            data: Some(Data::Connected { seq }),
            seq: Some(seq),
        })
    }

    fn reload(&self, reason: Reload, seq: u64) -> Bytes {
        let reason = reason.name();
        frame::json(&Frame {
            r#type: "reload_required",
            data: Some(Data::ReloadRequired { reason }),
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
        let Received { r#type, data } = json::parse(text)?;
        match r#type.as_str() {
            "ping" => Ok(Command::Ping),
            "user_typing" => {
                let data = fields(data)?;
                let is_typing = data.is_typing;
                Ok(Command::Typing {
                    conversation: id("conversationId", data.conversation_id)?,
                    is_typing: is_typing.ok_or_else(|| required("isTyping"))?,
                })
            }
            "message_read" => {
                let data = fields(data)?;
                let conversation = data.conversation_id;
                let conversation = conversation.map(|given| id("conversationId", Some(given)));
                Ok(Command::Read {
                    conversation: conversation.transpose()?,
                    message: id("messageId", data.message_id)?,
                })
            }
            "post_liked" | "post_unliked" => Ok(Command::Like {
                post: id("postId", fields(data)?.post_id)?,
                liked: r#type == "post_liked",
            }),
            _ => Err(Failure::invalid("type", "is not known")),
        }
    }

    /// O-095: three seconds.
    fn pace(&self) -> Pace {
        Pace {
            expires_after: 3_000,
            told_every: 250,
        }
    }
}

fn rendered(r#type: &str, data: Data<'_>, seq: u64, only: Option<&str>) -> Rendered {
    let frame = frame::json(&Frame {
        r#type,
        data: Some(data),
        seq: Some(seq),
    });
    Rendered {
        frame,
        only: only.and_then(|id| id.parse().ok()),
    }
}

fn of_the_moment(r#type: &str, data: Option<Data<'_>>) -> Bytes {
    frame::json(&Frame {
        r#type,
        data,
        seq: None,
    })
}

fn message_read(read: &messaging::MessageReadV1) -> Data<'_> {
    Data::MessageRead {
        message_id: &read.message_id,
        conversation_id: &read.conversation_id,
        read_by: &read.reader_id,
    }
}

fn saves<'a>(post_id: &'a str, user_id: &'a str) -> Data<'a> {
    Data::PostSaves { post_id, user_id }
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

/// A post right after it was written: nobody has done anything with it yet.
fn new_post(post: social::PostCreatedV1) -> social::Post {
    let social::PostCreatedV1 {
        post_id,
        number,
        author_id,
        university,
        content,
        r#type,
        location,
        images,
        hashtags,
        mentions,
        visibility: _,
        created_at,
    } = post;
    social::Post {
        id: post_id,
        number,
        author_id,
        university,
        content,
        r#type,
        location,
        images,
        hashtags,
        mentions,
        created_at,
        updated_at: created_at,
        ..Default::default()
    }
}

/// A comment right after it was written.
fn new_comment(comment: social::CommentCreatedV1) -> social::Comment {
    let social::CommentCreatedV1 {
        comment_id,
        number,
        post_id,
        post_author_id: _,
        university: _,
        parent_id,
        author_id,
        content,
        comment_count: _,
        created_at,
        parent_author_id: _,
        visibility: _,
    } = comment;
    social::Comment {
        id: comment_id,
        number,
        post_id,
        parent_id,
        author_id,
        content,
        created_at,
        updated_at: created_at,
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use oruma_ids::UserId;
    use oruma_proto::auth::v1::UserCard;
    use serde_json::json;

    use super::*;

    const ID: &str = "00000000-0000-0000-0000-000000000007";
    const OTHER: &str = "00000000-0000-0000-0000-000000000008";

    fn frames() -> Frames {
        Frames::new("http://localhost:3333".parse().unwrap())
    }

    /// The text of a short frame.
    fn text(frame: &Bytes) -> Value {
        let start = frame.iter().position(|byte| *byte == b'{').unwrap();
        serde_json::from_slice(&frame[start..]).unwrap()
    }

    fn told(happening: &Happening) -> (Value, Option<String>) {
        let rendered = frames()
            .happening(happening, &Faces::default(), 42)
            .unwrap();
        (
            text(&rendered.frame),
            rendered.only.map(|user| user.to_string()),
        )
    }

    /// O-093: the frame has the whole message, and is for the receiver only.
    #[test]
    fn a_message_is_told_to_its_receiver() {
        let sent = messaging::MessageSentV1 {
            message_id: ID.to_owned(),
            conversation_id: OTHER.to_owned(),
            sender_id: ID.to_owned(),
            receiver_id: OTHER.to_owned(),
            content: "<b>hi</b>".to_owned(),
            created_at: Some(DateTime::from_timestamp_millis(7).unwrap().into()),
            ..Default::default()
        };
        let (frame, only) = told(&Happening::MessageSent(sent));
        assert_eq!(only.as_deref(), Some(OTHER));
        assert_eq!(
            frame,
            json!({"type": "message_received", "seq": 42, "data": {"message": {
                "id": ID, "senderId": ID, "receiverId": OTHER, "content": "<b>hi</b>",
                "timestamp": "1970-01-01T00:00:00.007Z", "status": "sent", "conversationId": OTHER,
            }}})
        );
    }

    /// O-094.
    #[test]
    fn a_read_mark_is_told_to_the_other_one() {
        let read = messaging::MessageReadV1 {
            conversation_id: OTHER.to_owned(),
            reader_id: ID.to_owned(),
            peer_id: OTHER.to_owned(),
            message_id: ID.to_owned(),
            ..Default::default()
        };
        let (frame, only) = told(&Happening::MessageRead(read));
        assert_eq!(only.as_deref(), Some(OTHER));
        let data = json!({"messageId": ID, "conversationId": OTHER, "readBy": ID});
        assert_eq!(
            frame,
            json!({"type": "message_read", "seq": 42, "data": data})
        );
    }

    /// O-100, O-102: posts and comments are complete, as the REST answers show them.
    #[test]
    fn posts_and_comments_are_told_as_they_are_shown_elsewhere() {
        let author = Box::new(UserCard {
            display_name: "Ada".to_owned(),
            handle: "ada".to_owned(),
            ..Default::default()
        });
        let post = Box::new(social::PostCreatedV1 {
            post_id: ID.to_owned(),
            images: vec!["posts/a.png".to_owned()],
            ..Default::default()
        });
        let (frame, only) = told(&Happening::PostCreated {
            post,
            author: author.clone(),
        });
        assert_eq!((frame["type"].as_str(), only), (Some("new_post"), None));
        let post = &frame["data"]["post"];
        assert_eq!(
            (&post["author"], &post["liked"]),
            (&json!("Ada"), &json!(false))
        );
        assert_eq!(
            post["images"],
            json!(["http://localhost:3333/uploads/images/posts/a.png"])
        );
        let comment = Box::new(social::CommentCreatedV1 {
            comment_id: ID.to_owned(),
            post_id: OTHER.to_owned(),
            ..Default::default()
        });
        let (frame, _) = told(&Happening::CommentCreated { comment, author });
        assert_eq!(frame["data"]["postId"], OTHER);
        assert_eq!(frame["data"]["comment"]["repliesCount"], 0);
    }

    #[test]
    fn likes_and_saves_have_their_fields() {
        let like = social::PostLikedV1 {
            post_id: ID.to_owned(),
            user_id: OTHER.to_owned(),
            like_count: 3,
            ..Default::default()
        };
        let (frame, _) = told(&Happening::PostLiked(like));
        let data = json!({"postId": ID, "userId": OTHER, "likesCount": 3});
        assert_eq!(
            frame,
            json!({"type": "post_liked", "seq": 42, "data": data})
        );
        let (frame, _) = told(&Happening::PostSaved(social::PostSavedV1::default()));
        assert_eq!(frame["type"], "post_saved");
    }

    /// O-095…O-097: what is true for a moment has no `seq`.
    #[test]
    fn signals_have_their_fields() {
        let user = UserId::from_uuid(ID.parse().unwrap());
        let signal = Signal::Typing {
            user,
            name: "Ada".to_owned(),
            conversation: OTHER.parse().unwrap(),
            is_typing: true,
        };
        let data = json!({"userId": ID, "conversationId": OTHER, "isTyping": true});
        let frame = frames().signal(&signal).unwrap();
        assert_eq!(text(&frame), json!({"type": "user_typing", "data": data}));
        let signal = Signal::Presence {
            user,
            is_online: false,
            last_seen: DateTime::from_timestamp_millis(7),
        };
        let data = json!({"userId": ID, "isOnline": false, "lastSeen": "1970-01-01T00:00:00.007Z"});
        let frame = frames().signal(&signal).unwrap();
        assert_eq!(text(&frame), json!({"type": "user_offline", "data": data}));
    }

    #[test]
    fn frames_of_the_engine_have_their_names() {
        let frames = frames();
        assert_eq!(text(&frames.pong()), json!({"type": "pong"}));
        let connected = json!({"type": "connected", "data": {"seq": 7}, "seq": 7});
        assert_eq!(text(&frames.connected(7)), connected);
        let reload = json!({"type": "reload_required", "data": {"reason": "expired"}, "seq": 7});
        assert_eq!(text(&frames.reload(Reload::Expired, 7)), reload);
        let failure = Failure::invalid("user_id", "is strange");
        let error = json!({"type": "error", "data": {
            "error": "validation_failed", "message": "Some fields are not valid", "details": {"userId": "is strange"},
        }});
        assert_eq!(text(&frames.refusal(&failure)), error);
    }

    /// O-088…O-092.
    #[test]
    fn commands_are_understood() {
        let understood = |value: Value| frames().understand(value.to_string().as_bytes()).unwrap();
        assert_eq!(understood(json!({"type": "ping"})), Command::Ping);
        assert_eq!(
            understood(json!({"type": "ping", "data": 7})),
            Command::Ping
        );
        let (conversation, message): (Uuid, Uuid) = (ID.parse().unwrap(), OTHER.parse().unwrap());
        let data = json!({"conversationId": ID, "isTyping": true});
        assert_eq!(
            understood(json!({"type": "user_typing", "data": data})),
            Command::Typing {
                conversation,
                is_typing: true
            }
        );
        let data = json!({"conversationId": ID, "messageId": OTHER});
        assert_eq!(
            understood(json!({"type": "message_read", "data": data})),
            Command::Read {
                conversation: Some(conversation),
                message
            }
        );
        for (name, liked) in [("post_liked", true), ("post_unliked", false)] {
            assert_eq!(
                understood(json!({"type": name, "data": {"postId": OTHER}})),
                Command::Like {
                    post: message,
                    liked
                }
            );
        }
    }

    #[test]
    fn nonsense_is_refused_with_a_reason() {
        for (nonsense, reason) in [
            ("", "invalid_json"),
            ("{", "invalid_json"),
            ("\u{0}", "invalid_json"),
            ("[]", "wrong_type"),
            ("7", "wrong_type"),
            ("{}", "wrong_type"),
            (r#"{"type": 7}"#, "wrong_type"),
            (r#"{"type": "nonsense"}"#, "validation_failed"),
            (r#"{"type": "user_typing"}"#, "validation_failed"),
            (r#"{"type": "user_typing", "data": []}"#, "wrong_type"),
            (
                r#"{"type": "post_liked", "data": {"postId": 7}}"#,
                "wrong_type",
            ),
            (
                r#"{"type": "post_liked", "data": {"postId": "7"}}"#,
                "validation_failed",
            ),
        ] {
            let failure = frames().understand(nonsense.as_bytes()).unwrap_err();
            assert_eq!(failure.reason, reason, "{nonsense}");
        }
        assert!(frames().understand(b"\xff\xfe").is_err());
    }
}
