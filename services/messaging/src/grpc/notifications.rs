//! `NotificationService`.

use std::sync::Arc;

use oruma_proto::messaging::v1 as proto;
use oruma_proto::messaging::v1::notification_service_server::NotificationService;
use tonic::{Request, Response, Status};

use super::convert::somebody;
use crate::app::{App, notifications};

/// Notifications.
pub(super) struct Notifications(pub(super) Arc<App>);

#[tonic::async_trait]
impl NotificationService for Notifications {
    async fn list_notifications(
        &self,
        request: Request<proto::ListNotificationsRequest>,
    ) -> Result<Response<proto::ListNotificationsResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::ListNotificationsRequest {
            unread,
            page_size,
            page_token,
            kinds: _,
        } = request.into_inner();
        let (page, unread_count, next_page_token) =
            notifications::list(&self.0, &caller, unread, page_size, &page_token).await?;
        Ok(Response::new(proto::ListNotificationsResponse {
            notifications: page.into_iter().map(Into::into).collect(),
            unread_count,
            next_page_token,
        }))
    }

    async fn mark_notifications_read(
        &self,
        request: Request<proto::MarkNotificationsReadRequest>,
    ) -> Result<Response<proto::MarkNotificationsReadResponse>, Status> {
        let caller = somebody(&request)?;
        let ids = request.into_inner().notification_ids;
        let unread_count = notifications::mark_read(&self.0, &caller, &ids).await?;
        Ok(Response::new(proto::MarkNotificationsReadResponse {
            unread_count,
        }))
    }

    async fn get_notification_settings(
        &self,
        request: Request<proto::GetNotificationSettingsRequest>,
    ) -> Result<Response<proto::GetNotificationSettingsResponse>, Status> {
        somebody(&request)?;
        Err(Status::unimplemented("not yet"))
    }

    async fn update_notification_settings(
        &self,
        request: Request<proto::UpdateNotificationSettingsRequest>,
    ) -> Result<Response<proto::UpdateNotificationSettingsResponse>, Status> {
        somebody(&request)?;
        Err(Status::unimplemented("not yet"))
    }
}
