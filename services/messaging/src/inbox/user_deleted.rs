//! `auth.user.deleted.v1`: an account is gone, and its traces are to be removed.

use std::sync::Arc;

use async_trait::async_trait;
use oruma_broker::{Event, HandleError, Handler};
use oruma_proto::auth::v1 as proto;

use crate::app::{App, departures};

pub(super) const KINDS: [&str; 1] = ["auth.user.deleted.v1"];

pub(super) struct UserDeleted(pub(super) Arc<App>);

#[async_trait]
impl Handler for UserDeleted {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let fact: proto::UserDeletedV1 = event.read()?;
        departures::follow(&self.0, HandleError::id(&fact.user_id)?, event.id).await?;
        Ok(())
    }
}
