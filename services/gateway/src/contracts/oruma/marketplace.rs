//! `/api/marketplace` (O-042…O-055).

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::marketplace::v1 as proto;
use oruma_proto::media::v1::ImageFolder;
use oruma_service_runtime::Caller;

use super::body::Json;
use super::credentials::SignedInCaller;
use super::dto::category::{Categories, Category};
use super::dto::event::Saved;
use super::dto::image::UploadedImage;
use super::dto::item::{
    CreatedItem, CreatedReview, Item, ItemRequest, ItemsPage, Review, ReviewRequest, SimilarItems,
};
use super::dto::report::{Nothing, ReportRequest};
use super::error::{ApiError, ErrorBody};
use super::submission::Submission;
use super::uploads;
use crate::clients::read;
use crate::compose::{with_owner, with_owners};
use crate::edge::Edge;
use crate::failure::Failure;
use crate::forms::is_form;
use crate::query::Query;

/// Items by filters, newest first.
#[utoipa::path(get, path = "/api/marketplace/items", tag = "marketplace", security(("bearer" = [])), params(
    ("category" = Option<String>, Query, description = "In any case"),
    ("condition" = Option<Vec<String>>, Query, description = "Any of New, Like New, Good, Fair, Poor, repeated or with commas between"),
    ("priceMin" = Option<f64>, Query, description = "This price or more"),
    ("priceMax" = Option<f64>, Query, description = "This price or less"),
    ("university" = Option<String>, Query, description = "The name of a university"),
    ("tags" = Option<Vec<String>>, Query, description = "Any of these, repeated or with commas between"),
    ("status" = Option<String>, Query, description = "available, reserved or sold"),
    ("sortBy" = Option<String>, Query, description = "recent, price_low, price_high or popular"),
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ("limit" = Option<u32>, Query, description = "10 by default, 50 at the most"),
), responses(
    (status = 200, description = "A page of items", body = ItemsPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn list(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    list_of(&edge, &caller, filtered(&Query::of(&request))?).await
}

/// Items that have the words, best first, with the filters of the list.
#[utoipa::path(get, path = "/api/marketplace/items/search", tag = "marketplace", security(("bearer" = [])), params(
    ("q" = Option<String>, Query, description = "Words, \"phrases\", `or`, `-without`; without any, all items"),
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ("limit" = Option<u32>, Query, description = "10 by default, 50 at the most"),
), responses(
    (status = 200, description = "A page of items", body = ItemsPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn search(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let message = proto::ListItemsRequest {
        query: query.text("q")?,
        ..filtered(&query)?
    };
    list_of(&edge, &caller, message).await
}

/// The items that a person sells.
#[utoipa::path(get, path = "/api/marketplace/users/{userId}/items", tag = "marketplace", security(("bearer" = [])), params(
    ("userId" = String, Path, description = "UUID"),
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ("limit" = Option<u32>, Query, description = "10 by default, 50 at the most"),
), responses(
    (status = 200, description = "A page of items", body = ItemsPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such person", body = ErrorBody),
))]
pub(super) async fn by_seller(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    user_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let seller_id = user_id.into_inner();
    edge.people.must_know(&caller, &seller_id).await?;
    let message = proto::ListItemsRequest {
        seller_id,
        ..filtered(&Query::of(&request))?
    };
    list_of(&edge, &caller, message).await
}

/// The items that the caller saved, the newest item first.
#[utoipa::path(get, path = "/api/marketplace/saved", tag = "marketplace", security(("bearer" = [])), params(
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ("limit" = Option<u32>, Query, description = "10 by default, 50 at the most"),
), responses(
    (status = 200, description = "A page of items", body = ItemsPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn saved(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let message = proto::ListItemsRequest {
        saved: true,
        ..filtered(&Query::of(&request))?
    };
    list_of(&edge, &caller, message).await
}

fn filtered(query: &Query) -> Result<proto::ListItemsRequest, Failure> {
    Ok(proto::ListItemsRequest {
        query: String::new(),
        category: query.text("category")?,
        conditions: query.all("condition")?,
        price_min: query.text("priceMin")?,
        price_max: query.text("priceMax")?,
        university: query.text("university")?,
        tags: query.all("tags")?,
        sort_by: query.text("sortBy")?,
        status: query.text("status")?,
        seller_id: String::new(),
        saved: false,
        page_size: query.limit()?,
        page_token: query.text("cursor")?,
    })
}

async fn list_of(
    edge: &Edge,
    caller: &Caller,
    message: proto::ListItemsRequest,
) -> Result<HttpResponse, ApiError> {
    let items = &edge.clients.items;
    let page = read(async || items.clone().list_items(caller.send(message.clone())).await).await?;
    let proto::ListItemsResponse {
        items,
        next_page_token,
        total,
    } = page;
    let items = with_owners(edge, caller, items, |item| &item.seller_id).await?;
    let page = ItemsPage::new(items, next_page_token, total, &edge.config.public_url);
    Ok(HttpResponse::Ok().json(page))
}

/// The categories of items, the most used first.
#[utoipa::path(get, path = "/api/marketplace/categories", tag = "marketplace", security(("bearer" = [])), responses(
    (status = 200, description = "The categories", body = Categories),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn categories(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
) -> Result<HttpResponse, ApiError> {
    let items = &edge.clients.items;
    let found = read(async || {
        let message = caller.send(proto::ListItemCategoriesRequest {});
        items.clone().list_item_categories(message).await
    })
    .await?;
    let categories = found.categories.into_iter().map(Category::from).collect();
    Ok(HttpResponse::Ok().json(Categories { categories }))
}

/// Offers an item, with JSON or, to send pictures along, with a form.
#[utoipa::path(post, path = "/api/marketplace/items", tag = "marketplace", security(("bearer" = [])), params(
    ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition within 24 hours answer like the first time"),
), request_body(content(
    (ItemRequest = "application/json"),
    (ItemRequest = "multipart/form-data"),
)), responses(
    (status = 201, description = "The item", body = CreatedItem),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 413, description = "A file is too large", body = ErrorBody),
    (status = 422, description = "A field has the wrong type, or the key stood for another request", body = ErrorBody),
))]
pub(super) async fn create(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let Submission {
        fields,
        images,
        uploads,
    } = Submission::<ItemRequest>::read(&edge, &caller, &request, payload).await?;
    let created = async {
        let message = caller.send(fields.into_create(images.unwrap_or_default()));
        let created = edge.clients.items.clone().create_item(message).await;
        Ok::<_, ApiError>(created?.into_inner().item)
    };
    let item = uploads.kept_if(created.await).await?;
    let item = with_owner(&edge, &caller, item, |item| &item.seller_id).await?;
    Ok(HttpResponse::Created().json(CreatedItem {
        item: Item::new(item, &edge.config.public_url),
    }))
}

