//! `messaging.message.sent.v1`, `messaging.message.reacted.v1`, `messaging.member.added.v1`: what this service itself told, of which people are told here,
//! so that sending need not wait for it.

use std::sync::Arc;

use async_trait::async_trait;
use oruma_broker::{Event, HandleError, Handler};
use oruma_ids::{ConversationId, MessageId, UserId};
use oruma_proto::messaging::v1 as proto;

use crate::app::{App, notifications, threads};
use crate::domain::conversation::ConversationKind;
use crate::domain::message::MessageKind;
use crate::domain::notification::{News, NotificationKind, Subject, excerpt};

const SENT: &str = "messaging.message.sent.v1";
const REACTED: &str = "messaging.message.reacted.v1";
const ADDED: &str = "messaging.member.added.v1";

pub(super) const KINDS: [&str; 3] = [SENT, REACTED, ADDED];

pub(super) struct Messages(pub(super) Arc<App>);

/// The news of an event, and who is told of each.
type Told = Vec<(News, Vec<UserId>)>;

#[async_trait]
impl Handler for Messages {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let told = match event.kind.as_str() {
            SENT => self.of_message(event).await?,
            REACTED => of_reaction(event)?,
            ADDED => of_member(event)?,
            // The subscription names no other.
            _ => return Ok(()),
        };
        if told.is_empty() {
            return Ok(());
        }
        let inbox = &self.0.inboxes.messages;
        notifications::tell_all(&self.0, inbox, event.id, &told).await?;
        Ok(())
    }
}

impl Messages {
    /// Who is mentioned, then whoever it was written to, or those who take part in the thread. Nobody is told of what the conversation says itself.
    async fn of_message(&self, event: &Event) -> Result<Told, HandleError> {
        let fact: proto::MessageSentV1 = event.read()?;
        if fact.kind != MessageKind::Text.name() {
            return Ok(Vec::new());
        }
        let conversation: ConversationId = HandleError::id(&fact.conversation_id)?;
        let message: MessageId = HandleError::id(&fact.message_id)?;
        let actor: UserId = HandleError::id(&fact.sender_id)?;
        let news = |kind| News {
            event: event.id,
            kind,
            actor,
            subject: Subject::Conversation(conversation.as_uuid()),
            message: Some(message),
            excerpt: excerpt(&fact.content),
            at: event.time,
        };
        let mut told = Vec::new();
        if !fact.mentioned_ids.is_empty() {
            let mentioned = fact.mentioned_ids.iter().map(|id| HandleError::id(id));
            let mentioned = mentioned.collect::<Result<Vec<_>, _>>()?;
            told.push((news(NotificationKind::Mention), mentioned));
        }
        if fact.conversation_kind == ConversationKind::Direct.name() {
            let receiver = HandleError::maybe_id(&fact.receiver_id)?;
            told.extend(receiver.map(|one| (news(NotificationKind::Message), vec![one])));
        } else if let Some(root) = HandleError::maybe_id(&fact.parent_id)? {
            let writers = threads::writers(&self.0, root, fact.sequence).await?;
            told.push((news(NotificationKind::ThreadReply), writers));
        }
        Ok(told)
    }
}

fn of_reaction(event: &Event) -> Result<Told, HandleError> {
    let fact: proto::MessageReactedV1 = event.read()?;
    // Nobody is left to be told of a message whose author is gone.
    let Some(author) = HandleError::maybe_id(&fact.author_id)? else {
        return Ok(Vec::new());
    };
    let reaction = fact
        .reaction
        .ok_or_else(|| HandleError::poison("there is no reaction"))?;
    let conversation: ConversationId = HandleError::id(&fact.conversation_id)?;
    let news = News {
        event: event.id,
        kind: NotificationKind::Reaction,
        actor: HandleError::id(&reaction.user_id)?,
        subject: Subject::Conversation(conversation.as_uuid()),
        message: Some(HandleError::id(&fact.message_id)?),
        excerpt: reaction.emoji,
        at: event.time,
    };
    Ok(vec![(news, vec![author])])
}

fn of_member(event: &Event) -> Result<Told, HandleError> {
    let fact: proto::MemberAddedV1 = event.read()?;
    let conversation: ConversationId = HandleError::id(&fact.conversation_id)?;
    let news = News {
        event: event.id,
        kind: NotificationKind::ChannelInvite,
        actor: HandleError::id(&fact.added_by)?,
        subject: Subject::Conversation(conversation.as_uuid()),
        message: None,
        excerpt: excerpt(&fact.conversation_name),
        at: event.time,
    };
    // Whoever joined by oneself is the one who did it, and is not told.
    Ok(vec![(news, vec![HandleError::id(&fact.user_id)?])])
}
