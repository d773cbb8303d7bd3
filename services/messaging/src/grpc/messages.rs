//! `MessageService`.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::BoxStream;
use oruma_proto::messaging::v1 as proto;
use oruma_proto::messaging::v1::message_service_server::MessageService;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::convert::{
    conversation_id, destination, filter, maybe_conversation_id, maybe_message_id, maybe_time,
    message_id, somebody,
};
use crate::app::messages::Wanted;
use crate::app::sending::Draft;
use crate::app::{
    App, export, messages, reactions, revisions, schedules, searches, sending, threads,
};
use crate::store::searches::Search;

/// Messages.
pub(super) struct Messages(pub(super) Arc<App>);

#[tonic::async_trait]
impl MessageService for Messages {
    async fn send_message(
        &self,
        request: Request<proto::SendMessageRequest>,
    ) -> Result<Response<proto::SendMessageResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::SendMessageRequest {
            conversation_id,
            receiver_id,
            content,
            attachment_ids,
            parent_id,
            scheduled_for,
        } = request.into_inner();
        let draft = Draft {
            destination: destination(&conversation_id, &receiver_id)?,
            content,
            files: attachment_ids,
            parent: maybe_message_id(&parent_id)?,
        };
        let message = match maybe_time("scheduled_for", scheduled_for)? {
            None => sending::send(&self.0, &caller, &draft).await?,
            Some(at) => schedules::schedule(&self.0, &caller, &draft, at).await?,
        };
        Ok(Response::new(proto::SendMessageResponse {
            message: Some(message.into()),
        }))
    }

    async fn get_message(
        &self,
        request: Request<proto::GetMessageRequest>,
    ) -> Result<Response<proto::GetMessageResponse>, Status> {
        let caller = somebody(&request)?;
        let id = message_id(&request.into_inner().message_id)?;
        let message = messages::get(&self.0, &caller, id).await?;
        Ok(Response::new(proto::GetMessageResponse {
            message: Some(message.into()),
        }))
    }

    async fn list_messages(
        &self,
        request: Request<proto::ListMessagesRequest>,
    ) -> Result<Response<proto::ListMessagesResponse>, Status> {
        let caller = somebody(&request)?;
        let request = request.into_inner();
        let id = conversation_id(&request.conversation_id)?;
        let wanted = Wanted {
            page_size: request.page_size,
            page_token: request.page_token,
            before: maybe_message_id(&request.before_id)?,
            after: maybe_message_id(&request.after_id)?,
            mark_read: request.mark_read,
        };
        let (page, next_page_token) = messages::list(&self.0, &caller, id, &wanted).await?;
        Ok(Response::new(proto::ListMessagesResponse {
            messages: page.into_iter().map(Into::into).collect(),
            next_page_token,
        }))
    }

    async fn edit_message(
        &self,
        request: Request<proto::EditMessageRequest>,
    ) -> Result<Response<proto::EditMessageResponse>, Status> {
        let caller = somebody(&request)?;
        let request = request.into_inner();
        let of = maybe_conversation_id(&request.conversation_id)?;
        let id = message_id(&request.message_id)?;
        let message = revisions::edit(&self.0, &caller, of, id, &request.content).await?;
        Ok(Response::new(proto::EditMessageResponse {
            message: Some(message.into()),
        }))
    }

    async fn delete_message(
        &self,
        request: Request<proto::DeleteMessageRequest>,
    ) -> Result<Response<proto::DeleteMessageResponse>, Status> {
        let caller = somebody(&request)?;
        let request = request.into_inner();
        let of = maybe_conversation_id(&request.conversation_id)?;
        let id = message_id(&request.message_id)?;
        revisions::delete(&self.0, &caller, of, id).await?;
        Ok(Response::new(proto::DeleteMessageResponse {}))
    }

    async fn set_reaction(
        &self,
        request: Request<proto::SetReactionRequest>,
    ) -> Result<Response<proto::SetReactionResponse>, Status> {
        let caller = somebody(&request)?;
        let request = request.into_inner();
        let of = maybe_conversation_id(&request.conversation_id)?;
        let id = message_id(&request.message_id)?;
        let reaction = reactions::set(&self.0, &caller, of, id, &request.emoji).await?;
        Ok(Response::new(proto::SetReactionResponse {
            reaction: Some(reaction.into()),
        }))
    }

    async fn remove_reaction(
        &self,
        request: Request<proto::RemoveReactionRequest>,
    ) -> Result<Response<proto::RemoveReactionResponse>, Status> {
        let caller = somebody(&request)?;
        let request = request.into_inner();
        let of = maybe_conversation_id(&request.conversation_id)?;
        let id = message_id(&request.message_id)?;
        reactions::remove(&self.0, &caller, of, id).await?;
        Ok(Response::new(proto::RemoveReactionResponse {}))
    }

    async fn set_message_pinned(
        &self,
        request: Request<proto::SetMessagePinnedRequest>,
    ) -> Result<Response<proto::SetMessagePinnedResponse>, Status> {
        let caller = somebody(&request)?;
        let request = request.into_inner();
        let of = maybe_conversation_id(&request.conversation_id)?;
        let id = message_id(&request.message_id)?;
        revisions::set_pinned(&self.0, &caller, of, id, request.pinned).await?;
        Ok(Response::new(proto::SetMessagePinnedResponse {}))
    }

    async fn list_thread(
        &self,
        request: Request<proto::ListThreadRequest>,
    ) -> Result<Response<proto::ListThreadResponse>, Status> {
        let caller = somebody(&request)?;
        let request = request.into_inner();
        let of = maybe_conversation_id(&request.conversation_id)?;
        let id = message_id(&request.message_id)?;
        let (parent, replies) = threads::get(&self.0, &caller, of, id).await?;
        Ok(Response::new(proto::ListThreadResponse {
            total: parent.reply_count,
            parent: Some(parent.into()),
            replies: replies.into_iter().map(Into::into).collect(),
        }))
    }

    async fn search_messages(
        &self,
        request: Request<proto::SearchMessagesRequest>,
    ) -> Result<Response<proto::SearchMessagesResponse>, Status> {
        let caller = somebody(&request)?;
        let request = request.into_inner();
        let search = Search {
            conversation: filter("conversation_id", &request.conversation_id)?,
            sender: filter("sender_id", &request.sender_id)?,
            before: maybe_time("before", request.before)?,
            after: maybe_time("after", request.after)?,
            query: request.query,
        };
        let (hits, total) = searches::find(&self.0, &caller, search, request.page_size).await?;
        Ok(Response::new(proto::SearchMessagesResponse {
            hits: hits.into_iter().map(Into::into).collect(),
            total,
        }))
    }

    type ExportMessagesStream = BoxStream<'static, Result<proto::ExportMessagesResponse, Status>>;

    async fn export_messages(
        &self,
        request: Request<proto::ExportMessagesRequest>,
    ) -> Result<Response<Self::ExportMessagesStream>, Status> {
        let caller = somebody(&request)?;
        let pages = ReceiverStream::new(export::start(&self.0, &caller)?);
        let messages = pages.map(|page| {
            page.map(|document| proto::ExportMessagesResponse { document })
                .map_err(Status::from)
        });
        Ok(Response::new(messages.boxed()))
    }
}
