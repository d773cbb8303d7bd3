//! How rows become items.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use oruma_ids::{ItemId, UserId};
use uuid::Uuid;

use crate::domain::item::{Condition, Item, ItemBody, Rating, SeenItem, Specification};
use crate::domain::price::Price;
use crate::domain::sale::{Sale, Status};

/// The columns of an [`ItemRow`], from `marketplace.items` as `i`.
macro_rules! item_columns {
    () => {
        "i.id, i.number, i.seller_id, i.university, i.title, i.description, i.price_cents, i.condition, i.category, i.images, \
         i.specification_labels, i.specification_values, i.location, i.tags, i.status, i.buyer_id, i.view_count, i.save_count, \
         i.created_at, i.updated_at"
    };
}

/// The columns of a [`SeenItemRow`], from `i` with [`with_seller`]. Value: the viewer. Not by `EXISTS`, which the planner may turn into reading
/// all saves of the viewer, where only those of a page are asked for.
macro_rules! seen_item_columns {
    () => {
        concat!(
            item_columns!(),
            ", coalesce((SELECT true FROM marketplace.item_saves s WHERE s.item_id = i.id AND s.user_id = ?), false) AS saved, \
             coalesce(r.review_count, 0) AS review_count, coalesce(r.rating_sum, 0) AS rating_sum"
        )
    };
}

/// What buyers think of the seller of `i`, as `r`.
macro_rules! with_seller {
    () => {
        " i LEFT JOIN marketplace.sellers r ON r.seller_id = i.seller_id "
    };
}

pub(super) use {item_columns, seen_item_columns, with_seller};

#[derive(QueryableByName)]
pub(super) struct ItemRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = SqlUuid)]
    seller_id: Uuid,
    #[diesel(sql_type = Text)]
    university: String,
    #[diesel(sql_type = Text)]
    title: String,
    #[diesel(sql_type = Text)]
    description: String,
    #[diesel(sql_type = BigInt)]
    price_cents: i64,
    #[diesel(sql_type = Text)]
    condition: String,
    #[diesel(sql_type = Text)]
    category: String,
    #[diesel(sql_type = Array<Text>)]
    images: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    specification_labels: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    specification_values: Vec<String>,
    #[diesel(sql_type = Text)]
    location: String,
    #[diesel(sql_type = Array<Text>)]
    tags: Vec<String>,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    buyer_id: Option<Uuid>,
    #[diesel(sql_type = BigInt)]
    view_count: i64,
    #[diesel(sql_type = BigInt)]
    save_count: i64,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    updated_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
pub(super) struct SeenItemRow {
    #[diesel(embed)]
    item: ItemRow,
    #[diesel(sql_type = Bool)]
    saved: bool,
    #[diesel(sql_type = BigInt)]
    review_count: i64,
    #[diesel(sql_type = BigInt)]
    rating_sum: i64,
}

impl From<ItemRow> for Item {
    fn from(row: ItemRow) -> Self {
        let values = row.specification_values;
        let specifications = row.specification_labels.into_iter().zip(values);
        Self {
            id: ItemId::from_uuid(row.id),
            number: row.number,
            seller: UserId::from_uuid(row.seller_id),
            university: row.university,
            body: ItemBody {
                title: row.title,
                description: row.description,
                price: Price::from_cents(row.price_cents),
                // The schema allows no other condition.
                condition: Condition::from_name(&row.condition).unwrap_or(Condition::Poor),
                category: row.category,
                location: row.location,
                tags: row.tags,
                specifications: specifications
                    .map(|(label, value)| Specification { label, value })
                    .collect(),
                images: row.images,
            },
            sale: Sale {
                // The schema allows no other status; what is sold changes no more.
                status: Status::from_name(&row.status).unwrap_or(Status::Sold),
                buyer: row.buyer_id.map(UserId::from_uuid),
            },
            view_count: row.view_count,
            save_count: row.save_count,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl SeenItemRow {
    /// The item with what a viewer may know of it.
    pub(super) fn seen_by(self, viewer: UserId) -> SeenItem {
        let item = Item::from(self.item);
        SeenItem {
            saved: self.saved,
            rating: Rating {
                count: self.review_count,
                sum: self.rating_sum,
            },
            buyer: item.buyer_for(viewer),
            item,
        }
    }
}