/// One item.
#[utoipa::path(get, path = "/api/marketplace/items/{itemId}", tag = "marketplace", security(("bearer" = [])), params(
    ("itemId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "The item", body = Item),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such item", body = ErrorBody),
))]
pub(super) async fn get(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    item_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = proto::GetItemRequest {
        item_id: item_id.into_inner(),
    };
    let items = &edge.clients.items;
    let found = read(async || items.clone().get_item(caller.send(message.clone())).await).await?;
    let item = with_owner(&edge, &caller, found.item, |item| &item.seller_id).await?;
    Ok(HttpResponse::Ok().json(Item::new(item, &edge.config.public_url)))
}

/// Changes one's own item, or moves its status on; what is absent stays.
#[utoipa::path(put, path = "/api/marketplace/items/{itemId}", tag = "marketplace", security(("bearer" = [])), params(
    ("itemId" = String, Path, description = "UUID"),
), request_body(content(
    (ItemRequest = "application/json"),
    (ItemRequest = "multipart/form-data"),
)), responses(
    (status = 200, description = "The item now", body = Item),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "Somebody else's item", body = ErrorBody),
    (status = 404, description = "There is no such item", body = ErrorBody),
    (status = 409, description = "The status can not change so", body = ErrorBody),
    (status = 413, description = "A file is too large", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
))]
pub(super) async fn update(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    item_id: Path<String>,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let item_id = item_id.into_inner();
    let items = &edge.clients.items;
    if is_form(&request) {
        // Whoever may not change it need not send files.
        let message = proto::CheckSellerRequest {
            item_id: item_id.clone(),
        };
        read(async || {
            items
                .clone()
                .check_seller(caller.send(message.clone()))
                .await
        })
        .await?;
    }
    let Submission {
        fields,
        images,
        uploads,
    } = Submission::<ItemRequest>::read(&edge, &caller, &request, payload).await?;
    let updated = async {
        let message = caller.send(fields.into_update(item_id, images));
        let updated = items.clone().update_item(message).await;
        Ok::<_, ApiError>(updated?.into_inner().item)
    };
    let item = uploads.kept_if(updated.await).await?;
    let item = with_owner(&edge, &caller, item, |item| &item.seller_id).await?;
    Ok(HttpResponse::Ok().json(Item::new(item, &edge.config.public_url)))
}

/// Removes one's own item.
#[utoipa::path(delete, path = "/api/marketplace/items/{itemId}", tag = "marketplace", security(("bearer" = [])), params(
    ("itemId" = String, Path, description = "UUID"),
), responses(
    (status = 204, description = "The item is gone"),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "Somebody else's item", body = ErrorBody),
    (status = 404, description = "There is no such item", body = ErrorBody),
))]
pub(super) async fn delete(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    item_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::DeleteItemRequest {
        item_id: item_id.into_inner(),
    });
    edge.clients.items.clone().delete_item(message).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Saves an item for later, or takes that back.
