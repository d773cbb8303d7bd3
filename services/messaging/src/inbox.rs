//! What this service hears from others. One replica at a time works on each queue.

mod blocks;
mod events;
mod items;
mod messages;
mod people;
mod posts;
mod user_deleted;

use std::sync::Arc;

use oruma_broker::{BrokerError, Handler, Inbox, SharedBroker, Subscription};

use crate::app::{App, Inboxes};

/// The queue of the facts about accounts that ended, and the consumer's name in the inbox; so are the others.
const USERS: &str = "messaging.user_deleted";
/// The queue of the facts about who people are.
const PEOPLE: &str = "messaging.people";
/// The queue of the facts about who has blocked whom.
const BLOCKS: &str = "messaging.blocks";
/// The queue of this service's own facts about what happens in conversations, of which people are told beside the sending.
const MESSAGES: &str = "messaging.messages";
/// The queue of the facts about posts and comments.
const POSTS: &str = "messaging.posts";
/// The queue of the facts about events that people organise. It is one, so that whoever registers before an event changes is told.
const EVENTS: &str = "messaging.events";
/// The queue of the facts about items that people sell.
const ITEMS: &str = "messaging.items";
/// The queues of this service, which keep their events while nobody is there.
pub const QUEUES: [&str; 7] = [USERS, PEOPLE, BLOCKS, MESSAGES, POSTS, EVENTS, ITEMS];

/// The inbox of each queue.
pub fn inboxes(schema: &'static str) -> Inboxes {
    Inboxes {
        departures: Inbox::new(schema, USERS),
        people: Inbox::new(schema, PEOPLE),
        blocks: Inbox::new(schema, BLOCKS),
        messages: Inbox::new(schema, MESSAGES),
        posts: Inbox::new(schema, POSTS),
        events: Inbox::new(schema, EVENTS),
        items: Inbox::new(schema, ITEMS),
    }
}

/// Subscribes to the facts.
///
/// # Errors
/// When the broker refuses a subscription.
pub async fn subscribe(app: &Arc<App>, broker: &SharedBroker) -> Result<(), BrokerError> {
    let of = |app| Arc::clone(app);
    let consumers: [(Subscription, Arc<dyn Handler>); 7] = [
        (
            Subscription::once(USERS, user_deleted::KINDS),
            Arc::new(user_deleted::UserDeleted(of(app))),
        ),
        (
            Subscription::once(PEOPLE, people::KINDS),
            Arc::new(people::People(of(app))),
        ),
        (
            Subscription::once(BLOCKS, blocks::KINDS),
            Arc::new(blocks::Blocks(of(app))),
        ),
        (
            Subscription::once(MESSAGES, messages::KINDS),
            Arc::new(messages::Messages(of(app))),
        ),
        (
            Subscription::once(POSTS, posts::KINDS),
            Arc::new(posts::Posts(of(app))),
        ),
        (
            Subscription::once(EVENTS, events::KINDS),
            Arc::new(events::Events(of(app))),
        ),
        (
            Subscription::once(ITEMS, items::KINDS),
            Arc::new(items::Items(of(app))),
        ),
    ];
    for (subscription, handler) in consumers {
        broker.subscribe(subscription, handler).await?;
    }
    Ok(())
}
