//! What messaging tells: who is to know of it, and who is named in it.

use oruma_broker::{Event, HandleError};
use oruma_proto::messaging::v1 as messaging;

use super::super::happening::{Address, Happening, around_conversation, people};
use super::Judged;

/// What happened and who is to know; none for what does not come from messaging.
pub(super) fn judge(event: &Event) -> Result<Option<Judged>, HandleError> {
    let judged = match event.kind.as_str() {
        "messaging.message.sent.v1" => {
            let fact: messaging::MessageSentV1 = event.read()?;
            let audience = match fact.conversation_kind.as_str() {
                "direct" | "" => people([fact.receiver_id.as_str(), &fact.sender_id]),
                kind => around_conversation(kind, &fact.conversation_id, &[]),
            };
            (audience, Happening::MessageSent(fact))
        }
        "messaging.message.updated.v1" => {
            let fact: messaging::MessageUpdatedV1 = event.read()?;
            let message = fact.message.as_ref();
            let id = message.map_or("", |message| &message.conversation_id);
            let audience = around_conversation(&fact.conversation_kind, id, &fact.member_ids);
            (audience, Happening::MessageUpdated(Box::new(fact)))
        }
        "messaging.message.deleted.v1" => {
            let fact: messaging::MessageDeletedV1 = event.read()?;
            let kind = &fact.conversation_kind;
            let audience = around_conversation(kind, &fact.conversation_id, &fact.member_ids);
            (audience, Happening::MessageDeleted(fact))
        }
        "messaging.message.reacted.v1" => {
            let fact: messaging::MessageReactedV1 = event.read()?;
            let kind = &fact.conversation_kind;
            let audience = around_conversation(kind, &fact.conversation_id, &fact.member_ids);
            (audience, Happening::MessageReacted(fact))
        }
        "messaging.message.reaction_removed.v1" => {
            let fact: messaging::MessageReactionRemovedV1 = event.read()?;
            let kind = &fact.conversation_kind;
            let audience = around_conversation(kind, &fact.conversation_id, &fact.member_ids);
            (audience, Happening::MessageReactionRemoved(fact))
        }
        "messaging.message.read.v1" => {
            let fact: messaging::MessageReadV1 = event.read()?;
            // Of a larger conversation a mark is nobody else's business: the reader's other devices are told.
            let audience = people([fact.peer_id.as_str(), &fact.reader_id]);
            (audience, Happening::MessageRead(fact))
        }
        "messaging.notification.created.v1" => {
            let fact: messaging::NotificationCreatedV1 = event.read()?;
            let audience = people([fact.user_id.as_str()]);
            (audience, Happening::NotificationCreated(fact))
        }
        _ => return judge_channel(event),
    };
    Ok(Some(judged))
}

fn judge_channel(event: &Event) -> Result<Option<Judged>, HandleError> {
    let judged = match event.kind.as_str() {
        "messaging.channel.updated.v1" => {
            let fact: messaging::ChannelUpdatedV1 = event.read()?;
            let audience = members(&fact.channel_id, None);
            (audience, Happening::ChannelUpdated(fact))
        }
        "messaging.channel.deleted.v1" => {
            let fact: messaging::ChannelDeletedV1 = event.read()?;
            let audience = members(&fact.channel_id, None);
            (audience, Happening::ChannelDeleted(fact))
        }
        "messaging.member.added.v1" => {
            let fact: messaging::MemberAddedV1 = event.read()?;
            let audience = members(&fact.conversation_id, Some(&fact.user_id));
            (audience, Happening::MemberAdded(fact))
        }
        "messaging.member.removed.v1" => {
            let fact: messaging::MemberRemovedV1 = event.read()?;
            let audience = members(&fact.conversation_id, Some(&fact.user_id));
            (audience, Happening::MemberRemoved(fact))
        }
        "messaging.member.role_changed.v1" => {
            let fact: messaging::MemberRoleChangedV1 = event.read()?;
            let audience = members(&fact.conversation_id, None);
            (audience, Happening::MemberRoleChanged(fact))
        }
        _ => return Ok(None),
    };
    Ok(Some(judged))
}

/// Those who take part in a larger conversation, and the one whose part changes.
fn members(conversation_id: &str, user_id: Option<&str>) -> Vec<Address> {
    let mut audience = people(user_id);
    audience.extend(around_conversation("channel", conversation_id, &[]));
    audience
}

/// The ids of those who are named in what happened.
pub(super) fn named(happening: &Happening) -> Vec<String> {
    match happening {
        Happening::MessageSent(sent) => vec![sent.sender_id.clone()],
        Happening::MessageUpdated(fact) => fact.message.iter().flat_map(in_message).collect(),
        Happening::MessageReacted(fact) => of_reaction(fact.reaction.as_ref()),
        Happening::MessageReactionRemoved(fact) => of_reaction(fact.reaction.as_ref()),
        Happening::MemberAdded(fact) => vec![fact.user_id.clone()],
        Happening::NotificationCreated(fact) => vec![fact.actor_id.clone()],
        Happening::MessageDeleted(_)
        | Happening::MessageRead(_)
        | Happening::ChannelUpdated(_)
        | Happening::ChannelDeleted(_)
        | Happening::MemberRemoved(_)
        | Happening::MemberRoleChanged(_)
        | Happening::PostCreated { .. }
        | Happening::PostLiked(_)
        | Happening::PostUnliked(_)
        | Happening::PostSaved(_)
        | Happening::PostUnsaved(_)
        | Happening::CommentCreated { .. } => Vec::new(),
    }
}

fn in_message(message: &messaging::Message) -> Vec<String> {
    let mut ids = vec![message.sender_id.clone()];
    let reactions = message.reactions.iter();
    ids.extend(reactions.map(|reaction| reaction.user_id.clone()));
    ids
}

fn of_reaction(reaction: Option<&messaging::Reaction>) -> Vec<String> {
    reaction
        .into_iter()
        .map(|reaction| reaction.user_id.clone())
        .collect()
}
