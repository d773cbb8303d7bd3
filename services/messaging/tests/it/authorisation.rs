//! Who may call at all, and on whose behalf.

use std::collections::BTreeSet;

use oruma_proto::messaging::v1 as proto;
use oruma_proto::messaging::v1::channel_service_client::ChannelServiceClient;
use oruma_proto::messaging::v1::conversation_service_client::ConversationServiceClient;
use oruma_proto::messaging::v1::message_service_client::MessageServiceClient;
use oruma_proto::messaging::v1::notification_service_client::NotificationServiceClient;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service_runtime::{Caller, Channel, ShowCredential};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::{Code, Request, Status};

use crate::support::{
    CREDENTIAL, Messaging, admin, credential, guest, id_of, not_participant, person, refused,
};

/// The calls of the edge, which are made for nobody in particular.
const OF_THE_EDGE: [&str; 3] = ["RecordDeliveries", "ListPeers", "ListMemberships"];

/// Shows a credential, or none.
#[derive(Clone)]
struct Shown(Option<ShowCredential>);

impl Interceptor for Shown {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        match &mut self.0 {
            Some(credential) => credential.call(request),
            None => Ok(request),
        }
    }
}

fn showing(messaging: &Messaging, secret: Option<&str>) -> InterceptedService<Channel, Shown> {
    let shown = secret.map(|secret| credential(secret).shown());
    InterceptedService::new(messaging.channel(), Shown(shown))
}

/// Makes each call of each service with an empty message, and tells how it was answered.
async fn every_call(
    client: InterceptedService<Channel, Shown>,
    caller: Option<&Caller>,
) -> Vec<(&'static str, Result<(), Status>)> {
    let mut conversations = ConversationServiceClient::new(client.clone());
    let mut channels = ChannelServiceClient::new(client.clone());
    let mut messages = MessageServiceClient::new(client.clone());
    let mut notifications = NotificationServiceClient::new(client);
    let mut answers = Vec::new();
    macro_rules! call {
        ($client:ident . $method:ident ( $name:literal, $message:ident )) => {{
            let message = proto::$message::default();
            let request = match caller {
                Some(caller) => caller.send(message),
                None => Request::new(message),
            };
            answers.push(($name, $client.$method(request).await.map(drop)));
        }};
    }
    call!(
        conversations
            .open_direct_conversation("OpenDirectConversation", OpenDirectConversationRequest)
    );
    call!(conversations.get_conversation("GetConversation", GetConversationRequest));
    call!(conversations.list_conversations("ListConversations", ListConversationsRequest));
    call!(conversations.mark_read("MarkRead", MarkReadRequest));
    call!(conversations.record_deliveries("RecordDeliveries", RecordDeliveriesRequest));
    call!(conversations.list_members("ListMembers", ListMembersRequest));
    call!(conversations.list_peers("ListPeers", ListPeersRequest));
    call!(messages.send_message("SendMessage", SendMessageRequest));
    call!(messages.get_message("GetMessage", GetMessageRequest));
    call!(messages.list_messages("ListMessages", ListMessagesRequest));
    call!(messages.edit_message("EditMessage", EditMessageRequest));
    call!(messages.delete_message("DeleteMessage", DeleteMessageRequest));
    call!(messages.set_reaction("SetReaction", SetReactionRequest));
    call!(messages.remove_reaction("RemoveReaction", RemoveReactionRequest));
    call!(messages.set_message_pinned("SetMessagePinned", SetMessagePinnedRequest));
    call!(messages.list_thread("ListThread", ListThreadRequest));
    call!(messages.search_messages("SearchMessages", SearchMessagesRequest));
    call!(channels.create_channel("CreateChannel", CreateChannelRequest));
    call!(channels.get_channel("GetChannel", GetChannelRequest));
    call!(channels.list_channels("ListChannels", ListChannelsRequest));
    call!(channels.update_channel("UpdateChannel", UpdateChannelRequest));
    call!(channels.delete_channel("DeleteChannel", DeleteChannelRequest));
    call!(channels.add_channel_members("AddChannelMembers", AddChannelMembersRequest));
    call!(channels.remove_channel_member("RemoveChannelMember", RemoveChannelMemberRequest));
    call!(channels.update_channel_member("UpdateChannelMember", UpdateChannelMemberRequest));
    call!(conversations.list_memberships("ListMemberships", ListMembershipsRequest));
    call!(
        notifications
            .get_notification_settings("GetNotificationSettings", GetNotificationSettingsRequest)
    );
    call!(notifications.update_notification_settings(
        "UpdateNotificationSettings",
        UpdateNotificationSettingsRequest
    ));
    call!(messages.export_messages("ExportMessages", ExportMessagesRequest));
    call!(notifications.list_notifications("ListNotifications", ListNotificationsRequest));
    call!(
        notifications
            .mark_notifications_read("MarkNotificationsRead", MarkNotificationsReadRequest)
    );
    answers
}

