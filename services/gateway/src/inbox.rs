//! What the gateway hears from the broker: facts about what it keeps in memory. Each process has a queue of its own.

use std::sync::Arc;

use async_trait::async_trait;
use oruma_broker::{BrokerError, Event, HandleError, Handler, SharedBroker, Subscription};
use oruma_proto::auth::v1 as proto;

use crate::edge::Edge;

/// Subscribes to the facts.
///
/// # Errors
/// When the broker refuses the subscription.
pub(crate) async fn subscribe(edge: Arc<Edge>, broker: &SharedBroker) -> Result<(), BrokerError> {
    let subscription = Subscription::each_process("gateway.sessions", ["auth.session.revoked.v1"]);
    broker
        .subscribe(subscription, Arc::new(SessionRevoked(Arc::clone(&edge))))
        .await?;
    let kinds = ["auth.user.updated.v1", "auth.user.deleted.v1"];
    let subscription = Subscription::each_process("gateway.people", kinds);
    broker
        .subscribe(subscription, Arc::new(PersonChanged(edge)))
        .await
}

/// `auth.user.updated.v1` and `auth.user.deleted.v1`.
struct PersonChanged(Arc<Edge>);

#[async_trait]
impl Handler for PersonChanged {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        if event.kind == "auth.user.deleted.v1" {
            let fact: proto::UserDeletedV1 = event.read()?;
            self.0.people.forget(&fact.user_id);
        } else {
            let fact: proto::UserUpdatedV1 = event.read()?;
            self.0.people.outdate(&fact.user_id, fact.version);
        }
        Ok(())
    }

    async fn missed(&self) {
        self.0.people.forget_all();
    }
}

/// `auth.session.revoked.v1`.
struct SessionRevoked(Arc<Edge>);

#[async_trait]
impl Handler for SessionRevoked {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let fact: proto::SessionRevokedV1 = event.read()?;
        self.0.revocations.insert(&proto::RevokedSession {
            session_id: fact.session_id,
            revoked_at: fact.revoked_at,
            forget_at: fact.forget_at,
        });
        Ok(())
    }

    async fn missed(&self) {
        self.0.revocations.want_list();
    }
}
