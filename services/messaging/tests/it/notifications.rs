//! What people are told.

use chrono::TimeDelta;
use oruma_broker::Event;
use oruma_messaging::app::retention;
use oruma_proto::messaging::v1 as proto;
use oruma_service_runtime::Caller;
use oruma_test_kit::eventually;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Messaging, NOTHING, event, id_of, invalid_fields, person};

const AT: &str = "2027-01-15T10:00:00.123Z";
const POST: &str = "01932a6e-0000-7000-8000-0000000000b1";
const COMMENT: &str = "01932a6e-0000-7000-8000-0000000000c1";
const PARENT: &str = "01932a6e-0000-7000-8000-0000000000c2";
const EVENT: &str = "01932a6e-0000-7000-8000-0000000000d1";
const ITEM: &str = "01932a6e-0000-7000-8000-0000000000f1";

fn post_liked(number: u128, author: &Caller, by: &Caller, at: &str) -> Event {
    let data =
        json!({"postId": POST, "authorId": id_of(author), "userId": id_of(by), "likedAt": at});
    event(number, "social.post.liked.v1", POST, at, data)
}

fn comment_liked(number: u128, author: &str, by: &Caller) -> Event {
    let data = json!({"commentId": COMMENT, "postId": POST, "authorId": author, "userId": id_of(by), "likedAt": AT});
    event(number, "social.comment.liked.v1", POST, AT, data)
}

/// A comment on a post, which may answer somebody.
fn commented(number: u128, post_author: &Caller, by: &Caller, answers: Option<&Caller>) -> Event {
    let data = json!({
        "commentId": COMMENT, "postId": POST, "postAuthorId": id_of(post_author), "authorId": id_of(by), "content": "well\nsaid",
        "parentId": answers.map(|_| PARENT).unwrap_or_default(), "parentAuthorId": answers.map(id_of).unwrap_or_default(), "createdAt": AT,
    });
    event(number, "social.comment.created.v1", POST, AT, data)
}

fn registered(number: u128, organizer: &Caller, by: &Caller, at: &str) -> Event {
    let data = json!({"registrationId": NOTHING, "eventId": EVENT, "organizerId": id_of(organizer), "title": "Party", "userId": id_of(by), "registeredAt": at});
    event(number, "events.registration.created.v1", EVENT, at, data)
}

fn unregistered(number: u128, organizer: &Caller, by: &Caller, at: &str) -> Event {
    let data = json!({"registrationId": NOTHING, "eventId": EVENT, "organizerId": id_of(organizer), "title": "Party", "userId": id_of(by), "cancelledAt": at});
    event(number, "events.registration.cancelled.v1", EVENT, at, data)
}

/// What happened to the event: updated, cancelled or deleted.
fn became(number: u128, what: &str, organizer: &Caller) -> Event {
    let data = json!({"eventId": EVENT, "organizerId": id_of(organizer), "title": "Party"});
    event(number, &format!("events.event.{what}.v1"), EVENT, AT, data)
}

/// The kind, the actor and the subject of each notification of a person, oldest first.
async fn told(messaging: &Messaging, person: &Caller) -> Vec<(String, String, String)> {
    let mut told = messaging.notifications_of(person).await;
    told.sort_by_key(|notification| notification.number);
    told.into_iter()
        .map(|one| {
            (
                one.kind,
                one.actor_id,
                format!("{} {}", one.subject_kind, one.subject_id),
            )
        })
        .collect()
}

fn line(kind: &str, actor: &Caller, subject: &str) -> (String, String, String) {
    (kind.to_owned(), id_of(actor), subject.to_owned())
}

