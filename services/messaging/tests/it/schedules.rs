//! Messages that wait for their time.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use oruma_messaging::app::schedules;
use oruma_proto::messaging::v1 as proto;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service_runtime::Caller;
use oruma_test_kit::eventually;

use crate::support::{
    Messaging, id_of, invalid_fields, is_blocked, no_message, not_participant, person, refused,
    start_time,
};

fn at(hours: i64) -> DateTime<Utc> {
    start_time() + TimeDelta::hours(hours)
}

async fn schedule(
    messaging: &Messaging,
    caller: &Caller,
    conversation: &str,
    content: &str,
    at: DateTime<Utc>,
) -> Result<proto::Message, RpcError> {
    let message = proto::SendMessageRequest {
        conversation_id: conversation.to_owned(),
        content: content.to_owned(),
        scheduled_for: Some(at.into()),
        ..proto::SendMessageRequest::default()
    };
    messaging.try_send_all(caller, message).await
}

/// C-142, C-194: it is sent once, with the id that it had, by several who look at once, and never before its time.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_sent_once_at_its_time() {
    let messaging = Messaging::start().await;
    let other = Messaging::on(Arc::clone(&messaging.database), 8).await;
    let (ada, bob) = (person(1), person(2));
    let id = messaging.private(&ada, "one", &[&bob]).await.id;
    let file = messaging.media.upload_file(ada.user().unwrap(), 1);
    let waiting = proto::SendMessageRequest {
        conversation_id: id.clone(),
        content: "later @person2".to_owned(),
        attachment_ids: vec![file.clone()],
        scheduled_for: Some(at(1).into()),
        ..proto::SendMessageRequest::default()
    };
    let waiting = messaging.try_send_all(&ada, waiting).await.unwrap();
    assert_eq!(
        (waiting.sequence, waiting.scheduled_for.clone()),
        (0, Some(at(1).into()))
    );
    assert_eq!(
        messaging.media.kept_until(&file),
        Some(at(1) + TimeDelta::days(7))
    );
    no_message(messaging.message(&ada, &waiting.id).await);
    for clock in [&messaging.clock, &other.clock] {
        clock.advance(TimeDelta::hours(1) - TimeDelta::milliseconds(1));
    }
    schedules::send_due(&messaging.app).await.unwrap();
    assert_eq!(messaging.history(&bob, &id).await.len(), 1);
    for clock in [&messaging.clock, &other.clock] {
        clock.advance(TimeDelta::milliseconds(1));
    }
    join_all([&messaging, &other, &messaging, &other].map(|one| schedules::send_due(&one.app)))
        .await
        .into_iter()
        .for_each(|sent| drop(sent.unwrap()));
    let sent = messaging.message(&bob, &waiting.id).await.unwrap();
    assert_eq!(
        (sent.content.as_str(), sent.sequence, sent.scheduled_for),
        ("later @person2", 2, None)
    );
    assert_eq!(
        (sent.created_at, sent.attachments.len()),
        (Some(at(1).into()), 1)
    );
    assert_eq!(messaging.history(&bob, &id).await.len(), 2);
    let told = messaging.outbox_json().await;
    let told: Vec<_> = told
        .iter()
        .filter(|event| event["data"]["messageId"] == waiting.id.as_str())
        .collect();
    assert_eq!(
        (told.len(), &told[0]["data"]["mentionedIds"][0]),
        (1, &serde_json::json!(id_of(&bob)))
    );
    assert_eq!(messaging.count("messaging.scheduled_messages").await, 0);
}