#[utoipa::path(post, path = "/api/marketplace/items/{itemId}/save", tag = "marketplace", security(("bearer" = [])), params(
    ("itemId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "What it is now", body = Saved),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such item", body = ErrorBody),
))]
pub(super) async fn save(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    item_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::SetItemSaveRequest {
        item_id: item_id.into_inner(),
        saved: None,
    });
    let now = edge.clients.items.clone().set_item_save(message).await?;
    let proto::SetItemSaveResponse { saved, save_count } = now.into_inner();
    Ok(HttpResponse::Ok().json(Saved {
        saved,
        saves_count: save_count,
    }))
}

/// Notes that the caller has looked at an item; each person counts once.
#[utoipa::path(post, path = "/api/marketplace/items/{itemId}/view", tag = "marketplace", security(("bearer" = [])), params(
    ("itemId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "Noted", body = Nothing),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such item", body = ErrorBody),
))]
pub(super) async fn view(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    item_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::ViewItemRequest {
        item_id: item_id.into_inner(),
    });
    edge.clients.items.clone().view_item(message).await?;
    Ok(HttpResponse::Ok().json(Nothing {}))
}

/// Tells moderators of an item.
#[utoipa::path(post, path = "/api/marketplace/items/{itemId}/report", tag = "marketplace", security(("bearer" = [])), params(
    ("itemId" = String, Path, description = "UUID"),
), request_body = ReportRequest, responses(
    (status = 200, description = "Noted", body = Nothing),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such item", body = ErrorBody),
))]
pub(super) async fn report(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    item_id: Path<String>,
    Json(ReportRequest {
        reason,
        description,
    }): Json<ReportRequest>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::ReportItemRequest {
        item_id: item_id.into_inner(),
        reason: reason.unwrap_or_default(),
        description: description.unwrap_or_default(),
    });
    edge.clients.items.clone().report_item(message).await?;
    Ok(HttpResponse::Ok().json(Nothing {}))
}

/// Uploads a picture of an item.
#[utoipa::path(post, path = "/api/marketplace/upload/image", tag = "uploads", security(("bearer" = [])), request_body(
    content = String, content_type = "multipart/form-data", description = "The file in the field `image`: JPG, PNG or WebP, up to 10 MB",
), responses(
    (status = 200, description = "Where it is", body = UploadedImage),
    (status = 400, description = "No picture, or none of these kinds", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 413, description = "The file is too large", body = ErrorBody),
    (status = 429, description = "Too many uploads", body = ErrorBody),
))]
pub(super) async fn upload_image(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    uploads::take(&edge, &caller, ImageFolder::Marketplace, &request, payload).await
}

/// Items that resemble one, most alike first.
#[utoipa::path(get, path = "/api/marketplace/items/{itemId}/similar", tag = "marketplace", security(("bearer" = [])), params(
    ("itemId" = String, Path, description = "UUID"),
    ("limit" = Option<u32>, Query, description = "6 by default, 50 at the most"),
), responses(
    (status = 200, description = "The items", body = SimilarItems),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such item", body = ErrorBody),
))]
pub(super) async fn similar(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    item_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = proto::ListSimilarItemsRequest {
        item_id: item_id.into_inner(),
        page_size: Query::of(&request).limit()?,
    };
    let items = &edge.clients.items;
    let found = read(async || {
        items
            .clone()
            .list_similar_items(caller.send(message.clone()))
            .await
    })
    .await?;
    let items = with_owners(&edge, &caller, found.items, |item| &item.seller_id).await?;
    let public_url = &edge.config.public_url;
    Ok(HttpResponse::Ok().json(SimilarItems {
        items: items
            .into_iter()
            .map(|item| Item::new(item, public_url))
            .collect(),
    }))
}

/// Says how a finished sale was: its buyer, once.
#[utoipa::path(post, path = "/api/marketplace/items/{itemId}/reviews", tag = "marketplace", security(("bearer" = [])), params(
    ("itemId" = String, Path, description = "UUID"),
    ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition within 24 hours answer like the first time"),
), request_body = ReviewRequest, responses(
    (status = 201, description = "The review", body = CreatedReview),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "Only its buyer may", body = ErrorBody),
    (status = 404, description = "There is no such item", body = ErrorBody),
    (status = 409, description = "It is not sold, or was reviewed", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
))]
pub(super) async fn review(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    item_id: Path<String>,
    Json(ReviewRequest { rating, comment }): Json<ReviewRequest>,
) -> Result<HttpResponse, ApiError> {
    let rating = rating.ok_or_else(|| Failure::invalid("rating", "is required"))?;
    let message = caller.send(proto::CreateReviewRequest {
        item_id: item_id.into_inner(),
        rating: rating.whole("rating")?,
        comment: comment.unwrap_or_default(),
    });
    let created = edge.clients.items.clone().create_review(message).await?;
    let review = created.into_inner().review.ok_or_else(Failure::internal)?;
    Ok(HttpResponse::Created().json(CreatedReview {
        review: Review::from(review),
    }))
}