/// Who wrote a post is told who likes it and who comments on it, each event once however often it comes.
#[tokio::test(flavor = "multi_thread")]
async fn authors_are_told_once_an_event() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob) = (person(1), person(2));
    for _ in 0..3 {
        messaging.hear(&post_liked(1, &ada, &bob, AT)).await;
        messaging.hear(&commented(2, &ada, &bob, None)).await;
        messaging.hear(&comment_liked(3, &id_of(&ada), &bob)).await;
    }
    let post = format!("post {POST}");
    let expected = [
        line("post_like", &bob, &post),
        line("comment", &bob, &post),
        line("comment_like", &bob, &format!("comment {COMMENT}")),
    ];
    assert_eq!(told(&messaging, &ada).await, expected);
    assert!(told(&messaging, &bob).await.is_empty());
    let excerpts: Vec<String> = messaging
        .notifications_of(&ada)
        .await
        .into_iter()
        .map(|one| one.excerpt)
        .collect();
    assert!(excerpts.contains(&"well said".to_owned()));
    eventually("notifications are told of", || async {
        messaging.told.events_of("messaging").len() == 3
    })
    .await;
    for event in messaging.told.events_of("messaging") {
        assert_eq!(event.kind, "messaging.notification.created.v1");
        assert_eq!(event.subject, id_of(&ada));
    }
}

/// Whoever likes and unlikes a thing over and over tells it once.
#[tokio::test(flavor = "multi_thread")]
async fn likes_of_one_person_are_told_once() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob) = (person(1), person(2));
    for number in 1..=5 {
        messaging.hear(&post_liked(number, &ada, &bob, AT)).await;
    }
    messaging.hear(&post_liked(6, &ada, &person(3), AT)).await;
    assert_eq!(told(&messaging, &ada).await.len(), 2);
}

/// Of an answer the answered one is told, and the author of the post of the comment; nobody twice, and nobody of oneself.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_tells_each_person_once() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob, eve) = (person(1), person(2), person(3));
    messaging.hear(&commented(1, &ada, &eve, Some(&bob))).await;
    messaging.hear(&commented(2, &ada, &eve, Some(&ada))).await;
    messaging.hear(&commented(3, &ada, &ada, Some(&bob))).await;
    messaging.hear(&commented(4, &ada, &bob, Some(&bob))).await;
    messaging.hear(&commented(5, &ada, &ada, None)).await;
    messaging.hear(&post_liked(6, &ada, &ada, AT)).await;
    messaging.hear(&comment_liked(7, "", &ada)).await;
    let (post, parent) = (format!("post {POST}"), format!("comment {PARENT}"));
    let of_ada = [
        line("comment", &eve, &post),
        line("reply", &eve, &parent),
        line("comment", &bob, &post),
    ];
    assert_eq!(told(&messaging, &ada).await, of_ada);
    let of_bob = [line("reply", &eve, &parent), line("reply", &ada, &parent)];
    assert_eq!(told(&messaging, &bob).await, of_bob);
    assert!(told(&messaging, &eve).await.is_empty());
    assert_eq!(messaging.count("messaging.inbox").await, 7);
}

/// Organisers are told who comes, and those who come what becomes of the event.
#[tokio::test(flavor = "multi_thread")]
async fn those_who_come_are_told_what_becomes_of_an_event() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let later = "2027-01-15T11:00:00Z";
    messaging.hear(&registered(1, &ada, &bob, AT)).await;
    messaging.hear(&registered(2, &ada, &eve, AT)).await;
    messaging.hear(&unregistered(3, &ada, &eve, later)).await;
    // Older than that.
    messaging.hear(&registered(4, &ada, &eve, AT)).await;
    for _ in 0..2 {
        messaging.hear(&became(5, "updated", &ada)).await;
        messaging.hear(&became(6, "cancelled", &ada)).await;
    }
    let subject = format!("event {EVENT}");
    let of_ada = [
        line("registration", &bob, &subject),
        line("registration", &eve, &subject),
    ];
    assert_eq!(told(&messaging, &ada).await, of_ada);
    let of_bob = [
        line("event_updated", &ada, &subject),
        line("event_cancelled", &ada, &subject),
    ];
    assert_eq!(told(&messaging, &bob).await, of_bob);
    assert!(told(&messaging, &eve).await.is_empty());
    let excerpts: Vec<String> = messaging
        .notifications_of(&bob)
        .await
        .into_iter()
        .map(|one| one.excerpt)
        .collect();
    assert_eq!(excerpts, ["Party", "Party"]);
    messaging.hear(&became(7, "deleted", &ada)).await;
    assert_eq!(messaging.count("messaging.registrations").await, 0);
}

