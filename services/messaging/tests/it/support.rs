//! What the tests stand on: a running service with a database, a clock and a broker of its own.

use std::ops::Deref;
use std::sync::Arc;

use oruma_broker::{Broker, Event, InProcessBroker, Subscription};
use oruma_messaging::app::App;
use oruma_messaging::config::Config;
use oruma_messaging::service::{Channels, MIGRATIONS, Service};
use oruma_proto::media::v1::ImageFolder;
use oruma_proto::messaging::v1 as proto;
use oruma_proto::messaging::v1::channel_service_client::ChannelServiceClient;
use oruma_proto::messaging::v1::conversation_service_client::ConversationServiceClient;
use oruma_proto::messaging::v1::message_service_client::MessageServiceClient;
use oruma_proto::messaging::v1::notification_service_client::NotificationServiceClient;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service::Surroundings;
use oruma_service_runtime::{
    Caller, Channel, Clock, ClockHand, Env, GrpcClient, GrpcListener, Random, Role, Stop,
    in_process,
};
use oruma_service_test_kit::{Media, People, Tables, Told, person_of, user_id};
pub(crate) use oruma_service_test_kit::{
    NOTHING, admin, answered, credential, guest, id_of, invalid_fields, naming, refused, start_time,
};
use oruma_test_kit::TestDatabase;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const CREDENTIAL: &str = "0123456789abcdef-of-the-messaging-tests";

/// Somebody who is signed in.
pub(crate) fn person(number: u16) -> Caller {
    person_of(number, "", Role::User)
}

/// What the person of a number is called: one word, or two for every third.
pub(crate) fn name(number: u16) -> String {
    if number.is_multiple_of(3) {
        format!("Person Number{number}")
    } else {
        format!("Person{number}")
    }
}

/// A running service.
pub(crate) struct Messaging {
    stop: Stop,
    channel: Channel,
    pub(crate) app: Arc<App>,
    pub(crate) broker: Arc<InProcessBroker>,
    /// What subscribers of all events were told.
    pub(crate) told: Told,
    pub(crate) clock: ClockHand,
    /// Auth, which knows the first 1,100 people of the tests by the names that [`name`] gives them.
    pub(crate) people: People,
    pub(crate) media: Media,
    tables: Tables,
    pub(crate) database: Arc<TestDatabase>,
}

impl Deref for Messaging {
    type Target = Tables;

    fn deref(&self) -> &Tables {
        &self.tables
    }
}

impl Drop for Messaging {
    fn drop(&mut self) {
        self.stop.ask();
    }
}

// === impl Messaging: the service ===

impl Messaging {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings than usual.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let database = TestDatabase::create("messaging", MIGRATIONS).await;
        Self::made(Arc::new(database), 7, change).await
    }

    /// On a database that exists; every replica draws ids of its own. Its events stay in the outbox until the broker is released.
    pub(crate) async fn on(database: Arc<TestDatabase>, seed: u64) -> Self {
        Self::made(database, seed, |_| {}).await
    }

    async fn made(
        database: Arc<TestDatabase>,
        seed: u64,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let (clock, hand) = Clock::standing(start_time());
        let stop = Stop::new();
        let (listener, channel) = in_process();
        let broker = Arc::new(InProcessBroker::holding(None));
        let told = Told::default();
        let everything = Subscription::once("tests.everything", ["#"]);
        broker
            .subscribe(everything, Arc::new(told.clone()))
            .await
            .unwrap();
        let surroundings = Surroundings {
            listener: GrpcListener::InProcess(listener),
            broker: Arc::clone(&broker) as Arc<dyn Broker>,
            clock,
            random: Random::seeded(seed),
        };
        let env = Env::of_pairs([
            ("DATABASE_URL", database.url()),
            ("INTERNAL_GRPC_TOKEN", CREDENTIAL),
        ]);
        let mut config = Config {
            database: database.config().clone(),
            ..Config::from_env(&env).unwrap()
        };
        change(&mut config);
        let people = People::new();
        for number in 1..=1_100 {
            let handle = format!("user-{number}");
            people.know(user_id(number), &handle, &name(number), "");
        }
        let media = Media::of(ImageFolder::Posts);
        let channels = Channels {
            auth: people.serve(credential(CREDENTIAL), &stop),
            media: media.serve(credential(CREDENTIAL), &stop),
        };
        let service = Service::build(config, surroundings, channels).unwrap();
        let app = service.app();
        service.start(&stop).await.unwrap();
        Self {
            stop,
            channel,
            app,
            broker,
            told,
            clock: hand,
            people,
            media,
            tables: Tables::of(&database),
            database,
        }
    }

    /// The way to the service without any credential.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    fn client(&self) -> GrpcClient {
        GrpcClient::new(self.channel(), credential(CREDENTIAL).shown())
    }

    pub(crate) fn conversations(&self) -> ConversationServiceClient<GrpcClient> {
        ConversationServiceClient::new(self.client())
    }

    pub(crate) fn channels(&self) -> ChannelServiceClient<GrpcClient> {
        ChannelServiceClient::new(self.client())
    }

    pub(crate) fn messages(&self) -> MessageServiceClient<GrpcClient> {
        MessageServiceClient::new(self.client())
    }

    pub(crate) fn notifications(&self) -> NotificationServiceClient<GrpcClient> {
        NotificationServiceClient::new(self.client())
    }
}

