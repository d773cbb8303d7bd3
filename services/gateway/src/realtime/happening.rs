//! What happened and who is to know, in no contract's words. This is what the log of the gateways holds.

use oruma_ids::UserId;
use oruma_proto::auth::v1::UserCard;
use oruma_proto::messaging::v1 as messaging;
use oruma_proto::social::v1 as social;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::faces::Faces;

/// Sockets that are told together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Address {
    /// Those of a person.
    Person(UserId),
    /// Those of the people of a university, by its name.
    University(String),
    /// Those of the people who take part in a conversation of more than two.
    Conversation(Uuid),
    /// All.
    Everyone,
}

/// An entry of the log.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The id of the event that told it: one that is here twice is told once.
    pub(crate) id: Uuid,
    pub(crate) audience: Vec<Address>,
    pub(crate) happening: Happening,
    /// Those who are named in it: frames are made without asking anybody.
    #[serde(default, skip_serializing_if = "Faces::is_empty")]
    pub(crate) faces: Faces,
    /// The `traceparent` of the change, where its trace is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trace: Option<String>,
}

/// What happened. A kind that an older gateway does not know is passed over there.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Happening {
    MessageSent(messaging::MessageSentV1),
    MessageUpdated(Box<messaging::MessageUpdatedV1>),
    MessageDeleted(messaging::MessageDeletedV1),
    MessageReacted(messaging::MessageReactedV1),
    MessageReactionRemoved(messaging::MessageReactionRemovedV1),
    MessageRead(messaging::MessageReadV1),
    ChannelUpdated(messaging::ChannelUpdatedV1),
    ChannelDeleted(messaging::ChannelDeletedV1),
    MemberAdded(messaging::MemberAddedV1),
    MemberRemoved(messaging::MemberRemovedV1),
    MemberRoleChanged(messaging::MemberRoleChangedV1),
    NotificationCreated(messaging::NotificationCreatedV1),
    PostCreated {
        post: Box<social::PostCreatedV1>,
        author: Box<UserCard>,
    },
    PostLiked(social::PostLikedV1),
    PostUnliked(social::PostUnlikedV1),
    PostSaved(social::PostSavedV1),
    PostUnsaved(social::PostUnsavedV1),
    CommentCreated {
        comment: Box<social::CommentCreatedV1>,
        author: Box<UserCard>,
    },
}

/// What sockets listen to; a socket may listen to some of it only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    /// Messages, conversations, and what else happens.
    Messages,
    /// What a person may want to know.
    Notifications,
    /// Who writes.
    Typing,
    /// Who is there.
    Presence,
}

/// How a person's part in a conversation changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// Somebody takes part from here on.
    Joined { user: UserId, conversation: Uuid },
    /// Somebody no longer does.
    Left { user: UserId, conversation: Uuid },
    /// Nobody does any longer.
    Closed { conversation: Uuid },
}

impl Move {
    /// The conversation.
    pub(crate) const fn conversation(self) -> Uuid {
        match self {
            Self::Joined { conversation, .. }
            | Self::Left { conversation, .. }
            | Self::Closed { conversation } => conversation,
        }
    }
}

/// A message that counts as delivered once its receiver's connection took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Receipt {
    pub(crate) receiver: UserId,
    pub(crate) conversation: Uuid,
    pub(crate) sequence: i64,
}

impl Happening {
    /// What it belongs to.
    pub(crate) const fn topic(&self) -> Topic {
        match self {
            Self::NotificationCreated(_) => Topic::Notifications,
            _ => Topic::Messages,
        }
    }

    /// What it changes in who takes part in larger conversations.
    pub(crate) fn r#move(&self) -> Option<Move> {
        match self {
            Self::MemberAdded(fact) => Some(Move::Joined {
                user: fact.user_id.parse().ok()?,
                conversation: fact.conversation_id.parse().ok()?,
            }),
            Self::MemberRemoved(fact) => Some(Move::Left {
                user: fact.user_id.parse().ok()?,
                conversation: fact.conversation_id.parse().ok()?,
            }),
            Self::ChannelDeleted(fact) => Some(Move::Closed {
                conversation: fact.channel_id.parse().ok()?,
            }),
            _ => None,
        }
    }

    /// What to note when somebody's socket has taken it: of direct conversations, whose writers see how far a message came.
    pub(crate) fn receipt(&self, reader: UserId) -> Option<Receipt> {
        let Self::MessageSent(message) = self else {
            return None;
        };
        (!message.receiver_id.is_empty()).then_some(())?;
        let sender: UserId = message.sender_id.parse().ok()?;
        (sender != reader).then_some(())?;
        Some(Receipt {
            receiver: reader,
            conversation: message.conversation_id.parse().ok()?,
            sequence: message.sequence,
        })
    }
}

/// Those of some people; what is no id is nobody.
pub(crate) fn people<'a>(ids: impl IntoIterator<Item = &'a str>) -> Vec<Address> {
    let ids = ids.into_iter().filter_map(|id| id.parse().ok());
    ids.map(Address::Person).collect()
}

/// Those of a direct conversation by their ids, those of a larger one by its own.
pub(crate) fn around_conversation(
    kind: &str,
    conversation_id: &str,
    member_ids: &[String],
) -> Vec<Address> {
    if kind == "direct" {
        return people(member_ids.iter().map(String::as_str));
    }
    let id = conversation_id.parse().ok();
    id.map(Address::Conversation).into_iter().collect()
}

/// The people of a post's university, its author, and who acted on it. What is not for the university is nobody's business but theirs.
pub(crate) fn around_post(
    visibility: &str,
    university: &str,
    author_id: &str,
    actor_id: &str,
) -> Vec<Address> {
    let is_for_all = matches!(visibility, "public" | "university");
    let mut audience = people([author_id]);
    if actor_id != author_id {
        audience.extend(people([actor_id]));
    }
    if is_for_all && !university.is_empty() {
        audience.push(Address::University(university.to_owned()));
    }
    audience
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_told_to_its_university_its_author_and_who_acts() {
        let (author, actor) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let audience = around_post("public", "MIT", &author.to_string(), &actor.to_string());
        assert_eq!(
            audience,
            [
                Address::Person(UserId::from_uuid(author)),
                Address::Person(UserId::from_uuid(actor)),
                Address::University("MIT".to_owned()),
            ]
        );
        let own = around_post("public", "", &author.to_string(), &author.to_string());
        assert_eq!(own, [Address::Person(UserId::from_uuid(author))]);
        let private = around_post("private", "MIT", &author.to_string(), &author.to_string());
        assert_eq!(private, own);
    }

    #[test]
    fn an_entry_survives_the_log() {
        let entry = Entry {
            id: Uuid::from_u128(7),
            audience: vec![Address::Everyone],
            happening: Happening::PostLiked(social::PostLikedV1 {
                like_count: 3,
                ..Default::default()
            }),
            faces: Faces::default(),
            trace: None,
        };
        let text = serde_json::to_vec(&entry).unwrap();
        let read: Entry = serde_json::from_slice(&text).unwrap();
        assert_eq!(read.audience, entry.audience);
        assert!(matches!(read.happening, Happening::PostLiked(like) if like.like_count == 3));
    }
}