/// The service wakes by itself.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_need_ask_for_what_is_due() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let id = messaging.open(&ada, &bob).await.id;
    schedule(&messaging, &ada, &id, "later", at(1))
        .await
        .unwrap();
    messaging.clock.advance(TimeDelta::hours(1));
    eventually("it is sent", || async {
        messaging.history(&bob, &id).await.len() == 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_ahead_and_within_a_year() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let id = messaging.open(&ada, &bob).await.id;
    for wrong in [
        at(-1),
        start_time(),
        at(24 * 365) + TimeDelta::milliseconds(1),
    ] {
        let refusal = schedule(&messaging, &ada, &id, "x", wrong).await;
        assert_eq!(invalid_fields(refusal), ["scheduled_for"]);
    }
    assert_eq!(
        invalid_fields(schedule(&messaging, &ada, &id, "", at(1)).await),
        ["content"]
    );
    not_participant(schedule(&messaging, &person(3), &id, "x", at(1)).await);
    not_participant(schedule(&messaging, &person(3), &id, "x", at(-1)).await);
    schedule(&messaging, &ada, &id, "x", at(24 * 365))
        .await
        .unwrap();
    let many = format!(
        "INSERT INTO messaging.scheduled_messages SELECT gen_random_uuid(), sender_id, conversation_id, NULL, 'x', created_at, scheduled_for
         FROM messaging.scheduled_messages, generate_series(1, 999) WHERE conversation_id = '{id}'"
    );
    messaging.execute(&many).await;
    let refusal = schedule(&messaging, &ada, &id, "x", at(1)).await;
    assert_eq!(invalid_fields(refusal), ["scheduled_for"]);
    // The conversation is made where there is none, and its files belong to no other message.
    let file = messaging.media.upload_file(bob.user().unwrap(), 1);
    let to_person = proto::SendMessageRequest {
        receiver_id: id_of(&person(4)),
        attachment_ids: vec![file.clone()],
        scheduled_for: Some(at(1).into()),
        ..proto::SendMessageRequest::default()
    };
    let waiting = messaging
        .try_send_all(&bob, to_person.clone())
        .await
        .unwrap();
    assert!(!waiting.conversation_id.is_empty());
    assert_eq!(
        invalid_fields(messaging.try_send_all(&bob, to_person).await),
        ["attachments[0]"]
    );
}

/// Who has left, was blocked or is alone by then sends nothing; nothing else waits for that.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_sent_any_longer_is_dropped() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let id = messaging.private(&ada, "one", &[&bob, &eve]).await.id;
    let direct = messaging.open(&bob, &eve).await.id;
    schedule(&messaging, &bob, &id, "from Bob", at(1))
        .await
        .unwrap();
    schedule(&messaging, &bob, &direct, "to Eve", at(1))
        .await
        .unwrap();
    let root = messaging.say(&ada, &id, "root").await;
    let reply = proto::SendMessageRequest {
        conversation_id: id.clone(),
        content: "reply".to_owned(),
        parent_id: root.id.clone(),
        scheduled_for: Some(at(1).into()),
        ..proto::SendMessageRequest::default()
    };
    messaging.try_send_all(&eve, reply).await.unwrap();
    schedule(&messaging, &eve, &id, "from Eve", at(2))
        .await
        .unwrap();
    messaging.remove(&ada, &id, &bob).await.unwrap();
    messaging.delete(&ada, &root.id).await.unwrap();
    messaging.block(1, &eve, &bob, "2027-01-15T10:00:00Z").await;
    is_blocked(schedule(&messaging, &bob, &direct, "again", at(1)).await);
    messaging.clock.advance(TimeDelta::hours(2));
    schedules::send_due(&messaging.app).await.unwrap();
    eventually("nothing waits", || async {
        messaging.count("messaging.scheduled_messages").await == 0
    })
    .await;
    let history = messaging.history(&ada, &id).await;
    assert_eq!(history[0].content, "from Eve");
    let texts: Vec<&str> = history.iter().map(|one| one.content.as_str()).collect();
    assert!(
        !texts.contains(&"from Bob") && !texts.contains(&"reply"),
        "{texts:?}"
    );
    assert!(messaging.history(&eve, &direct).await.is_empty());
}

/// One that fails again and again keeps nothing else from being sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_holds_nothing_up() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let id = messaging.open(&ada, &bob).await.id;
    messaging
        .execute("ALTER TABLE messaging.messages ADD CHECK (content <> 'broken')")
        .await;
    schedule(&messaging, &ada, &id, "broken", at(1))
        .await
        .unwrap();
    schedule(&messaging, &ada, &id, "whole", at(2))
        .await
        .unwrap();
    messaging.clock.advance(TimeDelta::hours(2));
    eventually("the other one is sent", || async {
        messaging.history(&bob, &id).await.len() == 1
    })
    .await;
    assert_eq!(messaging.count("messaging.scheduled_messages").await, 1);
    let refusal = messaging.try_send(&ada, &id, "", "broken").await;
    refused(refusal, ErrorCode::Internal, "internal");
}
