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
        messaging.count("messaging.outbox").await == 0
    })
    .await;
    comment(&messaging).await;
    let told = || {
        // But for what Bob is told of the message itself.
        let own = messaging.told.events_of("messaging").into_iter();
        let own = own.filter(|event| event.data["kind"] != "message");
        own.collect::<Vec<_>>()
    };
    eventually("everything is told", || async { told().len() == 4 }).await;
    let notification = messaging.notifications_of(&person(1)).await.remove(0);
    for (mut event, golden) in told().into_iter().zip(GOLDEN) {
        if event.kind == "messaging.notification.created.v1" {
            event.data["number"] = json!("1");
        }
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

// === channels and what becomes of messages ===

/// The first form of the other kinds of events, each the first of its kind that [`in_a_channel`] makes.
const GOLDEN_OF_CHANNELS: [&str; 10] = [
    include_str!("golden/messaging.channel.created.v1.json"),
    include_str!("golden/messaging.member.added.v1.json"),
    include_str!("golden/messaging.member.role_changed.v1.json"),
    include_str!("golden/messaging.channel.updated.v1.json"),
    include_str!("golden/messaging.message.updated.v1.json"),
    include_str!("golden/messaging.message.reacted.v1.json"),
    include_str!("golden/messaging.message.reaction_removed.v1.json"),
    include_str!("golden/messaging.message.deleted.v1.json"),
    include_str!("golden/messaging.member.removed.v1.json"),
    include_str!("golden/messaging.channel.deleted.v1.json"),
];

async fn in_a_channel(messaging: &Messaging) {
    let (ada, bob) = (person(1), person(2));
    let id = messaging.private(&ada, "team", &[&bob]).await.id;
    let admin = proto::MemberRole::Admin;
    messaging.set_role(&ada, &id, &bob, admin).await.unwrap();
    let change = proto::UpdateChannelRequest {
        channel_id: id.clone(),
        description: Some("What for".to_owned()),
        ..proto::UpdateChannelRequest::default()
    };
    messaging.update_channel(&ada, change).await.unwrap();
    let root = messaging.say(&ada, &id, "root").await;
    let message = proto::SendMessageRequest {
        conversation_id: id.clone(),
        content: "helo".to_owned(),
        parent_id: root.id.clone(),
        attachment_ids: vec![messaging.media.upload_file(bob.user().unwrap(), 1)],
        ..proto::SendMessageRequest::default()
    };
    let message = messaging.try_send_all(&bob, message).await.unwrap();
    messaging.clock.advance(TimeDelta::minutes(1));
    messaging.edit(&bob, &message.id, "hello").await.unwrap();
    messaging.react(&ada, &message.id, "👍").await.unwrap();
    messaging.unreact(&ada, &message.id).await.unwrap();
    messaging.delete(&ada, &message.id).await.unwrap();
    messaging.remove(&ada, &id, &bob).await.unwrap();
    messaging.close(&ada, &id).await.unwrap();
}

/// The ids in the order in which they come, in place of those of this run.
fn with_plain_ids(value: &mut Value, seen: &mut Vec<String>) {
    match value {
        Value::String(text) if text.parse::<uuid::Uuid>().is_ok() => {
            let known = seen.iter().position(|one| one == text);
            let nth = known.unwrap_or_else(|| {
                seen.push(text.clone());
                seen.len() - 1
            });
            *text = format!("01932a6e-0000-7000-8000-{nth:012}");
        }
        Value::Array(items) => items.iter_mut().for_each(|item| with_plain_ids(item, seen)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| with_plain_ids(field, seen)),
        _ => {}
    }
}

/// As with the others: the files never change.
#[tokio::test(flavor = "multi_thread")]
async fn events_of_channels_have_the_form_of_the_golden_files() {
    let messaging = Messaging::start().await;
    in_a_channel(&messaging).await;
    let told = messaging.outbox_json().await;
    for golden in GOLDEN_OF_CHANNELS {
        let golden: Value = serde_json::from_str(golden).unwrap();
        let mut event = told
            .iter()
            .find(|event| event["type"] == golden["type"])
            .unwrap()
            .clone();
        event.as_object_mut().unwrap().remove("traceparent");
        with_plain_ids(&mut event, &mut Vec::new());
        assert_eq!(event, golden);
    }
}
