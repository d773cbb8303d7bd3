//! `social.user.blocked.v1`, `social.user.unblocked.v1`: who may not write to whom.

use std::sync::Arc;

use async_trait::async_trait;
use oruma_broker::{Event, HandleError, Handler};
use oruma_proto::social::v1 as proto;

use crate::app::{App, blocks};
use crate::store::blocks::Block;

const BLOCKED: &str = "social.user.blocked.v1";
const UNBLOCKED: &str = "social.user.unblocked.v1";

pub(super) const KINDS: [&str; 2] = [BLOCKED, UNBLOCKED];

pub(super) struct Blocks(pub(super) Arc<App>);

#[async_trait]
impl Handler for Blocks {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let is_blocked = event.kind == BLOCKED;
        let (blocker, blocked) = if is_blocked {
            let fact: proto::UserBlockedV1 = event.read()?;
            (fact.blocker_id, fact.blocked_id)
        } else {
            let fact: proto::UserUnblockedV1 = event.read()?;
            (fact.blocker_id, fact.blocked_id)
        };
        let block = Block {
            blocker: HandleError::id(&blocker)?,
            blocked: HandleError::id(&blocked)?,
            is_blocked,
            changed_at: event.time,
        };
        blocks::follow(&self.0, event.id, &block).await?;
        Ok(())
    }
}