/// More than one transaction's worth of people are all told, each once, also where it was tried before.
#[tokio::test(flavor = "multi_thread")]
async fn crowds_are_told_in_batches() {
    let messaging = Messaging::start().await;
    let crowd = format!(
        "INSERT INTO messaging.registrations SELECT '{EVENT}', gen_random_uuid(), true, now() FROM generate_series(1, 450);
         INSERT INTO messaging.registrations SELECT '{EVENT}', gen_random_uuid(), false, now() FROM generate_series(1, 10);
         INSERT INTO messaging.notifications (id, user_id, event_id, kind, subject_kind, subject_id, excerpt, created_at)
         SELECT gen_random_uuid(), user_id, '{first}', 'event_updated', 'event', '{EVENT}', '', now() FROM messaging.registrations
         WHERE is_registered LIMIT 100",
        first = Uuid::from_u128(1),
    );
    messaging.execute(&crowd).await;
    messaging.broker.release();
    for _ in 0..2 {
        messaging.hear(&became(1, "updated", &person(1))).await;
    }
    assert_eq!(messaging.count("messaging.notifications").await, 450);
    eventually("the others are told of", || async {
        messaging.told.events_of("messaging").len() == 350
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_side_of_a_sale_is_told() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob) = (person(1), person(2));
    for (number, buyer) in [(1, id_of(&bob)), (2, String::new())] {
        let data = json!({"itemId": ITEM, "sellerId": id_of(&ada), "buyerId": buyer, "title": "Bike", "priceCents": "100", "soldAt": AT});
        messaging
            .hear(&event(number, "marketplace.item.sold.v1", ITEM, AT, data))
            .await;
    }
    let data = json!({"reviewId": NOTHING, "itemId": ITEM, "sellerId": id_of(&ada), "reviewerId": id_of(&bob), "rating": 5, "comment": "good", "createdAt": AT});
    messaging
        .hear(&event(3, "marketplace.review.created.v1", ITEM, AT, data))
        .await;
    let item = format!("item {ITEM}");
    assert_eq!(told(&messaging, &bob).await, [line("sale", &ada, &item)]);
    assert_eq!(told(&messaging, &ada).await, [line("review", &bob, &item)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_blocked_are_not_heard_of() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob, eve) = (person(1), person(2), person(3));
    messaging.block(1, &ada, &bob, AT).await;
    messaging.block(2, &eve, &ada, AT).await;
    messaging.hear(&post_liked(3, &ada, &bob, AT)).await;
    messaging.hear(&commented(4, &ada, &eve, None)).await;
    assert!(told(&messaging, &ada).await.is_empty());
    messaging
        .unblock(5, &ada, &bob, "2027-01-15T11:00:00Z")
        .await;
    messaging.hear(&post_liked(6, &ada, &bob, AT)).await;
    assert_eq!(told(&messaging, &ada).await.len(), 1);
}

/// What is no such event never will be: it is put aside, and nothing is told.
#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_put_aside() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let wrong = [
        (
            "social.post.liked.v1",
            json!({"postId": POST, "authorId": "nonsense", "userId": NOTHING}),
        ),
        ("social.comment.created.v1", json!([])),
        ("events.registration.created.v1", json!({"eventId": ""})),
        ("marketplace.item.sold.v1", json!({"buyerId": 7})),
        ("social.user.blocked.v1", json!({})),
        ("auth.user.deleted.v1", json!({})),
    ];
    for (number, (kind, data)) in (1..).zip(wrong) {
        let event = event(number, kind, POST, AT, data);
        let published = oruma_broker::Broker::publish(&*messaging.broker, &[event]).await;
        assert_eq!(published.len(), 1);
    }
    assert_eq!(messaging.count("messaging.notifications").await, 0);
    assert_eq!(messaging.count("messaging.inbox").await, 0);
}

// === reading ===

