//! `auth.user.updated.v1`: which picture a person shows. The one that they showed before goes (C-123).

use std::sync::Arc;

use async_trait::async_trait;
use oruma_broker::{Event, HandleError, Handler};
use oruma_ids::UserId;
use oruma_proto::auth::v1 as proto;

use crate::app::App;
use crate::app::uses::{self, Uses};

/// What stands before the path of a picture in its address, whichever the contract and the host.
const PICTURES: &str = "/uploads/images/";

pub(super) const KINDS: [&str; 1] = ["auth.user.updated.v1"];

/// Notes which pictures people show.
pub(super) struct UserUpdated(pub(super) Arc<App>);

#[async_trait]
impl Handler for UserUpdated {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let updated: proto::UserUpdatedV1 = event.read()?;
        let owner: UserId = HandleError::id(&updated.user_id)?;
        // What is no picture of ours, such as one at Google, is used by nobody here.
        let path = updated.avatar_url.rsplit_once(PICTURES);
        let uses = Uses {
            used_by: format!("auth.user/{owner}"),
            owner,
            paths: path.map(|(_, path)| path.to_owned()).into_iter().collect(),
        };
        Ok(uses::note(&self.0, &self.0.avatar_inbox, event.id, &uses).await?)
    }
}
