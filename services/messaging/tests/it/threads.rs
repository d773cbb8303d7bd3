//! Threads: what is in them, where they show, and what counts as read.

use futures::future::join_all;
use oruma_proto::messaging::v1 as proto;
use oruma_rpc_error::ErrorCode;

use crate::support::{Messaging, NOTHING, id_of, no_message, not_participant, person, refused};

fn texts(messages: &[proto::Message]) -> Vec<&str> {
    messages.iter().map(|one| one.content.as_str()).collect()
}

/// C-032, C-143: a reply to a reply joins the thread, and the list of a channel has no replies.
#[tokio::test(flavor = "multi_thread")]
async fn a_thread_has_its_own_list() {
    let messaging = Messaging::start().await;
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let id = messaging.private(&ada, "one", &[&bob]).await.id;
    let root = messaging.say(&ada, &id, "root").await;
    let first = messaging.reply(&bob, &root, "first").await;
    let second = messaging.reply(&ada, &first, "second").await;
    assert_eq!((&first.parent_id, &second.parent_id), (&root.id, &root.id));
    let thread = messaging.thread(&bob, &root.id).await.unwrap();
    assert_eq!(thread.total, 2);
    assert_eq!(texts(&thread.replies), ["first", "second"]);
    let parent = thread.parent.unwrap();
    assert_eq!(
        (parent.id.as_str(), parent.reply_count),
        (root.id.as_str(), 2)
    );
    let by_reply = messaging.thread(&ada, &second.id).await.unwrap();
    assert_eq!(by_reply.parent.unwrap().id, root.id);
    assert_eq!(
        texts(&messaging.history(&bob, &id).await),
        ["root", "Channel created"]
    );
    let listed = messaging.look_at(&ada, &id).await.unwrap().channel.unwrap();
    assert_eq!(listed.last_message.unwrap().content, "root");
    not_participant(messaging.thread(&eve, &root.id).await);
    no_message(messaging.thread(&ada, NOTHING).await);
    // In a direct conversation they are in the list too: other contracts know no threads.
    let direct = messaging.send(&ada, &bob, "direct").await;
    messaging.reply(&bob, &direct, "answer").await;
    let history = messaging.history(&ada, &direct.conversation_id).await;
    assert_eq!(texts(&history), ["answer", "direct"]);
    assert_eq!(history[0].receiver_id, id_of(&ada));
    // A thread is in one conversation.
    let foreign = proto::SendMessageRequest {
        conversation_id: id.clone(),
        content: "lost".to_owned(),
        parent_id: direct.id.clone(),
        ..proto::SendMessageRequest::default()
    };
    no_message(messaging.try_send_all(&ada, foreign).await);
    let kept = messaging
        .rows("SELECT 1 FROM messaging.messages WHERE content = 'lost'")
        .await;
    assert!(kept.is_empty());
}

/// C-150: a thread counts for those who take part in it, until they read it; the list does not read it.
#[tokio::test(flavor = "multi_thread")]
async fn threads_are_read_by_those_who_take_part() {
    let messaging = Messaging::start().await;
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let id = messaging.private(&ada, "one", &[&bob, &eve]).await.id;
    let root = messaging.say(&ada, &id, "root").await;
    messaging.read(&bob, &id).await;
    messaging.read(&eve, &id).await;
    messaging.reply(&bob, &root, "first").await;
    messaging.reply(&bob, &root, "second").await;
    let unread = async || {
        let mut unread = Vec::new();
        for caller in [&ada, &bob, &eve] {
            unread.push(messaging.unread(caller, &id).await);
        }
        unread
    };
    assert_eq!(unread().await, [2, 0, 0]);
    messaging.read(&ada, &id).await;
    assert_eq!(unread().await, [2, 0, 0]);
    messaging.thread(&ada, &root.id).await.unwrap();
    assert_eq!(unread().await, [0, 0, 0]);
    let third = messaging.reply(&eve, &root, "third").await;
    assert_eq!(unread().await, [1, 1, 0]);
    messaging.delete(&eve, &third.id).await.unwrap();
    assert_eq!(unread().await, [0, 0, 0]);
    messaging.reply(&eve, &root, "fourth").await;
    messaging.mark_read(&bob, &id, "").await.unwrap();
    assert_eq!(unread().await, [1, 0, 0]);
    messaging.remove(&bob, &id, &bob).await.unwrap();
    messaging
        .add(&ada, &id, &[&bob], proto::MemberRole::Member)
        .await
        .unwrap();
    messaging.reply(&eve, &root, "fifth").await;
    assert_eq!(messaging.unread(&bob, &id).await, 0);
}

/// In a direct conversation a thread reads the list as far as nothing else is passed over.
#[tokio::test(flavor = "multi_thread")]
async fn a_thread_of_two_reads_no_more_than_itself() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let root = messaging.send(&ada, &bob, "root").await;
    let id = &root.conversation_id;
    messaging.reply(&ada, &root, "first").await;
    messaging.send(&ada, &bob, "beside").await;
    messaging.reply(&ada, &root, "second").await;
    let unread = async || messaging.conversation(&bob, id).await.unwrap().unread_count;
    assert_eq!(unread().await, 4);
    messaging.thread(&bob, &root.id).await.unwrap();
    assert_eq!(unread().await, 2);
    messaging.read(&bob, id).await;
    assert_eq!(unread().await, 0);
    messaging.reply(&ada, &root, "third").await;
    messaging.thread(&bob, &root.id).await.unwrap();
    assert_eq!(unread().await, 0);
}

/// Threads are counted exactly, however many write at once, and go with what began them.
#[tokio::test(flavor = "multi_thread")]
async fn threads_are_counted_and_go_with_their_beginning() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let id = messaging.private(&ada, "one", &[&bob]).await.id;
    let root = messaging.say(&ada, &id, "root").await;
    join_all((0..20).map(|nth| {
        let caller = if nth % 2 == 0 { &ada } else { &bob };
        messaging.reply(caller, &root, "reply")
    }))
    .await;
    let thread = messaging.thread(&ada, &root.id).await.unwrap();
    assert_eq!((thread.total, thread.replies.len()), (20, 20));
    let last = &thread.replies[19];
    messaging.delete(&ada, &last.id).await.unwrap();
    assert_eq!(messaging.thread(&ada, &root.id).await.unwrap().total, 19);
    messaging.delete(&ada, &root.id).await.unwrap();
    no_message(messaging.thread(&ada, &root.id).await);
    no_message(messaging.message(&ada, &thread.replies[0].id).await);
    let late = proto::SendMessageRequest {
        conversation_id: id.clone(),
        content: "late".to_owned(),
        parent_id: root.id.clone(),
        ..proto::SendMessageRequest::default()
    };
    refused(
        messaging.try_send_all(&bob, late).await,
        ErrorCode::NotFound,
        "message_not_found",
    );
    assert_eq!(messaging.unread(&bob, &id).await, 0);
}
