//! Changing, removing and pinning messages.

use chrono::TimeDelta;
use futures::future::join_all;
use oruma_messaging::app::retention;
use oruma_proto::messaging::v1::{MemberRole, MessageKind};
use oruma_rpc_error::{ErrorCode, RpcError};

use crate::support::{
    Messaging, NOTHING, admin, id_of, invalid_fields, name, no_message, not_participant, person,
    refused,
};

#[track_caller]
fn not_author<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::Forbidden, "not_message_author");
}

#[track_caller]
fn not_admin<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::Forbidden, "not_channel_admin");
}

/// C-026, C-146: for its author, for a day.
#[tokio::test(flavor = "multi_thread")]
async fn an_author_changes_a_message_for_a_day() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let id = messaging.private(&ada, "one", &[&bob]).await.id;
    let message = messaging.say(&bob, &id, "helo").await;
    not_author(messaging.edit(&ada, &message.id, "hello").await);
    not_participant(messaging.edit(&admin(), &message.id, "hello").await);
    not_participant(messaging.edit(&person(3), &message.id, "hello").await);
    no_message(messaging.edit(&bob, NOTHING, "hello").await);
    let created = messaging.history(&ada, &id).await.pop().unwrap();
    assert_eq!(created.kind(), MessageKind::System);
    not_author(messaging.edit(&ada, &created.id, "hello").await);
    for wrong in ["", " \n", "a\0"] {
        assert_eq!(
            invalid_fields(messaging.edit(&bob, &message.id, wrong).await),
            ["content"]
        );
    }
    let same = messaging.edit(&bob, &message.id, " helo ").await.unwrap();
    assert_eq!(same.edited_at, None);
    messaging.clock.advance(TimeDelta::hours(24));
    let changed = messaging.edit(&bob, &message.id, "hello").await.unwrap();
    assert_eq!(
        (changed.content.as_str(), changed.sequence),
        ("hello", message.sequence)
    );
    assert!(changed.edited_at.is_some());
    let seen = messaging.message(&ada, &message.id).await.unwrap();
    assert_eq!(
        (seen.content, seen.edited_at),
        (changed.content, changed.edited_at)
    );
    assert_eq!(messaging.kinds().await.last().unwrap(), "message.updated");
    messaging.clock.advance(TimeDelta::milliseconds(1));
    let late = messaging.edit(&bob, &message.id, "too late").await;
    refused(late, ErrorCode::Conflict, "edit_window_over");
}

/// C-027, C-147: by its author and by administrators of the channel; kept for a while, and gone from all lists at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_removed_message_is_gone_from_lists() {
    let messaging = Messaging::start().await;
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let id = messaging.private(&ada, "one", &[&bob, &eve]).await.id;
    let (one, two, three) = (
        messaging.say(&bob, &id, "one").await,
        messaging.say(&bob, &id, "two").await,
        messaging.say(&bob, &id, "three").await,
    );
    not_author(messaging.delete(&eve, &one.id).await);
    not_participant(messaging.delete(&admin(), &one.id).await);
    messaging.delete(&bob, &one.id).await.unwrap();
    messaging.delete(&ada, &two.id).await.unwrap();
    for gone in [&one, &two] {
        no_message(messaging.message(&bob, &gone.id).await);
        no_message(messaging.delete(&bob, &gone.id).await);
        no_message(messaging.edit(&bob, &gone.id, "again").await);
        no_message(messaging.react(&bob, &gone.id, "👍").await);
        no_message(messaging.pin(&ada, &gone.id, true).await);
    }
    let shown: Vec<String> = messaging
        .history(&eve, &id)
        .await
        .into_iter()
        .map(|one| one.id)
        .collect();
    assert_eq!((shown.len(), &shown[0]), (2, &three.id));
    assert_eq!(messaging.unread(&eve, &id).await, 1);
    let direct = messaging.send(&ada, &bob, "direct").await;
    not_author(messaging.delete(&bob, &direct.id).await);
    let audit = messaging.rows("SELECT content, deleted_by FROM messaging.messages WHERE deleted_at IS NOT NULL ORDER BY sequence").await;
    assert_eq!(
        (audit.len(), audit[1]["deleted_by"].as_str().unwrap()),
        (2, id_of(&ada).as_str())
    );
    messaging.clock.advance(TimeDelta::days(30));
    retention::tidy(&messaging.app).await.unwrap();
    assert_eq!(messaging.count("messaging.messages").await, 5);
    messaging.clock.advance(TimeDelta::milliseconds(1));
    retention::tidy(&messaging.app).await.unwrap();
    assert_eq!(messaging.count("messaging.messages").await, 3);
}