async fn liked_by_some(messaging: &Messaging, number: u16) -> Vec<proto::Notification> {
    messaging.broker.release();
    for nth in 1..=number {
        let at = format!("2027-01-15T10:00:{:02}Z", nth / 2);
        messaging
            .hear(&post_liked(
                u128::from(nth),
                &person(1),
                &person(100 + nth),
                &at,
            ))
            .await;
    }
    messaging.notifications_of(&person(1)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn notifications_are_read_page_by_page() {
    let messaging = Messaging::start().await;
    let ada = person(1);
    let all = liked_by_some(&messaging, 7).await;
    assert!(
        all.is_sorted_by_key(|one| std::cmp::Reverse(one.created_at.as_ref().unwrap().seconds))
    );
    for unread in [false, true] {
        let (mut read, mut token) = (Vec::new(), String::new());
        loop {
            let page = messaging
                .list_notifications(&ada, unread, 3, &token)
                .await
                .unwrap();
            assert_eq!(page.unread_count, 7);
            read.extend(page.notifications);
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
            let other = messaging.list_notifications(&ada, !unread, 3, &token).await;
            assert_eq!(invalid_fields(other), ["page_token"]);
        }
        assert_eq!(read, all);
    }
    let of_nobody = messaging
        .list_notifications(&person(2), false, 0, "")
        .await
        .unwrap();
    assert_eq!(of_nobody, proto::ListNotificationsResponse::default());
    let refusal = messaging.list_notifications(&ada, false, -1, "").await;
    assert_eq!(invalid_fields(refusal), ["page_size"]);
}

/// Some or all are seen; those of others, unknown ones and nonsense are passed over.
#[tokio::test(flavor = "multi_thread")]
async fn notifications_are_seen() {
    let messaging = Messaging::start().await;
    let ada = person(1);
    let all = liked_by_some(&messaging, 4).await;
    let first = || vec![all[0].id.clone(), NOTHING.to_owned(), "nonsense".to_owned()];
    assert_eq!(messaging.mark_seen(&person(2), first()).await.unwrap(), 0);
    assert_eq!(
        messaging
            .mark_seen(&ada, vec!["nonsense".to_owned()])
            .await
            .unwrap(),
        4
    );
    assert_eq!(messaging.mark_seen(&ada, first()).await.unwrap(), 3);
    messaging.clock.advance(TimeDelta::hours(1));
    assert_eq!(messaging.mark_seen(&ada, first()).await.unwrap(), 3);
    let page = messaging
        .list_notifications(&ada, true, 0, "")
        .await
        .unwrap();
    assert_eq!(
        (page.notifications.as_slice(), page.unread_count),
        (&all[1..], 3)
    );
    assert_eq!(messaging.mark_seen(&ada, Vec::new()).await.unwrap(), 0);
    let page = messaging
        .list_notifications(&ada, true, 0, "")
        .await
        .unwrap();
    assert_eq!((page.notifications.len(), page.unread_count), (0, 0));
    let seen = messaging.notifications_of(&ada).await;
    let seconds = |one: &proto::Notification| one.read_at.as_ref().unwrap().seconds;
    assert_eq!(seconds(&seen[0]) + 3_600, seconds(&seen[1]));
    let refusal = messaging.mark_seen(&ada, vec![String::new(); 1_001]).await;
    assert_eq!(invalid_fields(refusal), ["notification_ids"]);
}

/// What is older than the days to keep goes, and so does what was only kept to know what comes again.
#[tokio::test(flavor = "multi_thread")]
async fn old_notifications_go() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    liked_by_some(&messaging, 2).await;
    messaging.unblock(11, &ada, &bob, AT).await;
    messaging.block(12, &bob, &ada, AT).await;
    messaging.hear(&unregistered(13, &ada, &bob, AT)).await;
    messaging.hear(&registered(14, &ada, &person(3), AT)).await;
    let left = async || {
        let mut counts = Vec::new();
        for table in ["notifications", "blocks", "registrations"] {
            counts.push(messaging.count(&format!("messaging.{table}")).await);
        }
        counts
    };
    messaging.clock.advance(TimeDelta::days(29));
    retention::tidy(&messaging.app).await.unwrap();
    assert_eq!(left().await, [3, 2, 2]);
    messaging.clock.advance(TimeDelta::days(2));
    retention::tidy(&messaging.app).await.unwrap();
    assert_eq!(left().await, [3, 1, 1]);
    messaging.clock.advance(TimeDelta::days(60));
    retention::tidy(&messaging.app).await.unwrap();
    assert_eq!(left().await, [0, 1, 1]);
    let told: Vec<Value> = messaging
        .rows("SELECT user_id FROM messaging.notifications")
        .await;
    assert!(told.is_empty());
}
