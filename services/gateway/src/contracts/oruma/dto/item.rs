//! Items of the marketplace.

use oruma_proto::marketplace::v1 as proto;
use oruma_proto::media::v1::ImageFolder;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use super::super::submission::{Fields, list};
use super::image::url_of;
use super::number::Number;
use super::owner::Owner;
use crate::compose::Owned;
use crate::failure::Failure;
use crate::times::iso;

/// An item (O-042).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Item {
    /// UUID.
    id: String,
    /// UUID of who sells it.
    seller_id: String,
    title: String,
    description: String,
    #[schema(example = 12.5)]
    price: f64,
    /// New, Like New, Good, Fair or Poor.
    #[schema(example = "Good")]
    condition: String,
    /// In lower case.
    category: String,
    /// Where its pictures are.
    images: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    specifications: Vec<Specification>,
    seller: Seller,
    #[serde(skip_serializing_if = "String::is_empty")]
    location: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    /// available, reserved or sold.
    #[schema(example = "available")]
    status: String,
    /// How many people have looked at it.
    views: i64,
    /// How many saved it.
    saves: i64,
    /// Whether the caller did.
    saved: bool,
    created_at: String,
    updated_at: String,
    /// To whom it went; only for the seller and that person.
    #[serde(skip_serializing_if = "String::is_empty")]
    buyer_id: String,
}

/// A property of an item.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(in super::super) struct Specification {
    #[schema(example = "Colour")]
    label: String,
    #[schema(example = "blue")]
    value: String,
}

/// Who sells an item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Seller {
    #[serde(flatten)]
    person: Owner,
    /// The mean of the stars of all reviews; 0 without any.
    rating: f64,
    /// How many reviews.
    review_count: i64,
}

/// A page of items.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ItemsPage {
    items: Vec<Item>,
    /// Whether there is another page.
    has_more: bool,
    /// What to send as `cursor` for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// How many there are in all.
    total: i64,
}

/// Answer of `GET /api/marketplace/items/{itemId}/similar`.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct SimilarItems {
    pub(in super::super) items: Vec<Item>,
}

/// Answer of `POST /api/marketplace/items`.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct CreatedItem {
    pub(in super::super) item: Item,
}

/// Body of `POST /api/marketplace/items` and `PUT /api/marketplace/items/{itemId}`; as a form, lists are JSON arrays, and `images` may be files. A
/// change leaves what is absent as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ItemRequest {
    /// Up to 255 characters.
    #[schema(example = "Bicycle")]
    title: Option<String>,
    description: Option<String>,
    /// Positive, with at most two decimals, up to 1,000,000.
    #[schema(example = 12.5)]
    price: Option<Number>,
    /// New, Like New, Good, Fair or Poor.
    #[schema(example = "Good")]
    condition: Option<String>,
    #[schema(example = "sports")]
    category: Option<String>,
    location: Option<String>,
    tags: Option<Vec<String>>,
    specifications: Option<Vec<Specification>>,
    /// URLs of one's own uploads; at most 8.
    images: Option<Vec<String>>,
    /// Only in changes: from available to reserved, and from reserved to sold.
    status: Option<String>,
    /// Only in changes: UUID of who gets it, and may review the sale.
    buyer_id: Option<String>,
}

/// Body of `POST /api/marketplace/items/{itemId}/reviews`.
#[derive(Debug, Deserialize, ToSchema)]
pub(in super::super) struct ReviewRequest {
    /// 1 to 5 stars.
    #[schema(example = 5)]
    pub(in super::super) rating: Option<Number>,
    /// Up to 2,000 characters.
    pub(in super::super) comment: Option<String>,
}

/// What a buyer says of a sale.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Review {
    /// UUID.
    id: String,
    item_id: String,
    seller_id: String,
    reviewer_id: String,
    rating: i32,
    #[serde(skip_serializing_if = "String::is_empty")]
    comment: String,
    created_at: String,
}

/// Answer of `POST /api/marketplace/items/{itemId}/reviews`.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct CreatedReview {
    pub(in super::super) review: Review,
}

impl Item {
    pub(in super::super) fn new(owned: Owned<proto::Item>, public_url: &Url) -> Self {
        let Owned { thing, owner } = owned;
        let proto::Item {
            id,
            number: _,
            seller_id,
            university: _,
            title,
            description,
            price_cents,
            condition,
            category,
            images,
            specifications,
            location,
            tags,
            status,
            view_count,
            save_count,
            saved,
            seller_rating,
            seller_review_count,
            created_at,
            updated_at,
            buyer_id,
        } = thing;
        Self {
            id,
            seller_id,
            title,
            description,
            price: shown(price_cents),
            condition,
            category,
            images: images.iter().map(|path| url_of(public_url, path)).collect(),
            specifications: specifications.into_iter().map(Into::into).collect(),
            seller: Seller {
                person: Owner::from(&*owner),
                rating: seller_rating,
                review_count: seller_review_count,
            },
            location,
            tags,
            status,
            views: view_count,
            saves: save_count,
            saved,
            created_at: iso(created_at),
            updated_at: iso(updated_at),
            buyer_id,
        }
    }
}

