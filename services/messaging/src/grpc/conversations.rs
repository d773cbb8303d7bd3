//! `ConversationService`.

use std::sync::Arc;

use oruma_proto::messaging::v1 as proto;
use oruma_proto::messaging::v1::conversation_service_server::ConversationService;
use tonic::{Request, Response, Status};

use super::convert::{conversation_id, delivery, kinds, message_id, somebody, texts, user_id};
use crate::app::{App, conversations, deliveries};
use crate::error::Error;

/// Conversations.
pub(super) struct Conversations(pub(super) Arc<App>);

#[tonic::async_trait]
impl ConversationService for Conversations {
    async fn open_direct_conversation(
        &self,
        request: Request<proto::OpenDirectConversationRequest>,
    ) -> Result<Response<proto::OpenDirectConversationResponse>, Status> {
        let caller = somebody(&request)?;
        let other = user_id("user_id", &request.into_inner().user_id)?;
        let (conversation, created) = conversations::open_direct(&self.0, &caller, other).await?;
        Ok(Response::new(proto::OpenDirectConversationResponse {
            conversation: Some(conversation.into()),
            created,
        }))
    }

    async fn get_conversation(
        &self,
        request: Request<proto::GetConversationRequest>,
    ) -> Result<Response<proto::GetConversationResponse>, Status> {
        let caller = somebody(&request)?;
        let id = conversation_id(&request.into_inner().conversation_id)?;
        let conversation = conversations::get(&self.0, &caller, id).await?;
        Ok(Response::new(proto::GetConversationResponse {
            conversation: Some(conversation.into()),
        }))
    }

    async fn list_conversations(
        &self,
        request: Request<proto::ListConversationsRequest>,
    ) -> Result<Response<proto::ListConversationsResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::ListConversationsRequest {
            kinds: of,
            page_size,
            page_token,
        } = request.into_inner();
        let kinds = kinds(&of)?;
        let (page, next_page_token) =
            conversations::list(&self.0, &caller, &kinds, page_size, &page_token).await?;
        Ok(Response::new(proto::ListConversationsResponse {
            conversations: page.into_iter().map(Into::into).collect(),
            next_page_token,
        }))
    }

    async fn mark_read(
        &self,
        request: Request<proto::MarkReadRequest>,
    ) -> Result<Response<proto::MarkReadResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::MarkReadRequest {
            conversation_id: conversation,
            message_id: message,
        } = request.into_inner();
        let unread_count = match (conversation.as_str(), message.as_str()) {
            ("", "") => {
                let problem = "is required unless a message is named";
                return Err(Error::invalid("conversation_id", problem).into());
            }
            (conversation, "") => {
                let id = conversation_id(conversation)?;
                deliveries::read_all(&self.0, &caller, id).await?
            }
            ("", message) => {
                let message = message_id(message)?;
                deliveries::read_up_to(&self.0, &caller, None, message).await?
            }
            (conversation, message) => {
                let id = conversation_id(conversation)?;
                let message = message_id(message)?;
                deliveries::read_up_to(&self.0, &caller, Some(id), message).await?
            }
        };
        Ok(Response::new(proto::MarkReadResponse { unread_count }))
    }

    async fn record_deliveries(
        &self,
        request: Request<proto::RecordDeliveriesRequest>,
    ) -> Result<Response<proto::RecordDeliveriesResponse>, Status> {
        let told = request.into_inner().deliveries;
        deliveries::check_number(told.len())?;
        let known: Vec<_> = told.iter().filter_map(delivery).collect();
        deliveries::record(&self.0, &known).await?;
        Ok(Response::new(proto::RecordDeliveriesResponse {}))
    }

    async fn list_members(
        &self,
        request: Request<proto::ListMembersRequest>,
    ) -> Result<Response<proto::ListMembersResponse>, Status> {
        let caller = somebody(&request)?;
        let id = conversation_id(&request.into_inner().conversation_id)?;
        let members = conversations::members(&self.0, &caller, id).await?;
        Ok(Response::new(proto::ListMembersResponse {
            user_ids: texts(members),
        }))
    }

    async fn list_peers(
        &self,
        request: Request<proto::ListPeersRequest>,
    ) -> Result<Response<proto::ListPeersResponse>, Status> {
        let user = user_id("user_id", &request.into_inner().user_id)?;
        let peers = conversations::peers(&self.0, user).await?;
        Ok(Response::new(proto::ListPeersResponse {
            user_ids: texts(peers),
        }))
    }

    async fn list_memberships(
        &self,
        request: Request<proto::ListMembershipsRequest>,
    ) -> Result<Response<proto::ListMembershipsResponse>, Status> {
        let user = user_id("user_id", &request.into_inner().user_id)?;
        let ids = conversations::memberships(&self.0, user).await?;
        Ok(Response::new(proto::ListMembershipsResponse {
            conversation_ids: ids.iter().map(ToString::to_string).collect(),
        }))
    }
}
