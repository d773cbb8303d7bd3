//! Between messages and domain values.

use oruma_ids::ItemId;
use oruma_proto::marketplace::v1 as proto;
use oruma_rpc_error::Fault;
use oruma_service_runtime::Caller;
use tonic::{Request, Status};

use crate::app::signed_in;
use crate::domain::draft::ItemDraft;
use crate::domain::filter::Asked;
use crate::domain::item::{Category, SeenItem, Specification};
use crate::domain::review::Review;
use crate::error::Error;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        error.into_status()
    }
}

/// The caller, who must be signed in: that is said before anything of the request is looked at.
pub(super) fn somebody<T>(request: &Request<T>) -> Result<Caller, Status> {
    let caller = Caller::of(request)?;
    signed_in(&caller)?;
    Ok(caller)
}

/// What is no id is nobody's.
pub(super) fn item_id(text: &str) -> Result<ItemId, Error> {
    text.parse().map_err(|_| Error::ItemNotFound)
}

fn specifications(given: Vec<proto::Specification>) -> Vec<Specification> {
    given
        .into_iter()
        .map(|proto::Specification { label, value }| Specification { label, value })
        .collect()
}

impl From<proto::CreateItemRequest> for ItemDraft {
    fn from(request: proto::CreateItemRequest) -> Self {
        Self {
            title: Some(request.title),
            description: Some(request.description),
            price: Some(request.price),
            condition: Some(request.condition),
            category: Some(request.category),
            location: Some(request.location),
            tags: Some(request.tags),
            specifications: Some(specifications(request.specifications)),
            images: Some(request.images),
            status: None,
            buyer: None,
        }
    }
}

impl From<proto::UpdateItemRequest> for ItemDraft {
    fn from(request: proto::UpdateItemRequest) -> Self {
        let values = |list: Option<proto::TextList>| list.map(|list| list.values);
        let list = request.specifications;
        Self {
            title: request.title,
            description: request.description,
            price: request.price,
            condition: request.condition,
            category: request.category,
            location: request.location,
            tags: values(request.tags),
            specifications: list.map(|list| specifications(list.values)),
            images: values(request.images),
            status: request.status,
            buyer: request.buyer_id,
        }
    }
}

/// What is asked for, how much of it, and after what.
pub(super) fn asked(request: proto::ListItemsRequest) -> (Asked, i32, String) {
    let asked = Asked {
        query: request.query,
        category: request.category,
        conditions: request.conditions,
        price_min: request.price_min,
        price_max: request.price_max,
        university: request.university,
        tags: request.tags,
        sort_by: request.sort_by,
        status: request.status,
        seller: request.seller_id,
        saved: request.saved,
    };
    (asked, request.page_size, request.page_token)
}

impl From<SeenItem> for proto::Item {
    fn from(seen: SeenItem) -> Self {
        let SeenItem {
            item,
            saved,
            rating,
            buyer,
        } = seen;
        let body = item.body;
        let specifications = body.specifications.into_iter();
        Self {
            id: item.id.to_string(),
            number: item.number,
            seller_id: item.seller.to_string(),
            university: item.university,
            title: body.title,
            description: body.description,
            price_cents: body.price.cents(),
            condition: body.condition.name().to_owned(),
            category: body.category,
            images: body.images,
            specifications: specifications
                .map(|Specification { label, value }| proto::Specification { label, value })
                .collect(),
            location: body.location,
            tags: body.tags,
            status: item.sale.status.name().to_owned(),
            view_count: item.view_count,
            save_count: item.save_count,
            saved,
            seller_rating: rating.mean(),
            seller_review_count: rating.count,
            created_at: Some(item.created_at.into()),
            updated_at: Some(item.updated_at.into()),
            buyer_id: buyer.map(|buyer| buyer.to_string()).unwrap_or_default(),
        }
    }
}

impl From<Category> for proto::ItemCategory {
    fn from(category: Category) -> Self {
        Self {
            name: category.name(),
            id: category.id,
            count: category.count,
        }
    }
}

impl From<Review> for proto::Review {
    fn from(review: Review) -> Self {
        Self {
            id: review.id.to_string(),
            item_id: review.item.to_string(),
            seller_id: review.seller.to_string(),
            reviewer_id: review.reviewer.to_string(),
            rating: i32::from(review.words.rating),
            comment: review.words.comment,
            created_at: Some(review.created_at.into()),
        }
    }
}