/// Hundredths as a JSON number. Every number of cents up to the highest price is exactly the nearest of its decimal text.
#[expect(
    clippy::cast_precision_loss,
    reason = "prices end far below 2^53 hundredths"
)]
fn shown(cents: i64) -> f64 {
    cents as f64 / 100.0
}

impl From<proto::Specification> for Specification {
    fn from(specification: proto::Specification) -> Self {
        let proto::Specification { label, value } = specification;
        Self { label, value }
    }
}

impl From<Specification> for proto::Specification {
    fn from(specification: Specification) -> Self {
        let Specification { label, value } = specification;
        Self { label, value }
    }
}

impl ItemsPage {
    pub(in super::super) fn new(
        items: Vec<Owned<proto::Item>>,
        next_page_token: String,
        total: i64,
        public_url: &Url,
    ) -> Self {
        Self {
            items: items
                .into_iter()
                .map(|item| Item::new(item, public_url))
                .collect(),
            has_more: !next_page_token.is_empty(),
            next_cursor: Some(next_page_token).filter(|token| !token.is_empty()),
            total,
        }
    }
}

impl Fields for ItemRequest {
    const FILES: &'static str = "images";
    const ONE_FILE: bool = false;
    const FOLDER: ImageFolder = ImageFolder::Marketplace;

    fn set(&mut self, name: &str, text: String) -> Result<(), Failure> {
        match name {
            "title" => self.title = Some(text),
            "description" => self.description = Some(text),
            "price" => self.price = Some(Number::of_text(&text)),
            "condition" => self.condition = Some(text),
            "category" => self.category = Some(text),
            "location" => self.location = Some(text),
            "tags" => self.tags = Some(list(name, &text)?),
            "specifications" => self.specifications = Some(specifications(name, &text)?),
            "status" => self.status = Some(text),
            "buyerId" => self.buyer_id = Some(text),
            _ => {}
        }
        Ok(())
    }

    fn urls(&mut self) -> Option<Vec<String>> {
        self.images.take()
    }
}

fn specifications(name: &str, text: &str) -> Result<Vec<Specification>, Failure> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_str(text)
        .map_err(|_| Failure::invalid(name, "must be a JSON array of labels and values"))
}

impl ItemRequest {
    /// A new item.
    pub(in super::super) fn into_create(self, images: Vec<String>) -> proto::CreateItemRequest {
        let Self {
            title,
            description,
            price,
            condition,
            category,
            location,
            tags,
            specifications,
            images: _,
            status: _,
            buyer_id: _,
        } = self;
        proto::CreateItemRequest {
            title: title.unwrap_or_default(),
            description: description.unwrap_or_default(),
            price: price.map(Number::into_text).unwrap_or_default(),
            condition: condition.unwrap_or_default(),
            category: category.unwrap_or_default(),
            location: location.unwrap_or_default(),
            tags: tags.unwrap_or_default(),
            specifications: specifications
                .unwrap_or_default()
                .into_iter()
                .map(Into::into)
                .collect(),
            images,
        }
    }

    /// A change of an item.
    pub(in super::super) fn into_update(
        self,
        item_id: String,
        images: Option<Vec<String>>,
    ) -> proto::UpdateItemRequest {
        let Self {
            title,
            description,
            price,
            condition,
            category,
            location,
            tags,
            specifications,
            images: _,
            status,
            buyer_id,
        } = self;
        let list = |values: Option<Vec<String>>| values.map(|values| proto::TextList { values });
        proto::UpdateItemRequest {
            item_id,
            title,
            description,
            price: price.map(Number::into_text),
            condition,
            category,
            location,
            tags: list(tags),
            specifications: specifications.map(|values| proto::SpecificationList {
                values: values.into_iter().map(Into::into).collect(),
            }),
            images: list(images),
            status,
            buyer_id,
        }
    }
}

impl From<proto::Review> for Review {
    fn from(review: proto::Review) -> Self {
        let proto::Review {
            id,
            item_id,
            seller_id,
            reviewer_id,
            rating,
            comment,
            created_at,
        } = review;
        Self {
            id,
            item_id,
            seller_id,
            reviewer_id,
            rating,
            comment,
            created_at: iso(created_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_shown_as_they_were_written() {
        for (cents, text) in [
            (1, "0.01"),
            (1_250, "12.5"),
            (100_000_000, "1000000.0"),
            (1_999, "19.99"),
            (29, "0.29"),
        ] {
            assert_eq!(serde_json::to_string(&shown(cents)).unwrap(), text);
        }
    }
}
