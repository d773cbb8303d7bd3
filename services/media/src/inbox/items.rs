//! `marketplace.item.created.v1`, `marketplace.item.updated.v1`, `marketplace.item.deleted.v1`: which pictures items use. The facts about one item
//! come in their order, and each says all that the item uses then.

use std::sync::Arc;

use async_trait::async_trait;
use oruma_broker::{Event, HandleError, Handler};
use oruma_proto::marketplace::v1 as proto;
use uuid::Uuid;

use crate::app::App;
use crate::app::uses::{self, Uses};

const CREATED: &str = "marketplace.item.created.v1";
const UPDATED: &str = "marketplace.item.updated.v1";
const DELETED: &str = "marketplace.item.deleted.v1";

pub(super) const KINDS: [&str; 3] = [CREATED, UPDATED, DELETED];

/// Notes which pictures items use.
pub(super) struct Items(pub(super) Arc<App>);

#[async_trait]
impl Handler for Items {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let uses = match event.kind.as_str() {
            CREATED => {
                let item: proto::ItemCreatedV1 = event.read()?;
                of_item(&item.item_id, &item.seller_id, item.images)?
            }
            UPDATED => {
                let item: proto::ItemUpdatedV1 = event.read()?;
                of_item(&item.item_id, &item.seller_id, item.images)?
            }
            DELETED => {
                let item: proto::ItemDeletedV1 = event.read()?;
                of_item(&item.item_id, &item.seller_id, Vec::new())?
            }
            // The subscription names no other.
            _ => return Ok(()),
        };
        Ok(uses::note(&self.0, &self.0.item_inbox, event.id, &uses).await?)
    }
}

fn of_item(item: &str, seller: &str, paths: Vec<String>) -> Result<Uses, HandleError> {
    let item: Uuid = HandleError::id(item)?;
    Ok(Uses {
        used_by: format!("marketplace.item/{item}"),
        owner: HandleError::id(seller)?,
        paths,
    })
}