// === impl Messaging: conversations ===

impl Messaging {
    pub(crate) async fn try_open(
        &self,
        caller: &Caller,
        user: &str,
    ) -> Result<(proto::Conversation, bool), RpcError> {
        let request = caller.send(proto::OpenDirectConversationRequest {
            user_id: user.to_owned(),
        });
        let answer = answered(self.conversations().open_direct_conversation(request).await)?;
        Ok((answer.conversation.unwrap(), answer.created))
    }

    /// The direct conversation of two people.
    pub(crate) async fn open(&self, caller: &Caller, other: &Caller) -> proto::Conversation {
        self.try_open(caller, &id_of(other)).await.unwrap().0
    }

    pub(crate) async fn conversation(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<proto::Conversation, RpcError> {
        let request = caller.send(proto::GetConversationRequest {
            conversation_id: id.to_owned(),
        });
        let answer = answered(self.conversations().get_conversation(request).await)?;
        Ok(answer.conversation.unwrap())
    }

    pub(crate) async fn list(
        &self,
        caller: &Caller,
        kinds: &[proto::ConversationKind],
        page_size: i32,
        page_token: &str,
    ) -> Result<proto::ListConversationsResponse, RpcError> {
        let request = caller.send(proto::ListConversationsRequest {
            kinds: kinds.iter().map(|kind| (*kind).into()).collect(),
            page_size,
            page_token: page_token.to_owned(),
        });
        answered(self.conversations().list_conversations(request).await)
    }

    /// How many messages of others the caller has not read, after the call.
    pub(crate) async fn mark_read(
        &self,
        caller: &Caller,
        conversation: &str,
        message: &str,
    ) -> Result<i64, RpcError> {
        let request = caller.send(proto::MarkReadRequest {
            conversation_id: conversation.to_owned(),
            message_id: message.to_owned(),
        });
        Ok(answered(self.conversations().mark_read(request).await)?.unread_count)
    }

    pub(crate) async fn deliver(&self, deliveries: Vec<proto::Delivery>) -> Result<(), RpcError> {
        let request = guest().send(proto::RecordDeliveriesRequest { deliveries });
        answered(self.conversations().record_deliveries(request).await).map(drop)
    }

    pub(crate) async fn members(&self, caller: &Caller, id: &str) -> Result<Vec<String>, RpcError> {
        let request = caller.send(proto::ListMembersRequest {
            conversation_id: id.to_owned(),
        });
        Ok(answered(self.conversations().list_members(request).await)?.user_ids)
    }

    pub(crate) async fn memberships(&self, user: &str) -> Result<Vec<String>, RpcError> {
        let request = guest().send(proto::ListMembershipsRequest {
            user_id: user.to_owned(),
        });
        Ok(answered(self.conversations().list_memberships(request).await)?.conversation_ids)
    }

    pub(crate) async fn peers(&self, user: &str) -> Result<Vec<String>, RpcError> {
        let request = guest().send(proto::ListPeersRequest {
            user_id: user.to_owned(),
        });
        Ok(answered(self.conversations().list_peers(request).await)?.user_ids)
    }
}

// === impl Messaging: messages ===

impl Messaging {
    pub(crate) async fn try_send(
        &self,
        caller: &Caller,
        conversation: &str,
        receiver: &str,
        content: &str,
    ) -> Result<proto::Message, RpcError> {
        let request = caller.send(proto::SendMessageRequest {
            conversation_id: conversation.to_owned(),
            receiver_id: receiver.to_owned(),
            content: content.to_owned(),
            ..proto::SendMessageRequest::default()
        });
        let answer = answered(self.messages().send_message(request).await)?;
        Ok(answer.message.unwrap())
    }

