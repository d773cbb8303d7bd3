//! What is left of a person whose account has ended.

use oruma_broker::Event;
use oruma_proto::messaging::v1::MessageStatus;
use oruma_rpc_error::ErrorCode;
use oruma_service_runtime::Caller;
use serde_json::json;

use crate::support::{Messaging, event, id_of, no_conversation, person, refused};

const AT: &str = "2027-01-15T10:00:00.123Z";

/// Where people are named.
const TRACES: [(&str, &str); 9] = [
    ("conversations", "first_user_id"),
    ("conversations", "second_user_id"),
    ("conversations", "created_by"),
    ("members", "user_id"),
    ("messages", "sender_id"),
    ("notifications", "user_id"),
    ("notifications", "actor_id"),
    ("blocks", "blocker_id"),
    ("registrations", "user_id"),
];

async fn traces(messaging: &Messaging, person: &Caller) -> usize {
    let mut count = 0;
    for (table, column) in TRACES {
        let id = id_of(person);
        let query = format!("SELECT 1 FROM messaging.{table} WHERE {column} = '{id}'");
        count += messaging.rows(&query).await.len();
    }
    count
}

fn departed(number: u128, person: &Caller) -> Event {
    let data = json!({"userId": id_of(person), "deletedAt": AT});
    event(number, "auth.user.deleted.v1", &id_of(person), AT, data)
}

fn liked(number: u128, author: &Caller, by: &Caller) -> Event {
    let post = "01932a6e-0000-7000-8000-0000000000b1";
    let data =
        json!({"postId": post, "authorId": id_of(author), "userId": id_of(by), "likedAt": AT});
    event(number, "social.post.liked.v1", post, AT, data)
}

/// O-183: what was said stays with the other one, without a name; everything else of the person goes, and hearing of it again changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn history_stays_without_the_name() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let said = messaging.send(&ada, &bob, "said by Ada").await;
    messaging.send(&bob, &ada, "said by Bob").await;
    messaging.send(&bob, &eve, "unconcerned").await;
    messaging.hear(&liked(11, &ada, &bob)).await;
    messaging.hear(&liked(12, &bob, &ada)).await;
    messaging.block(13, &ada, &eve, AT).await;
    messaging.block(14, &eve, &ada, AT).await;
    let registered = json!({"registrationId": said.id, "eventId": said.id, "organizerId": id_of(&bob), "userId": id_of(&ada), "registeredAt": AT});
    messaging
        .hear(&event(
            15,
            "events.registration.created.v1",
            "e",
            AT,
            registered,
        ))
        .await;
    // More than one batch.
    let many = format!(
        "INSERT INTO messaging.notifications (id, user_id, event_id, kind, subject_kind, subject_id, excerpt, created_at)
         SELECT gen_random_uuid(), '{}', gen_random_uuid(), 'review', 'item', gen_random_uuid(), '', now() FROM generate_series(1, 1100)",
        id_of(&ada)
    );
    messaging.execute(&many).await;
    assert!(traces(&messaging, &ada).await > 1_100);
    for _ in 0..2 {
        messaging.hear(&departed(1, &ada)).await;
        assert_eq!(traces(&messaging, &ada).await, 0);
        let id = &said.conversation_id;
        let history = messaging.history(&bob, id).await;
        let shown: Vec<_> = history
            .iter()
            .map(|one| {
                (
                    one.content.as_str(),
                    one.sender_id.as_str(),
                    one.receiver_id.as_str(),
                )
            })
            .collect();
        let name = id_of(&bob);
        assert_eq!(
            shown,
            [
                ("said by Bob", name.as_str(), ""),
                ("said by Ada", "", name.as_str())
            ]
        );
        assert_eq!(history[0].status(), MessageStatus::Sent);
        let seen = messaging.conversation(&bob, id).await.unwrap();
        assert_eq!(
            (seen.member_ids, seen.member_count),
            (vec![name.clone()], 1)
        );
        assert_eq!(seen.unread_count, 1);
        assert_eq!(messaging.peers(&name).await.unwrap(), [id_of(&eve)]);
        for receiver in ["", id_of(&ada).as_str()] {
            let refusal = messaging.try_send(&bob, id, receiver, "hello?").await;
            if receiver.is_empty() {
                refused(refusal, ErrorCode::Conflict, "receiver_gone");
            } else {
                refused(refusal, ErrorCode::Invalid, "validation_failed");
            }
        }
    }
    assert_eq!(
        messaging
            .mark_read(&bob, &said.conversation_id, "")
            .await
            .unwrap(),
        0
    );
    assert_eq!(messaging.count("messaging.messages").await, 3);
    let left = messaging.notifications_of(&bob).await.into_iter();
    let left = left.filter(|one| one.subject_kind != "conversation");
    assert_eq!(left.count(), 2);
}

/// When both are gone, nothing is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_of_nobody_goes() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let said = messaging.send(&ada, &bob, "said by Ada").await;
    let other = messaging.send(&bob, &eve, "said by Bob").await;
    let (first, second) = (departed(1, &ada), departed(2, &bob));
    tokio::join!(messaging.hear(&first), messaging.hear(&second));
    no_conversation(messaging.conversation(&eve, &said.conversation_id).await);
    assert_eq!(messaging.count("messaging.conversations").await, 1);
    assert_eq!(messaging.count("messaging.messages").await, 1);
    assert_eq!(
        messaging.history(&eve, &other.conversation_id).await[0].sender_id,
        ""
    );
}

/// People who join later don't find what the departed left: two who are gone are not the same.
#[tokio::test(flavor = "multi_thread")]
async fn several_departures_leave_several_conversations() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let ada = person(1);
    for number in 2..=5 {
        messaging.send(&person(number), &ada, "hello").await;
    }
    for number in 2..=5 {
        messaging
            .hear(&departed(u128::from(number), &person(number)))
            .await;
    }
    let page = messaging.list(&ada, &[], 0, "").await.unwrap();
    assert_eq!(page.conversations.len(), 4);
    assert!(
        page.conversations
            .iter()
            .all(|one| one.member_ids == [id_of(&ada)])
    );
}
