//! Categories of events and items.

use oruma_proto::events::v1::EventCategory;
use oruma_proto::marketplace::v1::ItemCategory;
use serde::Serialize;
use utoipa::ToSchema;

/// A category.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Category {
    /// As filters take it.
    id: String,
    /// For people.
    name: String,
    /// How many there are in it.
    count: i64,
}

/// Answer of `GET …/categories`.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Categories {
    pub(in super::super) categories: Vec<Category>,
}

impl From<EventCategory> for Category {
    fn from(category: EventCategory) -> Self {
        let EventCategory { id, name, count } = category;
        Self { id, name, count }
    }
}

impl From<ItemCategory> for Category {
    fn from(category: ItemCategory) -> Self {
        let ItemCategory { id, name, count } = category;
        Self { id, name, count }
    }
}
