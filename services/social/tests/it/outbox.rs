//! The events of the service: their form, their transactions, and their way to subscribers.

use std::collections::HashMap;

use chrono::TimeDelta;
use futures::future::join_all;
use oruma_broker::{Broker, Event};
use oruma_proto::social::v1 as proto;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_test_kit::eventually;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::support::{Setup, Social, admin, change, id_of, list_of, refused, student, text};

/// The kinds of events, and the first form of each.
const GOLDEN: [(&str, &str); 15] = [
    (
        "social.post.created.v1",
        include_str!("golden/social.post.created.v1.json"),
    ),
    (
        "social.post.updated.v1",
        include_str!("golden/social.post.updated.v1.json"),
    ),
    (
        "social.post.liked.v1",
        include_str!("golden/social.post.liked.v1.json"),
    ),
    (
        "social.post.unliked.v1",
        include_str!("golden/social.post.unliked.v1.json"),
    ),
    (
        "social.post.saved.v1",
        include_str!("golden/social.post.saved.v1.json"),
    ),
    (
        "social.post.unsaved.v1",
        include_str!("golden/social.post.unsaved.v1.json"),
    ),
    (
        "social.comment.created.v1",
        include_str!("golden/social.comment.created.v1.json"),
    ),
    (
        "social.comment.liked.v1",
        include_str!("golden/social.comment.liked.v1.json"),
    ),
    (
        "social.comment.unliked.v1",
        include_str!("golden/social.comment.unliked.v1.json"),
    ),
    (
        "social.comment.deleted.v1",
        include_str!("golden/social.comment.deleted.v1.json"),
    ),
    (
        "social.post.reported.v1",
        include_str!("golden/social.post.reported.v1.json"),
    ),
    (
        "social.report.decided.v1",
        include_str!("golden/social.report.decided.v1.json"),
    ),
    (
        "social.user.blocked.v1",
        include_str!("golden/social.user.blocked.v1.json"),
    ),
    (
        "social.user.unblocked.v1",
        include_str!("golden/social.user.unblocked.v1.json"),
    ),
    (
        "social.post.deleted.v1",
        include_str!("golden/social.post.deleted.v1.json"),
    ),
];

// === form ===

/// Makes an event of each kind, and two more on the way.
async fn everything(social: &Social) -> (proto::Post, proto::Comment, proto::Comment, String) {
    let (ada, bob) = (student(1), student(2));
    let minute = || social.clock.advance(TimeDelta::minutes(1));
    let request = proto::CreatePostRequest {
        r#type: "food".to_owned(),
        location: "Canteen".to_owned(),
        images: vec![social.media.upload(ada.user().unwrap(), "soup")],
        hashtags: list_of(&["given"]),
        ..text("soup #lunch with @bob")
    };
    let post = social.create(&ada, request).await.unwrap();
    minute();
    let request = proto::UpdatePostRequest {
        content: Some("cake #dessert with @bob".to_owned()),
        visibility: Some(proto::Visibility::University.into()),
        ..change(&post)
    };
    social.update(&ada, request).await.unwrap();
    minute();
    for _ in 0..2 {
        social.like(&bob, &post.id, None).await.unwrap();
    }
    for _ in 0..2 {
        social.save(&bob, &post.id, None).await.unwrap();
    }
    minute();
    let other = social.comment(&ada, &post.id, "who comes?").await;
    let comment = social.reply(&bob, &other, "me").await;
    minute();
    for _ in 0..2 {
        social.like_comment(&ada, &comment.id, None).await.unwrap();
    }
    social.delete_comment(&bob, &comment.id).await.unwrap();
    minute();
    social.report(&bob, &post.id, "spam").await.unwrap();
    let queue = social
        .reports(&admin(), proto::ListReportsRequest::default())
        .await
        .unwrap();
    let report = queue.reports[0].id.clone();
    let dismissed = proto::ReportState::Dismissed;
    social
        .decide(&admin(), &report, dismissed, "harmless")
        .await
        .unwrap();
    for blocked in [true, false] {
        social.block(&ada, &id_of(&bob), blocked).await.unwrap();
    }
    social.delete(&ada, &post.id).await.unwrap();
    (post, other, comment, report)
}

/// The event as it is stored, with the ids of the golden files in place of its own.
fn with_golden_ids(event: &Value, ids: &[(&str, &str)]) -> Value {
    let id = event["id"].as_str().unwrap();
    assert_eq!(id.len(), 36);
    assert_eq!(&id[14..15], "7", "a UUIDv7");
    let mut text = event
        .to_string()
        .replace(id, "01932a6e-0000-7000-8000-0000000000e1");
    for (ours, golden) in ids {
        text = text.replace(ours, golden);
    }
    serde_json::from_str(&text).unwrap()
}

/// Whether a value has everything that another one has: optional fields may come to it.
fn has_all(value: &Value, known: &Value) -> bool {
    match (value, known) {
        (Value::Object(value), Value::Object(known)) => known
            .iter()
            .all(|(name, known)| value.get(name).is_some_and(|value| has_all(value, known))),
        _ => value == known,
    }
}

