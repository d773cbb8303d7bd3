//! How far messages came, and what is not read.

use futures::future::{join, join_all};
use oruma_proto::messaging::v1 as proto;
use oruma_proto::messaging::v1::MessageStatus;
use serde_json::json;

use crate::support::{
    Messaging, NOTHING, id_of, invalid_fields, no_conversation, no_message, not_participant, person,
};

fn delivery(user: &str, conversation: &str, sequence: i64) -> proto::Delivery {
    proto::Delivery {
        user_id: user.to_owned(),
        conversation_id: conversation.to_owned(),
        sequence,
    }
}

/// The statuses of the newest messages, oldest first, as somebody sees them who does not fetch them.
async fn statuses(messaging: &Messaging, ids: &[String]) -> Vec<MessageStatus> {
    let ada = person(1);
    join_all(
        ids.iter()
            .map(async |id| messaging.message(&ada, id).await.unwrap().status()),
    )
    .await
}

async fn unread(messaging: &Messaging, number: u16, conversation: &str) -> i64 {
    let seen = messaging.conversation(&person(number), conversation).await;
    seen.unwrap().unread_count
}

/// O-174: only the receiver's marks count, they never go back, and own messages are no matter.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_sent_delivered_and_read() {
    use MessageStatus::{Delivered, Read, Sent};
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let mut ids = Vec::new();
    for text in ["one", "two", "three"] {
        ids.push(messaging.send(&ada, &bob, text).await.id);
    }
    let id = messaging.open(&ada, &bob).await.id;
    assert_eq!(statuses(&messaging, &ids).await, [Sent; 3]);
    // The sender fetches them, which is nothing.
    messaging.history(&ada, &id).await;
    assert_eq!(messaging.mark_read(&ada, &id, "").await.unwrap(), 0);
    assert_eq!(statuses(&messaging, &ids).await, [Sent; 3]);
    messaging
        .deliver(vec![delivery(&id_of(&bob), &id, 2)])
        .await
        .unwrap();
    assert_eq!(
        statuses(&messaging, &ids).await,
        [Delivered, Delivered, Sent]
    );
    messaging
        .deliver(vec![delivery(&id_of(&bob), &id, 1)])
        .await
        .unwrap();
    assert_eq!(
        statuses(&messaging, &ids).await,
        [Delivered, Delivered, Sent]
    );
    assert_eq!(messaging.mark_read(&bob, "", &ids[0]).await.unwrap(), 2);
    assert_eq!(statuses(&messaging, &ids).await, [Read, Delivered, Sent]);
    let fetched = messaging.history(&bob, &id).await;
    let fetched: Vec<_> = fetched.iter().map(proto::Message::status).collect();
    assert_eq!(fetched, [Delivered, Delivered, Read]);
    assert_eq!(
        statuses(&messaging, &ids).await,
        [Read, Delivered, Delivered]
    );
    assert_eq!(messaging.mark_read(&bob, &id, &ids[2]).await.unwrap(), 0);
    assert_eq!(messaging.mark_read(&bob, &id, &ids[0]).await.unwrap(), 0);
    assert_eq!(statuses(&messaging, &ids).await, [Read; 3]);
}

/// What changes nothing is told to nobody.
#[tokio::test(flavor = "multi_thread")]
async fn only_news_are_told() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let first = messaging.send(&ada, &bob, "one").await;
    let second = messaging.send(&ada, &bob, "two").await;
    let own = messaging.send(&bob, &ada, "three").await;
    let id = &first.conversation_id;
    messaging.execute("DELETE FROM messaging.outbox").await;
    for (caller, conversation, message, left) in [
        (&bob, "", own.id.as_str(), 2),
        (&bob, id.as_str(), "", 0),
        (&bob, id.as_str(), "", 0),
        (&bob, "", first.id.as_str(), 0),
        (&ada, "", second.id.as_str(), 1),
        (&ada, id.as_str(), own.id.as_str(), 0),
    ] {
        let unread = messaging.mark_read(caller, conversation, message).await;
        assert_eq!(unread.unwrap(), left);
    }
    let told: Vec<_> = messaging
        .outbox_json()
        .await
        .iter()
        .map(|event| event["data"].clone())
        .collect();
    let at = "2027-01-15T10:00:00.123Z";
    let (ada, bob) = (id_of(&ada), id_of(&bob));
    let expected = [
        json!({"conversationId": id, "conversationKind": "direct", "readerId": bob, "peerId": ada, "messageId": second.id, "sequence": "2", "readAt": at}),
        json!({"conversationId": id, "conversationKind": "direct", "readerId": ada, "peerId": bob, "messageId": own.id, "sequence": "3", "readAt": at}),
    ];
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_take_part_read() {
    let messaging = Messaging::start().await;
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let message = messaging.send(&ada, &bob, "secret").await;
    let other = messaging.open(&ada, &eve).await;
    let id = message.conversation_id.as_str();
    not_participant(messaging.mark_read(&eve, id, "").await);
    not_participant(messaging.mark_read(&eve, "", &message.id).await);
    not_participant(messaging.mark_read(&eve, id, &message.id).await);
    no_message(messaging.mark_read(&ada, &other.id, &message.id).await);
    no_message(messaging.mark_read(&ada, id, NOTHING).await);
    for unknown in [NOTHING, "nonsense"] {
        no_conversation(messaging.mark_read(&ada, unknown, "").await);
        no_conversation(messaging.mark_read(&ada, unknown, &message.id).await);
        no_message(messaging.mark_read(&ada, "", unknown).await);
    }
    let refusal = messaging.mark_read(&ada, "", "").await;
    assert_eq!(invalid_fields(refusal), ["conversation_id"]);
}