/// The calls made here are all that there are.
#[tokio::test(flavor = "multi_thread")]
async fn every_call_of_the_service_is_tried() {
    let declared: BTreeSet<&str> =
        include_str!("../../../../proto/oruma/messaging/v1/messaging_service.proto")
            .lines()
            .filter_map(|line| line.trim().strip_prefix("rpc ")?.split('(').next())
            .collect();
    let messaging = Messaging::start().await;
    let answers = every_call(showing(&messaging, None), None).await;
    let tried: BTreeSet<&str> = answers.iter().map(|(name, _)| *name).collect();
    assert_eq!(tried, declared);
}

/// Without the credential of the installation nothing is answered, whoever the caller says to be.
#[tokio::test(flavor = "multi_thread")]
async fn only_holders_of_the_credential_are_answered() {
    let messaging = Messaging::start().await;
    let longer = format!("{CREDENTIAL}X");
    for secret in [
        None,
        Some(longer.as_str()),
        Some("another-credential-of-32-characters"),
    ] {
        for caller in [None, Some(&admin())] {
            for (name, answer) in every_call(showing(&messaging, secret), caller).await {
                let status = answer.unwrap_err();
                assert_eq!(status.code(), Code::Unauthenticated, "{name}");
                assert_eq!(status.message(), "the call shows no internal credential");
            }
        }
    }
}

/// Nobody is refused by every call but those of the edge, before any field is judged and before it is said what is there.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_refused_by_every_call_of_people() {
    let messaging = Messaging::start().await;
    let answers = every_call(showing(&messaging, Some(CREDENTIAL)), Some(&guest())).await;
    for (name, answer) in answers {
        if OF_THE_EDGE.contains(&name) {
            continue;
        }
        let status = answer.expect_err(name);
        assert_eq!(status.code(), Code::Unauthenticated, "{name}");
        assert_eq!(RpcError::from(status).reason, "not_signed_in", "{name}");
    }
    let refusal = messaging
        .list_messages(&guest(), "nonsense", -1, "nonsense")
        .await;
    refused(refusal, ErrorCode::Unauthenticated, "not_signed_in");
}

/// What two people say to each other is no matter of administrators either.
#[tokio::test(flavor = "multi_thread")]
async fn administrators_are_strangers() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let message = messaging.send(&ada, &bob, "secret").await;
    let id = message.conversation_id.as_str();
    for stranger in [person(3), admin()] {
        not_participant(messaging.conversation(&stranger, id).await);
        not_participant(messaging.members(&stranger, id).await);
        not_participant(messaging.list_messages(&stranger, id, 0, "").await);
        not_participant(messaging.message(&stranger, &message.id).await);
        not_participant(messaging.mark_read(&stranger, id, "").await);
        not_participant(messaging.try_send(&stranger, id, "", "hello").await);
        let listed = messaging.list(&stranger, &[], 0, "").await.unwrap();
        assert!(listed.conversations.is_empty());
        assert!(messaging.export(&stranger).await.unwrap().is_empty());
    }
    let seen = messaging.conversation(&bob, id).await.unwrap();
    assert_eq!(
        (seen.unread_count, seen.member_ids[1].clone()),
        (1, id_of(&ada))
    );
}
