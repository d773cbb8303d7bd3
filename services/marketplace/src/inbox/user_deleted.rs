//! `auth.user.deleted.v1`: an account is gone, and its traces are to be removed.

use std::sync::Arc;

use async_trait::async_trait;
use oruma_broker::{Event, HandleError, Handler};
use oruma_proto::auth::v1 as proto;

use crate::app::App;
use crate::app::departures::{self, DepartureError};

pub(super) struct UserDeleted(pub(super) Arc<App>);

#[async_trait]
impl Handler for UserDeleted {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let fact: proto::UserDeletedV1 = serde_json::from_value(event.data.clone())
            .map_err(|error| HandleError::poison(error.to_string()))?;
        let user = fact
            .user_id
            .parse()
            .map_err(|_| HandleError::poison("user_id is no id"))?;
        departures::follow(&self.0, user, event.id).await?;
        Ok(())
    }
}

impl From<DepartureError> for HandleError {
    fn from(error: DepartureError) -> Self {
        match error {
            DepartureError::Database(error) => error.into(),
            DepartureError::Query(error) => error.into(),
        }
    }
}