    /// Writes to somebody.
    pub(crate) async fn send(
        &self,
        caller: &Caller,
        receiver: &Caller,
        content: &str,
    ) -> proto::Message {
        self.try_send(caller, "", &id_of(receiver), content)
            .await
            .unwrap()
    }

    pub(crate) async fn message(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<proto::Message, RpcError> {
        let request = caller.send(proto::GetMessageRequest {
            message_id: id.to_owned(),
        });
        Ok(answered(self.messages().get_message(request).await)?
            .message
            .unwrap())
    }

    pub(crate) async fn list_messages(
        &self,
        caller: &Caller,
        conversation: &str,
        page_size: i32,
        page_token: &str,
    ) -> Result<proto::ListMessagesResponse, RpcError> {
        let request = caller.send(proto::ListMessagesRequest {
            conversation_id: conversation.to_owned(),
            page_size,
            page_token: page_token.to_owned(),
            ..proto::ListMessagesRequest::default()
        });
        answered(self.messages().list_messages(request).await)
    }

    /// The newest messages of a conversation, newest first.
    pub(crate) async fn history(&self, caller: &Caller, conversation: &str) -> Vec<proto::Message> {
        self.list_messages(caller, conversation, 100, "")
            .await
            .unwrap()
            .messages
    }

    /// The pages of an export.
    pub(crate) async fn export(&self, caller: &Caller) -> Result<Vec<Value>, RpcError> {
        let request = caller.send(proto::ExportMessagesRequest {});
        let mut stream = answered(self.messages().export_messages(request).await)?;
        let mut pages = Vec::new();
        while let Some(page) = stream.message().await.map_err(RpcError::from)? {
            pages.push(serde_json::from_str(&page.document).unwrap());
        }
        Ok(pages)
    }
}

impl Messaging {
    pub(crate) async fn try_send_all(
        &self,
        caller: &Caller,
        message: proto::SendMessageRequest,
    ) -> Result<proto::Message, RpcError> {
        let answer = answered(self.messages().send_message(caller.send(message)).await)?;
        Ok(answer.message.unwrap())
    }

    /// Says something in a conversation.
    pub(crate) async fn say(
        &self,
        caller: &Caller,
        conversation: &str,
        content: &str,
    ) -> proto::Message {
        self.try_send(caller, conversation, "", content)
            .await
            .unwrap()
    }

    /// Says something in the thread of a message.
    pub(crate) async fn reply(
        &self,
        caller: &Caller,
        to: &proto::Message,
        content: &str,
    ) -> proto::Message {
        let message = proto::SendMessageRequest {
            conversation_id: to.conversation_id.clone(),
            content: content.to_owned(),
            parent_id: to.id.clone(),
            ..proto::SendMessageRequest::default()
        };
        self.try_send_all(caller, message).await.unwrap()
    }

    /// A page of messages that count as read.
    pub(crate) async fn read(&self, caller: &Caller, conversation: &str) -> Vec<proto::Message> {
        let request = proto::ListMessagesRequest {
            conversation_id: conversation.to_owned(),
            mark_read: true,
            ..proto::ListMessagesRequest::default()
        };
        let answer = answered(self.messages().list_messages(caller.send(request)).await);
        answer.unwrap().messages
    }

    pub(crate) async fn edit(
        &self,
        caller: &Caller,
        id: &str,
        content: &str,
    ) -> Result<proto::Message, RpcError> {
        let request = caller.send(proto::EditMessageRequest {
            conversation_id: String::new(),
            message_id: id.to_owned(),
            content: content.to_owned(),
        });
        Ok(answered(self.messages().edit_message(request).await)?
            .message
            .unwrap())
    }

    pub(crate) async fn delete(&self, caller: &Caller, id: &str) -> Result<(), RpcError> {
        let request = caller.send(proto::DeleteMessageRequest {
            conversation_id: String::new(),
            message_id: id.to_owned(),
        });
        answered(self.messages().delete_message(request).await).map(drop)
    }

