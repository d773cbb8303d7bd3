//! What the platform tells of what happened: turned into who is to know, and appended to the log. One gateway at a time does so for all.

use std::sync::Arc;

use async_trait::async_trait;
use oruma_broker::{BrokerError, Event, HandleError, Handler, SharedBroker, Subscription};
use oruma_ids::UserId;
use oruma_proto::auth::v1::UserCard;
use oruma_proto::messaging::v1 as messaging;
use oruma_proto::social::v1 as social;
use oruma_service_runtime::{Caller, Contract};

use super::happening::{Address, Entry, Happening, around_post, people};
use super::{log, presence};
use crate::edge::Edge;

const QUEUE: &str = "gateway.realtime";

/// What this gateway wants to hear.
const KINDS: [&str; 10] = [
    "messaging.conversation.created.v1",
    "messaging.message.read.v1",
    "messaging.message.sent.v1",
    "messaging.notification.created.v1",
    "social.comment.created.v1",
    "social.post.created.v1",
    "social.post.liked.v1",
    "social.post.saved.v1",
    "social.post.unliked.v1",
    "social.post.unsaved.v1",
];

/// Subscribes to what happens.
pub(super) async fn subscribe(edge: Arc<Edge>, broker: &SharedBroker) -> Result<(), BrokerError> {
    let subscription = Subscription::once(QUEUE, KINDS);
    broker.subscribe(subscription, Arc::new(Inbox(edge))).await
}

struct Inbox(Arc<Edge>);

#[async_trait]
impl Handler for Inbox {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        if event.kind == "messaging.conversation.created.v1" {
            let fact: messaging::ConversationCreatedV1 = event.read()?;
            presence::introduce(&self.0, &fact.member_ids).await;
            return Ok(());
        }
        let Some((audience, happening)) = self.judge(event).await? else {
            return Ok(());
        };
        let entry = Entry {
            id: event.id,
            audience,
            happening,
        };
        // Until the log takes it, the event is not handled: nothing is lost, and the order of its subject stays.
        log::append(&self.0.ephemeral, &entry)
            .await
            .map_err(HandleError::unavailable)
    }
}

impl Inbox {
    /// What happened and who is to know; none when nobody is.
    async fn judge(&self, event: &Event) -> Result<Option<(Vec<Address>, Happening)>, HandleError> {
        let judged = match event.kind.as_str() {
            "messaging.message.sent.v1" => {
                let fact: messaging::MessageSentV1 = event.read()?;
                // Larger conversations get an audience of their own with the contract that has them.
                let audience = people([fact.receiver_id.as_str(), &fact.sender_id]);
                (audience, Happening::MessageSent(fact))
            }
            "messaging.message.read.v1" => {
                let fact: messaging::MessageReadV1 = event.read()?;
                let audience = people([fact.peer_id.as_str(), &fact.reader_id]);
                (audience, Happening::MessageRead(fact))
            }
            "messaging.notification.created.v1" => {
                let fact: messaging::NotificationCreatedV1 = event.read()?;
                let audience = people([fact.user_id.as_str()]);
                (audience, Happening::NotificationCreated(fact))
            }
            "social.post.created.v1" => self.post_created(event.read()?).await?,
            "social.comment.created.v1" => self.comment_created(event.read()?).await?,
            "social.post.liked.v1" => {
                let fact: social::PostLikedV1 = event.read()?;
                let audience = around_post(
                    &fact.visibility,
                    &fact.university,
                    &fact.author_id,
                    &fact.user_id,
                );
                (audience, Happening::PostLiked(fact))
            }
            "social.post.unliked.v1" => {
                let fact: social::PostUnlikedV1 = event.read()?;
                let audience = around_post(
                    &fact.visibility,
                    &fact.university,
                    &fact.author_id,
                    &fact.user_id,
                );
                (audience, Happening::PostUnliked(fact))
            }
            "social.post.saved.v1" => {
                let fact: social::PostSavedV1 = event.read()?;
                let audience = around_post(
                    &fact.visibility,
                    &fact.university,
                    &fact.author_id,
                    &fact.user_id,
                );
                (audience, Happening::PostSaved(fact))
            }
            "social.post.unsaved.v1" => {
                let fact: social::PostUnsavedV1 = event.read()?;
                let audience = around_post(
                    &fact.visibility,
                    &fact.university,
                    &fact.author_id,
                    &fact.user_id,
                );
                (audience, Happening::PostUnsaved(fact))
            }
            _ => return Ok(None),
        };
        Ok(Some(judged).filter(|(audience, _)| !audience.is_empty()))
    }

    async fn post_created(
        &self,
        post: social::PostCreatedV1,
    ) -> Result<(Vec<Address>, Happening), HandleError> {
        let audience = around_post(
            &post.visibility,
            &post.university,
            &post.author_id,
            &post.author_id,
        );
        let author = Box::new(self.card(&post.author_id).await?);
        let post = Box::new(post);
        Ok((audience, Happening::PostCreated { post, author }))
    }

    async fn comment_created(
        &self,
        comment: social::CommentCreatedV1,
    ) -> Result<(Vec<Address>, Happening), HandleError> {
        let audience = around_post(
            &comment.visibility,
            &comment.university,
            &comment.post_author_id,
            &comment.author_id,
        );
        let author = Box::new(self.card(&comment.author_id).await?);
        let comment = Box::new(comment);
        Ok((audience, Happening::CommentCreated { comment, author }))
    }

    async fn card(&self, id: &str) -> Result<UserCard, HandleError> {
        let caller = Caller::anonymous(Contract::Oruma);
        let cards = self.0.people.cards(&caller, [id.to_owned()]).await;
        let cards = cards.map_err(HandleError::unavailable)?;
        let card = cards.get(id).map(|card| UserCard::clone(card));
        card.ok_or_else(|| HandleError::poison("the author has no card"))
    }
}

/// Ids of people; what is none is nobody.
pub(super) fn user_ids(ids: &[String]) -> Vec<UserId> {
    ids.iter().filter_map(|id| id.parse().ok()).collect()
}
