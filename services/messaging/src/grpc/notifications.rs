//! `NotificationService`.

use std::sync::Arc;

use oruma_proto::messaging::v1 as proto;
use oruma_proto::messaging::v1::notification_service_server::NotificationService;
use tonic::{Request, Response, Status};

use super::convert::somebody;
use crate::app::notification_settings::{Wish, WishedLevel};
use crate::app::{App, notification_settings, notifications};
use crate::domain::notification_settings::{Level, Settings, minute};

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
            kinds,
        } = request.into_inner();
        let (page, unread_count, next_page_token) =
            notifications::list(&self.0, &caller, (unread, &kinds), page_size, &page_token).await?;
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
        let caller = somebody(&request)?;
        let settings = notification_settings::get(&self.0, &caller).await?;
        Ok(Response::new(proto::GetNotificationSettingsResponse {
            settings: Some(settings.into()),
        }))
    }

    async fn update_notification_settings(
        &self,
        request: Request<proto::UpdateNotificationSettingsRequest>,
    ) -> Result<Response<proto::UpdateNotificationSettingsResponse>, Status> {
        let caller = somebody(&request)?;
        let wish = request.into_inner().into();
        let settings = notification_settings::update(&self.0, &caller, wish).await?;
        Ok(Response::new(proto::UpdateNotificationSettingsResponse {
            settings: Some(settings.into()),
        }))
    }
}

impl From<proto::UpdateNotificationSettingsRequest> for Wish {
    fn from(request: proto::UpdateNotificationSettingsRequest) -> Self {
        let levels = request.conversations.into_iter();
        Self {
            enabled: request.enabled,
            sound_enabled: request.sound_enabled,
            conversations: levels
                .map(|one| WishedLevel {
                    level: level(one.level()),
                    conversation: one.conversation_id,
                    enabled: one.enabled,
                })
                .collect(),
            do_not_disturb: request
                .do_not_disturb
                .map(|dnd| (dnd.enabled, dnd.start_time, dnd.end_time)),
        }
    }
}

const fn level(level: proto::NotificationLevel) -> Option<Level> {
    match level {
        proto::NotificationLevel::Unspecified => None,
        proto::NotificationLevel::All => Some(Level::All),
        proto::NotificationLevel::Mentions => Some(Level::Mentions),
        proto::NotificationLevel::Nothing => Some(Level::Nothing),
    }
}

impl From<Settings> for proto::NotificationSettings {
    fn from(settings: Settings) -> Self {
        let conversations = settings.conversations.into_iter().map(|one| {
            let level = match one.level {
                Level::All => proto::NotificationLevel::All,
                Level::Mentions => proto::NotificationLevel::Mentions,
                Level::Nothing => proto::NotificationLevel::Nothing,
            };
            proto::ConversationNotificationSettings {
                conversation_id: one.conversation.to_string(),
                enabled: one.enabled,
                level: level.into(),
            }
        });
        Self {
            enabled: settings.enabled,
            sound_enabled: settings.sound_enabled,
            conversations: conversations.collect(),
            do_not_disturb: Some(proto::DoNotDisturb {
                enabled: settings.do_not_disturb.enabled,
                start_time: minute(settings.do_not_disturb.start),
                end_time: minute(settings.do_not_disturb.end),
            }),
        }
    }
}