/// C-030, C-031, C-149: by administrators, ten at the most however many pin at once, and what changes nothing is not said.
#[tokio::test(flavor = "multi_thread")]
async fn ten_messages_can_be_pinned() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let id = messaging.private(&ada, "one", &[&bob]).await.id;
    let mut ids = Vec::new();
    for nth in 0..15 {
        ids.push(messaging.say(&bob, &id, &format!("message {nth}")).await.id);
    }
    not_admin(messaging.pin(&bob, &ids[0], true).await);
    not_participant(messaging.pin(&person(3), &ids[0], true).await);
    let pinned = join_all(ids.iter().map(|one| messaging.pin(&ada, one, true))).await;
    let (done, refusals): (Vec<_>, Vec<_>) = pinned.into_iter().partition(Result::is_ok);
    assert_eq!((done.len(), refusals.len()), (10, 5));
    for refusal in refusals {
        refused(refusal, ErrorCode::Conflict, "too_many_pins");
    }
    let history = messaging.history(&bob, &id).await;
    let said = format!("{} pinned a message", name(1));
    assert_eq!(history.iter().filter(|one| one.content == said).count(), 10);
    let shown: Vec<_> = history.iter().filter(|one| one.is_pinned).collect();
    assert_eq!(shown.len(), 10);
    let before = messaging.kinds().await.len();
    messaging.pin(&ada, &shown[0].id, true).await.unwrap();
    assert_eq!(messaging.kinds().await.len(), before);
    messaging
        .set_role(&ada, &id, &bob, MemberRole::Admin)
        .await
        .unwrap();
    messaging.pin(&bob, &shown[0].id, false).await.unwrap();
    let newest = messaging.history(&bob, &id).await.remove(0);
    assert_eq!(newest.content, format!("{} unpinned a message", name(2)));
    // A removed message makes room.
    messaging.delete(&ada, &shown[1].id).await.unwrap();
    let free: Vec<_> = ids
        .iter()
        .filter(|one| shown.iter().all(|pinned| pinned.id != **one))
        .collect();
    for one in &free[..2] {
        messaging.pin(&ada, one, true).await.unwrap();
    }
    refused(
        messaging.pin(&ada, free[2], true).await,
        ErrorCode::Conflict,
        "too_many_pins",
    );
}

/// C-069: both pin in a direct conversation, which says so to the other one.
#[tokio::test(flavor = "multi_thread")]
async fn two_people_pin_for_each_other() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let message = messaging.send(&ada, &bob, "hello").await;
    messaging.pin(&bob, &message.id, true).await.unwrap();
    let history = messaging.history(&ada, &message.conversation_id).await;
    assert_eq!(history[0].content, format!("{} pinned a message", name(2)));
    assert_eq!(
        (&history[0].sender_id, &history[0].receiver_id),
        (&id_of(&bob), &id_of(&ada))
    );
    assert!(history[1].is_pinned);
    let told = messaging.outbox_json().await;
    let updated = told
        .iter()
        .find(|event| event["type"] == "com.oruma.messaging.message.updated.v1")
        .unwrap();
    assert_eq!(
        updated["data"]["memberIds"],
        serde_json::json!([id_of(&bob), id_of(&ada)])
    );
    assert_eq!(told.last().unwrap()["data"]["receiverId"], id_of(&ada));
}