/// O-012 to O-021: what others consume has the form that was published first, and at most optional fields more. The files never change:
/// another form is another version.
#[tokio::test(flavor = "multi_thread")]
async fn events_have_the_form_of_the_golden_files() {
    let social = Social::start().await;
    let (post, other, comment, report) = everything(&social).await;
    let ids = [
        (post.id.as_str(), "01932a6e-0000-7000-8000-0000000000b1"),
        (other.id.as_str(), "01932a6e-0000-7000-8000-0000000000c1"),
        (comment.id.as_str(), "01932a6e-0000-7000-8000-0000000000c2"),
        (report.as_str(), "01932a6e-0000-7000-8000-0000000000f1"),
    ];
    let events = social.outbox_json().await;
    assert_eq!(events.len(), 16);
    for (kind, golden) in GOLDEN {
        let kind = format!("com.oruma.{kind}");
        // The last comment is the reply.
        let event = events
            .iter()
            .rev()
            .find(|event| event["type"] == *kind)
            .unwrap();
        let golden: Value = serde_json::from_str(golden).unwrap();
        assert!(
            has_all(&with_golden_ids(event, &ids), &golden),
            "{event} is not {golden}"
        );
    }
}

fn data<T: DeserializeOwned>(kind: &str) -> T {
    let (_, golden) = GOLDEN.iter().find(|(name, _)| *name == kind).unwrap();
    let event = Event::from_json(golden.as_bytes()).unwrap();
    assert_eq!(event.kind, kind);
    serde_json::from_value(event.data).unwrap()
}

/// O-012 to O-021: whoever reads events by today's messages understands those of the first day.
#[test]
fn golden_events_are_understood() {
    let created: proto::PostCreatedV1 = data("social.post.created.v1");
    assert_eq!(
        (created.number, created.content.as_str()),
        (1, "soup #lunch with @bob")
    );
    assert_eq!(created.hashtags, ["given", "lunch"]);
    assert_eq!(
        (created.mentions, created.images),
        (list_of(&["bob"]), list_of(&["posts/soup.jpg"]))
    );
    let updated: proto::PostUpdatedV1 = data("social.post.updated.v1");
    assert_eq!(
        (updated.visibility.as_str(), updated.r#type.as_str()),
        ("university", "food")
    );
    assert!(updated.updated_at.unwrap().seconds > created.created_at.unwrap().seconds);
    let deleted: proto::PostDeletedV1 = data("social.post.deleted.v1");
    assert_eq!(deleted.deleted_by, created.author_id);
    let liked: proto::PostLikedV1 = data("social.post.liked.v1");
    let unliked: proto::PostUnlikedV1 = data("social.post.unliked.v1");
    assert_eq!((liked.like_count, unliked.like_count), (1, 0));
    let saved: proto::PostSavedV1 = data("social.post.saved.v1");
    let unsaved: proto::PostUnsavedV1 = data("social.post.unsaved.v1");
    assert_eq!((saved.save_count, unsaved.save_count), (1, 0));
    assert_eq!(
        (liked.user_id, saved.user_id),
        (unliked.user_id, unsaved.user_id)
    );
    let commented: proto::CommentCreatedV1 = data("social.comment.created.v1");
    assert_eq!(
        (commented.comment_count, commented.content.as_str()),
        (2, "me")
    );
    assert_eq!(commented.post_author_id, created.author_id);
    let removed: proto::CommentDeletedV1 = data("social.comment.deleted.v1");
    assert_eq!(
        (removed.comment_count, &removed.comment_id),
        (1, &commented.comment_id)
    );
    let liked: proto::CommentLikedV1 = data("social.comment.liked.v1");
    let unliked: proto::CommentUnlikedV1 = data("social.comment.unliked.v1");
    assert_eq!((liked.like_count, unliked.like_count), (1, 0));
    assert_eq!(liked.author_id, commented.author_id);
}

// === transactions ===

const TABLES: [&str; 6] = [
    "posts",
    "post_hashtags",
    "post_likes",
    "post_saves",
    "comments",
    "comment_likes",
];

async fn state(social: &Social) -> Vec<Vec<Value>> {
    let mut state = Vec::new();
    for table in TABLES {
        let query = format!("SELECT t.* FROM social.{table} AS t ORDER BY t::text");
        state.push(social.rows(&query).await);
    }
    state
}

/// O-012 to O-021: no change happens without its event, and the error tells nothing of what is inside.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_event_nothing_changes() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let post = social.post(&ada, "hello #tag").await;
    let comment = social.comment(&bob, &post.id, "hi").await;
    let reply = social.reply(&ada, &comment, "hi too").await;
    social.like(&ada, &post.id, Some(true)).await.unwrap();
    social.save(&ada, &post.id, Some(true)).await.unwrap();
    social
        .like_comment(&ada, &comment.id, Some(true))
        .await
        .unwrap();
    let before = state(&social).await;
    // The relay lets go of the table once it has told what was there.
    social.broker.release();
    eventually("the outbox is empty", || async {
        social.count("social.outbox").await == 0
    })
    .await;
    social.execute("DROP TABLE social.outbox").await;

    let status = social
        .posts()
        .create_post(ada.send(text("new")))
        .await
        .unwrap_err();
    let told = format!("{status:?} {}", String::from_utf8_lossy(status.details()));
    for inside in ["outbox", "relation", "INSERT", "social.posts", "diesel"] {
        assert!(!told.contains(inside), "{told}");
    }
    let mut new_text = change(&post);
    new_text.content = Some("changed #other".to_owned());
    let failures: [Result<(), RpcError>; 13] = [
        Err(status.into()),
        social.update(&ada, new_text).await.map(drop),
        social.delete(&ada, &post.id).await,
        social.like(&ada, &post.id, None).await.map(drop),
        social.like(&bob, &post.id, Some(true)).await.map(drop),
        social.save(&ada, &post.id, Some(false)).await.map(drop),
        social.save(&bob, &post.id, None).await.map(drop),
        social
            .try_comment(&bob, &post.id, "", "more")
            .await
            .map(drop),
        social
            .try_comment(&bob, &post.id, &comment.id, "more")
            .await
            .map(drop),
        social.like_comment(&ada, &comment.id, None).await.map(drop),
        social
            .like_comment(&bob, &comment.id, Some(true))
            .await
            .map(drop),
        social.delete_comment(&bob, &comment.id).await,
        social.delete_comment(&ada, &reply.id).await,
    ];
    for failure in failures {
        let failure = refused(failure, ErrorCode::Internal, "internal");
        assert_eq!(failure.message, "internal error");
    }
    assert_eq!(state(&social).await, before);
    // What changes nothing needs no event.
    social.like(&ada, &post.id, Some(true)).await.unwrap();
    social.update(&ada, change(&post)).await.unwrap();
}

