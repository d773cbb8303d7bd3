//! What the platform tells of what happened: turned into who is to know, and appended to the log. One gateway at a time does so for all.

use std::sync::Arc;

use async_trait::async_trait;
use oruma_broker::{BrokerError, Event, HandleError, Handler, SharedBroker, Subscription};
use oruma_ids::UserId;
use oruma_proto::auth::v1::{UserCard, UserUpdatedV1};
use oruma_proto::messaging::v1 as messaging;
use oruma_proto::social::v1 as social;
use oruma_service_runtime::{Caller, Contract};
use oruma_telemetry::propagation::TraceContext;

use super::availability::Availability;
use super::happening::{Address, Entry, Happening, around_post};
use super::{log, presence};
use crate::edge::Edge;
use crate::faces::Faces;

mod conversations;

const QUEUE: &str = "gateway.realtime";

/// What this gateway wants to hear.
const KINDS: [&str; 20] = [
    "auth.user.updated.v1",
    "messaging.channel.deleted.v1",
    "messaging.channel.updated.v1",
    "messaging.conversation.created.v1",
    "messaging.member.added.v1",
    "messaging.member.removed.v1",
    "messaging.member.role_changed.v1",
    "messaging.message.deleted.v1",
    "messaging.message.reacted.v1",
    "messaging.message.reaction_removed.v1",
    "messaging.message.read.v1",
    "messaging.message.sent.v1",
    "messaging.message.updated.v1",
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

/// What happened and who is to know.
type Judged = (Vec<Address>, Happening);

#[async_trait]
impl Handler for Inbox {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        match event.kind.as_str() {
            "auth.user.updated.v1" => return self.person_changed(event.read()?).await,
            "messaging.conversation.created.v1" => {
                let fact: messaging::ConversationCreatedV1 = event.read()?;
                presence::introduce(&self.0, &fact.member_ids).await;
                return Ok(());
            }
            _ => {}
        }
        let Some((audience, happening)) = self.judge(event).await? else {
            return Ok(());
        };
        let faces = self.faces(&happening).await;
        let entry = Entry {
            id: event.id,
            audience,
            happening,
            faces,
            trace: TraceContext::capture()
                .filter(TraceContext::is_recorded)
                .map(|context| context.traceparent),
        };
        // Until the log takes it, the event is not handled: nothing is lost, and the order of its subject stays.
        log::append(&self.0.ephemeral, &entry)
            .await
            .map_err(HandleError::unavailable)
    }
}

impl Inbox {
    /// What happened and who is to know; none when nobody is.
    async fn judge(&self, event: &Event) -> Result<Option<Judged>, HandleError> {
        if let Some(judged) = conversations::judge(event)? {
            return Ok(Some(judged).filter(|(audience, _)| !audience.is_empty()));
        }
        let judged = match event.kind.as_str() {
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

    async fn post_created(&self, post: social::PostCreatedV1) -> Result<Judged, HandleError> {
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
    ) -> Result<Judged, HandleError> {
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

    /// Those who are named in what happened, for contracts that show names. What happened does not wait for them: while auth is away it is told
    /// without those that are not here.
    async fn faces(&self, happening: &Happening) -> Faces {
        let ids = conversations::named(happening);
        if ids.is_empty() {
            return Faces::default();
        }
        let caller = Caller::anonymous(Contract::Oruma);
        match self.0.people.cards(&caller, ids).await {
            Ok(cards) => Faces::of_cards(cards.values().map(AsRef::as_ref)),
            Err(status) => {
                tracing::debug!(error = status.message(), "told without names");
                Faces::default()
            }
        }
    }

    async fn person_changed(&self, fact: UserUpdatedV1) -> Result<(), HandleError> {
        self.0.people.outdate(&fact.user_id, fact.version);
        let said = fact.status.as_deref().and_then(Availability::from_name);
        if let (Ok(user), Some(said)) = (fact.user_id.parse(), said) {
            presence::chosen(&self.0, user, said).await;
        }
        Ok(())
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
