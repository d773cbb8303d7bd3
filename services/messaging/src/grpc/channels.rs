//! `ChannelService`.

use std::sync::Arc;

use oruma_proto::messaging::v1 as proto;
use oruma_proto::messaging::v1::channel_service_server::ChannelService;
use tonic::{Request, Response, Status};

use super::convert::{channel_id, role_or_member, somebody, user_id, user_ids, visibility};
use crate::app::channels::{Change, Wish};
use crate::app::{App, channel_members, channels};
use crate::domain::channel::Visibility;

/// Channels.
pub(super) struct Channels(pub(super) Arc<App>);

#[tonic::async_trait]
impl ChannelService for Channels {
    async fn create_channel(
        &self,
        request: Request<proto::CreateChannelRequest>,
    ) -> Result<Response<proto::CreateChannelResponse>, Status> {
        let caller = somebody(&request)?;
        let request = request.into_inner();
        let visibility = visibility(request.visibility)?;
        let wish = Wish {
            members: user_ids("member_ids", &request.member_ids)?,
            name: request.name,
            description: request.description,
            visibility: visibility.unwrap_or(Visibility::Public),
        };
        let channel = channels::create(&self.0, &caller, wish).await?;
        Ok(Response::new(proto::CreateChannelResponse {
            channel: Some(channel.into()),
        }))
    }

    async fn get_channel(
        &self,
        request: Request<proto::GetChannelRequest>,
    ) -> Result<Response<proto::GetChannelResponse>, Status> {
        let caller = somebody(&request)?;
        let id = channel_id(&request.into_inner().channel_id)?;
        let (channel, members) = channels::get(&self.0, &caller, id).await?;
        Ok(Response::new(proto::GetChannelResponse {
            channel: Some(channel.into()),
            members: members.into_iter().map(Into::into).collect(),
        }))
    }

    async fn list_channels(
        &self,
        request: Request<proto::ListChannelsRequest>,
    ) -> Result<Response<proto::ListChannelsResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::ListChannelsRequest {
            visibility: of,
            discover,
            page_size,
            offset,
        } = request.into_inner();
        let (of, page) = (visibility(of)?, (page_size, offset));
        let (page, total) = channels::list(&self.0, &caller, of, discover, page).await?;
        Ok(Response::new(proto::ListChannelsResponse {
            channels: page.into_iter().map(Into::into).collect(),
            total,
        }))
    }

    async fn update_channel(
        &self,
        request: Request<proto::UpdateChannelRequest>,
    ) -> Result<Response<proto::UpdateChannelResponse>, Status> {
        let caller = somebody(&request)?;
        let request = request.into_inner();
        let id = channel_id(&request.channel_id)?;
        let change = Change {
            name: request.name,
            description: request.description,
            visibility: visibility(request.visibility)?,
        };
        let channel = channels::update(&self.0, &caller, id, &change).await?;
        Ok(Response::new(proto::UpdateChannelResponse {
            channel: Some(channel.into()),
        }))
    }

    async fn delete_channel(
        &self,
        request: Request<proto::DeleteChannelRequest>,
    ) -> Result<Response<proto::DeleteChannelResponse>, Status> {
        let caller = somebody(&request)?;
        let id = channel_id(&request.into_inner().channel_id)?;
        channels::delete(&self.0, &caller, id).await?;
        Ok(Response::new(proto::DeleteChannelResponse {}))
    }

    async fn add_channel_members(
        &self,
        request: Request<proto::AddChannelMembersRequest>,
    ) -> Result<Response<proto::AddChannelMembersResponse>, Status> {
        let caller = somebody(&request)?;
        let request = request.into_inner();
        let id = channel_id(&request.channel_id)?;
        let users = user_ids("user_ids", &request.user_ids)?;
        let role = role_or_member(request.role)?;
        let members = channel_members::add(&self.0, &caller, id, &users, role).await?;
        Ok(Response::new(proto::AddChannelMembersResponse {
            members: members.into_iter().map(Into::into).collect(),
        }))
    }

    async fn remove_channel_member(
        &self,
        request: Request<proto::RemoveChannelMemberRequest>,
    ) -> Result<Response<proto::RemoveChannelMemberResponse>, Status> {
        let caller = somebody(&request)?;
        let request = request.into_inner();
        let id = channel_id(&request.channel_id)?;
        let gone = user_id("user_id", &request.user_id)?;
        channel_members::remove(&self.0, &caller, id, gone).await?;
        Ok(Response::new(proto::RemoveChannelMemberResponse {}))
    }

    async fn update_channel_member(
        &self,
        request: Request<proto::UpdateChannelMemberRequest>,
    ) -> Result<Response<proto::UpdateChannelMemberResponse>, Status> {
        let caller = somebody(&request)?;
        let request = request.into_inner();
        let id = channel_id(&request.channel_id)?;
        let member = user_id("user_id", &request.user_id)?;
        let role = super::convert::role(request.role)?;
        channel_members::set_role(&self.0, &caller, id, member, role).await?;
        Ok(Response::new(proto::UpdateChannelMemberResponse {}))
    }
}
