//! `ItemService`.

use std::sync::Arc;

use oruma_proto::marketplace::v1 as proto;
use oruma_proto::marketplace::v1::item_service_server::ItemService;
use tonic::{Request, Response, Status};

use super::convert::{asked, item_id, somebody};
use crate::app::{App, export, items, lists, marks, reviews};

/// Items.
pub(super) struct Items(pub(super) Arc<App>);

#[tonic::async_trait]
impl ItemService for Items {
    async fn create_item(
        &self,
        request: Request<proto::CreateItemRequest>,
    ) -> Result<Response<proto::CreateItemResponse>, Status> {
        let caller = somebody(&request)?;
        let item = items::create(&self.0, &caller, request.into_inner().into()).await?;
        Ok(Response::new(proto::CreateItemResponse {
            item: Some(item.into()),
        }))
    }

    async fn get_item(
        &self,
        request: Request<proto::GetItemRequest>,
    ) -> Result<Response<proto::GetItemResponse>, Status> {
        let caller = somebody(&request)?;
        let id = item_id(&request.into_inner().item_id)?;
        let item = items::get(&self.0, &caller, id).await?;
        Ok(Response::new(proto::GetItemResponse {
            item: Some(item.into()),
        }))
    }

    async fn check_seller(
        &self,
        request: Request<proto::CheckSellerRequest>,
    ) -> Result<Response<proto::CheckSellerResponse>, Status> {
        let caller = somebody(&request)?;
        let id = item_id(&request.into_inner().item_id)?;
        items::check_seller(&self.0, &caller, id).await?;
        Ok(Response::new(proto::CheckSellerResponse {}))
    }

    async fn update_item(
        &self,
        request: Request<proto::UpdateItemRequest>,
    ) -> Result<Response<proto::UpdateItemResponse>, Status> {
        let caller = somebody(&request)?;
        let request = request.into_inner();
        let id = item_id(&request.item_id)?;
        let item = items::update(&self.0, &caller, id, request.into()).await?;
        Ok(Response::new(proto::UpdateItemResponse {
            item: Some(item.into()),
        }))
    }

    async fn delete_item(
        &self,
        request: Request<proto::DeleteItemRequest>,
    ) -> Result<Response<proto::DeleteItemResponse>, Status> {
        let caller = somebody(&request)?;
        let id = item_id(&request.into_inner().item_id)?;
        items::delete(&self.0, &caller, id).await?;
        Ok(Response::new(proto::DeleteItemResponse {}))
    }

    async fn list_items(
        &self,
        request: Request<proto::ListItemsRequest>,
    ) -> Result<Response<proto::ListItemsResponse>, Status> {
        let caller = somebody(&request)?;
        let (asked, page_size, page_token) = asked(request.into_inner());
        let page = lists::list(&self.0, &caller, &asked, page_size, &page_token).await?;
        Ok(Response::new(proto::ListItemsResponse {
            items: page.items.into_iter().map(Into::into).collect(),
            next_page_token: page.next,
            total: page.total,
        }))
    }

    async fn list_similar_items(
        &self,
        request: Request<proto::ListSimilarItemsRequest>,
    ) -> Result<Response<proto::ListSimilarItemsResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::ListSimilarItemsRequest {
            item_id: id,
            page_size,
        } = request.into_inner();
        let items = lists::similar(&self.0, &caller, item_id(&id)?, page_size).await?;
        Ok(Response::new(proto::ListSimilarItemsResponse {
            items: items.into_iter().map(Into::into).collect(),
        }))
    }

    async fn list_item_categories(
        &self,
        request: Request<proto::ListItemCategoriesRequest>,
    ) -> Result<Response<proto::ListItemCategoriesResponse>, Status> {
        let caller = somebody(&request)?;
        let categories = lists::categories(&self.0, &caller).await?;
        Ok(Response::new(proto::ListItemCategoriesResponse {
            categories: categories.into_iter().map(Into::into).collect(),
        }))
    }

    async fn set_item_save(
        &self,
        request: Request<proto::SetItemSaveRequest>,
    ) -> Result<Response<proto::SetItemSaveResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::SetItemSaveRequest { item_id: id, saved } = request.into_inner();
        let marked = marks::save(&self.0, &caller, item_id(&id)?, saved).await?;
        Ok(Response::new(proto::SetItemSaveResponse {
            saved: marked.is_set,
            save_count: marked.count,
        }))
    }

    async fn view_item(
        &self,
        request: Request<proto::ViewItemRequest>,
    ) -> Result<Response<proto::ViewItemResponse>, Status> {
        let caller = somebody(&request)?;
        let id = item_id(&request.into_inner().item_id)?;
        marks::view(&self.0, &caller, id).await?;
        Ok(Response::new(proto::ViewItemResponse {}))
    }

    async fn report_item(
        &self,
        request: Request<proto::ReportItemRequest>,
    ) -> Result<Response<proto::ReportItemResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::ReportItemRequest {
            item_id: id,
            reason,
            description,
        } = request.into_inner();
        marks::report(&self.0, &caller, item_id(&id)?, &reason, &description).await?;
        Ok(Response::new(proto::ReportItemResponse {}))
    }

    async fn create_review(
        &self,
        request: Request<proto::CreateReviewRequest>,
    ) -> Result<Response<proto::CreateReviewResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::CreateReviewRequest {
            item_id: id,
            rating,
            comment,
        } = request.into_inner();
        let review = reviews::create(&self.0, &caller, item_id(&id)?, rating, &comment).await?;
        Ok(Response::new(proto::CreateReviewResponse {
            review: Some(review.into()),
        }))
    }

    async fn export_items(
        &self,
        request: Request<proto::ExportItemsRequest>,
    ) -> Result<Response<proto::ExportItemsResponse>, Status> {
        let caller = somebody(&request)?;
        let document = export::document(&self.0, &caller).await?;
        Ok(Response::new(proto::ExportItemsResponse { document }))
    }
}
