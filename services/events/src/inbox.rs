//! What this service hears from others.

mod user_deleted;

use std::sync::Arc;

use oruma_broker::{BrokerError, SharedBroker, Subscription};

use crate::app::App;

/// The queue, and the consumer's name in the inbox.
pub const USER_DELETED: &str = "events.user_deleted";
/// The queues of this service, which keep their events while nobody is there.
pub const QUEUES: [&str; 1] = [USER_DELETED];

/// Subscribes to the facts.
///
/// # Errors
/// When the broker refuses a subscription.
pub async fn subscribe(app: &Arc<App>, broker: &SharedBroker) -> Result<(), BrokerError> {
    let subscription = Subscription::once(USER_DELETED, ["auth.user.deleted.v1"]);
    let handler = Arc::new(user_deleted::UserDeleted(Arc::clone(app)));
    broker.subscribe(subscription, handler).await
}
