//! The events of this service, each a versioned message of `proto/oruma/marketplace/v1/outbox.proto`. The subject of all is the item, so those
//! of one item keep their order.

use chrono::{DateTime, Utc};
use oruma_broker::Event;
use oruma_engagement::{Marked, Report};
use oruma_ids::{ItemId, UserId};
use oruma_proto::marketplace::v1 as proto;
use serde::Serialize;

use crate::app::App;
use crate::domain::item::Item;
use crate::domain::review::Review;

/// `marketplace.item.created.v1`: somebody offered an item.
pub fn item_created(app: &App, item: &Item) -> Event {
    let (time, body) = (item.created_at, item.body.clone());
    let data = proto::ItemCreatedV1 {
        item_id: item.id.to_string(),
        number: item.number,
        seller_id: item.seller.to_string(),
        university: item.university.clone(),
        title: body.title,
        description: body.description,
        price_cents: body.price.cents(),
        condition: body.condition.name().to_owned(),
        category: body.category,
        images: body.images,
        location: body.location,
        tags: body.tags,
        status: item.sale.status.name().to_owned(),
        created_at: Some(time.into()),
    };
    event(app, "marketplace.item.created.v1", item.id, time, &data)
}

/// `marketplace.item.updated.v1`: its seller changed an item.
pub fn item_updated(app: &App, item: &Item) -> Event {
    let (time, body) = (item.updated_at, item.body.clone());
    let data = proto::ItemUpdatedV1 {
        item_id: item.id.to_string(),
        number: item.number,
        seller_id: item.seller.to_string(),
        university: item.university.clone(),
        title: body.title,
        description: body.description,
        price_cents: body.price.cents(),
        condition: body.condition.name().to_owned(),
        category: body.category,
        images: body.images,
        location: body.location,
        tags: body.tags,
        status: item.sale.status.name().to_owned(),
        updated_at: Some(time.into()),
    };
    event(app, "marketplace.item.updated.v1", item.id, time, &data)
}

/// `marketplace.item.deleted.v1`: an item is gone, with all that hung on it.
pub fn item_deleted(app: &App, item: &Item, by: UserId, now: DateTime<Utc>) -> Event {
    let data = proto::ItemDeletedV1 {
        item_id: item.id.to_string(),
        number: item.number,
        seller_id: item.seller.to_string(),
        deleted_by: by.to_string(),
        deleted_at: Some(now.into()),
    };
    event(app, "marketplace.item.deleted.v1", item.id, now, &data)
}

/// `marketplace.item.reserved.v1`: its seller keeps an item for somebody.
pub fn item_reserved(app: &App, item: &Item) -> Event {
    let time = item.updated_at;
    let data = proto::ItemReservedV1 {
        item_id: item.id.to_string(),
        seller_id: item.seller.to_string(),
        buyer_id: buyer(item),
        title: item.body.title.clone(),
        price_cents: item.body.price.cents(),
        reserved_at: Some(time.into()),
    };
    event(app, "marketplace.item.reserved.v1", item.id, time, &data)
}

/// `marketplace.item.sold.v1`: its seller has sold an item.
pub fn item_sold(app: &App, item: &Item) -> Event {
    let time = item.updated_at;
    let data = proto::ItemSoldV1 {
        item_id: item.id.to_string(),
        seller_id: item.seller.to_string(),
        buyer_id: buyer(item),
        title: item.body.title.clone(),
        price_cents: item.body.price.cents(),
        sold_at: Some(time.into()),
    };
    event(app, "marketplace.item.sold.v1", item.id, time, &data)
}

/// `marketplace.item.saved.v1` or `marketplace.item.unsaved.v1`.
pub fn item_saved(
    app: &App,
    item: &Item,
    user: UserId,
    saved: Marked,
    now: DateTime<Utc>,
) -> Event {
    let (item_id, seller_id) = (item.id.to_string(), item.seller.to_string());
    let (user_id, save_count) = (user.to_string(), saved.count);
    if saved.is_set {
        let data = proto::ItemSavedV1 {
            item_id,
            seller_id,
            user_id,
            save_count,
            saved_at: Some(now.into()),
        };
        event(app, "marketplace.item.saved.v1", item.id, now, &data)
    } else {
        let data = proto::ItemUnsavedV1 {
            item_id,
            seller_id,
            user_id,
            save_count,
            unsaved_at: Some(now.into()),
        };
        event(app, "marketplace.item.unsaved.v1", item.id, now, &data)
    }
}

/// `marketplace.item.reported.v1`: somebody tells moderators of an item.
pub fn item_reported(
    app: &App,
    item: &Item,
    reporter: UserId,
    report: &Report,
    now: DateTime<Utc>,
) -> Event {
    let data = proto::ItemReportedV1 {
        item_id: item.id.to_string(),
        seller_id: item.seller.to_string(),
        reporter_id: reporter.to_string(),
        reason: report.reason.clone(),
        description: report.description.clone(),
        reported_at: Some(now.into()),
    };
    event(app, "marketplace.item.reported.v1", item.id, now, &data)
}

/// `marketplace.review.created.v1`: a buyer says how a sale was.
pub fn review_created(app: &App, review: &Review) -> Event {
    let time = review.created_at;
    let data = proto::ReviewCreatedV1 {
        review_id: review.id.to_string(),
        item_id: review.item.to_string(),
        seller_id: review.seller.to_string(),
        reviewer_id: review.reviewer.to_string(),
        rating: i32::from(review.words.rating),
        comment: review.words.comment.clone(),
        created_at: Some(time.into()),
    };
    event(
        app,
        "marketplace.review.created.v1",
        review.item,
        time,
        &data,
    )
}

fn buyer(item: &Item) -> String {
    let buyer = item.sale.buyer.map(|buyer| buyer.to_string());
    buyer.unwrap_or_default()
}

fn event(app: &App, kind: &str, item: ItemId, time: DateTime<Utc>, data: &impl Serialize) -> Event {
    let id = app.random.id(time);
    Event::new(id, kind, "/oruma/marketplace", item.to_string(), time, data)
}
