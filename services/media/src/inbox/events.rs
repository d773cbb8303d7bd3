//! `events.event.created.v1`, `events.event.updated.v1`, `events.event.deleted.v1`: which banner an event uses. The facts about one event come
//! in their order, and each says what the event uses then.

use std::sync::Arc;

use async_trait::async_trait;
use oruma_broker::{Event, HandleError, Handler};
use oruma_proto::events::v1 as proto;
use uuid::Uuid;

use crate::app::App;
use crate::app::uses::{self, Uses};

const CREATED: &str = "events.event.created.v1";
const UPDATED: &str = "events.event.updated.v1";
const DELETED: &str = "events.event.deleted.v1";

pub(super) const KINDS: [&str; 3] = [CREATED, UPDATED, DELETED];

/// Notes which banners events use.
pub(super) struct Events(pub(super) Arc<App>);

#[async_trait]
impl Handler for Events {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let uses = match event.kind.as_str() {
            CREATED => {
                let fact: proto::EventCreatedV1 = event.read()?;
                of_event(&fact.event_id, &fact.organizer_id, fact.banner_image)?
            }
            UPDATED => {
                let fact: proto::EventUpdatedV1 = event.read()?;
                of_event(&fact.event_id, &fact.organizer_id, fact.banner_image)?
            }
            DELETED => {
                let fact: proto::EventDeletedV1 = event.read()?;
                of_event(&fact.event_id, &fact.organizer_id, String::new())?
            }
            // The subscription names no other.
            _ => return Ok(()),
        };
        Ok(uses::note(&self.0, &self.0.event_inbox, event.id, &uses).await?)
    }
}

/// What has no banner has an empty path, which is that of no picture.
fn of_event(event: &str, organizer: &str, banner: String) -> Result<Uses, HandleError> {
    let event: Uuid = HandleError::id(event)?;
    Ok(Uses {
        used_by: format!("events.event/{event}"),
        owner: HandleError::id(organizer)?,
        paths: vec![banner],
    })
}
