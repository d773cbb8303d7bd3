//! `/api/notifications` (C-059…C-062).

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::messaging::v1 as proto;
use oruma_service_runtime::Caller;

use super::body::Json;
use super::credentials::SignedInCaller;
use super::dto::account::Success;
use super::dto::notification::{
    KINDS, Notification, NotificationsPage, OneSettings, ReadRequest, Settings, SettingsRequest,
};
use super::dto::user::unless_empty;
use super::error::{ApiError, ErrorBody};
use crate::clients::read;
use crate::edge::Edge;
use crate::faces::Faces;
use crate::failure::Failure;
use crate::query::Query;

/// Notifications of a page where no number is asked for.
const MOST: i32 = 100;

/// What one may want to know and has not seen, newest first.
#[utoipa::path(get, path = "/api/notifications", tag = "notifications", security(("bearer" = []), ("api_key" = [])), params(
    ("all" = Option<bool>, Query, description = "Those that one has seen, too"),
    ("limit" = Option<u32>, Query, description = "100 by default and at the most"),
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
), responses(
    (status = 200, description = "The notifications", body = NotificationsPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn list(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let message = proto::ListNotificationsRequest {
        unread: !query.flag("all")?,
        page_size: match query.limit()? {
            0 => MOST,
            limit => limit,
        },
        page_token: query.text("cursor")?,
        kinds: KINDS.map(str::to_owned).into(),
    };
    let notifications = &edge.clients.notifications;
    let page = read(async || {
        let request = caller.send(message.clone());
        notifications.clone().list_notifications(request).await
    })
    .await?;
    let actors = page.notifications.iter().map(|one| one.actor_id.clone());
    let cards = edge
        .people
        .cards(&caller, actors.collect::<Vec<_>>())
        .await?;
    let faces = Faces::of_cards(cards.values().map(AsRef::as_ref));
    let listed = page.notifications.into_iter();
    Ok(HttpResponse::Ok().json(NotificationsPage {
        notifications: listed
            .filter_map(|notification| Notification::new(notification, &faces))
            .collect(),
        unread_count: page.unread_count,
        next_cursor: unless_empty(page.next_page_token),
    }))
}

/// Notes that one has seen notifications.
#[utoipa::path(put, path = "/api/notifications/read", tag = "notifications", security(("bearer" = []), ("api_key" = [])), request_body = ReadRequest, responses(
    (status = 200, description = "They are seen", body = Success),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
))]
pub(super) async fn mark_read(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    Json(request): Json<ReadRequest>,
) -> Result<HttpResponse, ApiError> {
    let ids = request.notification_ids;
    let notification_ids =
        ids.ok_or_else(|| Failure::invalid("notification_ids", "is required"))?;
    // An empty list means all to the service, and none here.
    if !notification_ids.is_empty() {
        let message = caller.send(proto::MarkNotificationsReadRequest { notification_ids });
        let mut notifications = edge.clients.notifications.clone();
        notifications.mark_notifications_read(message).await?;
    }
    Ok(HttpResponse::Ok().json(Success::new()))
}

/// Of what one wants to be told.
#[utoipa::path(get, path = "/api/notifications/settings", tag = "notifications", security(("bearer" = []), ("api_key" = [])), responses(
    (status = 200, description = "The settings", body = OneSettings),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn settings(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
) -> Result<HttpResponse, ApiError> {
    let settings = settings_of(&edge, &caller).await?;
    Ok(HttpResponse::Ok().json(OneSettings {
        settings: Settings::from(settings),
    }))
}

/// Changes of what one wants to be told: what is not sent stays. It stops the push; the list has everything.
#[utoipa::path(put, path = "/api/notifications/settings", tag = "notifications", security(("bearer" = []), ("api_key" = [])), request_body = SettingsRequest, responses(
    (status = 200, description = "The settings now", body = OneSettings),
    (status = 400, description = "A field is not valid, such as a channel that one takes no part in", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
))]
pub(super) async fn update_settings(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    Json(request): Json<SettingsRequest>,
) -> Result<HttpResponse, ApiError> {
    let now = settings_of(&edge, &caller).await?;
    let message = caller.send(request.over(&now)?);
    let mut notifications = edge.clients.notifications.clone();
    let updated = notifications.update_notification_settings(message).await?;
    let settings = updated.into_inner().settings;
    let settings = settings.ok_or_else(Failure::internal)?;
    Ok(HttpResponse::Ok().json(OneSettings {
        settings: Settings::from(settings),
    }))
}

async fn settings_of(edge: &Edge, caller: &Caller) -> Result<proto::NotificationSettings, Failure> {
    let notifications = &edge.clients.notifications;
    let found = read(async || {
        let request = caller.send(proto::GetNotificationSettingsRequest {});
        notifications
            .clone()
            .get_notification_settings(request)
            .await
    })
    .await?;
    found.settings.ok_or_else(Failure::internal)
}
