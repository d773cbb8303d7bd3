//! `auth.user.deleted.v1`: the pictures of a person go with the account.

use std::sync::Arc;

use async_trait::async_trait;
use oruma_broker::{Event, HandleError, Handler};
use oruma_proto::auth::v1 as proto;

use crate::app::{App, uses};

pub(super) const KINDS: [&str; 1] = ["auth.user.deleted.v1"];

/// Removes what a person uploaded.
pub(super) struct UserDeleted(pub(super) Arc<App>);

#[async_trait]
impl Handler for UserDeleted {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let deleted: proto::UserDeletedV1 = event.read()?;
        let owner = HandleError::id(&deleted.user_id)?;
        Ok(uses::forget_owner(&self.0, event.id, owner).await?)
    }
}
