//! `UserService`.

use std::sync::Arc;

use oruma_proto::auth::v1 as proto;
use oruma_proto::auth::v1::user_service_server::UserService;
use oruma_service_runtime::Caller;
use tonic::{Request, Response, Status};

use super::convert::{availability, time};
use crate::app::{App, users};
use crate::domain::profile::{PreferencesChange, ProfileChange};
use crate::error::Error;

/// People as others see them.
pub(super) struct Users(pub(super) Arc<App>);

#[tonic::async_trait]
impl UserService for Users {
    async fn get_user(
        &self,
        request: Request<proto::GetUserRequest>,
    ) -> Result<Response<proto::GetUserResponse>, Status> {
        let id = request
            .into_inner()
            .user_id
            .parse()
            .map_err(|_| Error::UserNotFound)?;
        let user = users::get(&self.0, id).await?;
        Ok(Response::new(proto::GetUserResponse {
            user: Some(user.into()),
        }))
    }

    async fn list_user_cards(
        &self,
        request: Request<proto::ListUserCardsRequest>,
    ) -> Result<Response<proto::ListUserCardsResponse>, Status> {
        let ids = request.into_inner().user_ids;
        // What is no id is nobody's, and left out like any unknown one.
        let ids: Vec<_> = ids.iter().filter_map(|id| id.parse().ok()).collect();
        let cards = users::cards(&self.0, &ids).await?;
        Ok(Response::new(proto::ListUserCardsResponse {
            cards: cards.into_iter().map(Into::into).collect(),
        }))
    }

    async fn search_users(
        &self,
        request: Request<proto::SearchUsersRequest>,
    ) -> Result<Response<proto::SearchUsersResponse>, Status> {
        let proto::SearchUsersRequest {
            query,
            page_size,
            phones,
        } = request.into_inner();
        let found = users::search(&self.0, &query, phones, page_size).await?;
        Ok(Response::new(proto::SearchUsersResponse {
            users: found.into_iter().map(Into::into).collect(),
        }))
    }

    async fn update_profile(
        &self,
        request: Request<proto::UpdateProfileRequest>,
    ) -> Result<Response<proto::UpdateProfileResponse>, Status> {
        let caller = Caller::of(&request)?;
        let change = profile_change(request.into_inner());
        let user = users::update_profile(&self.0, &caller, &change).await?;
        Ok(Response::new(proto::UpdateProfileResponse {
            user: Some(user.into()),
        }))
    }

    async fn update_status(
        &self,
        request: Request<proto::UpdateStatusRequest>,
    ) -> Result<Response<proto::UpdateStatusResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let availability = availability(request.status());
        if availability.is_none() && caller.user().is_some() {
            return Err(Error::invalid("status", "is required").into());
        }
        let change = ProfileChange {
            availability,
            status_message: request.status_message,
            ..ProfileChange::default()
        };
        let user = users::update_profile(&self.0, &caller, &change).await?;
        Ok(Response::new(proto::UpdateStatusResponse {
            user: Some(user.into()),
        }))
    }

    async fn record_activity(
        &self,
        request: Request<proto::RecordActivityRequest>,
    ) -> Result<Response<proto::RecordActivityResponse>, Status> {
        let activities = request.into_inner().activities;
        let seen: Vec<_> = activities
            .into_iter()
            .filter_map(|seen| Some((seen.user_id.parse().ok()?, time(seen.seen_at?)?)))
            .collect();
        users::record_activity(&self.0, &seen).await?;
        Ok(Response::new(proto::RecordActivityResponse {}))
    }
}

fn profile_change(request: proto::UpdateProfileRequest) -> ProfileChange {
    let proto::UpdateProfileRequest {
        display_name,
        phone,
        avatar_url,
        status_message,
        preferences,
    } = request;
    let proto::PreferencesChange {
        notifications,
        sound_enabled,
        timezone,
    } = preferences.unwrap_or_default();
    ProfileChange {
        display_name,
        phone,
        avatar_url,
        availability: None,
        status_message,
        preferences: PreferencesChange {
            notifications,
            sound_enabled,
            timezone,
        },
    }
}
