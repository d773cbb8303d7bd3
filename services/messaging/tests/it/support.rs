//! What the tests stand on: a running service with a database, a clock and a broker of its own.

use std::ops::Deref;
use std::sync::Arc;

use oruma_broker::{Broker, Event, InProcessBroker, Subscription};
use oruma_messaging::app::App;
use oruma_messaging::config::Config;
use oruma_messaging::service::{MIGRATIONS, Service};
use oruma_proto::messaging::v1 as proto;
use oruma_proto::messaging::v1::conversation_service_client::ConversationServiceClient;
use oruma_proto::messaging::v1::message_service_client::MessageServiceClient;
use oruma_proto::messaging::v1::notification_service_client::NotificationServiceClient;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service::Surroundings;
use oruma_service_runtime::{
    Caller, Channel, Clock, ClockHand, Env, GrpcClient, GrpcListener, Random, Role, Stop,
    in_process,
};
pub(crate) use oruma_service_test_kit::{
    NOTHING, admin, answered, credential, guest, id_of, invalid_fields, refused, start_time,
};
use oruma_service_test_kit::{Tables, Told, person_of};
use oruma_test_kit::TestDatabase;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const CREDENTIAL: &str = "0123456789abcdef-of-the-messaging-tests";

/// Somebody who is signed in.
pub(crate) fn person(number: u16) -> Caller {
    person_of(number, "", Role::User)
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
        let database = TestDatabase::create("messaging", MIGRATIONS).await;
        Self::on(Arc::new(database), 7).await
    }

    /// On a database that exists; every replica draws ids of its own. Its events stay in the outbox until the broker is released.
    pub(crate) async fn on(database: Arc<TestDatabase>, seed: u64) -> Self {
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
        let config = Config {
            database: database.config().clone(),
            ..Config::from_env(&env).unwrap()
        };
        let service = Service::build(config, surroundings).unwrap();
        let app = service.app();
        service.start(&stop).await.unwrap();
        Self {
            stop,
            channel,
            app,
            broker,
            told,
            clock: hand,
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