/// The edge tells of many at once; what is unknown, malformed or beyond the last message does no harm.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_unknown_is_passed_over() {
    use MessageStatus::{Delivered, Sent};
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let message = messaging.send(&ada, &bob, "one").await;
    let (id, to) = (message.conversation_id.as_str(), id_of(&bob));
    let nothing = [
        delivery("nonsense", id, 1),
        delivery(&to, "nonsense", 1),
        delivery(NOTHING, id, 1),
        delivery(&to, NOTHING, 1),
        delivery(&to, id, -1),
    ];
    messaging.deliver(nothing.to_vec()).await.unwrap();
    messaging.deliver(Vec::new()).await.unwrap();
    assert_eq!(
        statuses(&messaging, std::slice::from_ref(&message.id)).await,
        [Sent]
    );
    let many = vec![delivery(&to, id, 99); 1_000];
    messaging.deliver(many).await.unwrap();
    let later = messaging.send(&ada, &bob, "two").await;
    let ids = [message.id.clone(), later.id];
    assert_eq!(statuses(&messaging, &ids).await, [Delivered, Sent]);
    let refusal = messaging.deliver(vec![delivery("", "", 0); 1_001]).await;
    assert_eq!(invalid_fields(refusal), ["deliveries"]);
}

/// Edges that tell of the same people at once only wait for each other.
#[tokio::test(flavor = "multi_thread")]
async fn edges_tell_of_the_same_people_at_once() {
    let messaging = Messaging::start().await;
    let ada = person(1);
    let mut deliveries = Vec::new();
    for number in 2..=20 {
        let message = messaging.send(&person(number), &ada, "hello").await;
        deliveries.push(delivery(&id_of(&ada), &message.conversation_id, 1));
    }
    let backwards: Vec<_> = deliveries.iter().rev().cloned().collect();
    let calls = (0..20).map(|nth| {
        let told = if nth % 2 == 0 {
            &deliveries
        } else {
            &backwards
        };
        messaging.deliver(told.clone())
    });
    for told in join_all(calls).await {
        told.unwrap();
    }
    let delivered = "SELECT 1 FROM messaging.members WHERE delivered_sequence = 1";
    assert_eq!(messaging.rows(delivered).await.len(), 19);
}

/// What is not read is exact, however reads and messages meet.
#[tokio::test(flavor = "multi_thread")]
async fn unread_messages_are_exact_under_concurrency() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let id = messaging.open(&ada, &bob).await.id;
    let writing = join_all((0..10).map(async |_| {
        for _ in 0..10 {
            messaging.send(&ada, &bob, "to Bob").await;
            messaging.send(&bob, &ada, "to Ada").await;
        }
    }));
    let reading = join_all((0..5).map(async |_| {
        for _ in 0..10 {
            let newest = messaging.history(&bob, &id).await;
            let Some(message) = newest.first() else {
                continue;
            };
            messaging.mark_read(&bob, &id, &message.id).await.unwrap();
            messaging.mark_read(&bob, &id, "").await.unwrap();
        }
    }));
    join(writing, reading).await;
    let exact = "SELECT user_id, (SELECT count(*) FROM messaging.messages m WHERE m.conversation_id = me.conversation_id
                 AND m.sequence > me.read_sequence AND m.sender_id <> me.user_id) AS unread FROM messaging.members me ORDER BY user_id";
    let exact = messaging.rows(exact).await;
    assert_eq!(exact[0]["unread"], 100);
    assert_eq!(unread(&messaging, 1, &id).await, 100);
    assert_eq!(exact[1]["unread"], unread(&messaging, 2, &id).await);
    assert_eq!(messaging.mark_read(&bob, &id, "").await.unwrap(), 0);
    assert_eq!(unread(&messaging, 2, &id).await, 0);
    // Reads were told in the order in which the reader came on.
    let read: Vec<i64> = messaging
        .outbox_json()
        .await
        .iter()
        .filter(|event| event["type"] == "com.oruma.messaging.message.read.v1")
        .map(|event| event["data"]["sequence"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(read.windows(2).all(|pair| pair[0] < pair[1]), "{read:?}");
    for message in messaging.history(&ada, &id).await {
        let expected = if message.sender_id == id_of(&ada) {
            MessageStatus::Read
        } else {
            MessageStatus::Delivered
        };
        assert_eq!(message.status(), expected);
    }
}