/// O-012: the other way round, a post that fails after its event leaves no event.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_change_there_is_no_event() {
    let social = Social::start().await;
    social
        .execute("ALTER TABLE social.post_hashtags RENAME TO elsewhere")
        .await;
    let failed = social.create(&student(1), text("hello #tag")).await;
    refused(failed, ErrorCode::Internal, "internal");
    assert!(social.outbox().await.is_empty());
    assert_eq!(social.count("social.posts").await, 0);
}

// === the way to subscribers ===

/// O-012 to O-021: every event reaches its subscribers once, and those of a post in the order of what happened.
#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_told_once_and_in_its_order() {
    let social = Social::start().await;
    let lives = (0..4).map(|number| {
        let social = &social;
        async move {
            let (ada, bob) = (student(2 * number), student(2 * number + 1));
            let post = social.post(&ada, "hello").await;
            let comment = social.comment(&bob, &post.id, "hi").await;
            social.like(&bob, &post.id, None).await.unwrap();
            social.save(&bob, &post.id, None).await.unwrap();
            social.like_comment(&ada, &comment.id, None).await.unwrap();
            social.delete_comment(&bob, &comment.id).await.unwrap();
            social.delete(&ada, &post.id).await.unwrap();
            post.id
        }
    });
    let posts = join_all(lives).await;
    let expected = social.outbox().await;
    assert_eq!(expected.len(), 4 * 7);
    assert!(social.told.events().is_empty());
    social.broker.release();
    eventually("the outbox is empty", || async {
        social.count("social.outbox").await == 0
    })
    .await;
    // One more that goes through after all others.
    social.post(&student(99), "last").await;
    eventually("the last one is told", || async {
        social.told.events().len() > 4 * 7
    })
    .await;

    let mut told: HashMap<String, Vec<Event>> = HashMap::new();
    for event in social.told.events() {
        told.entry(event.subject.clone()).or_default().push(event);
    }
    for post in &posts {
        let of_post: Vec<Event> = expected
            .iter()
            .filter(|event| event.subject == *post)
            .cloned()
            .collect();
        assert_eq!(told[post], of_post);
        let kinds: Vec<&str> = of_post.iter().map(|event| event.kind.as_str()).collect();
        let happened = [
            "social.post.created.v1",
            "social.comment.created.v1",
            "social.post.liked.v1",
            "social.post.saved.v1",
            "social.comment.liked.v1",
            "social.comment.deleted.v1",
            "social.post.deleted.v1",
        ];
        assert_eq!(kinds, happened);
    }
    assert_eq!(social.told.events().len(), 4 * 7 + 1);
}

/// O-012: what was not told before a stop is told after the next start.
#[tokio::test(flavor = "multi_thread")]
async fn events_outlive_a_stop() {
    let social = Social::start().await;
    let post = social.post(&student(1), "hello").await;
    let database = social.database.clone();
    social.broker.close().await;
    drop(social);
    let social = Setup::on(database).start().await;
    assert_eq!(social.kinds().await, ["post.created"]);
    social.broker.release();
    eventually("the event is told", || async {
        !social.told.events().is_empty()
    })
    .await;
    assert_eq!(social.told.events()[0].subject, post.id);
}
