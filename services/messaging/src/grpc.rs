//! Thin adapters: decode, call the use case, encode.

mod channels;
mod conversations;
mod convert;
mod messages;
mod notifications;

use std::sync::Arc;

use oruma_proto::messaging::v1::channel_service_server::ChannelServiceServer;
use oruma_proto::messaging::v1::conversation_service_server::ConversationServiceServer;
use oruma_proto::messaging::v1::message_service_server::MessageServiceServer;
use oruma_proto::messaging::v1::notification_service_server::NotificationServiceServer;
use tonic::service::Routes;

use crate::app::App;

/// Everything that this service answers.
pub fn routes(app: &Arc<App>) -> Routes {
    let conversations = conversations::Conversations(Arc::clone(app));
    let channels = channels::Channels(Arc::clone(app));
    let messages = messages::Messages(Arc::clone(app));
    let notifications = notifications::Notifications(Arc::clone(app));
    Routes::default()
        .add_service(ConversationServiceServer::new(conversations))
        .add_service(ChannelServiceServer::new(channels))
        .add_service(MessageServiceServer::new(messages))
        .add_service(NotificationServiceServer::new(notifications))
}