    pub(crate) async fn react(
        &self,
        caller: &Caller,
        id: &str,
        emoji: &str,
    ) -> Result<proto::Reaction, RpcError> {
        let request = caller.send(proto::SetReactionRequest {
            conversation_id: String::new(),
            message_id: id.to_owned(),
            emoji: emoji.to_owned(),
        });
        Ok(answered(self.messages().set_reaction(request).await)?
            .reaction
            .unwrap())
    }

    pub(crate) async fn unreact(&self, caller: &Caller, id: &str) -> Result<(), RpcError> {
        let request = caller.send(proto::RemoveReactionRequest {
            conversation_id: String::new(),
            message_id: id.to_owned(),
        });
        answered(self.messages().remove_reaction(request).await).map(drop)
    }

    pub(crate) async fn pin(
        &self,
        caller: &Caller,
        id: &str,
        pinned: bool,
    ) -> Result<(), RpcError> {
        let request = caller.send(proto::SetMessagePinnedRequest {
            conversation_id: String::new(),
            message_id: id.to_owned(),
            pinned,
        });
        answered(self.messages().set_message_pinned(request).await).map(drop)
    }

    pub(crate) async fn thread(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<proto::ListThreadResponse, RpcError> {
        let request = caller.send(proto::ListThreadRequest {
            conversation_id: String::new(),
            message_id: id.to_owned(),
        });
        answered(self.messages().list_thread(request).await)
    }
}

// === impl Messaging: channels ===

impl Messaging {
    pub(crate) async fn try_create(
        &self,
        caller: &Caller,
        name: &str,
        visibility: proto::ChannelVisibility,
        members: &[&Caller],
    ) -> Result<proto::Channel, RpcError> {
        let request = caller.send(proto::CreateChannelRequest {
            name: name.to_owned(),
            description: String::new(),
            visibility: visibility.into(),
            member_ids: members.iter().map(|member| id_of(member)).collect(),
        });
        Ok(answered(self.channels().create_channel(request).await)?
            .channel
            .unwrap())
    }

    /// A private channel of somebody with some people.
    pub(crate) async fn private(
        &self,
        caller: &Caller,
        name: &str,
        members: &[&Caller],
    ) -> proto::Channel {
        let private = proto::ChannelVisibility::Private;
        self.try_create(caller, name, private, members)
            .await
            .unwrap()
    }

    /// A public channel of somebody.
    pub(crate) async fn public(&self, caller: &Caller, name: &str) -> proto::Channel {
        let public = proto::ChannelVisibility::Public;
        self.try_create(caller, name, public, &[]).await.unwrap()
    }

    pub(crate) async fn look_at(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<proto::GetChannelResponse, RpcError> {
        let request = caller.send(proto::GetChannelRequest {
            channel_id: id.to_owned(),
        });
        answered(self.channels().get_channel(request).await)
    }

    pub(crate) async fn add(
        &self,
        caller: &Caller,
        id: &str,
        users: &[&Caller],
        role: proto::MemberRole,
    ) -> Result<Vec<proto::Member>, RpcError> {
        let request = caller.send(proto::AddChannelMembersRequest {
            channel_id: id.to_owned(),
            user_ids: users.iter().map(|user| id_of(user)).collect(),
            role: role.into(),
        });
        Ok(answered(self.channels().add_channel_members(request).await)?.members)
    }

    pub(crate) async fn remove(
        &self,
        caller: &Caller,
        id: &str,
        user: &Caller,
    ) -> Result<(), RpcError> {
        let request = caller.send(proto::RemoveChannelMemberRequest {
            channel_id: id.to_owned(),
            user_id: id_of(user),
        });
        answered(self.channels().remove_channel_member(request).await).map(drop)
    }

    pub(crate) async fn set_role(
        &self,
        caller: &Caller,
        id: &str,
        user: &Caller,
        role: proto::MemberRole,
    ) -> Result<(), RpcError> {
        let request = caller.send(proto::UpdateChannelMemberRequest {
            channel_id: id.to_owned(),
            user_id: id_of(user),
            role: role.into(),
        });
        answered(self.channels().update_channel_member(request).await).map(drop)
    }

    pub(crate) async fn update_channel(
        &self,
        caller: &Caller,
        change: proto::UpdateChannelRequest,
    ) -> Result<proto::Channel, RpcError> {
        let answer = self.channels().update_channel(caller.send(change)).await;
        Ok(answered(answer)?.channel.unwrap())
    }

    pub(crate) async fn close(&self, caller: &Caller, id: &str) -> Result<(), RpcError> {
        let request = caller.send(proto::DeleteChannelRequest {
            channel_id: id.to_owned(),
        });
        answered(self.channels().delete_channel(request).await).map(drop)
    }

    pub(crate) async fn list_channels(
        &self,
        caller: &Caller,
        list: proto::ListChannelsRequest,
    ) -> Result<proto::ListChannelsResponse, RpcError> {
        answered(self.channels().list_channels(caller.send(list)).await)
    }

    /// How many messages somebody has not read in a channel.
    pub(crate) async fn unread(&self, caller: &Caller, id: &str) -> i64 {
        let channel = self.look_at(caller, id).await.unwrap().channel;
        channel.unwrap().unread_count
    }
}

// === impl Messaging: notifications ===

impl Messaging {
    pub(crate) async fn list_notifications(
        &self,
        caller: &Caller,
        unread: bool,
        page_size: i32,
        page_token: &str,
    ) -> Result<proto::ListNotificationsResponse, RpcError> {
        let request = caller.send(proto::ListNotificationsRequest {
            unread,
            page_size,
            page_token: page_token.to_owned(),
            ..proto::ListNotificationsRequest::default()
        });
        answered(self.notifications().list_notifications(request).await)
    }

