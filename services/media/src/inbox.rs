//! What this service consumes. One replica at a time works on each queue.

mod events;
mod items;
mod messages;
mod posts;
mod user_deleted;
mod user_updated;

use std::sync::Arc;

use oruma_broker::{BrokerError, HandleError, SharedBroker, Subscription};

use crate::app::App;
use crate::error::Error;

/// The queue of the facts about posts.
pub(crate) const POSTS: &str = "media.posts";
/// The queue of the facts about events that people organise.
pub(crate) const EVENTS: &str = "media.events";
/// The queue of the facts about items that people sell.
pub(crate) const ITEMS: &str = "media.items";
/// The queue of the facts about messages.
pub(crate) const MESSAGES: &str = "media.messages";
/// The queue of the facts about pictures of people.
pub(crate) const AVATARS: &str = "media.user_updated";
/// The queue of the facts about accounts that ended.
pub(crate) const USERS: &str = "media.user_deleted";
/// The queues of this service, which keep their events while nobody is there.
pub const QUEUES: [&str; 6] = [POSTS, EVENTS, ITEMS, MESSAGES, AVATARS, USERS];

/// Subscribes to the facts.
///
/// # Errors
/// When the broker refuses a subscription.
pub(crate) async fn subscribe(app: &Arc<App>, broker: &SharedBroker) -> Result<(), BrokerError> {
    let subscription = Subscription::once(POSTS, posts::KINDS);
    let handler = posts::Posts(Arc::clone(app));
    broker.subscribe(subscription, Arc::new(handler)).await?;
    let subscription = Subscription::once(EVENTS, events::KINDS);
    let handler = events::Events(Arc::clone(app));
    broker.subscribe(subscription, Arc::new(handler)).await?;
    let subscription = Subscription::once(ITEMS, items::KINDS);
    let handler = items::Items(Arc::clone(app));
    broker.subscribe(subscription, Arc::new(handler)).await?;
    let subscription = Subscription::once(MESSAGES, messages::KINDS);
    let handler = messages::Messages(Arc::clone(app));
    broker.subscribe(subscription, Arc::new(handler)).await?;
    let subscription = Subscription::once(AVATARS, user_updated::KINDS);
    let handler = user_updated::UserUpdated(Arc::clone(app));
    broker.subscribe(subscription, Arc::new(handler)).await?;
    let subscription = Subscription::once(USERS, user_deleted::KINDS);
    let handler = user_deleted::UserDeleted(Arc::clone(app));
    broker.subscribe(subscription, Arc::new(handler)).await
}

impl From<Error> for HandleError {
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable(source) => Self::Unavailable(source),
            other => Self::retry(other),
        }
    }
}
