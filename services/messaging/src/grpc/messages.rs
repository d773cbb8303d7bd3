//! `MessageService`.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::BoxStream;
use oruma_proto::messaging::v1 as proto;
use oruma_proto::messaging::v1::message_service_server::MessageService;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::convert::{conversation_id, destination, message_id, somebody};
use crate::app::{App, export, messages};

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
        } = request.into_inner();
        let destination = destination(&conversation_id, &receiver_id)?;
        let message = messages::send(&self.0, &caller, destination, &content).await?;
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
        let proto::ListMessagesRequest {
            conversation_id: id,
            page_size,
            page_token,
        } = request.into_inner();
        let id = conversation_id(&id)?;
        let (page, next_page_token) =
            messages::list(&self.0, &caller, id, page_size, &page_token).await?;
        Ok(Response::new(proto::ListMessagesResponse {
            messages: page.into_iter().map(Into::into).collect(),
            next_page_token,
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
