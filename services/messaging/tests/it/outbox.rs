//! The events of the service: their form, and their way to subscribers.

use chrono::TimeDelta;
use oruma_broker::Event;
use oruma_proto::messaging::v1 as proto;
use oruma_test_kit::eventually;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::support::{Messaging, event, id_of, person};

/// The first form of each kind of event, in the order in which [`everything`] makes them.
const GOLDEN: [&str; 4] = [
    include_str!("golden/messaging.conversation.created.v1.json"),
    include_str!("golden/messaging.message.sent.v1.json"),
    include_str!("golden/messaging.message.read.v1.json"),
    include_str!("golden/messaging.notification.created.v1.json"),
];

/// Makes an event of each kind, and tells the message that they are about.
async fn everything(messaging: &Messaging) -> proto::Message {
    let (ada, bob) = (person(1), person(2));
    let message = messaging.send(&ada, &bob, "hello Bob").await;
    messaging.clock.advance(TimeDelta::minutes(1));
    messaging.mark_read(&bob, "", &message.id).await.unwrap();
    message
}

/// Has the service told that somebody answered a comment.
async fn comment(messaging: &Messaging) {
    let post = "01932a6e-0000-7000-8000-0000000000a1";
    let at = "2027-01-15T10:02:00.123Z";
    let data = json!({
        "commentId": "01932a6e-0000-7000-8000-0000000000a2", "number": "1", "postId": post, "postAuthorId": id_of(&person(1)), "university": "",
        "parentId": "", "authorId": id_of(&person(2)), "content": "Well said", "commentCount": "1", "createdAt": at, "parentAuthorId": "",
    });
    messaging
        .hear(&event(9, "social.comment.created.v1", post, at, data))
        .await;
}

/// What others consume has exactly the form that was published first, and comes in its order. The files never change: another form is another
/// version.
#[tokio::test(flavor = "multi_thread")]
async fn events_have_the_form_of_the_golden_files() {
    let messaging = Messaging::start().await;
    let message = everything(&messaging).await;
    messaging.broker.release();
    eventually("what waited is told", || async {
        messaging.told.events_of("messaging").len() == 3
    })
    .await;
    comment(&messaging).await;
    eventually("everything is told", || async {
        messaging.told.events_of("messaging").len() == 4
    })
    .await;
    let notification = messaging.notifications_of(&person(1)).await.remove(0);
    for (event, golden) in messaging
        .told
        .events_of("messaging")
        .into_iter()
        .zip(GOLDEN)
    {
        assert_eq!(event.id.get_version_num(), 7);
        let mut text = event.to_json().unwrap();
        for (ours, golden) in [
            (
                &event.id.to_string(),
                "01932a6e-0000-7000-8000-0000000000e1",
            ),
            (
                &message.conversation_id,
                "01932a6e-0000-7000-8000-0000000000b1",
            ),
            (&message.id, "01932a6e-0000-7000-8000-0000000000c1"),
            (&notification.id, "01932a6e-0000-7000-8000-0000000000d1"),
        ] {
            text = text.replace(ours, golden);
        }
        let mut event: Value = serde_json::from_str(&text).unwrap();
        event
            .as_object_mut()
            .unwrap()
            .retain(|name, _| name != "traceparent");
        let golden: Value = serde_json::from_str(golden).unwrap();
        assert_eq!(event, golden);
    }
    eventually("nothing waits any more", || async {
        messaging.count("messaging.outbox").await == 0
    })
    .await;
}

fn data<T: DeserializeOwned>(kind: &str) -> T {
    let golden = GOLDEN
        .iter()
        .map(|golden| Event::from_json(golden.as_bytes()).unwrap());
    let event = golden.into_iter().find(|event| event.kind == kind).unwrap();
    serde_json::from_value(event.data).unwrap()
}

/// Whoever reads events by today's messages understands those of the first day.
#[test]
fn golden_events_are_understood() {
    let created: proto::ConversationCreatedV1 = data("messaging.conversation.created.v1");
    assert_eq!(
        (
            created.number,
            created.kind.as_str(),
            created.member_ids.len()
        ),
        (1, "direct", 2)
    );
    let sent: proto::MessageSentV1 = data("messaging.message.sent.v1");
    assert_eq!(
        (sent.number, sent.sequence, sent.content.as_str()),
        (1, 1, "hello Bob")
    );
    assert_eq!(
        (&sent.conversation_id, &sent.sender_id),
        (&created.conversation_id, &created.created_by)
    );
    let read: proto::MessageReadV1 = data("messaging.message.read.v1");
    assert_eq!((&read.message_id, read.sequence), (&sent.message_id, 1));
    assert_eq!(
        (&read.reader_id, &read.peer_id),
        (&sent.receiver_id, &sent.sender_id)
    );
    let told: proto::NotificationCreatedV1 = data("messaging.notification.created.v1");
    assert_eq!(
        (told.kind.as_str(), told.excerpt.as_str()),
        ("comment", "Well said")
    );
    assert_eq!(
        (&told.user_id, &told.actor_id),
        (&sent.sender_id, &sent.receiver_id)
    );
}
