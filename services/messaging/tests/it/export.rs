//! What the service knows of a person, for that person.

use std::collections::BTreeMap;

use oruma_proto::messaging::v1 as proto;
use oruma_service_runtime::Caller;
use oruma_test_kit::eventually;
use serde_json::{Value, json};

use crate::support::{Messaging, event, id_of, person};

const AT: &str = "2027-01-15T10:00:00.123Z";
const LATER: &str = "2027-01-16T10:00:00.123Z";

/// The lists of all pages together.
async fn exported(messaging: &Messaging, caller: &Caller) -> BTreeMap<String, Vec<Value>> {
    let mut whole: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for page in messaging.export(caller).await.unwrap() {
        for (name, items) in page.as_object().unwrap() {
            let items = items.as_array().unwrap().clone();
            assert!(!items.is_empty() && items.len() <= 100);
            whole.entry(name.clone()).or_default().extend(items);
        }
    }
    whole
}

/// Everything of the person, and nothing that others said.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_everything_of_one_person() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob) = (person(1), person(2));
    let own = messaging.send(&ada, &bob, "mine").await;
    messaging.send(&bob, &ada, "secret").await;
    messaging.send(&bob, &person(3), "secret").await;
    let post = "01932a6e-0000-7000-8000-0000000000b1";
    let data =
        json!({"postId": post, "authorId": id_of(&ada), "userId": id_of(&bob), "likedAt": AT});
    messaging
        .hear(&event(1, "social.post.liked.v1", post, AT, data))
        .await;
    messaging.react(&ada, &own.id, "👍").await.unwrap();
    let later: chrono::DateTime<chrono::Utc> = LATER.parse().unwrap();
    let waiting = messaging
        .try_send_all(
            &ada,
            proto::SendMessageRequest {
                conversation_id: own.conversation_id.clone(),
                content: "later".to_owned(),
                scheduled_for: Some(later.into()),
                ..proto::SendMessageRequest::default()
            },
        )
        .await
        .unwrap();
    let off = proto::UpdateNotificationSettingsRequest {
        enabled: Some(false),
        ..proto::UpdateNotificationSettingsRequest::default()
    };
    let mut notifications = messaging.notifications();
    notifications
        .update_notification_settings(ada.send(off))
        .await
        .unwrap();
    eventually("Bob's message is told", || async {
        messaging.notifications_of(&ada).await.len() == 2
    })
    .await;
    messaging
        .execute("DELETE FROM messaging.notifications WHERE kind = 'message'")
        .await;
    let notification = messaging.notifications_of(&ada).await.remove(0);
    let expected = json!({
        "conversations": [{"id": own.conversation_id, "number": 1, "kind": "direct", "name": null, "role": "member", "with": [id_of(&bob)], "joinedAt": AT}],
        "messages": [{"id": own.id, "number": 1, "conversationId": own.conversation_id, "parentId": null, "sequence": 1, "content": "mine", "files": [],
                      "createdAt": AT, "editedAt": null}],
        "scheduledMessages": [{"id": waiting.id, "conversationId": own.conversation_id, "content": "later", "scheduledFor": LATER, "createdAt": AT}],
        "reactions": [{"messageId": own.id, "emoji": "👍", "createdAt": AT}],
        "notificationSettings": [{"enabled": false, "soundEnabled": true, "doNotDisturb": false, "from": "22:00:00", "to": "07:00:00", "conversations": []}],
        "notifications": [{
            "id": notification.id, "number": notification.number, "kind": "post_like", "actorId": id_of(&bob), "subjectKind": "post", "subjectId": post,
            "conversationId": null, "messageId": null,
            "excerpt": "", "readAt": null, "createdAt": AT,
        }],
    });
    let whole = exported(&messaging, &ada).await;
    assert_eq!(serde_json::to_value(&whole).unwrap(), expected);
    assert!(exported(&messaging, &person(9)).await.is_empty());
}

/// More than one page holds comes in several, each thing once.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_more_than_one_page_can() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let opened = messaging.open(&ada, &bob).await;
    let many = format!(
        "INSERT INTO messaging.messages (id, conversation_id, sequence, sender_id, kind, content, created_at)
         SELECT gen_random_uuid(), '{}', n, '{}', 'text', 'message ' || n, now() FROM generate_series(1, 450) AS n",
        opened.id,
        id_of(&ada),
    );
    messaging.execute(&many).await;
    let whole = exported(&messaging, &ada).await;
    let mut places: Vec<i64> = whole["messages"]
        .iter()
        .map(|message| message["sequence"].as_i64().unwrap())
        .collect();
    places.sort_unstable();
    assert_eq!(places, (1..=450).collect::<Vec<i64>>());
}
