//! `marketplace.item.sold.v1`, `marketplace.review.created.v1`: what the other side of a sale says.

use std::sync::Arc;

use async_trait::async_trait;
use oruma_broker::{Event, HandleError, Handler};
use oruma_ids::UserId;
use oruma_proto::marketplace::v1 as proto;

use crate::app::{App, notifications};
use crate::domain::notification::{News, NotificationKind, Subject, excerpt};

const SOLD: &str = "marketplace.item.sold.v1";
const REVIEWED: &str = "marketplace.review.created.v1";

pub(super) const KINDS: [&str; 2] = [SOLD, REVIEWED];

pub(super) struct Items(pub(super) Arc<App>);

#[async_trait]
impl Handler for Items {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let news = match event.kind.as_str() {
            SOLD => of_sale(event)?,
            REVIEWED => of_review(event)?,
            // The subscription names no other.
            _ => return Ok(()),
        };
        let inbox = &self.0.inboxes.items;
        notifications::tell(&self.0, inbox, event.id, &news).await?;
        Ok(())
    }
}

fn of_sale(event: &Event) -> Result<Vec<(News, UserId)>, HandleError> {
    let fact: proto::ItemSoldV1 = event.read()?;
    // Sellers need not say to whom.
    let Some(buyer) = HandleError::maybe_id(&fact.buyer_id)? else {
        return Ok(Vec::new());
    };
    let news = News {
        event: event.id,
        kind: NotificationKind::Sale,
        actor: HandleError::id(&fact.seller_id)?,
        subject: Subject::Item(HandleError::id(&fact.item_id)?),
        message: None,
        excerpt: excerpt(&fact.title),
        at: event.time,
    };
    Ok(vec![(news, buyer)])
}

fn of_review(event: &Event) -> Result<Vec<(News, UserId)>, HandleError> {
    let fact: proto::ReviewCreatedV1 = event.read()?;
    let news = News {
        event: event.id,
        kind: NotificationKind::Review,
        actor: HandleError::id(&fact.reviewer_id)?,
        subject: Subject::Item(HandleError::id(&fact.item_id)?),
        message: None,
        excerpt: excerpt(&fact.comment),
        at: event.time,
    };
    Ok(vec![(news, HandleError::id(&fact.seller_id)?)])
}
