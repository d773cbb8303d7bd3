//! `auth.user.registered.v1`, `auth.user.updated.v1`: who people are.

use std::sync::Arc;

use async_trait::async_trait;
use oruma_broker::{Event, HandleError, Handler};
use oruma_proto::auth::v1 as proto;

use crate::app::{App, people};
use crate::domain::person::Person;

const REGISTERED: &str = "auth.user.registered.v1";
const UPDATED: &str = "auth.user.updated.v1";

pub(super) const KINDS: [&str; 2] = [REGISTERED, UPDATED];

pub(super) struct People(pub(super) Arc<App>);

#[async_trait]
impl Handler for People {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        if event.kind == REGISTERED {
            let fact: proto::UserRegisteredV1 = event.read()?;
            let person = Person {
                user: HandleError::id(&fact.user_id)?,
                handle: fact.handle,
                display_name: fact.display_name,
                timezone: String::new(),
                version: fact.version,
            };
            people::register(&self.0, event.id, person).await?;
            return Ok(());
        }
        let fact: proto::UserUpdatedV1 = event.read()?;
        let keeps_timezone = fact.timezone.is_none();
        let person = Person {
            user: HandleError::id(&fact.user_id)?,
            handle: fact.handle,
            display_name: fact.display_name,
            timezone: fact.timezone.unwrap_or_default(),
            version: fact.version,
        };
        people::change(&self.0, event.id, &person, keeps_timezone).await?;
        Ok(())
    }
}