    /// The notifications of a person, newest first.
    pub(crate) async fn notifications_of(&self, caller: &Caller) -> Vec<proto::Notification> {
        self.list_notifications(caller, false, 100, "")
            .await
            .unwrap()
            .notifications
    }

    /// How many the caller has not seen, after the call.
    pub(crate) async fn mark_seen(
        &self,
        caller: &Caller,
        ids: Vec<String>,
    ) -> Result<i64, RpcError> {
        let request = caller.send(proto::MarkNotificationsReadRequest {
            notification_ids: ids,
        });
        Ok(answered(self.notifications().mark_notifications_read(request).await)?.unread_count)
    }
}

// === impl Messaging: what is behind ===

impl Messaging {
    /// Has the service handle an event of another one; the broker must be released.
    pub(crate) async fn hear(&self, event: &Event) {
        let published = self.broker.publish(std::slice::from_ref(event)).await;
        assert!(published.iter().all(Result::is_ok), "{published:?}");
    }

    /// Has the service learn that somebody blocked another, or took it back.
    pub(crate) async fn block(&self, number: u128, blocker: &Caller, blocked: &Caller, at: &str) {
        self.hear(&block(number, true, blocker, blocked, at)).await;
    }

    pub(crate) async fn unblock(&self, number: u128, blocker: &Caller, blocked: &Caller, at: &str) {
        self.hear(&block(number, false, blocker, blocked, at)).await;
    }
}

/// An event of another service.
pub(crate) fn event(number: u128, kind: &str, subject: &str, at: &str, data: Value) -> Event {
    let service = kind.split('.').next().unwrap();
    let source = format!("/oruma/{service}");
    let id = Uuid::from_u128(number);
    let time = at.parse().unwrap();
    Event::new(id, kind, &source, subject.to_owned(), time, &data)
}

fn block(number: u128, is_blocked: bool, blocker: &Caller, blocked: &Caller, at: &str) -> Event {
    let (kind, time) = if is_blocked {
        ("social.user.blocked.v1", "blockedAt")
    } else {
        ("social.user.unblocked.v1", "unblockedAt")
    };
    let data = json!({"blockerId": id_of(blocker), "blockedId": id_of(blocked), time: at});
    event(number, kind, &id_of(blocker), at, data)
}

/// The refusal must be that there is no such conversation.
#[track_caller]
pub(crate) fn no_conversation<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::NotFound, "conversation_not_found");
}

/// The refusal must be that there is no such message.
#[track_caller]
pub(crate) fn no_message<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::NotFound, "message_not_found");
}

/// The refusal must be that the conversation is one of others.
#[track_caller]
pub(crate) fn not_participant<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::Forbidden, "not_participant");
}

/// The refusal must be that one of the two has blocked the other.
#[track_caller]
pub(crate) fn is_blocked<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::Forbidden, "blocked");
}
